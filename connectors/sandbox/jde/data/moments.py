"""Dates relative to the seeding day, and the audit columns of seeded rows."""

from __future__ import annotations

import random
from datetime import date, timedelta

from connectors.sandbox.jde.data.columns import NO_DATE

AUDITS = 1 << 14
TWO_YEARS = 730
ShortAudit = tuple[str, str, str, str, int]

_USERS = ("JSMITHSON", "ARCLERK1", "MDMADMIN", "CONVERSION", "MWEISS")


class Moments:
    """Days by distance from the seeding day, as stored dates."""

    def __init__(self, today: date, rng: random.Random):
        self._today = today
        self._rng = rng
        self._days = {n: self._format(n) for n in range(-4000, 800)}
        self._stamps: list[tuple[str, int]] = []

    def day(self, offset: int) -> str:
        """YYYYMMDD of `offset` days after (or before) the seeding day."""
        return self._days[offset]

    def audits(self, program: str) -> list[ShortAudit]:
        """Endings (USER, PID, JOBN, UPMJ, UPMT) over two years; one in fifty never set.

        They end the day before seeding, so that no row is ahead of the clock.
        """
        if not self._stamps:
            self._stamps = [self._stamp() for _ in range(AUDITS)]
        return [
            (_USERS[n % len(_USERS)], program, "E1WEB01", *stamp)
            for n, stamp in enumerate(self._stamps)
        ]

    def _stamp(self) -> tuple[str, int]:
        if self._rng.random() < 0.02:
            return NO_DATE, 0
        return self._days[-1 - int(self._rng.random() * TWO_YEARS)], self._time()

    def _time(self) -> int:
        seconds = int(self._rng.random() * 86400)
        hours, rest = divmod(seconds, 3600)
        return hours * 10000 + rest // 60 * 100 + rest % 60

    def _format(self, offset: int) -> str:
        return (self._today + timedelta(days=offset)).strftime("%Y%m%d")
