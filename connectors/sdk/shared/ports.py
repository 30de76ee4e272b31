"""What the HTTP client is given: a rate budget, credentials, a policy for retries."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from connectors.sdk.response import Response


@dataclass(frozen=True, slots=True)
class Slot:
    """Leave to send one request: `at` is the time (epoch ms) by which it will have
    arrived, `budgets` are those it counts in by name."""

    at: int
    budgets: tuple[str, ...] = ()


class Limiter(Protocol):
    """The budgets of requests that all processes of one account share."""

    def acquire(self, *budgets: str) -> Slot:
        """Wait until one request may be sent; `budgets` are the named ones it is under.

        Raises RateLimitedError when that would take too long to wait for here, and
        BudgetSpentError when there is nothing left for this kind of work today.
        """

    def answered(self, slot: Slot) -> None:
        """The request of this slot has arrived, or never will: its answer is here."""

    def observe(self, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer (its limits, how much is left)."""

    def penalise(self, seconds: float, budget: str = "") -> None:
        """Let nobody send for this long: the system said so, perhaps of one budget."""


class Auth(Protocol):
    """How a request proves who sends it."""

    def headers(self) -> Mapping[str, str]:
        """Headers for the next request; logs in first where that is needed."""

    def expired(self, response: Response) -> bool:
        """Whether the answer means that the session is gone and a new one helps."""

    def renew(self) -> None:
        """Get a new session. Raises AuthenticationError when refused."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Retries inside one call; longer waits belong to the engine.

    Delays are in seconds and double from `base` to `cap`, with full jitter. After
    `patience` seconds nothing is tried again: a system that answers nothing would hold
    its worker longer than a task may take.
    """

    attempts: int = 4
    base: float = 0.4
    cap: float = 8.0
    rate_limit_wait: float = 30.0
    patience: float = 30.0

    def delay(self, attempt: int) -> float:
        """Seconds to wait after attempt number `attempt` (from 0)."""
        return random.uniform(0.2, 1.0) * min(self.cap, self.base * 2.0**attempt)  # noqa: S311 - not for secrecy
