"""Rows by many keys at once, always through the index of those keys.

Left to themselves both databases walk all records of a flow, or all that are due, to
find five hundred of them: a table that is being filled has no statistics yet, and what
costs nothing at ten thousand rows costs most of the time at a hundred thousand. So the
keys come first and lead into the index, one look-up each. They travel as one
parameter: hundreds of placeholders cost more than the look-ups.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection

from connectors.models import Binding, Flow, SyncRecord

_RECORDS = SyncRecord._meta.db_table
_BINDINGS = Binding._meta.db_table
_FLOWS = Flow._meta.db_table


class Found(NamedTuple):
    """A record that has not arrived yet."""

    id: int
    source_id: str
    run_id: int
    outcome: str
    fingerprint: str
    version: datetime | None


def records(
    flow_id: int, source_ids: Collection[str], outcomes: Sequence[str]
) -> list[Found]:
    """A flow's records of these source ids with one of these outcomes, oldest first."""
    rows = _rows(
        _RECORDS,
        ("id", "source_id", "run_id", "outcome", "fingerprint", "version"),
        ("source_id", source_ids),
        {"flow_id": flow_id},
        outcomes,
        index="record_source",
    )
    return sorted(Found(*row) for row in rows)


def bindings(
    pair_ids: Iterable[int], side: str, keys: Collection[str], columns: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Columns of the bindings of these pairs, by their ids on one side."""
    found: list[tuple[Any, ...]] = []
    for pair_id in pair_ids:
        by = (f"{side}_id", keys)
        found += _rows(_BINDINGS, columns, by, {"pair_id": pair_id})
    return found


def carried(ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """Id, whether its source is the left side, payload and mapped of each record."""
    if not ids:
        return []
    chosen, these = among("r.id", ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.id, f.source_is_left, r.payload, r.mapped "  # noqa: S608
            f"FROM {_RECORDS} r JOIN {_FLOWS} f ON f.id = r.flow_id WHERE {chosen}",
            [these],
        )
        return list(cursor.fetchall())


def moment(stored: datetime | None) -> datetime | None:
    """A time as it came from a statement of ours: SQLite keeps UTC and no zone."""
    return stored.replace(tzinfo=UTC) if stored and not stored.tzinfo else stored


def among(column: str, ids: Sequence[int] | Sequence[str]) -> tuple[str, Any]:
    """A condition "column is one of these", and its one parameter."""
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)", list(ids)
    return f"{column} IN (SELECT value FROM json_each(%s))", _json(ids)  # noqa: S608


def hold(ids: Sequence[int]) -> None:
    """Lock records before their claims go (PostgreSQL).

    Who claims locks a record and then adds its claim; the other way round here, each
    would wait for the other.
    """
    if connection.vendor == "postgresql":
        chosen, these = among("id", ids)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id FROM {_RECORDS} WHERE {chosen} "  # noqa: S608
                "ORDER BY id FOR NO KEY UPDATE",
                [these],
            )


def _rows(
    table: str,
    columns: Sequence[str],
    by: tuple[str, Collection[str]],
    where: Mapping[str, Any],
    outcomes: Sequence[str] = (),
    *,
    index: str = "",
) -> list[tuple[Any, ...]]:
    key, values = by
    if not values:
        return []
    tests = [f"{key} = k.value", *(f"{name} = %s" for name in where)]
    if outcomes:
        tests.append(f"outcome IN ({', '.join(['%s'] * len(outcomes))})")
    chosen, condition = ", ".join(columns), " AND ".join(tests)
    if connection.vendor == "postgresql":
        # OFFSET 0 keeps the planner from turning the look-ups into one big join.
        sql = (
            f"SELECT r.* FROM unnest(%s::text[]) k(value) CROSS JOIN LATERAL "  # noqa: S608
            f"(SELECT {chosen} FROM {table} WHERE {condition} OFFSET 0) r"
        )
        keys: Any = list(values)
    else:
        hint = f"INDEXED BY {index}" if index else ""
        sql = (
            f"SELECT {', '.join(f'r.{name}' for name in columns)} "  # noqa: S608
            f"FROM json_each(%s) k CROSS JOIN {table} r {hint} WHERE {condition}"
        )
        keys = _json(values)
    with connection.cursor() as cursor:
        cursor.execute(sql, [keys, *where.values(), *outcomes])
        return list(cursor.fetchall())


def _json(values: Collection[Any]) -> str:
    return orjson.dumps(list(values)).decode()
