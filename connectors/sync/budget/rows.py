"""The stored rows of an account's budgets: locked in one order, stored at once.

Plain statements, because every few requests look: the ORM would cost several times what
the arithmetic does that the rows are for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from connectors.models import RateBudget
from connectors.models.fields import JsonField
from connectors.sdk.shared.budgets import BudgetSpec
from connectors.sdk.values import dump, load
from connectors.sync.outbox.store import AT_ONCE, is_postgresql

_TABLE = RateBudget._meta.db_table
_FIELDS = RateBudget._meta.concrete_fields
_NAMES = [one.attname for one in _FIELDS]
_JSON = [n for n, one in enumerate(_FIELDS) if isinstance(one, JsonField)]
_CHANGED = [one for one in _NAMES if one not in {"id", "key", "name"}]
_COLUMNS = ", ".join(f'"{one}"' for one in _NAMES)
_READ = f'SELECT {_COLUMNS} FROM {_TABLE} WHERE "key" = %s AND "name" IN '  # noqa: S608
_SETS = ", ".join(f'"{one}" = %s' for one in _CHANGED)
_STORE = f"UPDATE {_TABLE} SET {_SETS} WHERE id = %s"  # noqa: S608


def locked(key: str, budgets: Sequence[BudgetSpec]) -> list[RateBudget]:
    """The rows of these budgets, made where they are missing; in a transaction only.

    The row locks (PostgreSQL) or the write transaction (SQLite, BEGIN IMMEDIATE) let
    one process at a time look and take.
    """
    rows = _locked(key, budgets)
    if len(rows) < len(budgets):
        for one in budgets:
            RateBudget.objects.get_or_create(
                key=key,
                name=one.name,
                defaults={"requests": one.requests, "window_ms": one.window_ms},
            )
        rows = _locked(key, budgets)
    for row in rows:
        _follow_setting(row, budgets)
    return rows


def _locked(key: str, budgets: Sequence[BudgetSpec]) -> list[RateBudget]:
    marks = ", ".join(["%s"] * len(budgets))
    lock = " FOR UPDATE" if is_postgresql() else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f'{_READ} ({marks}) ORDER BY "name"{lock}',
            [key, *(one.name for one in budgets)],
        )
        return [_row(found) for found in cursor.fetchall()]


def _row(found: Sequence[Any]) -> RateBudget:
    values = list(found)
    for n in _JSON:
        values[n] = load(values[n])
    return RateBudget.from_db(connection.alias, _NAMES, values)


def store(rows: Sequence[RateBudget]) -> None:
    """Keep rows that are locked. A flush to the disk would cost more than the requests
    it is for: what a crash of the server loses, the next answers tell again."""
    if not rows:
        return
    values = [
        [*map(_value, map(row.__getattribute__, _CHANGED)), row.pk] for row in rows
    ]
    with connection.cursor() as cursor:
        if is_postgresql():
            # All in one message.
            statements = "; ".join([AT_ONCE, *[_STORE] * len(rows)])
            cursor.execute(statements, [one for each in values for one in each])
        else:
            cursor.executemany(_STORE, values)


def _value(value: Any) -> Any:
    return dump(value).decode() if isinstance(value, (dict, list)) else value


def _follow_setting(row: RateBudget, budgets: Sequence[BudgetSpec]) -> None:
    """An amount that a person has set holds from the next request on."""
    for one in budgets:
        if one.name == row.name and one.setting and row.requests != one.requests:
            row.requests = one.requests
