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
from connectors.sync.budget.stored import MARGIN_MS, Grant, Stored, now_ms
from connectors.sync.budget.window import Told

log = structlog.get_logger(__name__)

# Slots taken ahead that are not used very soon are given back: the system may have said
# "slow down" to another process meanwhile.
SOON_MS = 200
LONGEST_WAIT = 45.0
# Who waits looks again: answers may have told meanwhile that there is more room.
LONGEST_NAP = 1.0
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
        # How many threads ask at this moment, and what was granted but not taken yet.
        self._asking = 0
        self._spare: deque[Slot] = deque()
        # When this thread's last request was granted: what its answer says is no older.
        self._last = threading.local()
        self._database: ThreadPoolExecutor | None = None

    def acquire(self, *budgets: str) -> Slot:
        """Wait for a slot; see `Limiter`.

        Raises RateLimitedError when none will be free within 45 seconds: the records
        then wait in the outbox instead of in a worker.
        """
        named = tuple(one for one in budgets if one in self.budgets)
        deadline = time.monotonic() + LONGEST_WAIT
        while (grant := self._asked(named)).wait > 0:
            if grant.spent or time.monotonic() + grant.wait > deadline:
                self._refuse(grant)
            time.sleep(min(grant.wait, LONGEST_NAP))
        return grant.slot

    def _refuse(self, grant: Grant) -> NoReturn:
        if grant.spent:
            label = self.budgets[grant.spent].label.lower() or grant.spent
            raise BudgetSpentError(
                f"What {WORDS[self.priority]} may use of the {label} of this account "
                "is used up.",
                retry_after=grant.wait,
                budget=grant.spent,
                code="DAILY",
            )
        raise RateLimitedError(
            f"The request budget of {self.key} is used up for {grant.wait:.0f} s.",
            retry_after=grant.wait,
        )

    def answered(self, slot: Slot) -> None:
        """See `Limiter`. Written down with the next look, which costs nothing more."""
        self._last.sent = slot.at - MARGIN_MS
        self._stored.arrived(slot, now_ms())

    def _asked(self, named: tuple[str, ...]) -> Grant:
        with self._lock:
            self._asking += not named
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

    def _next(self, named: tuple[str, ...]) -> Grant:
        """One grant. All threads that ask at this moment are served by one look.

        Who has its answer counts no more: a grant for it would be left over.
        """
        if named:
            return self._stored.take(1, named)[0]
        try:
            self._drop_spare(older=now_ms() + MARGIN_MS - SOON_MS)
            if not self._spare:
                grants = self._stored.take(self._asking, ())
                if grants[0].wait:
                    return grants[0]
                self._spare.extend(grant.slot for grant in grants)
            return Grant(slot=self._spare.popleft())
        finally:
            with self._lock:
                self._asking -= 1

    def _drop_spare(self, older: float = math.inf) -> None:
        """Slots that were never used: gone from the windows, given back to the day."""
        while self._spare and self._spare[0].at < older:
            self._stored.unused(self._spare.popleft())

    def _give_back(self) -> None:
        self._drop_spare()
        self._stored.give_back()

    def _block(self, budget: BudgetSpec, seconds: float) -> None:
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
