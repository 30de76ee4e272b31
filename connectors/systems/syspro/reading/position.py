"""Where a read stands: in the middle of a scan, or behind a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.records import Cursor
from connectors.systems.syspro.wire.query import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A cursor of ours.

    `since` is the site's day up to which changes are known, None while everything is
    read. `scanned_at` is when the last whole scan began. `after` is how far a read has
    come that began on the day `started`.
    """

    since: date | None = None
    scanned_at: datetime | None = None
    started: date | None = None
    after: Keys = ()

    @classmethod
    def load(cls, cursor: Cursor | None) -> Self:
        """Raises ConfigurationError for what we never wrote."""
        stored: Mapping[str, Any] = cursor or {}
        try:
            return cls(
                since=_day(stored.get("since")),
                scanned_at=_moment(stored.get("scanned_at")),
                started=_day(stored.get("started")),
                after=tuple(str(one) for one in stored.get("after", ())),
            )
        except (TypeError, ValueError, AttributeError) as error:
            raise ConfigurationError(
                "The stored position of the SYSPRO read cannot be understood.",
                advice="Start a full read.",
            ) from error

    def cursor(self) -> dict[str, Any]:
        """JSON-safe, the inverse of `load`."""
        stored: dict[str, Any] = {
            "since": self.since and self.since.isoformat(),
            "scanned_at": self.scanned_at and self.scanned_at.isoformat(),
            "started": self.started and self.started.isoformat(),
            "after": list(self.after),
        }
        return {name: value for name, value in stored.items() if value}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
