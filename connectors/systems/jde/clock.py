"""The server's clock, and how far back a read of changes has to look.

JD Edwards stamps rows in its own local time without a zone, so watermarks are local
times too. Each is kept with our own UTC time: if the distance between the two has
shrunk since, the server's clock was set back (as every autumn), and rows changed in
the repeated time carry stamps older than the watermark.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Reading:
    """The server's local time (naive) and ours in UTC, at one instant."""

    local: datetime
    utc: datetime

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The inverse of `as_json`. Raises KeyError or ValueError."""
        return cls(
            datetime.fromisoformat(stored["at"]), datetime.fromisoformat(stored["utc"])
        )

    def as_json(self) -> dict[str, str]:
        """For a cursor."""
        return {"at": self.local.isoformat(), "utc": self.utc.isoformat()}

    @property
    def offset(self) -> timedelta:
        """How far the server's local time is ahead of UTC."""
        return self.local - self.utc.replace(tzinfo=None)


def look_back(
    mark: Reading, now: Reading, zone: tzinfo, overlap: timedelta
) -> datetime:
    """The server-local time from which changes are looked at again.

    The overlap is taken from real time: across the hour that spring leaves out it is
    more of the local one.
    """
    first = mark.local.replace(tzinfo=zone, fold=0).astimezone(UTC) - overlap
    start = first.astimezone(zone).replace(tzinfo=None, fold=0)
    set_back = mark.offset - now.offset
    return start - max(set_back, timedelta(0))
