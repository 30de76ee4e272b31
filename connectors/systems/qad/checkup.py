"""The connection test: what answers, whose data it is, and what nobody confirms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
)
from connectors.sdk.network import travels_in_clear
from connectors.sdk.records import CheckResult, Finding
from connectors.systems.qad.faces.adaptive import CHANGED, Adaptive
from connectors.systems.qad.faces.face import Face, Row
from connectors.systems.qad.faces.sources import OTHERS
from connectors.systems.qad.names import CUSTOMER, ITEM, ORDER, SUPPLIER, Kind
from connectors.systems.qad.options import Options
from connectors.systems.qad.wire.auth import CONTROL
from connectors.systems.qad.wire.browse import Filter

KINDS = (CUSTOMER, SUPPLIER, ITEM, ORDER)
_GUIDE = "docs/connect-qad.md"
# What public sources do not say, and what is done about it.
UNCONFIRMED = {
    "adaptive": "Browses of suppliers and items, the purchase order's field, names of "
    "key people's fields, texts of refusals, and that lines are stored together.",
    "enterprise": "Names and forms of the query QDocs, which the site builds, the "
    "order of maintainSalesOrder's elements, and how a taken number is refused.",
}


class Checkup:
    """Runs the steps; the first that makes the next ones pointless ends it."""

    def __init__(self, face: Face, options: Options) -> None:
        self._face, self._options = face, options
        self._findings: list[Finding] = []
        self._details: dict[str, str] = {}
        self._unread: list[ConnectorError] = []

    def result(self) -> CheckResult:
        """What was found; never raises."""
        options = self._options
        edition = "enterprise" if options.enterprise else "adaptive"
        steps: tuple[Callable[[], None], ...] = (self._lists,)
        face = self._face
        if isinstance(face, Adaptive):
            steps = (
                lambda: self._log_in(face),
                self._lists,
                lambda: self._documents(face),
            )
        self._settings()
        for step in steps:
            try:
                step()
            except ConnectorError as error:
                self._findings.append(Finding.of(error))
                break
        else:
            self._add(
                "ok",
                f"Not confirmed by public documents: {UNCONFIRMED[edition]}",
                f"Compare them with your instance once; {_GUIDE} lists each of them.",
            )
        self._details |= {
            "workspace": options.workspace if not options.enterprise else "",
            "domain": options.domain,
            "time_zone": str(options.zone),
        }
        return CheckResult(
            findings=tuple(self._findings),
            account=f"{options.root}#{options.domain}/{options.shared_set}",
            details={name: value for name, value in self._details.items() if value},
        )

    def _add(self, level: Any, title: str, advice: str = "") -> None:
        self._findings.append(Finding(level=level, title=title, advice=advice))

    def _settings(self) -> None:
        options = self._options
        if travels_in_clear(options.root):
            said = "Use the https:// address of the instance if it has one."
            self._add("warning", "The password travels unencrypted.", said)
        elif options.verify is False:
            said = "Name the company's own CA in the setting CA bundle instead."
            self._add("warning", "The server's certificate is not checked.", said)
        if not options.orders.site:
            said = "Enter one, if orders are to be written that name none."
            self._add("warning", "The connection names no site for orders.", said)

    # ------------------------------------------------------------------- lists

    def _lists(self) -> None:
        """A page of each kind; that none can be had is an error."""
        for kind in KINDS:
            with self._alone(kind):
                page = next(iter(self._face.pages(kind, None, None)))
                self._shown(kind, list(page.rows), page.total)
        if len(self._unread) == len(KINDS):
            raise self._unread[0]

    @contextmanager
    def _alone(self, kind: Kind) -> Iterator[None]:
        """A kind that cannot be read leaves the others: the user may not need it."""
        try:
            yield
        except ConfigurationError as error:
            self._unread.append(error)
            self._add("warning", f"{kind.label}: {error.message}", error.advice)
            self._propose(kind)
        except AuthenticationError as error:
            if error.status != 403:
                raise
            self._unread.append(error)
            self._add("warning", f"{kind.label}: {error.message}", error.advice)

    def _shown(self, kind: Kind, rows: list[Row], total: int | None) -> None:
        wanted = self._options.context(kind.context)
        if total is not None:
            self._details[kind.name] = str(total)
        if not rows:
            said = "Check domain, shared set and browse."
            if kind is ORDER:
                said = "The field of the purchase order could not be tried without one."
            level = "ok" if kind is ORDER else "warning"
            self._add(level, f"{kind.label}: none are shown.", said)
            return
        there = str(rows[0].get(kind.context) or wanted)
        if there.casefold() != wanted.casefold():
            raise ConfigurationError(
                f"{kind.label} of {there} are shown, and not those of {wanted}.",
                advice="Another workspace answers: correct domain, entity and shared "
                "set.",
            )
        if kind.code not in rows[0]:
            raise ConfigurationError(
                f"The list of {kind.label.lower()} does not show {kind.code}.",
                advice="Choose another browse or query in the connection.",
            )
        count = "they can be listed" if total is None else f"{total:,}"
        self._add("ok", f"{kind.label}: {count} in {wanted}.")

    # -------------------------------------------------------------- Adaptive ERP

    def _propose(self, kind: Kind) -> None:
        """Names of other releases, where those of the connection do not answer."""
        if not isinstance(self._face, Adaptive):
            return
        named = self._options.sources[kind.name]
        others = tuple(one for one in OTHERS.get(kind.name, ()) if one not in named)
        found = next(self._face.sources.answering(kind, others), None)
        if found:
            self._add(
                "warning",
                f"{kind.label}: {found.path} answers here, by {found.browse}.",
                f"Enter in the connection: {found}",
            )

    def _named(self, face: Adaptive, kind: Kind) -> None:
        """Which of several names answers."""
        named = self._options.sources[kind.name]
        if len(named) > 1:
            found = face.sources.of(kind)
            self._add(
                "ok",
                f"{kind.label} are read as {found.path}: name "
                f"{named.index(found) + 1} of {len(named)} answers.",
            )

    def _log_in(self, face: Adaptive) -> None:
        link = face.link
        link.auth.headers()
        try:
            link.get(CONTROL, {})
            self._add("ok", f"QAD accepts {self._options.username or 'the token'}.")
        except ConfigurationError:
            said = "The client id cannot be discovered; enter it in the connection."
            self._add("warning", "securityControl does not answer.", said)

    def _documents(self, face: Adaptive) -> None:
        for kind in KINDS:
            with self._alone(kind):
                self._named(face, kind)
                page = face.browse(kind).page(1, size=1)
                if not page.rows:
                    continue
                code = str(page.rows[0].get(kind.code) or "")
                row = next(iter(face.whole(kind, [code])), None)
                if row is None:
                    raise ConfigurationError(
                        f"The list shows {code}, and the document is not there.",
                        advice="Compare path and view with your release.",
                    )
                self._fields(kind, row)
                self._dates(face, kind, page.columns)

    def _fields(self, kind: Kind, row: Row) -> None:
        expected = {
            CUSTOMER: (CUSTOMER.people, "EMail", "webSite"),
            SUPPLIER: (SUPPLIER.people, "EMail"),
            ITEM: ("listPrice", "unitOfMeasure", "siteCode"),
            ORDER: (self._options.orders.reference, "totalAmount", "concurrencyHash"),
        }[kind]
        missing = [name for name in expected if name not in row]
        if missing:
            self._add(
                "warning",
                f"The document of {kind.label.lower()} shows no {', '.join(missing)}.",
                "They stay empty; your release may call them otherwise.",
            )

    def _dates(self, face: Adaptive, kind: Kind, columns: dict[str, str]) -> None:
        if kind is ORDER or not self._options.filtered:
            return
        column = columns.get(CHANGED)
        tomorrow = datetime.now(self._options.zone).date() + timedelta(days=2)
        browse = face.browse(kind)
        works = (
            bool(column)
            and not browse.page(
                1, [Filter(str(column), "ge", tomorrow.isoformat())], 1
            ).rows
        )
        if not works:
            self._add(
                "warning",
                f"The browse of {kind.label.lower()} cannot be filtered by {CHANGED}.",
                "Each read takes the whole list and compares; choose “Reading "
                "everything”, and a longer interval.",
            )
