"""The connection test: what a person should know before the first read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sdk.errors import ConfigurationError, ConnectorError, UnavailableError
from connectors.sdk.network import travels_in_clear
from connectors.sdk.records import CheckResult, Finding
from connectors.sdk.spec import SystemSpec
from connectors.systems.jde.joins.entities import Entity
from connectors.systems.jde.joins.tables import Part
from connectors.systems.jde.options import MASTER_TABLE, NOT_A_TABLE
from connectors.systems.jde.wire.link import Link
from connectors.systems.jde.wire.query import Query
from connectors.systems.jde.wire.session import CAPABILITIES, BasicAuth, Session
from connectors.systems.jde.writing.doors.answer import GUIDE

_NEEDED = ("customers", "contacts")
_SKEW = timedelta(minutes=5)
_LICENCE = "The user takes up a named-user licence of JD Edwards."


class Checkup:
    """Runs the steps; the first that makes the next ones pointless ends it."""

    def __init__(
        self, link: Link, entities: Mapping[str, Entity], spec: SystemSpec
    ) -> None:
        self._link = link
        self._options = link.options
        self._entities = entities
        self._spec = spec
        self._findings: list[Finding] = []
        self._details: dict[str, str] = {}

    def result(self) -> CheckResult:
        """What was found; never raises."""
        self._settings()
        steps: tuple[Callable[[], None], ...] = (
            self._server,
            self._login,
            self._tables,
            self._clock,
            self._orchestrations,
        )
        for step in steps:
            try:
                step()
            except ConnectorError as error:
                self._findings.append(Finding.of(error))
                break
        details = {name: value for name, value in self._details.items() if value}
        return CheckResult(
            findings=tuple(self._findings),
            account=self._details.get("environment", ""),
            details=details,
        )

    def _add(self, level: Any, title: str, advice: str = "") -> None:
        self._findings.append(Finding(level=level, title=title, advice=advice))

    def _settings(self) -> None:
        if self._options.master_replaced:
            self._add(
                "warning",
                f"{NOT_A_TABLE} is not a JDE table; using {MASTER_TABLE}.",
                f"Enter {MASTER_TABLE} as the customer master table.",
            )
        if travels_in_clear(self._options.root):
            self._add(
                "warning",
                "The password travels unencrypted.",
                "Use the https:// address of the AIS Server if it has one.",
            )
        elif self._options.verify is False:
            self._add(
                "warning",
                "The server's certificate is not checked.",
                "Name the company's own CA in the setting CA bundle instead.",
            )

    # ----------------------------------------------------------------- server

    def _server(self) -> None:
        config = self._default_config()
        version = str(config.get("aisVersion") or "")
        self._details["ais_version"] = version
        self._details["environment"] = str(
            self._options.environment or config.get("defaultEnvironment") or ""
        )
        if config.get("requiredCapabilityMissing"):
            raise ConfigurationError(
                f"This AIS Server ({version or 'of unknown version'}) lacks "
                f"{_missing(config) or 'a capability that is needed'}.",
                advice="Data service queries need EnterpriseOne Tools 9.2 or later.",
            )
        self._add("ok", f"An AIS Server answers ({version or 'version not told'}).")

    def _default_config(self) -> Mapping[str, Any]:
        door = self._link.open_door()
        try:
            answer = door.get(
                f"{self._options.service}/defaultconfig",
                params={"requiredCapabilities": CAPABILITIES},
            ).json()
        finally:
            door.close()
        if not isinstance(answer, dict) or not (
            {"aisVersion", "capabilityList", "defaultEnvironment"} & answer.keys()
        ):
            raise UnavailableError(
                "The address answers, but not like an AIS Server.",
                advice="Check the address of the connection.",
            )
        return answer

    # ------------------------------------------------------------------ login

    def _login(self) -> None:
        auth = self._link.auth
        if isinstance(auth, BasicAuth):
            self._link.service.now()
            self._add("ok", f"{self._options.username} is accepted with each call.")
            self._describe({}, {})
            return
        session: Session = auth.session()
        self._describe(session.about, session.user)
        environment = self._details["environment"]
        self._add("ok", f"Logged in to {environment or 'the default environment'}.")

    def _describe(self, about: Mapping[str, Any], user: Mapping[str, Any]) -> None:
        told = str(about.get("environment") or self._details["environment"])
        self._details |= {
            "environment": told.strip(),
            "role": str(about.get("role") or self._options.role).strip(),
            "user": str(about.get("username") or self._options.username).strip(),
            "date_format": str(user.get("simpleDateFormat") or ""),
            "licence": _LICENCE,
        }
        if self._details["date_format"]:
            self._add("ok", f"Dates of this user look like {user['simpleDateFormat']}.")

    # ----------------------------------------------------------------- tables

    def _tables(self) -> None:
        unreadable: set[str] = set()
        read: dict[str, frozenset[str]] = {}
        for name, entity in self._entities.items():
            for part in entity.parts:
                if part.table not in read and part.table not in unreadable:
                    try:
                        read[part.table] = self._link.service.columns(part.table)
                    except ConfigurationError as error:
                        unreadable.add(part.table)
                        level = "error" if name in _NEEDED else "warning"
                        self._add(level, error.message, error.advice)
        if read:
            self._add("ok", f"Readable: {', '.join(sorted(read))}.")
        for finding in self._hidden(read):
            self._add("warning", *finding)
        if "F0101" in read:
            self._count(self._entities["customers"].head)

    def _hidden(self, read: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, str]]:
        timeless = set()
        for name, entity in self._entities.items():
            labels = self._spec.objects[name].fields
            for part in entity.parts:
                seen = read.get(part.table, frozenset())
                hidden = sorted(labels[n].label for n in part.hidden(seen))
                if hidden:
                    yield (
                        f"{part.table} shows this user no {', '.join(hidden)}.",
                        "They are left alone: column security, or an older release.",
                    )
                if seen and "UPMJ" not in seen:
                    timeless.add(part.table)
        if timeless:
            yield (
                f"{', '.join(sorted(timeless))} does not tell when a row changed.",
                "Changes there only arrive with a full read.",
            )

    def _count(self, part: Part) -> None:
        query = Query(
            table=part.table, columns=("AN8",), seek=("AN8",), where=part.where
        )
        number, types = self._link.service.count(query), self._options.search_types
        if number is None:
            return
        self._details["customers"] = str(number)
        text = f"{number:,} address book records of search type {', '.join(types)}."
        advice = "" if number else "Check the search types of the connection."
        self._add("ok" if number else "warning", text, advice)

    # ------------------------------------------------------------------ clock

    def _clock(self) -> None:
        zone, now = self._link.zone, self._link.service.now()
        self._details["time_zone"] = str(zone)
        ours = datetime.now(UTC).astimezone(zone).replace(tzinfo=None)
        if abs(now.local - ours) > _SKEW:
            self._add(
                "warning",
                f"It is {now.local:%Y-%m-%d %H:%M} on the server, and {ours:%H:%M} in "
                f"its time zone {zone} by our clock.",
                "Set the time zone of the server in the connection, or correct one of "
                "the clocks.",
            )
        elif not isinstance(zone, ZoneInfo):
            self._add(
                "ok",
                f"The server's time zone is {zone}.",
                "If it has daylight saving time, enter its name in the connection.",
            )

    # --------------------------------------------------------- orchestrations

    def _orchestrations(self) -> None:
        """Which of them exist, where the server lists them; none is run."""
        names = sorted(self._options.writing.names.values())
        try:
            listed = self._link.catalogue()
        except ConnectorError:
            self._add(
                "note",
                "The orchestrations were not tried: this server does not list them, "
                "and each of them writes.",
                f"For writing, let {', '.join(names)} be built as {GUIDE} says.",
            )
            return
        missing = [
            name for name in names if not re.search(rf"\b{re.escape(name)}\b", listed)
        ]
        if missing:
            self._add(
                "warning",
                f"This server has no {', '.join(missing)} for this user.",
                f"What is written needs them: see {GUIDE}.",
            )
        else:
            self._add("ok", "All orchestrations are there.")


def _missing(config: Mapping[str, Any]) -> str:
    listed = config.get("capabilityList")
    names = {
        capability.get("name")
        for capability in (listed if isinstance(listed, list) else ())
        if isinstance(capability, dict)
    }
    return " and ".join(name for name in CAPABILITIES.split(",") if name not in names)
