"""Finding the rows of a request, by index where one helps, in the order asked for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, islice
from operator import itemgetter
from zlib import crc32

from connectors.sandbox.jde.data.columns import Row, Value
from connectors.sandbox.jde.data.store import Span, Table, after
from connectors.sandbox.jde.query.conditions import Group
from connectors.sandbox.jde.query.spans import Spans

CHUNK = 1024
BLOCK = 64
Order = Sequence[tuple[int, bool]]
"""Columns by position, each with whether it descends."""
EVERYTHING: Span = (None, None)


class Selection:
    """The rows of one table that a tree of conditions admits.

    One is made for each page and finds its place again from the last row of the
    page before, so rows that changed meanwhile appear or disappear. Without an
    order the rows come in a fixed shuffle, because a real server promises none.
    """

    def __init__(self, table: Table, group: Group, order: Order):
        self._table = table
        self._group = group
        self._order = order
        self._key_length = table.definition.key_length
        self._first_key = table.definition.columns[0].alias

    def page(self, limit: int, last: Row | None = None) -> tuple[list[Row], bool]:
        """Up to `limit` rows after the row `last`, and whether more follow."""
        chunks = self._chunks(limit + 1, last)
        rows = list(islice(chain.from_iterable(chunks), limit + 1))
        return rows[:limit], len(rows) > limit

    def rows(self) -> Iterable[Row]:
        """All rows, in no order."""
        found = self._best_index(len(self._table))
        return chain.from_iterable(
            self._by_index(found) if found else self._by_key(None)
        )

    def count(self) -> int:
        """How many rows there are."""
        if self._group.matcher(self._first_key) is None:
            return self._reach
        return sum(1 for _ in self.rows())

    def _chunks(self, need: int, last: Row | None) -> Iterable[list[Row]]:
        if self._is_key_order():
            found = self._best_index(need)
            if found is None:
                return self._by_key(last)
            return [self._following(self._by_index(found, last), last)]
        alias = self._leading_index()
        if alias and self._reach > 4 * need:
            return self._by_leading_index(alias, last)
        if not self._order and self._is_one_range() and not self._best_index(need):
            return self._by_block(self._places[0], last)
        return [self._sorted(self.rows(), last)]

    def _is_key_order(self) -> bool:
        wanted = self._order[: self._key_length]
        natural = [(place, False) for place in range(len(wanted))]
        return bool(wanted) and list(wanted) == natural

    def _leading_index(self) -> str | None:
        if not self._order:
            return None
        alias = self._table.definition.columns[self._order[0][0]].alias
        return alias if alias in self._table.definition.indexes else None

    @cached_property
    def _key_spans(self) -> Spans:
        spans = self._group.spans(self._first_key)
        return [EVERYTHING] if spans is None else spans

    @cached_property
    def _places(self) -> list[range]:
        return [
            self._table.places(
                () if low is None else (low,), () if high is None else (high,)
            )
            for low, high in self._key_spans
        ]

    @cached_property
    def _reach(self) -> int:
        """How many rows a reading by key may touch."""
        return sum(len(places) for places in self._places)

    def _start(self, last: Row | None) -> int:
        if last is None:
            return 0
        key = last[: self._key_length]
        return self._table.places((*key[:-1], after(key[-1])), ()).start

    def _by_key(self, last: Row | None) -> Iterator[list[Row]]:
        matcher, rows = self._group.matcher(self._first_key), self._table.rows
        begin = self._start(last)
        for places in self._places:
            for start in range(max(begin, places.start), places.stop, CHUNK):
                chunk = rows[start : min(start + CHUNK, places.stop)]
                yield chunk if matcher is None else list(filter(matcher, chunk))

    def _best_index(self, need: int) -> tuple[str, Spans] | None:
        """A secondary index that touches fewer rows than reading by key would."""
        whole = len(self._table)
        best, fewest = None, self._reach
        for alias in self._table.definition.indexes:
            spans = self._group.spans(alias)
            if spans is None:
                continue
            index = self._table.index(alias)
            count = sum(len(one) for one in index.buckets(spans))
            # Reading by key stops once the page is full, after about so many rows.
            reading = min(fewest, need * whole // max(1, count))
            if count < reading:
                best, fewest = (alias, spans), count
        return best

    def _by_index(
        self, found: tuple[str, Spans], last: Row | None = None
    ) -> Iterator[list[Row]]:
        alias, spans = found
        matcher = self._group.matcher(alias)
        keys = self._key_spans
        low, high = (keys[0][0], keys[-1][1]) if keys else (None, None)
        if last is not None and (low is None or last[0] > low):
            low = last[0]
        for bucket in self._table.index(alias).buckets(spans):
            part = _clipped(bucket, low, high)
            yield part if matcher is None else list(filter(matcher, part))

    def _following(self, chunks: Iterable[list[Row]], last: Row | None) -> list[Row]:
        rows = sorted(chain.from_iterable(chunks))
        if last is None:
            return rows
        key, length = last[: self._key_length], self._key_length
        return [row for row in rows if row[:length] > key]

    def _by_leading_index(self, alias: str, last: Row | None) -> Iterator[list[Row]]:
        place, descending = self._order[0]
        spans = self._group.spans(alias)
        index = self._table.index(alias)
        buckets = index.buckets([EVERYTHING] if spans is None else spans)
        matcher = self._group.matcher(alias)
        for bucket in reversed(list(buckets)) if descending else buckets:
            value = bucket[0][place]
            if last is not None and _passed(value, last[place], descending=descending):
                continue
            rows = bucket if matcher is None else filter(matcher, bucket)
            yield self._sorted(rows, last)

    def _sorted(self, rows: Iterable[Row], last: Row | None) -> list[Row]:
        if last is not None:
            rows = [row for row in rows if self._comes_after(row, last)]
        found = sorted(rows, key=self._shuffle)
        for place, descending in reversed(self._order):
            found.sort(key=itemgetter(place), reverse=descending)
        return found

    def _comes_after(self, row: Row, last: Row) -> bool:
        for place, descending in self._order:
            if row[place] != last[place]:
                return bool((row[place] > last[place]) is not descending)
        return self._shuffle(row) > self._shuffle(last)

    @cached_property
    def _has_blocks(self) -> bool:
        return not self._table.definition.columns[0].is_text

    def _is_one_range(self) -> bool:
        return self._has_blocks and len(self._places) == 1

    def _by_block(self, places: range, last: Row | None) -> Iterator[list[Row]]:
        """Rows as shuffled, without looking at more blocks than are needed."""
        matcher, rows = self._group.matcher(self._first_key), self._table.rows
        stop = places.stop
        while stop > places.start:
            block = _block(rows[stop - 1])
            start = bisect_left(rows, (block * BLOCK,), places.start, stop)
            part, stop = rows[start:stop], start
            if last is None or block <= _block(last):
                yield self._sorted(filter(matcher, part) if matcher else part, last)

    def _shuffle(self, row: Row) -> tuple[int, int, Row]:
        """Blocks of numbers from the highest down, each in no order at all."""
        key = row[: self._key_length]
        block = _block(row) if self._has_blocks else 0
        return -block, crc32(repr(key).encode()), key


def _block(row: Row) -> int:
    return int(row[0] // BLOCK)


def _passed(value: Value, last: Value, *, descending: bool) -> bool:
    return bool(value > last if descending else value < last)


def _clipped(bucket: list[Row], low: object, high: object) -> list[Row]:
    first = 0 if low is None else bisect_left(bucket, (low,))
    stop = len(bucket) if high is None else bisect_left(bucket, (high,))
    return bucket[first:stop]
