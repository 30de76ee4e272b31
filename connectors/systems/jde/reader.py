"""Reads one object type: everything by key, the changes by date, some by number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from itertools import islice
from operator import attrgetter
from typing import Any, Protocol, TypeVar

from msgspec import UNSET

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.records import Page, SourceRecord
from connectors.systems.jde.clock import Reading, look_back
from connectors.systems.jde.cursors import Position, done
from connectors.systems.jde.joins.entities import Entity, Key, Loaded, first_by_key
from connectors.systems.jde.joins.tables import Part, Shape, compiled
from connectors.systems.jde.wire.codecs import Stamp, stamp, stamp_of
from connectors.systems.jde.wire.grid import Rows
from connectors.systems.jde.wire.query import Condition, Row, one_of
from connectors.systems.jde.wire.service import DataService

CHUNK = 200  # numbers in one LIST condition
_END_OF_DAY = 235959
_FOREVER: Stamp = ("99991231", _END_OF_DAY)
Result = TypeVar("Result")


class Run(Protocol):
    """Does something in another thread."""

    def __call__(
        self, work: Callable[..., Result], *arguments: Any
    ) -> Future[Result]: ...


class Reader:
    """One read of one entity. `fields` narrow it to the tables and columns needed."""

    def __init__(
        self,
        service: DataService,
        entity: Entity,
        *,
        zone: tzinfo,
        parallel: int,
        overlap: timedelta,
        implied: Mapping[tuple[str, str], int],
        fields: Sequence[str] = (),
    ) -> None:
        self._service = service
        self._entity = entity
        self._zone = zone
        self._parallel = parallel
        self._overlap = overlap
        self._implied = implied
        self._fields = fields
        self._sparse = False

    @cached_property
    def _shapes(self) -> list[Shape]:
        """The parts that are read, as this user sees them; the head comes first."""
        parts = [part for part in self._entity.parts if part.feeds(self._fields)]
        with pool(self._parallel) as run:
            seen = [run(self._service.columns, part.table) for part in parts]
            return [
                self._shape(part, columns.result())
                for part, columns in zip(parts, seen, strict=True)
            ]

    def _shape(self, part: Part, seen: frozenset[str]) -> Shape:
        shape = compiled(part.only(self._fields), seen, self._implied)
        hidden = [alias for alias in part.group if shape.hides(alias)]
        if hidden:
            raise ConfigurationError(
                f"{', '.join(hidden)} of {part.table} is hidden from this user, and "
                "nothing can be read without it.",
                advice="Let the user see it in JD Edwards' column security.",
            )
        return shape

    @property
    def _head(self) -> Shape:
        return self._shapes[0]

    @property
    def _tables(self) -> tuple[str, ...]:
        return tuple(shape.part.table for shape in self._shapes)

    def read(self, position: Position, until: datetime | None) -> Iterator[Page]:
        """Pages from this position on. Raises ConnectorError."""
        now = self._service.now()
        started = position.started or now
        with pool(self._parallel) as run:
            if position.marks:
                yield from self._changes(run, position, started, now, until)
            else:
                yield from self._everything(run, position, started, until)

    def named(self, numbers: Sequence[str]) -> list[SourceRecord]:
        """All records of these numbers as they are now."""
        found: list[SourceRecord] = []
        with pool(self._parallel) as run:
            for chunk in _chunks(sorted(set(numbers), key=self._entity.comparable)):
                found += self._joined(run, chunk, lambda _key: True)
        return found

    # ------------------------------------------------------------- everything

    def _everything(
        self,
        run: Run,
        position: Position,
        started: Reading,
        until: datetime | None,
    ) -> Iterator[Page]:
        """By key, always one page of heads and its sides ahead of the reader."""
        query = self._head.query
        total = None if position.after else self._service.count(query)
        pages = self._service.pages(query, position.after)
        page: Rows | None = next(pages)
        sides = self._sides_of(run, page)
        while page:
            coming = run(next, pages, None)
            loaded = {table: rows.result() for table, rows in sides.items()}
            self._sparse = self._sparse or _mostly_foreign(page.rows, loaded)
            following = coming.result()
            sides = self._sides_of(run, following)
            if following and following.rows:
                here = Position({}, started, query.position(page.rows[-1]))
            else:
                here, following = done(self._tables, started, until), None
            records = self._records(page.rows, loaded)
            yield Page(records=records, cursor=here.cursor(), total=total)
            page, total = following, None

    def _sides_of(self, run: Run, page: Rows | None) -> dict[str, Future[Loaded]]:
        if not page or not page.rows:
            return {}
        join = self._entity.join
        numbers = [str(getattr(row, join)) for row in page.rows]
        if self._sparse:
            chunks = _chunks(list(dict.fromkeys(numbers)))
            return self._sides(run, [one_of(join, chunk) for chunk in chunks])
        ends = (numbers[0], numbers[-1])
        return self._sides(run, [Condition(join, "BETWEEN", ends)])

    def _sides(self, run: Run, which: Sequence[Condition]) -> dict[str, Future[Loaded]]:
        return {
            shape.part.table: run(self._load, shape, which)
            for shape in self._shapes[1:]
        }

    def _load(self, shape: Shape, which: Sequence[Condition]) -> Loaded:
        queries = [shape.query.also(condition) for condition in which]
        rows = [row for query in queries for row in self._service.rows(query)]
        # How many rows follow the one that counts depends on where pages end.
        return Loaded(shape, _first_of_each(shape, rows) if shape.part.then else rows)

    def _records(
        self, heads: Sequence[Row], sides: Mapping[str, Loaded]
    ) -> list[SourceRecord]:
        if not heads:
            return []
        return self._entity.records(Loaded(self._head, heads), sides, self._zone)

    # ---------------------------------------------------------------- changes

    def _changes(
        self,
        run: Run,
        position: Position,
        started: Reading,
        now: Reading,
        until: datetime | None,
    ) -> Iterator[Page]:
        """Whole records of every number that any of the tables has a change of."""
        final = done(self._tables, started, until)
        limit = stamp_of(final.mark(self._tables[0]).local) if until else _FOREVER
        scans = [
            run(self._scan, shape, position.mark(shape.part.table), now, limit)
            for shape in self._shapes
        ]
        changed: set[Key] = set().union(*(scan.result() for scan in scans))
        comparable = self._entity.comparable
        numbers = sorted({comparable(_number(key)) for key in changed})
        if position.after:
            after = comparable(position.after[0])
            numbers = [n for n in numbers if n > after]
        total: int | None = len(numbers)
        for chunk in _chunks(numbers):
            records = self._joined(
                run, chunk, lambda key: key in changed or _number(key) in changed
            )
            here = replace(position, started=started, after=(str(chunk[-1]),))
            if chunk[-1] == numbers[-1]:
                here = final
            yield Page(records=records, cursor=here.cursor(), total=total)
            total = None
        if not numbers:
            yield Page(records=[], cursor=final.cursor(), total=0)

    def _scan(
        self, shape: Shape, mark: Reading, now: Reading, limit: Stamp
    ) -> set[Key]:
        """The keys of a table's rows that changed, or took effect, since `mark`."""
        start = look_back(mark, now, self._zone, self._overlap)
        days = max(0, (now.local.date() - start.date()).days) + 1
        between, part = (stamp_of(start), limit), shape.part
        found: set[Key] = set()
        if shape.shows_changes:
            # Without a time of day a row may have changed as late as its day's end.
            rows = self._service.rows(shape.changed_since(days))
            found |= _stamped(part, rows, "UPMJ", _END_OF_DAY, between)
        if part.effective in shape.seen:
            rows = self._service.rows(shape.came_into_effect(days))
            found |= _stamped(part, rows, part.effective, 0, between)
        return found

    # --------------------------------------------------------------- by number

    def _joined(
        self, run: Run, numbers: Sequence[Any], keep: Callable[[Key], bool]
    ) -> list[SourceRecord]:
        which = [one_of(self._entity.join, map(str, numbers))]
        sides = self._sides(run, which)
        heads = run(self._load, self._head, which).result()
        key = heads.key
        rows = [row for row in heads.rows if keep(key(row))]
        return self._records(rows, {t: side.result() for t, side in sides.items()})


@contextmanager
def pool(workers: int) -> Iterator[Run]:
    """Threads that know the correlation id; all work has ended on leaving."""
    threads = ThreadPoolExecutor(workers, thread_name_prefix="jde")

    def run(work: Callable[..., Result], *arguments: Any) -> Future[Result]:
        return threads.submit(copy_context().run, work, *arguments)

    try:
        yield run
    finally:
        threads.shutdown(wait=True, cancel_futures=True)


def _first_of_each(shape: Shape, rows: Sequence[Row]) -> list[Row]:
    return list(first_by_key(Loaded(shape, rows)).values())


def _mostly_foreign(heads: Sequence[Row], sides: Mapping[str, Loaded]) -> bool:
    """Whether a range of numbers brings far more rows than the records in it have.

    So it is where customers are few among suppliers and employees; to name their
    numbers is then cheaper than to read what lies between them.
    """
    return any(len(side.rows) > 8 * len(heads) + 100 for side in sides.values())


def _stamped(
    part: Part, rows: Sequence[Row], day: str, clock: int, between: tuple[Stamp, Stamp]
) -> set[Key]:
    """The keys of the rows stamped in between, both ends included.

    `clock` is the time of those that have none.
    """
    key, (first, last) = attrgetter(*part.group), between
    found = set()
    for row in rows:
        told = getattr(row, part.clock, UNSET)
        when = stamp(getattr(row, day), clock if told is UNSET else told)
        if first <= when <= last:
            found.add(key(row))
    return found


def _number(key: Key) -> Any:
    return key[0] if isinstance(key, tuple) else key


def _chunks(values: Sequence[Any]) -> Iterator[list[Any]]:
    rest = iter(values)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
