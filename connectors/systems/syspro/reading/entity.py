"""An object type as tables: what to read, what to join, what a record is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from connectors.sdk.records import Fields, Scalar, SourceRecord
from connectors.systems.syspro.options import Options
from connectors.systems.syspro.wire.query import (
    Condition,
    Keys,
    Query,
    Row,
    Tables,
    beyond,
    every,
)


@dataclass(frozen=True, slots=True)
class Heads:
    """Rows of an entity's table that are to become records.

    `ordered` says that they come as the table orders them, so that what belongs to
    them can be asked for by range; `whole`, that they are all there are between the
    first and the last one.
    """

    query: Query
    rows: Sequence[Row]
    whole: bool = False
    ordered: bool = True


class Entity(ABC):
    """One object type. `wanted` are the fields asked for; empty: all."""

    table: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]
    searchable: ClassVar[Mapping[str, str]] = {}

    def __init__(
        self, tables: Tables, options: Options, wanted: Sequence[str] = ()
    ) -> None:
        self.tables, self.options = tables, options
        self.wanted = frozenset(wanted)

    @property
    def query(self) -> Query:
        """All rows of the entity, with every column a record may need."""
        more = sorted(self.wanted - set(self.columns))
        return self.tables.query(self.table, (*self.columns, *more), self.where)

    @property
    def where(self) -> Condition | None:
        """Which rows belong to it, None for all."""
        return None

    def changed(self, since: date) -> Condition | None:
        """A condition for what has changed since that day, None where nothing tells."""
        return None

    def also_changed(self, since: date) -> list[Keys]:
        """Keys of rows that changed in ways that `changed` does not see."""
        return []

    @abstractmethod
    def records(self, heads: Heads) -> list[SourceRecord]:
        """The records of these rows."""

    def keys_of(self, key: str) -> Keys:
        """The table's key of a record's key; () for what is none."""
        return (key,) if key else ()

    def wants(self, *fields: str) -> bool:
        """Whether any of these is asked for."""
        return not self.wanted or bool(self.wanted.intersection(fields))

    def customers_of(
        self, heads: Heads, table: str, columns: Sequence[str]
    ) -> dict[Scalar, Row]:
        """The rows of a table by customer, for the customers of these heads."""
        if not heads.rows:
            return {}
        query = self.tables.query(table, columns)
        ids = list(dict.fromkeys(row["Customer"] for row in heads.rows))
        span = every(
            beyond(query.table, (ids[0],), "ge"), beyond(query.table, (ids[-1],), "le")
        )
        if heads.whole and len(ids) > 1:
            rows = self.tables.all(query.also(span))
        else:
            named = [(one,) for one in ids]
            rows = self.tables.spread(
                query, span if heads.ordered else None, ("Customer",), named
            )
        return {row["Customer"]: row for row in rows}


def text(row: Mapping[str, Scalar], name: str) -> str:
    """A text column, "" where the site does not show it."""
    value = row.get(name)
    return "" if value is None else str(value)


def number(row: Mapping[str, Scalar], name: str) -> Decimal:
    """A number, nought where the site does not show it."""
    value = row.get(name)
    return value if isinstance(value, Decimal) else Decimal(str(value or 0))


def record(key: str, fields: Fields, lines: Iterable[Fields] = ()) -> SourceRecord:
    """A record; SYSPRO keeps no time of its changes."""
    return SourceRecord(key=key, fields=fields, lines=tuple(lines))
