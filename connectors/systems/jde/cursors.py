"""Where a read stands: in the middle of everything, or behind which changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.records import Cursor
from connectors.systems.jde.clock import Reading
from connectors.systems.jde.wire.query import Seek

# Everything has no marks yet; changes cannot be told without.
_MARKS: dict[str, Callable[[Cursor], dict[str, Any]]] = {
    "full": lambda _cursor: {},
    "changes": lambda cursor: cursor["marks"],
}


@dataclass(frozen=True, slots=True)
class Position:
    """A cursor of ours.

    `started` is the server's clock when a read that is under way began, and `after`
    how far it came. `marks` say, by table, up to when changes are known; without
    them everything is still being read.
    """

    marks: Mapping[str, Reading] = field(default_factory=dict)
    started: Reading | None = None
    after: Seek = ()

    @classmethod
    def load(cls, cursor: Cursor | None) -> Self:
        """Raises ConfigurationError for what we never wrote."""
        if cursor is None:
            return cls()
        try:
            marks = {
                table: Reading.from_json(mark)
                for table, mark in _MARKS[cursor["mode"]](cursor).items()
            }
            started = cursor.get("started")
            return cls(
                marks,
                Reading.from_json(started) if started else None,
                tuple(str(value) for value in cursor.get("after", ())),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ConfigurationError(
                "The stored position of the JD Edwards read cannot be understood.",
                advice="Start a full read.",
            ) from error

    def cursor(self) -> dict[str, Any]:
        """JSON-safe, the inverse of `load`."""
        stored: dict[str, Any] = {"mode": "changes" if self.marks else "full"}
        if self.marks:
            stored["marks"] = {t: mark.as_json() for t, mark in self.marks.items()}
        if self.started:
            stored |= {"started": self.started.as_json(), "after": list(self.after)}
        return stored

    def mark(self, table: str) -> Reading:
        """Up to when changes of a table are known; a new table has the oldest mark."""
        oldest = min(self.marks.values(), key=lambda mark: mark.local)
        return self.marks.get(table, oldest)


def done(tables: tuple[str, ...], started: Reading, until: datetime | None) -> Position:
    """Where the next read begins, once this one is complete."""
    mark = started
    if until and until < started.utc:
        utc = until.astimezone(UTC)
        mark = Reading(utc.replace(tzinfo=None) + started.offset, utc)
    return Position(dict.fromkeys(tables, mark))
