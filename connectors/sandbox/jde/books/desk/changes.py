"""All changes of one entry: gathered first, then made together or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.sandbox.core.ledger import Ledger
from connectors.sandbox.jde.data.columns import Row, TableDefinition
from connectors.sandbox.jde.data.database import Database

CLOCKS = ("UPMT", "TDAY")


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who changes a row, in which program and when (server's local time)."""

    user: str
    program: str
    now: datetime

    @property
    def day(self) -> str:
        return f"{self.now:%Y%m%d}"

    def values(self, definition: TableDefinition) -> dict[str, Any]:
        """The audit columns that the table has."""
        found: dict[str, Any] = {"USER": self.user, "PID": self.program}
        found |= {"JOBN": "E1AIS01", "UPMJ": self.day}
        found |= dict.fromkeys(CLOCKS, int(f"{self.now:%H%M%S}"))
        return {n: value for n, value in found.items() if n in definition.position}


class Changes:
    """Rows to insert and to replace; `commit` cannot fail halfway."""

    def __init__(self, database: Database, stamp: Stamp):
        self._database = database
        self.stamp = stamp
        self._inserts: list[tuple[str, Row]] = []
        self._updates: list[tuple[str, Row, Row]] = []

    def insert(self, name: str, values: dict[str, Any]) -> Row:
        """Plan a new row of checked values; ValueError if its key exists."""
        table = self._database[name]
        definition = table.definition
        row = definition.row({**values, **self.stamp.values(definition)})
        key = row[: definition.key_length]
        planned = any(n == name and r[: len(key)] == key for n, r in self._inserts)
        if planned or table.find(key) is not None:
            message = f"{name} already has {key}"
            raise ValueError(message)
        self._inserts.append((name, row))
        return row

    def insert_row(self, name: str, row: Row) -> None:
        """Plan a complete stored row whose key is known to be new."""
        self._inserts.append((name, row))

    def update(self, name: str, row: Row, values: dict[str, Any]) -> Row:
        """Plan new values, by alias, for a row that is there; returns the new row."""
        definition = self._database[name].definition
        changed = list(row)
        for alias, value in {**values, **self.stamp.values(definition)}.items():
            place = definition.position[alias]
            changed[place] = definition.columns[place].store(value)
        new = tuple(changed)
        self._updates.append((name, row, new))
        return new

    def count(self, name: str) -> int:
        """How many rows are to be inserted into a table."""
        return sum(1 for one, _ in self._inserts if one == name)

    def commit(self) -> list[Row]:
        """Make all changes; returns the rows inserted."""
        for name, row in self._inserts:
            self._database[name].insert(row)
        for name, old, new in self._updates:
            self._database[name].replace(old, new)
        return [row for _, row in self._inserts]


def note(book: Ledger, name: str, key: str, row: dict[str, Any], *, new: bool) -> None:
    """Write into the control surface's ledger what was accepted."""
    (book.created if new else book.updated)(name, key, row)
