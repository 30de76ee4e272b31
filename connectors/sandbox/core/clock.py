"""The time a stand-in believes in, so that tests move it instead of sleeping."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


class Clock:
    """Real time plus an offset, or one frozen instant.

    Everything a stand-in does by time (windows, expiry, index lag, stamps) reads
    this clock; only `latency_ms` and `delay_s` really wait.
    """

    __slots__ = ("_frozen", "_offset")

    def __init__(self) -> None:
        self._offset = 0.0
        self._frozen: float | None = None

    def time(self) -> float:
        """Seconds since 1970, UTC."""
        if self._frozen is not None:
            return self._frozen
        return time.time() + self._offset

    def now(self) -> datetime:
        """The same instant as an aware datetime in UTC."""
        return self.at(self.time())

    @staticmethod
    def at(seconds: float) -> datetime:
        """Seconds since 1970 as an aware datetime in UTC."""
        return datetime.fromtimestamp(seconds, UTC)

    def set(self, moment: datetime) -> None:
        """Jump to `moment`, which must carry a time zone; time runs on from it."""
        if moment.tzinfo is None:
            message = "the clock needs a time with a time zone"
            raise ValueError(message)
        self._move_to(moment.timestamp())

    def advance(self, seconds: float) -> None:
        """Move forward (or back, when negative) by `seconds`."""
        self._move_to(self.time() + seconds)

    def freeze(self) -> None:
        """Stop at the present instant."""
        self._frozen = self.time()

    def resume(self) -> None:
        """Run on from where it was frozen."""
        if self._frozen is not None:
            self._offset = self._frozen - time.time()
            self._frozen = None

    def reset(self) -> None:
        """Back to real time."""
        self._offset, self._frozen = 0.0, None

    def patch(self, change: Mapping[str, Any]) -> None:
        """Apply `now` (ISO), `offset_s`, `advance_s`, `frozen`; ValueError if wrong."""
        unknown = set(change) - {"now", "offset_s", "advance_s", "frozen"}
        if unknown:
            message = f"unknown clock settings: {', '.join(sorted(unknown))}"
            raise ValueError(message)
        if "now" in change:
            self.set(datetime.fromisoformat(str(change["now"])))
        if "offset_s" in change:
            self._move_to(time.time() + float(change["offset_s"]))
        if "advance_s" in change:
            self.advance(float(change["advance_s"]))
        if "frozen" in change:
            self.freeze() if change["frozen"] else self.resume()

    def as_dict(self) -> dict[str, Any]:
        """Present time, distance to real time, and whether it stands still."""
        return {
            "now": self.now().isoformat(),
            "offset_s": round(self.time() - time.time(), 3),
            "frozen": self._frozen is not None,
        }

    def _move_to(self, seconds: float) -> None:
        if self._frozen is not None:
            self._frozen = seconds
        else:
            self._offset = seconds - time.time()
