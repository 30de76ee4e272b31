"""The QAD connector: one of two editions, by a setting."""

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
    Finding,
    Page,
    SourceRecord,
    WriteItem,
    WriteResult,
)
from connectors.sdk.redact import Redactor
from connectors.sdk.spec import load_spec
from connectors.systems.qad.checkup import Checkup
from connectors.systems.qad.faces.adaptive import Adaptive, same
from connectors.systems.qad.faces.enterprise import Enterprise
from connectors.systems.qad.faces.face import Face
from connectors.systems.qad.names import OBJECTS, key_of
from connectors.systems.qad.options import Options, parse_options
from connectors.systems.qad.reader import Position, Reader
from connectors.systems.qad.records import Records
from connectors.systems.qad.wire.link import Link
from connectors.systems.qad.wire.qxtend import Qxtend
from connectors.systems.qad.writing import write_orders


class QadConnector(Connector):
    """One connection to one domain of QAD. Nothing is sent before the first call."""

    spec = load_spec(Path(__file__).with_name("spec.toml"))

    def __init__(self, settings: Mapping[str, Any], context: Context) -> None:
        super().__init__(settings, context)
        self._lock = threading.Lock()
        self._opened: tuple[Face, Options] | None = None

    def close(self) -> None:
        """Release the sockets."""
        with self._lock:
            if self._opened:
                self._opened[0].close()
            self._opened = None

    def check(self) -> CheckResult:
        """See the contract."""
        try:
            face, options = self._face()
        except ConnectorError as error:
            return CheckResult(findings=(Finding.of(error),))
        return Checkup(face, options).result()

    def read(
        self,
        object_type: str,
        cursor: Cursor | None,
        *,
        fields: Sequence[str] = (),
        until: datetime | None = None,
    ) -> Iterator[Page]:
        """See the contract. What was deleted in QAD leaves no trace."""
        reader = self._reader(object_type, fields)
        yield from reader.read(Position.load(cursor), until)

    def fetch(
        self, object_type: str, keys: Sequence[str], *, fields: Sequence[str] = ()
    ) -> list[SourceRecord]:
        """See the contract."""
        return self._reader(object_type, fields).named(keys) if keys else []

    def find(
        self,
        object_type: str,
        field_name: str,
        values: Sequence[str],
        *,
        fields: Sequence[str] = (),
    ) -> dict[str, list[SourceRecord]]:
        """See the contract."""
        target = self.spec.object(object_type)
        kind, _ = OBJECTS[object_type]
        face, options = self._face()
        if field_name == "key":
            keys = list(values)
        elif field_name == kind.code:
            context = options.context(kind.context)
            keys = [key_of(context, kind, value) for value in values if value]
        elif target.reference_field and field_name == target.reference_field:
            records = Records(target, options)
            rows = face.by_reference([value for value in values if value])
            found = [record for row in rows for record in records.of(row)]
            return _by_value(found, field_name, values)
        else:
            raise self._unsupported(f"look up {field_name} of", object_type)
        return _by_value(self.fetch(object_type, keys), field_name, values)

    def keys(self, object_type: str) -> Iterator[Sequence[str]]:
        """See the contract."""
        seen: set[str] = set()
        for page in self._reader(object_type, ("key",)).read(Position(), None):
            new = [one.key for one in page.records if one.key not in seen]
            seen.update(new)
            yield new

    def write(
        self, object_type: str, items: Sequence[WriteItem], *, match_field: str
    ) -> list[WriteResult]:
        """See the contract. Orders are entered, never changed."""
        if not self.spec.object(object_type).can("write"):
            raise self._unsupported("write", object_type)
        face, options = self._face()
        return write_orders(face, options, items)

    def _face(self) -> tuple[Face, Options]:
        """Made on first use: a wrong setting is for `check` to tell, not for us."""
        with self._lock:
            if not self._opened:
                options = parse_options(self.settings, self.spec.settings)
                secrets = [one for one in (options.password, options.token) if one]
                redact = Redactor(secrets)
                face: Face
                if options.enterprise:
                    face = Enterprise(Qxtend(options, self.context, redact))
                else:
                    face = Adaptive(Link(options, self.context, redact))
                self._opened = face, options
            return self._opened

    def _reader(self, object_type: str, fields: Sequence[str]) -> Reader:
        target = self.spec.object(object_type)
        face, options = self._face()
        return Reader(face, Records(target, options), options, fields)


def _by_value(
    records: Sequence[SourceRecord], field_name: str, values: Sequence[str]
) -> dict[str, list[SourceRecord]]:
    return {
        value: [one for one in records if same(one.fields.get(field_name), value)]
        for value in values
    }
