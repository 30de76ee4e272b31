"""The rows of an account's budgets as one process uses them: looks, takes, corrects.

For the ledger's own thread; others only say what was answered, told and not used.
"""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import close_old_connections, transaction

from connectors.models import RateBudget
from connectors.sdk.shared.budgets import BudgetSpec, Priority
from connectors.sdk.shared.ports import Slot
from connectors.sync.budget import counts, day, window
from connectors.sync.budget.rows import locked, store

# The vendor counts a request from when it arrives, which is after it was granted and
# before it is answered. Until then it counts as if it took this long to arrive.
MARGIN_MS = 1000
# While there is plenty, some are taken ahead, since every look is a transaction: up to
# this many, and this share of what is free.
AHEAD, SHARE = 16, 8
# How often it is worth a write that a more important class is waiting.
ASKED_MS = 1000
# After this many idle seconds the database connection may be gone, which is asked.
IDLE = 5.0


@dataclass(frozen=True, slots=True)
class Look:
    """What one look has brought: leave to send `count` requests, each with this slot.

    Where that is less than was wanted, nothing more is free for `wait` seconds; `spent`
    names the day's budget that this class of work may not use any more.
    """

    count: int
    slot: Slot
    wait: float = 0.0
    spent: str = ""


class Stored:
    """See the module. `told` is what answers said is left, by budget, since the last
    look."""

    def __init__(
        self,
        key: str,
        budgets: Mapping[str, BudgetSpec],
        priority: Priority,
        zone: str,
    ) -> None:
        self.key = key
        self.budgets = budgets
        self.priority: Priority = priority
        self.zone = zone
        self.told: dict[str, window.Told] = {}
        self._all = tuple(one.name for one in budgets.values() if not one.named)
        self._lock = threading.Lock()
        # Requests answered since the last look, by budget: when they were to have
        # arrived, and by when they really had (0: never sent).
        self._arrived: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._spared = 0
        self._used = -math.inf

    def arrived(self, slot: Slot, at: int) -> None:
        """The request of a slot has arrived by then; 0: it was never sent."""
        with self._lock:
            self._spared += not at
            for name in (*self._all, *slot.budgets):
                if self.budgets[name].window_ms:
                    self._arrived[name].append((slot.at, at))

    def unused(self, slot: Slot) -> None:
        """A slot that was taken ahead and never used."""
        self.arrived(slot, 0)

    def give_back(self) -> None:
        """Store what was not used, if there is any."""
        if not self._spared:
            return
        with transaction.atomic():
            rows = self._rows(self._all)
            self._tend(rows, now_ms())
            for row in rows:
                row.save()

    def _rows(self, names: Sequence[str]) -> list[RateBudget]:
        return locked(self.key, [self.budgets[name] for name in names])

    def _tend(self, rows: Sequence[RateBudget], now: int) -> set[str]:
        """Bring rows up to now: what was answered, given back and told meanwhile.

        The names of those where there was any of that, which has to be stored then.
        """
        news = set()
        with self._lock:
            unused, self._spared = self._spared, 0
        for row in rows:
            back = 0 if self.budgets[row.name].named else unused
            told = self.told.pop(row.name, None)
            with self._lock:
                arrived = self._arrived.pop(row.name, [])
            if back or told or arrived:
                news.add(row.name)
            if back:
                counts.note(row, self.priority, now, granted=-back, refused=0)
            if row.window_ms:
                window.tidy(row, arrived, now, now + MARGIN_MS)
                if told:
                    window.learn(row, told)
                continue
            day.tidy(row, self.zone, now)
            day.take(row, self.priority, -back)
            if told:
                day.correct(row, told.amount - told.remaining, told.amount)
        return news

    def take(self, wanted: int, named: tuple[str, ...]) -> Look:
        """Up to `wanted` grants, or more while there is plenty."""
        self._check_connection()
        with transaction.atomic():
            rows, now = self._rows((*self._all, *named)), now_ms()
            news = self._tend(rows, now)
            free, wait, spent = self._room(rows, now)
            ahead = 0 if named else min(AHEAD, free // SHARE)
            count = 0 if wait else min(max(wanted, ahead), free)
            news.update(row.name for row in rows if self._granted(row, count, now))
            store([row for row in rows if row.name in news])
            if 0 < count < wanted:
                _, wait, _ = self._room(rows, now)
        self._used = time.monotonic()
        return Look(count, Slot(now + MARGIN_MS, named), wait / 1000, spent)

    def _check_connection(self) -> None:
        """Asking whether it lives costs half of what a look does; after one that has
        failed it is always asked."""
        if time.monotonic() - self._used > IDLE:
            close_old_connections()
        self._used = -math.inf

    def _room(self, rows: Sequence[RateBudget], now: int) -> tuple[int, int, str]:
        """What all the budgets together leave; which day's budget says no."""
        free, wait, spent = AHEAD * SHARE, 0, ""
        for row in rows:
            budget = self.budgets[row.name]
            of = window if row.window_ms else day
            left, pause = of.room(row, budget, self.priority, now)
            free, wait = min(free, left), max(wait, pause)
            spent = row.name if pause and not row.window_ms else spent
        return free, wait, spent

    def _granted(self, row: RateBudget, count: int, now: int) -> bool:
        """Count what was granted; whether there is anything to store."""
        # That somebody waits is told to the others, but not with every look.
        waits = row.window_ms and now - row.asked.get(self.priority, 0) > ASKED_MS
        if not (count or waits):
            return False
        row.asked[self.priority] = now
        if count:
            counts.note(row, self.priority, now, granted=count, refused=0)
            if row.window_ms:
                row.grants += count * [now + MARGIN_MS]
            else:
                day.take(row, self.priority, count)
        return True

    def set_limits(self, budget: BudgetSpec, requests: int, window_ms: int) -> None:
        with transaction.atomic():
            (row,) = locked(self.key, [budget])
            row.requests, row.window_ms = requests, window_ms
            row.save(update_fields=["requests", "window_ms"])

    def block(self, budget: BudgetSpec, seconds: float) -> None:
        with transaction.atomic():
            (row,), now = locked(self.key, [budget]), now_ms()
            until = now + int(seconds * 1000)
            if row.window_ms:
                window.refused(row, budget, until, now)
            row.blocked_until_ms = max(row.blocked_until_ms, until)
            counts.note(row, self.priority, now, granted=0, refused=1)
            row.save()


def now_ms() -> int:
    """Epoch milliseconds."""
    return time.time_ns() // 1_000_000
