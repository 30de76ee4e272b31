"""HubSpot: read by what changed, written by a unique property of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote

from connectors.sdk.contract import Context
from connectors.sdk.errors import UnsupportedOperationError
from connectors.sdk.http import HttpClient
from connectors.sdk.records import (
    CheckResult,
    Cursor,
    Page,
    SourceRecord,
    WriteItem,
    WriteResult,
)
from connectors.sdk.redact import Redactor
from connectors.sdk.shared.credentials import Consent
from connectors.sdk.spec import Capability, ObjectSpec, load_spec
from connectors.systems.hubspot.access.access import open_access
from connectors.systems.hubspot.access.account import AccountGuard
from connectors.systems.hubspot.catalogue.directory import DIRECTORIES
from connectors.systems.hubspot.check import Check
from connectors.systems.hubspot.codec import Codec
from connectors.systems.hubspot.definitions import SPEC, Definitions
from connectors.systems.hubspot.events.rereading import reread
from connectors.systems.hubspot.events.told import ToldConnector
from connectors.systems.hubspot.reading.assembly import Assembler
from connectors.systems.hubspot.reading.associations import Associations
from connectors.systems.hubspot.reading.changes import RECORD_ID
from connectors.systems.hubspot.reading.cursors import Position
from connectors.systems.hubspot.reading.fetching import Fetcher
from connectors.systems.hubspot.reading.finding import Finder
from connectors.systems.hubspot.reading.reads import Pace, Read
from connectors.systems.hubspot.wire.faults import Classifier
from connectors.systems.hubspot.wire.paths import Paths
from connectors.systems.hubspot.writing.archive import Archive
from connectors.systems.hubspot.writing.documents import LINE_ITEMS
from connectors.systems.hubspot.writing.write import Writing


class HubSpotConnector(Definitions, ToldConnector):
    """See `Connector` for the contract and spec.toml for what is offered."""

    spec = load_spec(SPEC)

    def __init__(self, settings: Mapping[str, Any], context: Context) -> None:
        super().__init__(settings, context)
        base_url, redact = str(self._setting("base_url")), Redactor()
        self.paths = Paths(str(self._setting("api_version")))
        self.access = open_access(self._setting, context, self.spec, self.paths, redact)
        expected = str(self._setting("expected_hub_id")).strip() or context.account
        self.guard = AccountGuard(base_url, self.access.auth, expected)
        self.http = HttpClient(
            base_url=base_url,
            auth=self.access.auth,
            timeout=(
                float(self._setting("connect_timeout")),
                float(self._setting("read_timeout")),
            ),
            classify=Classifier(self.guard.zone, self.access.words),
            limiter=context.limiter,
            network=context.network,
            redact=redact,
            pool_size=int(self._setting("parallel_requests")),
        )
        self.fetcher = Fetcher(self.http, self.paths)
        self._codecs = {
            name: Codec(target.fields.values())
            for name, target in self.spec.objects.items()
        }

    def close(self) -> None:
        """Release the sockets."""
        self.http.close()
        self.access.close()

    @property
    def consent(self) -> Consent:
        """HubSpot's own page, for connections by OAuth."""
        return self.access.consent or super().consent

    def check(self) -> CheckResult:
        """Account, scopes, our properties, daily use. Raises nothing."""
        return Check(
            http=self.http,
            paths=self.paths,
            guard=self.guard,
            spec=self.spec,
            access=self.access,
            uses=self.context.uses,
            group=self._group,
        ).run()

    def read(
        self,
        object_type: str,
        cursor: Cursor | None,
        *,
        fields: Sequence[str] = (),
        until: datetime | None = None,
    ) -> Iterator[Page]:
        """Everything through the list, changes through the search, then the archive.

        A change of an association alone (another company, another line) is seen with
        the record's next change, for HubSpot does not date it.
        """
        target = self._open("read", object_type)
        if object_type in DIRECTORIES:
            yield from self._directory.read(object_type)
            return
        pace = Pace(
            page_size=int(self._setting("page_size")),
            overlap=1000 * int(self._setting("overlap_seconds")),
            archive_every=60_000 * int(self._setting("archive_minutes")),
        )
        assembler = self._assembler(target, fields)
        at = Position.load(cursor)
        yield from Read(self.fetcher, assembler, pace, at, until).pages()

    def fetch(
        self, object_type: str, keys: Sequence[str], *, fields: Sequence[str] = ()
    ) -> list[SourceRecord]:
        """Records by HubSpot's record id."""
        if object_type in DIRECTORIES:
            self._open("fetch", object_type)
            return self._directory.fetch(object_type, keys)
        return self._finder("fetch", object_type, fields).by_id(keys)

    def reread(
        self, object_type: str, keys: Sequence[str], *, fields: Sequence[str] = ()
    ) -> list[SourceRecord]:
        """Records by id, never late; archived and merged ones are told apart."""
        return reread(self._finder("fetch", object_type, fields), keys)

    def documents(
        self, object_type: str, lines: Sequence[str]
    ) -> Mapping[str, Sequence[str]]:
        """By their associations. A line that was deleted has none any more."""
        self._open("fetch", object_type)
        links = Associations(self.http, self.paths)
        return links.of(LINE_ITEMS, object_type, [k for k in lines if k.isdigit()])

    def find(
        self,
        object_type: str,
        field_name: str,
        values: Sequence[str],
        *,
        fields: Sequence[str] = (),
    ) -> dict[str, list[SourceRecord]]:
        """Records by the value of a property, whose case does not count.

        Unique ones are read and never lag; others are searched for, and the search
        learns of a write some seconds late. Properties that spec.toml does not know
        are searched for as text. Raises UnsupportedOperationError for a property that
        is neither unique nor searchable.
        """
        target = self.spec.object(object_type)
        if object_type in DIRECTORIES:
            self._open("find", object_type)
            return self._directory.find(object_type, field_name, values)
        finder = self._finder("find", object_type, fields)
        if field_name == target.key:
            found = {record.key: [record] for record in finder.by_id(values)}
            return {value: found.get(value, []) for value in values}
        known = target.fields.get(field_name)
        if known is None or known.searchable:
            return finder.by_search(field_name, values)
        if known.unique:
            return finder.by_unique(field_name, values)
        raise UnsupportedOperationError(
            f"HubSpot does not find {object_type} by “{field_name}”.",
            advice=f"Use “{target.match_field}”, or another property with text.",
        )

    def keys(self, object_type: str) -> Iterator[Sequence[str]]:
        """Ids of all records that are not archived, a hundred at a time."""
        self._open("keys", object_type)
        if object_type in DIRECTORIES:
            yield [one.key for one in self._directory.all(object_type)]
            return
        page = self.fetcher.listed(object_type, [RECORD_ID])
        yield [row.id for row in page.rows]
        while page.after:
            page = self.fetcher.listed(object_type, [RECORD_ID], after=page.after)
            yield [row.id for row in page.rows]

    def write(
        self, object_type: str, items: Sequence[WriteItem], *, match_field: str
    ) -> list[WriteResult]:
        """Write by a unique property or by id, then link what `refs` name.

        A document that has lines is written with them: see `writing/documents.py`. One
        with an empty list loses those of ours; with None it keeps what it has.

        An item that has a `target_id` and no value of `match_field` is updated by its
        id. By the record's own id (`match_field` is the object's key) records are only
        updated, never created.
        """
        target = self._open("write", object_type)
        return self._writing.send(target, items, match_field)

    def archive(self, object_type: str, keys: Sequence[str]) -> list[WriteResult]:
        """Into HubSpot's recycle bin, where records stay for 90 days."""
        self._open("archive", object_type)
        return Archive(self.http, self.paths, object_type).send(keys)

    def record_url(self, object_type: str, key: str, details: Mapping[str, str]) -> str:
        """The record's page in HubSpot, for the account of the last check."""
        portal, target = details.get("portal_id"), self.spec.object(object_type)
        if not (portal and key):
            return ""
        host = details.get("ui_domain") or "app.hubspot.com"
        record = quote(key, safe="")
        return f"https://{host}/contacts/{portal}/record/{target.native}/{record}"

    # -------------------------------------------------------------------- internals

    @cached_property
    def _writing(self) -> Writing:
        return Writing(
            http=self.http,
            paths=self.paths,
            line=self.spec.object(LINE_ITEMS),
            codecs=self._codecs,
            labels=self._labels,
            guard=self.guard,
            primary=self._setting("company_link") == "primary",
        )

    def _setting(self, name: str) -> Any:
        value = self.settings.get(name)
        return self.spec.settings[name].default if value in (None, "") else value

    def _open(self, capability: Capability, object_type: str) -> ObjectSpec:
        """The object, if it offers this and the account is the right one."""
        target = self.spec.object(object_type)
        if not target.can(capability):
            raise self._unsupported(capability, object_type)
        self.guard.admit(self.http, self.paths)
        return target

    def _assembler(self, target: ObjectSpec, fields: Sequence[str]) -> Assembler:
        codec = self._codecs[target.name]
        return Assembler(self.http, self.paths, target, codec, fields)

    def _finder(
        self, capability: Capability, object_type: str, fields: Sequence[str]
    ) -> Finder:
        target = self._open(capability, object_type)
        return Finder(self.fetcher, self._assembler(target, fields))
