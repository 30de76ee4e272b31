"""$metadata: which tables and columns this site shows, and of what type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

from connectors.sdk.errors import UnavailableError
from connectors.sdk.records import FieldType, Scalar
from connectors.systems.syspro.wire.xmltext import local, parsed

_TYPES: Mapping[str, FieldType] = {
    "Edm.Decimal": "decimal",
    "Edm.Double": "decimal",
    "Edm.Int16": "integer",
    "Edm.Int32": "integer",
    "Edm.Int64": "integer",
    "Edm.Boolean": "boolean",
    "Edm.Date": "date",
    "Edm.DateTimeOffset": "date",
}
_UNREADABLE = frozenset({"Edm.Binary", "Edm.Stream"})


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns with their EDM types, and its key."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]

    def type_of(self, column: str) -> FieldType:
        """The type of a column as a field."""
        return _TYPES.get(self.columns[column], "string")

    def is_date(self, column: str) -> bool:
        """Whether there is such a column and it holds dates."""
        return column in self.columns and self.type_of(column) == "date"

    def literal(self, column: str, value: Any) -> str:
        """A value as a filter on this column wants it."""
        if isinstance(value, date):
            day = f"{value:%Y-%m-%d}"
            return day if self.columns[column] == "Edm.Date" else f"{day}T00:00:00Z"
        if isinstance(value, int | Decimal):
            return str(value)
        return "'" + str(value).replace("'", "''") + "'"

    def value(self, column: str, value: Any) -> Scalar:
        """A JSON value as a field: texts without the blanks behind, dates as days.

        A date keeps the day that was written, whatever its offset: SYSPRO's columns
        have no time.
        """
        kind = self.type_of(column)
        if value is None:
            return None
        if kind == "decimal":
            return Decimal(str(value))
        if kind == "date":
            return date.fromisoformat(str(value)[:10])
        return value if kind in ("integer", "boolean") else str(value).rstrip()


def schema_of(text: str) -> dict[str, Table]:
    """The tables of a $metadata document, by name. Raises UnavailableError."""
    root = parsed(text)
    types = {
        str(one.get("Name")): _table(one)
        for one in root.iter()
        if local(one) == "entitytype"
    }
    tables = {}
    for one in root.iter():
        if local(one) == "entityset":
            name = str(one.get("Name"))
            kind = types.get(str(one.get("EntityType")).rpartition(".")[2])
            if kind:
                tables[name] = Table(name, kind.columns, kind.key)
    if not tables:
        raise UnavailableError("SYSPRO's OData service describes no tables.")
    return tables


def _table(entity: Element) -> Table:
    columns = {
        str(one.get("Name")): str(one.get("Type"))
        for one in entity
        if local(one) == "property" and one.get("Type") not in _UNREADABLE
    }
    key = tuple(
        str(one.get("Name")) for one in entity.iter() if local(one) == "propertyref"
    )
    return Table(str(entity.get("Name")), columns, key)
