"""The stored rows of an account's budgets, locked in one order."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.models import RateBudget
from connectors.sdk.shared.budgets import BudgetSpec


def locked(key: str, budgets: Sequence[BudgetSpec]) -> list[RateBudget]:
    """The rows of these budgets, made where they are missing; in a transaction only.

    The row locks (PostgreSQL) or the write transaction (SQLite, BEGIN IMMEDIATE) let
    one process at a time look and take.
    """
    names = [one.name for one in budgets]
    wanted = RateBudget.objects.select_for_update().filter(key=key, name__in=names)
    rows = list(wanted.order_by("name"))
    if len(rows) < len(names):
        for one in budgets:
            RateBudget.objects.get_or_create(
                key=key,
                name=one.name,
                defaults={"requests": one.requests, "window_ms": one.window_ms},
            )
        rows = list(wanted.order_by("name"))
    for row in rows:
        _follow_setting(row, budgets)
    return rows


def _follow_setting(row: RateBudget, budgets: Sequence[BudgetSpec]) -> None:
    """An amount that a person has set holds from the next request on."""
    for one in budgets:
        if one.name == row.name and one.setting and row.requests != one.requests:
            row.requests = one.requests
