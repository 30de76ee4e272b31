"""Reads one object type in pages that can be resumed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.records import Cursor, Page, SourceRecord
from connectors.systems.qad.faces.face import Face, Row
from connectors.systems.qad.names import parts_of
from connectors.systems.qad.options import Options
from connectors.systems.qad.records import Records

# The day of the last change is all that can be asked for, and a change may be stored
# a little after it was made.
OVERLAP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Position:
    """A cursor of ours: the day from which changes are read, how far a read that is
    under way came, and the site's day when it began."""

    since: date | None = None
    at: Any = None
    started: date | None = None

    @classmethod
    def load(cls, cursor: Cursor | None) -> Self:
        """Raises ConfigurationError for what we never wrote."""
        if cursor is None:
            return cls()
        try:
            since, started = cursor["since"], cursor["started"]
            return cls(
                date.fromisoformat(since) if since else None,
                cursor["at"],
                date.fromisoformat(started) if started else None,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigurationError(
                "The stored position of the QAD read cannot be understood.",
                advice="Start a full read.",
            ) from error

    def cursor(self) -> dict[str, Any]:
        """JSON-safe, the inverse of `load`."""
        since = self.since.isoformat() if self.since else None
        started = self.started.isoformat() if self.started else None
        return {"since": since, "at": self.at, "started": started}


class Reader:
    """One read. `fields` narrow it to what has to be asked for."""

    def __init__(
        self, face: Face, records: Records, options: Options, fields: Sequence[str]
    ) -> None:
        self._face, self._records, self._options = face, records, options
        self._needed = records.needed(fields)

    def read(self, position: Position, until: datetime | None) -> Iterator[Page]:
        """Pages from a position on; the last one's cursor is where the next begins."""
        today = datetime.now(UTC).astimezone(self._options.zone).date()
        started = position.started or today
        if until:
            started = min(started, until.astimezone(self._options.zone).date())
        since = position.since - OVERLAP if position.since else None
        done = Position(since=started).cursor()
        held: tuple[list[SourceRecord], Any, int | None] | None = None
        kind = self._records.kind
        for page in self._face.pages(kind, since, position.at):
            if held:
                going = Position(position.since, held[1], started)
                yield Page(records=held[0], cursor=going.cursor(), total=held[2])
            found = self._made(page.rows, until)
            held = (found, page.position, page.total)
        if held:
            yield Page(records=held[0], cursor=done, total=held[2])

    def _made(self, rows: Sequence[Row], until: datetime | None) -> list[SourceRecord]:
        if rows and not self._face.has_all(rows, self._needed):
            kind = self._records.kind
            rows = self._face.whole(kind, [str(row[kind.code]) for row in rows])
        found = [record for row in rows for record in self._records.of(row)]
        if until is None:
            return found
        return [r for r in found if not r.modified_at or r.modified_at <= until]

    def named(self, keys: Sequence[str]) -> list[SourceRecord]:
        """The records of these keys that are there."""
        kind = self._records.kind
        context = self._options.context(kind.context)
        parts = [parts_of(key, context, kind) for key in keys]
        codes = list(dict.fromkeys(code for found in parts if found
                                   for code in found[:1]))  # fmt: skip
        rows = self._face.whole(kind, codes) if codes else []
        records = [record for row in rows for record in self._records.of(row)]
        wanted = {key.casefold() for key in keys}
        return [one for one in records if one.key.casefold() in wanted]
