"""What budgets show at this moment, read from their rows and never changing them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.utils import timezone

from connectors.models import RateBudget


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """One budget now: `used` of `amount` by everybody, `others` of that not by us.

    `spent` is ours by priority, of a day. Times are epoch milliseconds; `ends_ms` is
    the end of the day, and 0 for a window.
    """

    key: str
    name: str
    amount: int
    used: int
    others: int
    spent: Mapping[str, int]
    ends_ms: int
    blocked_until_ms: int
    window_ms: int
    granted_total: int
    refused_total: int


def meters(rows: Iterable[RateBudget]) -> Iterator[Meter]:
    """Each row as it is now: what has left its window, or its day, counts no more."""
    now = int(timezone.now().timestamp() * 1000)
    for row in rows:
        ours = sum(1 for at in row.grants if at > now - row.window_ms)
        believed = row.others if now <= row.others_until_ms else 0
        used, others, spent = ours + believed, believed, {}
        if not row.window_ms:
            today = now < row.ends_ms
            spent = {k: v for k, v in row.spent.items() if v} if today else {}
            used = row.used if today else 0
            others = max(0, used - sum(spent.values()))
        yield Meter(
            key=row.key,
            name=row.name,
            amount=row.requests,
            used=min(used, row.requests),
            others=others,
            spent=spent,
            ends_ms=row.ends_ms if not row.window_ms and now < row.ends_ms else 0,
            blocked_until_ms=row.blocked_until_ms if row.blocked_until_ms > now else 0,
            window_ms=row.window_ms,
            granted_total=row.granted_total,
            refused_total=row.refused_total,
        )
