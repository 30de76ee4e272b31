"""The rate ledger: the budgets of one account, kept in the database, so that all
processes on all hosts together stay within them.

A window is an exact sliding one: the times of the last grants are kept, and a request
is granted when fewer than the budget lie within it. An exact window lets a burst use
the whole budget at once, as the vendor's own limiter does; a token bucket would have to
hold back part of it for ever.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import NoReturn, TypeVar

import structlog
from django.db import DatabaseError, connections

from connectors.sdk.errors import (
    BudgetSpentError,
    RateLimitedError,
    UnavailableError,
)
from connectors.sdk.shared.budgets import BudgetSpec, Priority
from connectors.sdk.shared.ports import Slot
from connectors.sync.budget.stored import MARGIN_MS, Look, Stored, now_ms
from connectors.sync.budget.window import Told

log = structlog.get_logger(__name__)

# Slots taken ahead that are not used very soon are given back: the system may have said
# "slow down" to another process meanwhile.
SOON_MS = 200
LONGEST_WAIT = 45.0
# Who waits looks again: answers may have told meanwhile that there is more room. Where
# one slot opens after the other, a look for a few of them is better than one for each.
SHORTEST_NAP, LONGEST_NAP = 0.01, 1.0
Answer = TypeVar("Answer")


class RateLedger:
    """One account's budgets, seen from one process doing one class of work; safe for
    several threads. `zone` is the account's time zone, if it is known.

    All database work happens on one thread of its own: the threads that send requests
    then need no connection each, and no caller's transaction is mixed in.
    """

    def __init__(
        self,
        key: str,
        budgets: Sequence[BudgetSpec],
        priority: Priority = "live",
        *,
        zone: str = "",
    ) -> None:
        self.key = key
        self.budgets = {one.name: one for one in budgets}
        self.priority: Priority = priority
        self._stored = Stored(key, self.budgets, priority, zone)
        self._known: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()
        # How many threads wait for a slot, and what was granted but not taken yet.
        self._asking = 0
        self._spare: deque[Slot] = deque()
        # The last look that had too little for all, and when it was.
        self._full, self._full_at = Look(0, Slot(0)), 0.0
        # When this thread's last request was granted: what its answer says is no older.
        self._last = threading.local()
        self._database: ThreadPoolExecutor | None = None

    def acquire(self, *budgets: str) -> Slot:
        """Wait for a slot; see `Limiter`.

        Raises RateLimitedError when none will be free within 45 seconds: the records
        then wait in the outbox instead of in a worker.
        """
        named = tuple(one for one in budgets if one in self.budgets)
        if not named and (slot := self._spared()):
            return slot
        deadline = time.monotonic() + LONGEST_WAIT
        with self._lock:
            self._asking += not named
        try:
            while not (look := self._asked(named)).count:
                if look.spent or time.monotonic() + look.wait > deadline:
                    self._refuse(look)
                time.sleep(min(look.wait, LONGEST_NAP))
        finally:
            with self._lock:
                self._asking -= not named
        return look.slot

    def _refuse(self, look: Look) -> NoReturn:
        if look.spent:
            label = self.budgets[look.spent].label.lower() or look.spent
            raise BudgetSpentError(
                f"What {WORDS[self.priority]} may use of the {label} of this account "
                "is used up.",
                retry_after=look.wait,
                budget=look.spent,
                code="DAILY",
            )
        raise RateLimitedError(
            f"The request budget of {self.key} is used up for {look.wait:.0f} s.",
            retry_after=look.wait,
        )

    def answered(self, slot: Slot) -> None:
        """See `Limiter`. Written down with the next look, which costs nothing more."""
        self._last.sent = slot.at - MARGIN_MS
        self._stored.arrived(slot, now_ms())

    def _asked(self, named: tuple[str, ...]) -> Look:
        try:
            return self._run(lambda: self._next(named))
        except DatabaseError as error:
            log.warning("rate ledger unavailable", key=self.key, error=str(error))
            raise UnavailableError(
                "The database that keeps the request budget does not answer."
            ) from error

    def _noted(self, work: Callable[[], None]) -> None:
        """What cannot be noted now is no reason to lose the answer it came with."""
        try:
            self._run(work)
        except DatabaseError as error:
            log.warning("rate ledger unavailable", key=self.key, error=str(error))

    def observe(self, status: int, headers: Mapping[str, str]) -> None:
        """Take over the limits that the system tells with its answers."""
        if status >= 400:
            return
        for budget in self.budgets.values():
            amount = _number(headers, budget.requests_header)
            if amount is None:
                continue
            left = _number(headers, budget.remaining_header)
            if left is not None:
                sent = getattr(self._last, "sent", 0)
                told = Told(sent, now_ms(), amount, left)
                self._stored.told[budget.name] = told
            if not budget.window_ms:
                continue
            span = _number(headers, budget.window_ms_header) or budget.window_ms
            if (amount, span) != self._known.get(budget.name):
                self._known[budget.name] = limits = (amount, span)
                self._noted(partial(self._stored.set_limits, budget, *limits))

    def penalise(self, seconds: float, budget: str = "") -> None:
        """Let nobody send for this long."""
        of = self.budgets.get(budget) or next(iter(self.budgets.values()))
        self._noted(partial(self._block, of, seconds))

    def close(self) -> None:
        """Give back what was not used, and the database connection."""
        with self._lock:
            executor, self._database = self._database, None
        if executor:
            executor.submit(self._give_back).exception()
            executor.submit(connections.close_all).result()
            executor.shutdown()

    def _run(self, work: Callable[[], Answer]) -> Answer:
        with self._lock:
            if self._database is None:
                self._database = ThreadPoolExecutor(1, thread_name_prefix="ledger")
            future = self._database.submit(work)
        return future.result()

    def _next(self, named: tuple[str, ...]) -> Look:
        """A grant, or how long to wait. One look serves all threads that wait, and
        what it has seen to be full need not be looked at by each."""
        if named:
            return self._stored.take(1, named)
        if slot := self._spared():
            return Look(1, slot)
        since = time.monotonic() - self._full_at
        if since < min(self._full.wait, LONGEST_NAP):
            return replace(self._full, count=0, wait=self._full.wait - since)
        look = self._stored.take(self._asking, ())
        if look.wait:
            look = replace(look, wait=max(look.wait, SHORTEST_NAP))
            self._full, self._full_at = look, time.monotonic()
        with self._lock:
            self._spare.extend((look.count - 1) * [look.slot])
        return look

    def _spared(self) -> Slot | None:
        """A slot that was taken ahead a moment ago, which costs no look."""
        with self._lock:
            self._drop_spare(older=now_ms() + MARGIN_MS - SOON_MS)
            return self._spare.popleft() if self._spare else None

    def _drop_spare(self, older: float = math.inf) -> None:
        """Slots that were never used: gone from the windows, given back to the day."""
        while self._spare and self._spare[0].at < older:
            self._stored.unused(self._spare.popleft())

    def _give_back(self) -> None:
        with self._lock:
            self._drop_spare()
        self._stored.give_back()

    def _block(self, budget: BudgetSpec, seconds: float) -> None:
        with self._lock:
            self._drop_spare()
        self._stored.block(budget, seconds)


WORDS: Mapping[Priority, str] = {
    "people": "people",
    "live": "scheduled changes",
    "backfill": "backfills",
    "reconciliation": "comparisons",
}


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "") if name else ""
    return int(text) if text.isdigit() else None
