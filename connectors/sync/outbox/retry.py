"""What happens to a record after each class of error."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from connectors.models import Outcome
from connectors.sdk.errors import ConnectorError, RateLimitedError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Up to `attempts` starts, waiting from `base` to `cap` seconds, doubling.

    `counted` is False for waits that are nobody's failure: they use up no attempt, and
    double by waiting as long again as the record has waited already.
    """

    attempts: int
    base: float
    cap: float
    counted: bool = True


_WAIT = RetryPolicy(attempts=8, base=15, cap=3600)
POLICIES: dict[str, RetryPolicy] = {
    "unavailable": _WAIT,
    "uncertain": _WAIT,
    "rate_limited": RetryPolicy(attempts=8, base=10, cap=3600, counted=False),
    "dependency": RetryPolicy(attempts=8, base=30, cap=900, counted=False),
    # Not the record's fault: it goes on when a person has repaired the set-up.
    "authentication": RetryPolicy(attempts=8, base=60, cap=600, counted=False),
    "configuration": RetryPolicy(attempts=8, base=60, cap=600, counted=False),
}
# A record that was started this often without any answer kills its worker.
POISON = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome a failed record gets, after which delay, and whether it counts."""

    outcome: str
    delay: timedelta = timedelta()
    counted: bool = True


def decide(
    error: ConnectorError, attempt: int, waited: timedelta = timedelta()
) -> Verdict:
    """What becomes of a record whose attempt number `attempt` (from 1) failed.

    `waited` is how long it has been on its way.
    """
    policy = POLICIES.get(error.error_class)
    if policy is None:
        return Verdict(Outcome.FAILED)
    if policy.counted and attempt >= policy.attempts:
        return Verdict(Outcome.DEAD)
    if policy.counted:
        seconds = policy.base * 2 ** min(attempt - 1, 10)
    else:
        seconds = max(policy.base, waited.total_seconds())
    seconds = min(policy.cap, seconds)
    # Spread, so that a batch that failed together does not come back together; and
    # never before the system said.
    spread = random.uniform(0.85, 1.15)  # noqa: S311 - not for secrecy
    if isinstance(error, RateLimitedError):
        seconds, spread = max(error.retry_after, 1.0), spread + 0.15
    return Verdict(
        Outcome.WAITING, timedelta(seconds=seconds * spread), counted=policy.counted
    )
