"""The rate ledger: one budget per account, kept in the database, so that all processes
on all hosts together stay within it.

It is an exact sliding window: the times of the last grants are kept, and a request is
granted when fewer than the budget lie within the window. An exact window lets a burst
use the whole budget at once, as the vendor's own limiter does; a token bucket would
have to hold back part of it for ever.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import structlog
from django.db import (
    DatabaseError,
    close_old_connections,
    connections,
    transaction,
)

from connectors.models import RateBudget
from connectors.sdk.errors import RateLimitedError, UnavailableError
from connectors.sdk.spec import RateSpec
from connectors.sync.outbox import store

log = structlog.get_logger(__name__)

# Our clock stamps a request when it is granted, the vendor's when it arrives. A request
# that travels slowly arrives late, and the window then ends late for the vendor.
MARGIN_MS = 250
LONGEST_WAIT = 45.0
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Grant:
    """The answer of the ledger: send now, or try again after `wait` seconds."""

    wait: float
    requests: int


class RateLedger:
    """One account's budget, seen from one process; safe for several threads.

    All database work happens on one thread of its own: the threads that send requests
    then need no connection each, and no caller's transaction is mixed in.
    """

    def __init__(self, key: str, rate: RateSpec) -> None:
        self.key = key
        self.rate = rate
        self._known: tuple[int, int] | None = None
        self._lock = threading.Lock()
        # How many threads ask at this moment, and what was granted for those of them
        # that were not answered yet.
        self._asking = 0
        self._spare: deque[Grant] = deque()
        self._database: ThreadPoolExecutor | None = None

    def acquire(self) -> None:
        """Wait for a slot.

        Raises RateLimitedError when none will be free within 45 seconds: the records
        then wait in the outbox instead of in a worker.
        """
        deadline = time.monotonic() + LONGEST_WAIT
        while (grant := self._asked()).wait > 0:
            if time.monotonic() + grant.wait > deadline:
                raise RateLimitedError(
                    f"The request budget of {self.key} is used up for "
                    f"{grant.wait:.0f} s.",
                    retry_after=grant.wait,
                )
            time.sleep(grant.wait)

    def _asked(self) -> Grant:
        with self._lock:
            self._asking += 1
        try:
            return self._run(self._next)
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
        told = headers.get(self.rate.requests_header) if status < 400 else None
        if not told or not told.isdigit():
            return
        window = headers.get(self.rate.window_ms_header, "")
        limits = (int(told), int(window) if window.isdigit() else self._window_ms())
        if limits != self._known:
            self._known = limits
            self._noted(lambda: self._set_limits(*limits))

    def penalise(self, seconds: float) -> None:
        """Let nobody send for this long."""
        self._noted(lambda: self._block(seconds))

    def close(self) -> None:
        """Give the database connection back."""
        with self._lock:
            executor, self._database = self._database, None
        if executor:
            executor.submit(connections.close_all).result()
            executor.shutdown()

    def _run(self, work: Callable[[], Answer]) -> Answer:
        with self._lock:
            if self._database is None:
                self._database = ThreadPoolExecutor(1, thread_name_prefix="ledger")
            future = self._database.submit(work)
        return future.result()

    def _window_ms(self) -> int:
        return int(self.rate.seconds * 1000)

    def _row(self) -> RateBudget:
        # The row lock (PostgreSQL) or the write transaction (SQLite, BEGIN IMMEDIATE)
        # lets one process at a time look and take.
        budget = RateBudget.objects.select_for_update().filter(key=self.key).first()
        if budget is None:
            RateBudget.objects.get_or_create(
                key=self.key,
                defaults={
                    "requests": self.rate.requests,
                    "window_ms": self._window_ms(),
                },
            )
            budget = RateBudget.objects.select_for_update().get(key=self.key)
        return budget

    def _next(self) -> Grant:
        """One grant. All threads that ask at this moment are served by one look.

        Who has its answer counts no more: a grant for it would be left over, and used
        when its time is long past.
        """
        try:
            if not self._spare:
                self._spare.extend(self._take(self._asking))
            return self._spare.popleft()
        finally:
            with self._lock:
                self._asking -= 1

    def _take(self, wanted: int) -> list[Grant]:
        """Up to `wanted` grants, or one that says how long to wait."""
        close_old_connections()
        with transaction.atomic():
            # A flush would cost more than the request it is for.
            store.without_waiting_for_disk()
            budget, now = self._row(), time.time_ns() // 1_000_000
            window = budget.window_ms + MARGIN_MS
            # A grant from the future is one from before a clock was set back.
            grants = [min(at, now) for at in budget.grants if at > now - window]
            wait = max(0, budget.blocked_until_ms - now)
            if not wait and len(grants) >= budget.requests:
                wait = grants[-budget.requests] + window - now
            if wait > 0:
                if max(budget.grants, default=0) > now:
                    budget.grants = grants
                    budget.save(update_fields=["grants"])
                return [Grant(wait / 1000, budget.requests)]
            count = max(1, min(wanted, budget.requests - len(grants)))
            budget.grants = grants + count * [now]
            budget.granted_total += count
            budget.save(update_fields=["grants", "granted_total"])
        return count * [Grant(0.0, budget.requests)]

    def _set_limits(self, requests: int, window_ms: int) -> None:
        with transaction.atomic():
            self._row()
            RateBudget.objects.filter(key=self.key).update(
                requests=requests, window_ms=window_ms
            )

    def _block(self, seconds: float) -> None:
        with transaction.atomic():
            budget, now = self._row(), time.time_ns() // 1_000_000
            budget.blocked_until_ms = max(
                budget.blocked_until_ms, now + int(seconds * 1000)
            )
            budget.refused_total += 1
            budget.save(update_fields=["blocked_until_ms", "refused_total"])
