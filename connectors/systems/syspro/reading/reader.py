"""Reads one object type: everything by key, or what changed since a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from connectors.sdk.records import Page, SourceRecord
from connectors.systems.syspro.options import Options
from connectors.systems.syspro.reading.entity import Entity, Heads
from connectors.systems.syspro.reading.position import Position
from connectors.systems.syspro.wire.query import Condition, Keys, Row, chunks

_CHUNK = 200


class Reader:
    """One read of one entity."""

    def __init__(
        self,
        entity: Entity,
        options: Options,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._entity, self._options, self._now = entity, options, now

    def read(self, position: Position, until: datetime | None = None) -> Iterator[Page]:
        """Pages from this position on. Raises ConnectorError.

        Days are the site's; `until` holds back the day up to which changes count as
        known, and nothing else: a record shows what it is now.
        """
        now = self._now()
        today = min(now, until or now).astimezone(self._options.zone).date()
        condition = self._condition(position, now)
        if condition:
            yield from self._changes(position, condition, position.started or today)
        else:
            yield from self._everything(position, now, today)

    def _condition(self, position: Position, now: datetime) -> Condition | None:
        """What to read of the table, None for all of it."""
        if position.since is None or position.scanned_at is None:
            return None
        if now - position.scanned_at >= self._options.full_every:
            return None
        return self._entity.changed(position.since - self._options.overlap)

    def _everything(
        self, position: Position, now: datetime, today: date
    ) -> Iterator[Page]:
        scanning = position.started is not None and position.since is None
        started = position.started if scanning and position.started else today
        scanned = position.scanned_at if scanning and position.scanned_at else now
        here = Position(started=started, scanned_at=scanned)
        final = Position(since=started, scanned_at=scanned)
        query = self._entity.query
        after = position.after if scanning else ()
        total = None if after else self._entity.tables.count(query)
        for rows in self._entity.tables.pages(query, after):
            records = self._entity.records(Heads(query, rows, whole=True))
            cursor = replace(here, after=_stored(query.key(rows[-1]))).cursor()
            yield Page(records=records, cursor=cursor, total=total)
            total = None
        yield Page(records=[], cursor=final.cursor())

    def _changes(
        self, position: Position, condition: Condition, started: date
    ) -> Iterator[Page]:
        here = replace(position, started=started)
        since = position.since or started
        query = self._entity.query.also(condition)
        brought: set[Keys] = set()
        for rows in self._entity.tables.pages(query, position.after):
            brought |= {query.key(row) for row in rows}
            records = self._entity.records(Heads(query, rows))
            cursor = replace(here, after=_stored(query.key(rows[-1]))).cursor()
            yield Page(records=records, cursor=cursor)
        final = replace(here, since=here.started, started=None, after=())
        keys = self._entity.also_changed(since - self._options.overlap)
        for chunk in chunks([one for one in keys if one not in brought], _CHUNK):
            # Only the last page says that all is known: till then it is read again.
            yield Page(records=self.named(chunk), cursor=position.cursor())
        yield Page(records=[], cursor=final.cursor())

    def named(self, keys: Sequence[Keys]) -> list[SourceRecord]:
        """The records of these keys as they are now."""
        query = self._entity.query
        rows = self._entity.tables.named(query, query.table.key, keys)
        return self._entity.records(Heads(query, rows, ordered=False))

    def matching(self, column: str, values: Sequence[str]) -> list[SourceRecord]:
        """The records that have one of these values in a column."""
        query = self._entity.query
        named = [(value,) for value in values]
        rows: list[Row] = self._entity.tables.named(query, (column,), named)
        return self._entity.records(Heads(query, rows, ordered=False))


def _stored(key: Keys) -> Keys:
    return tuple(str(part) for part in key)
