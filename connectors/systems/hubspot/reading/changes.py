"""What changed, through the search, by time and never by page number.

Page numbers shift under a reader when records change, and end at 10,000. So each
page is asked for from the time of the last row on; only a time that fills whole pages
by itself, as after an import, is gone through by id. Source: vendor sheet, 4.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from connectors.systems.hubspot.codec import moment
from connectors.systems.hubspot.reading.cursors import Position
from connectors.systems.hubspot.reading.fetching import (
    Fetched,
    Fetcher,
    Filter,
    Query,
)
from connectors.systems.hubspot.reading.wanted import Wanted
from connectors.systems.hubspot.wire.answers import Row

RECORD_ID = "hs_object_id"
# Below every id, whether ids are compared as numbers or as text.
_LOWEST = "0"


@dataclass(frozen=True, slots=True)
class Step:
    """A page of new rows; `at` is where the pass stands behind them."""

    rows: list[Row]
    at: Position
    page: Fetched
    last: bool


@dataclass(slots=True)
class Changes:
    """One pass over the changes of one object type, up to `until` (ms)."""

    fetcher: Fetcher
    wanted: Wanted
    limit: int
    until: int | None = None
    _time: int = -1
    _seen: set[str] = field(default_factory=set)

    def steps(self, at: Position) -> Iterator[Step]:
        """The pages from `at` on, the last of them marked."""
        last = False
        while not last:
            page = self._by_id(at) if at.above else self._by_time(at)
            last = not (at.above or page.after)
            at = self._next(at, page)
            yield Step(self._new(page.rows), at, page, last)

    def leave_after(self, ms: int) -> None:
        """Leave what changes after `ms` to a later read, so that this one ends."""
        self.until = ms if self.until is None else min(self.until, ms)

    def _next(self, at: Position, page: Fetched) -> Position:
        if at.above:
            if page.after:
                return replace(at, above=page.rows[-1].id)
            return replace(at, above="", since=at.since + 1)
        reached = max((self._ms(row) for row in page.rows[-1:]), default=at.since)
        if page.after and reached <= at.since:
            return replace(at, above=_LOWEST)
        return replace(at, since=max(reached, at.since))

    def _by_time(self, at: Position) -> Fetched:
        name = self.wanted.modified
        bounds = {"propertyName": name, "operator": "GTE", "value": str(at.since)}
        if self.until is not None:
            last = max(self.until, at.since)
            bounds |= {"operator": "BETWEEN", "highValue": str(last)}
        return self._found([bounds], name)

    def _by_id(self, at: Position) -> Fetched:
        time = str(at.since)
        name = self.wanted.modified
        now = {"propertyName": name, "operator": "BETWEEN", "value": time}
        above = {"propertyName": RECORD_ID, "operator": "GT", "value": at.above}
        return self._found([{**now, "highValue": time}, above], RECORD_ID)

    def _found(self, filters: list[Filter], sort: str) -> Fetched:
        query = Query(filters, sort, self.wanted.asked, self.limit)
        return self.fetcher.found(self.wanted.object_type, query)

    def _new(self, rows: list[Row]) -> list[Row]:
        """Without those that the page before brought: pages overlap by a time."""
        fresh = []
        for row in rows:
            time = self._ms(row)
            if time != self._time:
                self._time, self._seen = time, set()
            if row.id not in self._seen:
                self._seen.add(row.id)
                fresh.append(row)
        return fresh

    def _ms(self, row: Row) -> int:
        return in_ms(row.properties.get(self.wanted.modified) or row.updated_at)


def in_ms(text: str) -> int:
    """A time of HubSpot's in ms since 1970."""
    return round(moment(text).timestamp() * 1000)
