"""The budgets of a connection's account: amounts, ledger, when they open again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from connectors.models import Connection, RateBudget
from connectors.sdk.shared.budgets import PRIORITIES, BudgetSpec, Priority
from connectors.sync.budget import day
from connectors.sync.budget.ledger import RateLedger
from connectors.sync.budget.rows import locked


def ledger_key(connection: Connection) -> str:
    """Whose budgets its requests use: the account's, once that is known."""
    return f"{connection.system}:{connection.account or f'connection {connection.pk}'}"


def ledger(connection: Connection, priority: Priority) -> RateLedger | None:
    """What its requests wait for; None for a system without limits."""
    budgets = budgets_of(connection)
    if not budgets:
        return None
    key = ledger_key(connection)
    return RateLedger(key, budgets, priority, zone=zone_of(connection))


def zone_of(connection: Connection) -> str:
    """The account's time zone, as the last connection test has found it."""
    return str((connection.details or {}).get("time_zone") or "")


def budgets_of(connection: Connection) -> list[BudgetSpec]:
    """The budgets of its system, with what the connection's settings say of them."""
    settings, spec = connection.settings or {}, connection.spec
    budgets = (one for one in spec.budgets if spec.applies(one.when, settings))
    return [_with_settings(one, settings) for one in budgets]


def _with_settings(budget: BudgetSpec, settings: Mapping[str, object]) -> BudgetSpec:
    amount = settings.get(budget.setting) if budget.setting else None
    shares = {one: settings.get(f"{budget.name}_{one}_percent") for one in PRIORITIES}
    given = {one: int(str(value)) for one, value in shares.items() if value}
    return replace(
        budget,
        requests=int(str(amount)) if amount else budget.requests,
        shares={**budget.shares, **given},
    )


def told(connection: Connection, details: Mapping[str, str]) -> None:
    """Take over what a connection test has found used of a day's budget."""
    for budget in budgets_of(connection):
        used = details.get(budget.used_detail, "")
        amount = details.get(budget.limit_detail, "")
        if not (used.isdigit() and amount.isdigit()):
            continue
        with transaction.atomic():
            (row,) = locked(ledger_key(connection), [budget])
            now = int(timezone.now().timestamp() * 1000)
            day.tidy(row, zone_of(connection), now)
            day.correct(row, int(used), int(amount), exact=True)
            # The system has counted itself: what it refused before is over.
            row.blocked_until_ms = 0 if int(used) < int(amount) else row.ends_ms
            row.save()


def stored(connections: Iterable[Connection]) -> dict[tuple[str, str], RateBudget]:
    """The budgets of these connections' accounts by key and name; one query."""
    keys = {ledger_key(one) for one in connections}
    rows = RateBudget.objects.filter(key__in=keys)
    return {(row.key, row.name): row for row in rows}


def closed_until(
    connection: Connection,
    priority: Priority,
    rows: Mapping[tuple[str, str], RateBudget] | None = None,
) -> datetime | None:
    """When the day's budget opens again for this kind of work; None when it is open."""
    rows = stored([connection]) if rows is None else rows
    now = int(timezone.now().timestamp() * 1000)
    until = 0
    for budget in budgets_of(connection):
        row = rows.get((ledger_key(connection), budget.name))
        if row is None or row.window_ms or row.ends_ms <= now:
            continue
        free, wait = day.room(row, budget, priority, now)
        until = max(until, 0 if free else now + wait)
    if not until:
        return None
    # A second later, so that nobody is early.
    return datetime.fromtimestamp(until / 1000, UTC) + timedelta(seconds=1)
