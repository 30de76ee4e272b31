"""A whole read: everything once, then changes, and the archive now and then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from connectors.sdk.records import Page, SourceRecord
from connectors.systems.hubspot.reading.assembly import Assembler
from connectors.systems.hubspot.reading.changes import RECORD_ID, Changes, in_ms
from connectors.systems.hubspot.reading.cursors import Position
from connectors.systems.hubspot.reading.fetching import (
    SEARCH_LIMIT,
    Fetched,
    Fetcher,
    Query,
    StalePlaceError,
)
from connectors.systems.hubspot.wire.answers import Row

# HubSpot's clock comes without fractions of a second.
_SECOND = 1000


@dataclass(frozen=True, slots=True)
class Pace:
    """How a connection reads; `overlap` and `archive_every` in ms."""

    page_size: int
    overlap: int
    archive_every: int


@dataclass(slots=True)
class Read:
    """One read of one object type; `at` is where it stands."""

    fetcher: Fetcher
    assembler: Assembler
    pace: Pace
    at: Position
    until: datetime | None = None
    _anew: bool = False

    def pages(self) -> Iterator[Page]:
        """See the contract; what was merged or archived is told as well."""
        if self.at.phase == "full":
            yield from self._everything()
        elif self.at.phase == "changes":
            yield from self._changes()
        if self.at.phase == "archived":
            yield from self._archive()

    # --------------------------------------------------------------------- everything

    def _everything(self) -> Iterator[Page]:
        total = self._count() if self.at.started is None else None
        while self.at.phase == "full":
            page = self._listed(archived=False)
            begun = page.at if self.at.started is None else self.at.started
            self.at = replace(self.at, started=begun, after=page.after)
            if not page.after:
                self._go_on()
            rows = [row for row in page.rows if self._in_time(self._changed(row))]
            yield self._page(self.assembler.records(rows), total)

    def _count(self) -> int | None:
        """How many records there are, as far as the search knows."""
        query = Query([], RECORD_ID, [RECORD_ID], 1)
        return self.fetcher.found(self._name, query).total

    # ------------------------------------------------------------------------ changes

    def _changes(self) -> Iterator[Page]:
        began, total, at = self.at.started, None, self.at
        if began is None:
            at = replace(at, since=max(0, at.since - self.pace.overlap))
        limit = min(self.pace.page_size, SEARCH_LIMIT)
        changes = Changes(self.fetcher, self.assembler.wanted, limit, self._last)
        if began is not None:
            changes.leave_after(began + _SECOND)
        for step in changes.steps(at):
            began = step.page.at if began is None else began
            changes.leave_after(began + _SECOND)
            total = step.page.total if total is None else total
            self.at = replace(step.at, started=began)
            if step.last:
                self._go_on()
            yield self._page(self.assembler.records(step.rows), total)

    def _go_on(self) -> None:
        """When all live records are read: the archive if it is due, or the end."""
        begun, looked = self.at.started or 0, self.at.looked
        due = looked is None or begun - looked >= self.pace.archive_every
        self.at = Position(
            phase="archived" if due else "changes",
            since=self._end,
            started=begun if due else None,
            looked=looked,
        )

    # ------------------------------------------------------------------------ archive

    def _archive(self) -> Iterator[Page]:
        """Those archived since we last looked: the list holds all of 90 days."""
        looked = self.at.looked
        since = None if looked is None else looked - self.pace.overlap
        while self.at.phase == "archived":
            page = self._listed(archived=True)
            gone = [
                self.assembler.wanted.gone(row)
                for row in page.rows
                if self._gone_since(row, since)
            ]
            if page.after:
                self.at = replace(self.at, after=page.after)
            else:
                known, end = self.at.since, self._end
                self.at = Position(phase="changes", since=known, looked=end)
            if gone or self.at.phase == "changes":
                yield self._page(gone, None)

    def _gone_since(self, row: Row, since: int | None) -> bool:
        if not row.archived_at:
            return True
        at = in_ms(row.archived_at)
        return self._in_time(at) and (since is None or at >= since)

    # ------------------------------------------------------------------------ helpers

    @property
    def _name(self) -> str:
        return self.assembler.wanted.object_type

    @property
    def _last(self) -> int | None:
        """`until` in ms."""
        if self.until is None:
            return None
        return int(self.until.astimezone(UTC).timestamp() * 1000)

    def _listed(self, *, archived: bool) -> Fetched:
        """The next page of a list, or its first where HubSpot has forgotten the place.

        Once a read; what comes twice by that is no news.
        """
        try:
            return self._list(archived=archived)
        except StalePlaceError:
            if self._anew:
                raise
        self._anew, self.at = True, replace(self.at, after="")
        return self._list(archived=archived)

    def _list(self, *, archived: bool) -> Fetched:
        return self.fetcher.listed(
            self._name,
            [RECORD_ID] if archived else self.assembler.wanted.asked,
            after=self.at.after,
            limit=self.pace.page_size,
            archived=archived,
        )

    @property
    def _end(self) -> int:
        """Up to when changes are known once this read is complete."""
        begun = self.at.started or 0
        return begun if self._last is None else min(begun, self._last)

    def _changed(self, row: Row) -> int:
        name = self.assembler.wanted.modified
        return in_ms(row.properties.get(name) or row.updated_at)

    def _in_time(self, at: int) -> bool:
        return self._last is None or at <= self._last

    def _page(self, records: list[SourceRecord], total: int | None) -> Page:
        return Page(records=records, cursor=self.at.cursor(), total=total)
