"""The JD Edwards connector: reads by the data service, writes by orchestrations."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from connectors.sdk.redact import Redactor
from connectors.sdk.spec import load_spec
from connectors.systems.jde.checkup import Checkup
from connectors.systems.jde.cursors import Position
from connectors.systems.jde.finder import find
from connectors.systems.jde.joins.contacts import Contacts
from connectors.systems.jde.joins.customers import Customers
from connectors.systems.jde.joins.documents import (
    Accounts,
    Invoices,
    Journals,
    Payments,
)
from connectors.systems.jde.joins.entities import Entity, Items
from connectors.systems.jde.options import Options, parse_options
from connectors.systems.jde.reader import Reader
from connectors.systems.jde.wire.link import Link
from connectors.systems.jde.writing.write import written

_ENTITIES: dict[str, Callable[[Options], Entity]] = {
    "customers": Customers,
    "contacts": Contacts,
    "items": lambda _options: Items(),
    "accounts": lambda _options: Accounts(),
    "invoices": Invoices,
    "payments": Payments,
    "journals": Journals,
}


class JdeConnector(Connector):
    """One connection to one AIS Server. Nothing is sent before the first call."""

    spec = load_spec(Path(__file__).with_name("spec.toml"))

    def __init__(self, settings: Mapping[str, Any], context: Context) -> None:
        super().__init__(settings, context)
        self._lock = threading.Lock()
        self._opened: Link | None = None

    @property
    def parallel(self) -> int:
        """As many session threads of the HTML server as the connection may hold."""
        return self._link.options.parallel

    def close(self) -> None:
        """Log out and release the sockets."""
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
        entities = {name: make(link.options) for name, make in _ENTITIES.items()}
        return Checkup(link, entities, self.spec).result()

    def read(
        self,
        object_type: str,
        cursor: Cursor | None,
        *,
        fields: Sequence[str] = (),
        until: datetime | None = None,
    ) -> Iterator[Page]:
        """See the contract. Rows that were deleted in JD Edwards leave no trace."""
        if not self.spec.object(object_type).can("read"):
            raise self._unsupported("read", object_type)
        reader = self._reader(object_type, fields)
        yield from reader.read(Position.load(cursor), until)

    def fetch(
        self, object_type: str, keys: Sequence[str], *, fields: Sequence[str] = ()
    ) -> list[SourceRecord]:
        """See the contract."""
        entity, wanted = self._entity(object_type), set(keys)
        numbers = [number for key in keys if (number := entity.number(key))]
        if not numbers:
            return []
        found = self._reader(object_type, fields).named(numbers)
        return [record for record in found if record.key in wanted]

    def find(
        self,
        object_type: str,
        field_name: str,
        values: Sequence[str],
        *,
        fields: Sequence[str] = (),
    ) -> dict[str, list[SourceRecord]]:
        """See the contract. Texts are compared without regard to case."""
        if field_name == self.spec.object(object_type).key:
            records = self.fetch(object_type, values, fields=fields)
            return {v: [r for r in records if r.key == v] for v in values}
        places = self._entity(object_type).places(field_name)
        if not places:
            raise self._unsupported(f"look up {field_name} of", object_type)
        reader = self._reader(object_type, (*fields, field_name) if fields else ())
        return find(self._link.service, reader, places, field_name, values)

    def keys(self, object_type: str) -> Iterator[Sequence[str]]:
        """See the contract."""
        target = self.spec.object(object_type)
        if not target.can("keys"):
            raise self._unsupported("list the keys of", object_type)
        reader = self._reader(object_type, (target.key,))
        for page in reader.read(Position(), None):
            yield [record.key for record in page.records]

    def write(
        self, object_type: str, items: Sequence[WriteItem], *, match_field: str
    ) -> list[WriteResult]:
        """See the contract. Documents of the ledgers are entered, never changed."""
        target = self.spec.object(object_type)
        return written(self._link, target, self, items)

    def discover(self, object_type: str) -> list[FieldInfo]:
        """The fields of the spec, without those this user cannot see."""
        hidden: set[str] = set()
        for part in self._entity(object_type).parts:
            hidden |= part.hidden(self._link.service.columns(part.table))
        fields = self.spec.object(object_type).fields.values()
        return [info for info in fields if info.name not in hidden]

    @property
    def _link(self) -> Link:
        """Made on first use: a wrong setting is for `check` to tell, not for us."""
        with self._lock:
            if not self._opened:
                options = parse_options(self.settings, self.spec.settings)
                redact = Redactor([options.password])
                self._opened = Link(options, self.context, redact)
            return self._opened

    def _entity(self, object_type: str) -> Entity:
        self.spec.object(object_type)
        return _ENTITIES[object_type](self._link.options)

    def _reader(self, object_type: str, fields: Sequence[str]) -> Reader:
        link = self._link
        return Reader(
            link.service,
            self._entity(object_type),
            zone=link.zone,
            parallel=link.options.parallel,
            overlap=link.options.overlap,
            implied=link.options.implied,
            fields=fields,
        )
