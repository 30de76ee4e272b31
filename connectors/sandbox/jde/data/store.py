"""Rows of one table in key order, with indexes for the columns often selected by."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from connectors.sandbox.jde.data.columns import Row, TableDefinition, Value

NEARBY = 16

Span = tuple[Value | None, Value | None]
"""Values from the first (included) to the second (excluded); None is no limit."""


def after(value: Value) -> Value:
    """The smallest value above `value`, for whole numbers and text."""
    return value + "\0" if isinstance(value, str) else int(value) + 1


class ColumnIndex:
    """Rows by the value of one column, each bucket in key order."""

    def __init__(self, rows: Iterable[Row], position: int, key_length: int):
        self._position = position
        self._key_length = key_length
        self._buckets: dict[Value, list[Row]] = {}
        for row in rows:
            self._buckets.setdefault(row[position], []).append(row)
        self._values: list[Value] = sorted(self._buckets)

    def buckets(self, spans: Sequence[Span]) -> Iterator[list[Row]]:
        """The buckets whose value lies in one of the spans."""
        for low, high in spans:
            first = 0 if low is None else bisect_left(self._values, low)
            last = (
                len(self._values) if high is None else bisect_left(self._values, high)
            )
            for value in self._values[first:last]:
                yield self._buckets[value]

    def add(self, row: Row) -> None:
        value = row[self._position]
        if value not in self._buckets:
            self._buckets[value] = []
            insort(self._values, value)
        insort(self._buckets[value], row)

    def remove(self, row: Row) -> None:
        value = row[self._position]
        bucket = self._buckets[value]
        del bucket[bisect_left(bucket, row[: self._key_length])]
        if not bucket:
            del self._buckets[value]
            del self._values[bisect_left(self._values, value)]


class Table:
    """The stored rows of one table.

    Rows are tuples whose first members are the key, so the list itself is the
    primary index: a key prefix bisects it without a second structure. A changed
    row is a new tuple in the same place. Other indexes are built when first used.
    """

    def __init__(self, definition: TableDefinition):
        self.definition = definition
        self.rows: list[Row] = []
        self._indexes: dict[str, ColumnIndex] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def extend(self, rows: Iterable[Row]) -> None:
        """Add many rows at once; their keys must be new."""
        self.rows.extend(rows)
        self.rows.sort()
        self._indexes.clear()

    def clear(self) -> None:
        """Forget all rows."""
        self.rows = []
        self._indexes.clear()

    def key_of(self, text: str) -> tuple[Any, ...]:
        """A key, or its first columns, from values joined by `-`."""
        parts = text.split("-", self.definition.key_length - 1)
        return tuple(
            column.store(part)
            for column, part in zip(self.definition.key, parts, strict=False)
        )

    def index(self, alias: str) -> ColumnIndex:
        """The index of a column that the definition lists as indexed."""
        found = self._indexes.get(alias)
        if found is None:
            position = self.definition.position[alias]
            found = ColumnIndex(self.rows, position, self.definition.key_length)
            self._indexes[alias] = found
        return found

    def places(self, low: tuple[Any, ...], high: tuple[Any, ...]) -> range:
        """Positions of the rows from key prefix `low` to below `high`; () is open."""
        rows = self.rows
        first = bisect_left(rows, low) if low else 0
        if not high:
            return range(first, len(rows))
        # Most ranges are the few rows of one number: look close by first.
        near = min(first + NEARBY, len(rows))
        last = bisect_left(rows, high, first, near)
        if last == near:
            last = bisect_left(rows, high, near)
        return range(first, last)

    def find(self, key: tuple[Any, ...]) -> Row | None:
        """The row with this whole key."""
        place = bisect_left(self.rows, key)
        if place < len(self.rows) and self._key(self.rows[place]) == key:
            return self.rows[place]
        return None

    def with_prefix(self, prefix: tuple[Any, ...]) -> list[Row]:
        """The rows whose key begins with `prefix`."""
        ceiling = (*prefix[:-1], after(prefix[-1])) if prefix else ()
        places = self.places(prefix, ceiling)
        return self.rows[places.start : places.stop]

    def insert(self, row: Row) -> None:
        """Add one row; ValueError if its key exists."""
        if self.find(self._key(row)) is not None:
            message = f"{self.definition.name} already has {self._key(row)}"
            raise ValueError(message)
        insort(self.rows, row)
        for index in self._indexes.values():
            index.add(row)

    def replace(self, old: Row, new: Row) -> None:
        """Put `new` in the place of `old`, which has the same key."""
        self.rows[bisect_left(self.rows, self._key(old))] = new
        for index in self._indexes.values():
            index.remove(old)
            index.add(new)

    def remove(self, row: Row) -> None:
        """Take a row out, as a physical delete does."""
        del self.rows[bisect_left(self.rows, self._key(row))]
        for index in self._indexes.values():
            index.remove(row)

    def _key(self, row: Row) -> tuple[Any, ...]:
        return row[: self.definition.key_length]
