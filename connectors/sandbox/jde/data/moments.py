"""Dates relative to the seeding day, and the audit columns of seeded rows."""

from __future__ import annotations

import random
from datetime import date, timedelta

from connectors.sandbox.jde.data.columns import NO_DATE

AUDITS = 1 << 14
TWO_YEARS = 730
ShortAudit = tuple[str, str, str, str, int]

_USERS = ("JSMITHSON", "ARCLERK1", "MDMADMIN", "CONVERSION", "MWEISS")


class Audits(dict[int, ShortAudit]):
    """The endings of one program by number, each made when it is first asked for."""

    def __init__(self, program: str, stamps: list[tuple[str, int]]):
        super().__init__()
        self._program = program
        self._stamps = stamps

    def __missing__(self, number: int) -> ShortAudit:
        user = _USERS[number % len(_USERS)]
        made = (user, self._program, "E1WEB01", *self._stamps[number])
        self[number] = made
        return made


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

    def audits(self, program: str) -> Audits:
        """Endings (USER, PID, JOBN, UPMJ, UPMT) over two years; one in fifty never set.

        They end the day before seeding, so that no row is ahead of the clock.
        """
        if not self._stamps:
            self._stamps = [self._stamp() for _ in range(AUDITS)]
        return Audits(program, self._stamps)

    def _stamp(self) -> tuple[str, int]:
        if self._rng.random() < 0.02:
            return NO_DATE, 0
        return self._days[-1 - int(self._rng.random() * TWO_YEARS)], self._time()

    def _time(self) -> int:
        seconds = int(self._rng.random() * 86400)
        hours, rest = divmod(seconds, 3600)
        return hours * 10000 + rest // 60 * 100 + rest % 60

    def _format(self, offset: int) -> str:
        return (self._today + timedelta(days=offset)).isoformat().replace("-", "")
