"""The rows of a table, by key, in the order of the database's collation."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from connectors.sandbox.syspro.data.tables import TABLES, Definition, Row

Key = tuple[Any, ...]


def folded(value: Any) -> Any:
    """How the collation sees a value: no case, no blanks at the end."""
    return value.rstrip().casefold() if isinstance(value, str) else value


class Table:
    """One table. Rows are never changed in place: a change is a new row."""

    def __init__(self, definition: Definition, stamps: Iterator[int]) -> None:
        self.definition = definition
        self.rows: dict[Key, Row] = {}
        self._stamps = stamps
        self._order: list[Key] | None = None

    def key(self, row: Mapping[str, Any]) -> Key:
        """The key of a row, as the collation sees it."""
        return tuple(folded(row[name]) for name in self.definition.key)

    def get(self, *key: Any) -> Row | None:
        """The row of a key, if there is one."""
        return self.rows.get(tuple(folded(part) for part in key))

    def insert(self, values: dict[str, Any]) -> Row:
        """A new row; ValueError when its key is taken."""
        row = self.definition.row(values)
        key = self.key(row)
        if key in self.rows:
            message = f"{self.definition.name} has {key} already"
            raise ValueError(message)
        row["TimeStamp"] = next(self._stamps)
        self.rows[key] = row
        if self._order is not None:
            insort(self._order, key)
        return row

    def update(self, row: Row, changes: Mapping[str, Any]) -> Row:
        """The row with these columns changed."""
        columns = self.definition.columns
        new = row | {name: columns[name].store(v) for name, v in changes.items()}
        new["TimeStamp"] = next(self._stamps)
        if self.key(new) != self.key(row):
            message = "a key cannot be changed: delete and insert"
            raise ValueError(message)
        self.rows[self.key(row)] = new
        return new

    def delete(self, row: Row) -> None:
        """Remove a row."""
        del self.rows[self.key(row)]
        self._order = None

    def ordered(self, first: Any = None, last: Any = None) -> Iterator[Row]:
        """Rows by key, those whose first part lies within these bounds."""
        if self._order is None:
            self._order = sorted(self.rows)
        start = 0 if first is None else bisect_left(self._order, (folded(first),))
        end = None if last is None else folded(last)
        for position in range(start, len(self._order)):
            key = self._order[position]
            if end is not None and key[0] > end:
                return
            yield self.rows[key]


class Database:
    """All tables of the company."""

    def __init__(self) -> None:
        self._stamps = count(1)
        self.tables = {n: Table(one, self._stamps) for n, one in TABLES.items()}

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]

    def find(self, name: str) -> Table | None:
        """A table by its name in any case."""
        wanted = name.casefold()
        return next(
            (one for n, one in self.tables.items() if n.casefold() == wanted), None
        )

    def clear(self) -> None:
        """No rows at all."""
        self.__init__()  # type: ignore[misc]

    def counts(self) -> dict[str, int]:
        """Rows per table."""
        return {name: len(table.rows) for name, table in self.tables.items()}

    def state(self) -> dict[str, Any]:
        """What outlives a restart."""
        rows = {name: list(table.rows.values()) for name, table in self.tables.items()}
        return {"rows": rows, "stamp": next(self._stamps)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` returned."""
        self._stamps = count(state["stamp"])
        self.tables = {n: Table(one, self._stamps) for n, one in TABLES.items()}
        for name, rows in state["rows"].items():
            table = self.tables[name]
            table.rows = {table.key(row): row for row in rows}
