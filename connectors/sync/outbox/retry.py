"""What happens to a record after each class of error."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from connectors.models import ErrorAction, ErrorPolicy, Outcome
from connectors.sdk.errors import ConnectorError, RateLimitedError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Up to `attempts` starts, waiting from `base` to `cap` seconds, doubling.

    `counted` is False for waits that are nobody's failure: they use up no attempt, and
    double by waiting as long again as the record has waited already. They end after
    `patience` seconds, where there is one: the record is then held for a person. Any
    `action` but waiting is one that a person has chosen.
    """

    attempts: int
    base: float
    cap: float
    counted: bool = True
    patience: float = math.inf
    action: str = ErrorAction.BACK_OFF


_WAIT = RetryPolicy(attempts=8, base=15, cap=3600)
POLICIES: dict[str, RetryPolicy] = {
    "unavailable": _WAIT,
    "uncertain": _WAIT,
    "rate_limited": RetryPolicy(attempts=8, base=10, cap=3600, counted=False),
    "busy": RetryPolicy(attempts=8, base=2, cap=60, counted=False),
    "dependency": RetryPolicy(attempts=8, base=30, cap=900, counted=False),
    # Read again at every poll of the flow that should bring it.
    "orphan": RetryPolicy(attempts=8, base=30, cap=900, counted=False, patience=86_400),
    # Released as soon as what is broken is mended; this is only the longest wait.
    "drift": RetryPolicy(attempts=8, base=600, cap=3600, counted=False),
    # Not the record's fault: it goes on when a person has repaired the set-up.
    "authentication": RetryPolicy(attempts=8, base=60, cap=600, counted=False),
    "configuration": RetryPolicy(attempts=8, base=60, cap=600, counted=False),
}
# The system answers nobody: no record's failure, and a look now and then costs little.
_OUTAGE = RetryPolicy(attempts=8, base=15, cap=300, counted=False)
# Seconds over which those that wait for a limit come back.
MOST_SPREAD = 60.0
# A record that was started this often without any answer kills its worker.
POISON = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome a failed record gets, after which delay, and whether it counts."""

    outcome: str
    delay: timedelta = timedelta()
    counted: bool = True


def policies() -> dict[str, RetryPolicy]:
    """The policies by error class, as the installation wants them."""
    chosen = {}
    for row in ErrorPolicy.objects.all():
        # What stops everything is not the record's failure.
        stops = row.action in (ErrorAction.STOP_FLOW, ErrorAction.STOP_CONNECTION)
        at_once = row.action == ErrorAction.RETRY
        chosen[row.error_class] = RetryPolicy(
            attempts=row.attempts,
            base=0 if at_once else row.base,
            cap=0 if at_once else row.cap,
            counted=not stops,
            action=row.action,
        )
    return POLICIES | chosen


def decide(
    error: ConnectorError,
    attempt: int,
    waited: timedelta = timedelta(),
    *,
    outage: bool = False,
    known: Mapping[str, RetryPolicy] = POLICIES,
) -> Verdict:
    """What becomes of a record whose attempt number `attempt` (from 1) failed.

    `waited` is how long it has been on its way; in an `outage` nothing was answered.
    """
    policy = _OUTAGE if outage else known.get(error.error_class)
    if policy is None or policy.action == ErrorAction.HOLD:
        return Verdict(Outcome.FAILED)
    if waited.total_seconds() >= policy.patience:
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
    spread = random.uniform(-0.15, 0.15)  # noqa: S311 - not for secrecy
    if isinstance(error, RateLimitedError):
        seconds, spread = max(error.retry_after, 1.0), spread + 0.15
        # Half a day's wait is spread over a minute, not over hours.
        spread = min(spread, MOST_SPREAD * spread / 0.3 / seconds)
    return Verdict(
        Outcome.WAITING,
        timedelta(seconds=seconds * (1 + spread)),
        counted=policy.counted,
    )
