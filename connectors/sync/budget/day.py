"""What a day of an account has left for whom; plain arithmetic on one locked row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.models import RateBudget
from connectors.sdk.shared.budgets import BudgetSpec, Priority

# The system's count lags behind ours by what is on its way: it is taken over when it is
# higher, or lower by more than this and this part of the amount.
SLACK, SLACK_SHARE = 32, 0.01


def midnight_ms(zone: str, now: int) -> int:
    """When the account's day ends; UTC's day where its time zone is not known."""
    try:
        where = ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        where = ZoneInfo("UTC")
    local = datetime.fromtimestamp(now / 1000, where)
    day = (local + timedelta(days=1)).date()
    end = datetime(day.year, day.month, day.day, tzinfo=where)
    return int(end.astimezone(UTC).timestamp() * 1000)


def tidy(row: RateBudget, zone: str, now: int) -> None:
    """Begin a new day when the old one has ended, or the time zone became known."""
    if now >= row.ends_ms:
        row.used, row.spent = 0, {}
        row.ends_ms = midnight_ms(row.zone, now)
    if zone and zone != row.zone:
        row.zone, row.ends_ms = zone, midnight_ms(zone, now)


def correct(row: RateBudget, used: int, amount: int, *, exact: bool = False) -> None:
    """Take over what the system says that everybody together has used."""
    row.requests = amount
    slack = 0 if exact else max(SLACK, int(SLACK_SHARE * amount))
    if used > row.used or used < row.used - slack:
        row.used = max(0, used)


def room(
    row: RateBudget, spec: BudgetSpec, priority: Priority, now: int
) -> tuple[int, int]:
    """How many may be sent now, and how many milliseconds until one may."""
    if row.blocked_until_ms > now:
        return 0, row.blocked_until_ms - now
    free = allowance(row, spec, priority) - row.used
    return (free, 0) if free > 0 else (0, row.ends_ms - now)


def allowance(row: RateBudget, spec: BudgetSpec, priority: Priority) -> int:
    """Up to which count this kind of work may go on."""
    return int(row.requests * spec.share(priority))


def take(row: RateBudget, priority: Priority, count: int) -> None:
    """Count requests; a negative count gives them back."""
    if count:
        row.used = max(0, row.used + count)
        row.spent[priority] = max(0, row.spent.get(priority, 0) + count)
