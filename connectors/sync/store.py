"""The few statements that move many rows, each in its database's quickest form.

PostgreSQL takes new records by COPY, and changes by COPY into a temporary table that
one statement applies; SQLite takes both by executemany. The ORM would cost several
times as much per row, and these rows are most of what the product stores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from django.db import connection
from django.utils import timezone

from connectors.models import Binding, Claim, Outcome, SyncRecord

_RECORDS = SyncRecord._meta.db_table
_CLAIMS = Claim._meta.db_table
_BINDINGS = Binding._meta.db_table
_TYPES = {
    "id": "bigint",
    "pair_id": "bigint",
    "attempts": "smallint",
    "mapping_version": "integer",
    "due_at": "timestamptz",
    "settled_at": "timestamptz",
    "left_version": "timestamptz",
    "right_version": "timestamptz",
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
    "mapped": "jsonb",
    "response": "jsonb",
    "record": "bigint",
}

_TIMES = {name for name, kind in _TYPES.items() if kind == "timestamptz"} | {"version"}


@dataclass(slots=True)
class NewRecord:
    """A record a poll has read; `payload` is JSON text."""

    flow_id: int
    run_id: int
    source_id: str
    correlation_id: str
    version: datetime | None
    fingerprint: str
    payload: str
    created_at: datetime
    due_at: datetime
    outcome: str = Outcome.PENDING
    target_id: str = ""
    attempts: int = 0
    replays: int = 0
    mapping_version: int = 0
    error_class: str = ""
    error_message: str = ""
    error_field: str = ""
    error_fingerprint: str = ""


@dataclass(slots=True)
class Settled:
    """What became of a claimed record; `mapped` and `response` are JSON text."""

    id: int
    outcome: str
    target_id: str
    mapped: str | None
    response: str | None
    mapping_version: int
    attempts: int
    due_at: datetime
    settled_at: datetime | None
    error_class: str = ""
    error_message: str = ""
    error_field: str = ""
    error_fingerprint: str = ""


@dataclass(slots=True)
class Bound:
    """A binding to store."""

    pair_id: int
    left_id: str
    right_id: str
    left_fingerprint: str
    right_fingerprint: str
    left_version: datetime | None
    right_version: datetime | None
    record: int
    created_at: datetime
    updated_at: datetime


def _postgresql() -> bool:
    return connection.vendor == "postgresql"


def _sqlite_rows(rows: Sequence[Any], names: Sequence[str]) -> list[list[Any]]:
    """Column values as Django writes them to SQLite: times as text in UTC."""
    columns = []
    for name in names:
        column = [getattr(row, name) for row in rows]
        if name in _TIMES:
            column = [v and str(v.astimezone(UTC))[:-6] for v in column]
        columns.append(column)
    return list(zip(*columns, strict=True))  # type: ignore[arg-type]


def _names(kind: type[Any]) -> list[str]:
    return [f.name for f in fields(kind)]


def insert_records(records: Sequence[NewRecord]) -> None:
    """Store new records."""
    names = _names(NewRecord)
    columns = ", ".join(names)
    with connection.cursor() as cursor:
        if _postgresql():
            _copy(cursor, _RECORDS, records, names)
            return
        marks = ", ".join(["%s"] * len(names))
        cursor.executemany(
            f"INSERT INTO {_RECORDS} ({columns}) VALUES ({marks})",  # noqa: S608
            _sqlite_rows(records, names),
        )


def _staged(cursor: Any, table: str, rows: Sequence[Any], names: Sequence[str]) -> str:
    """Rows in a temporary table that ends with the transaction (PostgreSQL).

    COPY reads each value once; arrays or JSON parameters would be escaped, sent and
    parsed again, which costs more than the statement they are for.
    """
    columns = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in names)
    cursor.execute(f"CREATE TEMP TABLE {table} ({columns}) ON COMMIT DROP")
    _copy(cursor, table, rows, names)
    return table


def _copy(cursor: Any, table: str, rows: Sequence[Any], names: Sequence[str]) -> None:
    row = attrgetter(*names)
    with cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
        for record in rows:
            copy.write_row(row(record))


def claim(ids: Sequence[int], token: str, until: datetime) -> None:
    """Claim records for a worker; those another worker holds are left out."""
    marks = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_CLAIMS} (record_id, flow_id, source_id, token, until) "  # noqa: S608
            f"SELECT id, flow_id, source_id, %s, %s FROM {_RECORDS} "
            f"WHERE id IN ({marks}) ON CONFLICT DO NOTHING",
            [token, connection.ops.adapt_datetimefield_value(until), *ids],
        )


def settle(rows: Sequence[Settled], token: str) -> set[int]:
    """Store outcomes of the records that are still ours; returns their ids.

    A record whose lease was taken over meanwhile is left alone: its new holder
    answers for it.
    """
    claims = Claim.objects.filter(pk__in=[row.id for row in rows], token=token)
    ours = set(claims.select_for_update().values_list("pk", flat=True))
    kept = [row for row in rows if row.id in ours]
    if not kept:
        return ours
    names = _names(Settled)
    changed = names[1:]
    with connection.cursor() as cursor:
        if _postgresql():
            sets = ", ".join(f"{name} = v.{name}" for name in changed)
            staged = _staged(cursor, "settled", kept, names)
            cursor.execute(
                f"UPDATE {_RECORDS} r SET {sets} FROM {staged} v "  # noqa: S608
                "WHERE r.id = v.id"
            )
        else:
            sets = ", ".join(f"{name} = %s" for name in changed)
            cursor.executemany(
                f"UPDATE {_RECORDS} SET {sets} WHERE id = %s",  # noqa: S608
                _sqlite_rows(kept, [*changed, "id"]),
            )
    Claim.objects.filter(pk__in=ours).delete()
    return ours


def bind(rows: Sequence[Bound]) -> None:
    """Create or renew bindings; one with an older version changes nothing."""
    if not rows:
        return
    names = _names(Bound)
    renewed = [n for n in names if n not in ("pair_id", "left_id", "created_at")]
    sets = ", ".join(f"{name} = excluded.{name}" for name in renewed)
    conflict = (
        f"ON CONFLICT (pair_id, left_id) DO UPDATE SET {sets} WHERE "
        f"{_BINDINGS}.left_version IS NULL OR excluded.left_version IS NULL "
        f"OR excluded.left_version >= {_BINDINGS}.left_version"
    )
    columns = ", ".join(names)
    with connection.cursor() as cursor:
        if _postgresql():
            staged = _staged(cursor, "bound", rows, names)
            cursor.execute(
                f"INSERT INTO {_BINDINGS} ({columns}) "  # noqa: S608
                f"SELECT {columns} FROM {staged} {conflict}"
            )
            return
        marks = ", ".join(["%s"] * len(names))
        cursor.executemany(
            f"INSERT INTO {_BINDINGS} ({columns}) VALUES ({marks}) {conflict}",  # noqa: S608
            _sqlite_rows(rows, names),
        )


def now() -> datetime:
    """The time that stored rows carry."""
    return timezone.now()
