"""What a sliding window has left for whom; plain arithmetic on one locked row.

Up to `HEADROOM` a window may be filled by anybody while nobody more important is at
work; as soon as somebody is, the shares of spec.toml hold. So nothing is wasted, and
who comes first never waits for a window that others have filled to the brim.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from connectors.models import RateBudget
from connectors.sdk.shared.budgets import PRIORITIES, BudgetSpec, Priority

# Two clocks that round, and are read one after the other.
TICK_MS = 10
# How old an answer may be that is believed.
LAG_MS = 2000
# What each class leaves free of a quiet window.
HEADROOM = {"people": 1.0, "live": 1.0, "backfill": 0.97, "reconciliation": 0.9}
# Beside other applications this part is left as well: they do not ask us.
MARGIN = 0.05
# How long a budget whose answers say nothing believes in others, at first and at most.
HOLD_MS, LONGEST_HOLD_MS = 60_000, 3_600_000
# Where answers do say it, the highest of this part of the window holds: what is on its
# way blurs them.
HOLD_PART = 10


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer said: so many of a budget's requests are left. It was so at some
    time between `sent` and `at`."""

    sent: int
    at: int
    amount: int
    remaining: int


def tidy(
    row: RateBudget, arrived: Iterable[tuple[int, int]], now: int, latest: int
) -> None:
    """Forget what has left the window; correct what has been answered meanwhile.

    `arrived` are (expected, real) times. A grant from further ahead than `latest` is
    one from before a clock was set back.
    """
    grants = row.grants
    for expected, at in arrived:
        if at < expected and expected in grants:
            grants[grants.index(expected)] = at
    since = now - row.window_ms - TICK_MS - LAG_MS
    row.grants = sorted(min(at, latest) for at in grants if at > since)


def learn(row: RateBudget, told: Told) -> None:
    """How many the others have taken: what is gone and was not ours.

    Ours are counted from when the answer was asked for, so they are never too few; an
    answer that took long says nothing.
    """
    if told.at - told.sent > LAG_MS:
        return
    ours = _later(row, told.sent - row.window_ms)
    others = max(0, told.amount - told.remaining - ours)
    fresh = told.at > row.others_until_ms - row.window_ms + row.window_ms // HOLD_PART
    if others >= row.others or fresh:
        row.others, row.others_until_ms = others, told.at + row.window_ms


def refused(row: RateBudget, spec: BudgetSpec, until: int, now: int) -> None:
    """The system says no although we have kept within the budget: others are there.

    Where answers do not tell what is left, the others are believed in for a minute, and
    for twice as long each time that this was too short.
    """
    ours = _later(row, now - row.window_ms) - _later(row, now)
    others = min(max(0, row.requests - ours), max(0, row.requests - 1))
    if not others:
        return
    row.others = max(row.others, others)
    if spec.remaining_header:
        row.others_until_ms = until
        return
    recent = now - row.others_until_ms < 4 * max(row.others_hold_ms, HOLD_MS)
    hold = 2 * row.others_hold_ms if row.others_hold_ms and recent else HOLD_MS
    row.others_hold_ms = min(hold, LONGEST_HOLD_MS)
    row.others_until_ms = now + row.others_hold_ms


def _recover(row: RateBudget, spec: BudgetSpec, now: int) -> None:
    """Believe in the others no longer than that: the next answer tells, and where it
    does not, one request more is tried at a time."""
    if not row.others or now <= row.others_until_ms:
        return
    if spec.remaining_header:
        row.others = 0
        return
    row.others -= 1
    row.others_until_ms = now + row.others_hold_ms


def room(
    row: RateBudget, spec: BudgetSpec, priority: Priority, now: int
) -> tuple[int, int]:
    """How many may be sent now, and how many milliseconds until one may."""
    _recover(row, spec, now)
    if row.blocked_until_ms > now:
        return 0, row.blocked_until_ms - now
    taken = row.others + math.ceil(MARGIN * row.requests) if row.others else 0
    share = _share(row, spec, priority, now)
    allowed = max(1, math.ceil(max(0, row.requests - taken) * share))
    since = now - row.window_ms - TICK_MS
    free = allowed - _later(row, since)
    if free > 0:
        return free, 0
    return 0, max(1, row.grants[-allowed] - since)


def _later(row: RateBudget, since: int) -> int:
    """How many of our grants, which are sorted, are from after then."""
    return len(row.grants) - bisect_right(row.grants, since)


def _share(row: RateBudget, spec: BudgetSpec, priority: Priority, now: int) -> float:
    full = spec.share(priority)
    above = PRIORITIES[: PRIORITIES.index(priority)]
    if any(now - row.asked.get(one, 0) < row.window_ms for one in above):
        return full
    return max(full, HEADROOM[priority])
