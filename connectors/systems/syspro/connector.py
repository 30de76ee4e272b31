"""The SYSPRO connector: reads tables by OData or e.net, writes by e.net."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.sdk.contract import Connector, Context
from connectors.sdk.errors import ConnectorError
from connectors.sdk.records import (
    CheckResult,
    Cursor,
    FieldInfo,
    Finding,
    Page,
    SourceRecord,
    WriteItem,
    WriteResult,
)
from connectors.sdk.spec import load_spec
from connectors.systems.syspro.checkup import Checkup
from connectors.systems.syspro.link import Link
from connectors.systems.syspro.options import parse_options
from connectors.systems.syspro.reading.codes import Classes, Terms
from connectors.systems.syspro.reading.customers import Contacts, Customers
from connectors.systems.syspro.reading.entity import Entity
from connectors.systems.syspro.reading.invoices import Invoices
from connectors.systems.syspro.reading.position import Position
from connectors.systems.syspro.reading.reader import Reader
from connectors.systems.syspro.writing.write import Writer

ENTITIES: Mapping[str, type[Entity]] = {
    "customers": Customers,
    "contacts": Contacts,
    "invoices": Invoices,
    "terms": Terms,
    "classes": Classes,
}


class SysproConnector(Connector):
    """One connection to one company. Nothing is sent before the first call."""

    spec = load_spec(Path(__file__).with_name("spec.toml"))

    def __init__(self, settings: Mapping[str, Any], context: Context) -> None:
        super().__init__(settings, context)
        self._lock = threading.Lock()
        self._opened: Link | None = None

    def close(self) -> None:
        """Log off where that is wanted and release the sockets."""
        with self._lock:
            if self._opened:
                self._opened.close()
            self._opened = None

    def check(self) -> CheckResult:
        """See the contract."""
        try:
            link = self._link
        except ConnectorError as error:
            return CheckResult(findings=(Finding.of(error),))
        return Checkup(link).result()

    def read(
        self,
        object_type: str,
        cursor: Cursor | None,
        *,
        fields: Sequence[str] = (),
        until: datetime | None = None,
    ) -> Iterator[Page]:
        """See the contract. Rows that were deleted in SYSPRO leave no trace."""
        reader = self._reader(object_type, fields)
        yield from reader.read(Position.load(cursor), until)

    def fetch(
        self, object_type: str, keys: Sequence[str], *, fields: Sequence[str] = ()
    ) -> list[SourceRecord]:
        """See the contract."""
        entity = self._entity(object_type, fields)
        named = [parts for key in keys if (parts := entity.keys_of(key))]
        if not named:
            return []
        records = Reader(entity, self._link.options).named(named)
        return [record for record in records if record.key in set(keys)]

    def find(
        self,
        object_type: str,
        field_name: str,
        values: Sequence[str],
        *,
        fields: Sequence[str] = (),
    ) -> dict[str, list[SourceRecord]]:
        """See the contract. Case and blanks at the end do not count in SYSPRO."""
        if field_name == self.spec.object(object_type).key:
            records = self.fetch(object_type, values, fields=fields)
            return {v: [r for r in records if r.key == v] for v in values}
        entity = self._entity(object_type, (*fields, field_name) if fields else ())
        column = entity.searchable.get(field_name)
        if column is None:
            raise self._unsupported(f"look up {field_name} of", object_type)
        asked = [value for value in values if value.strip()]
        found = Reader(entity, self._link.options).matching(column, asked)
        return {
            value: [
                one
                for one in found
                if str(one.fields.get(field_name) or "").casefold()
                == value.rstrip().casefold()
            ]
            for value in values
        }

    def keys(self, object_type: str) -> Iterator[Sequence[str]]:
        """See the contract."""
        entity = self._entity(object_type, ())
        query = entity.query
        for page in self.read(object_type, None, fields=query.table.key):
            if page.records:
                yield [record.key for record in page.records]

    def write(
        self, object_type: str, items: Sequence[WriteItem], *, match_field: str
    ) -> list[WriteResult]:
        """See the contract. Customers are changed, never made."""
        target = self.spec.object(object_type)
        if not target.can("write"):
            raise self._unsupported("write", object_type)
        return Writer(self._link, target).write(items)

    def discover(self, object_type: str) -> list[FieldInfo]:
        """The fields of the spec that this site shows, and its other columns."""
        entity = self._entity(object_type, ())
        table = self._link.tables.table(entity.table)
        known = self.spec.object(object_type).fields
        own = set(entity.columns)
        shown = [
            info
            for name, info in known.items()
            if name not in own or name in table.columns
        ]
        more = [
            FieldInfo(
                name=name,
                label=name,
                type=table.type_of(name),
                custom=True,
                read_only=True,
            )
            for name in table.columns
            if name not in known
        ]
        return [*shown, *more]

    @property
    def _link(self) -> Link:
        """Made on first use: a wrong setting is for `check` to tell, not for us."""
        with self._lock:
            if not self._opened:
                options = parse_options(self.settings, self.spec.settings)
                self._opened = Link(options, self.context)
            return self._opened

    def _entity(self, object_type: str, fields: Sequence[str]) -> Entity:
        self.spec.object(object_type)
        link = self._link
        return ENTITIES[object_type](link.tables, link.options, fields)

    def _reader(self, object_type: str, fields: Sequence[str]) -> Reader:
        return Reader(self._entity(object_type, fields), self._link.options)
