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
from connectors.sdk.values import dump, load
from connectors.sync.outbox import keyed

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

_NUL = "\\u0000"
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


def json_text(value: Any) -> str:
    """JSON as it is stored. PostgreSQL keeps no NUL character in a text, so those
    that a source lets slip are left out: one record would block its whole page."""
    text = dump(value).decode()
    return text if _NUL not in text else dump(_without_nul(load(text))).decode()


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(one) for one in value]
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(one) for name, one in value.items()}
    return value


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
    """Rows in a temporary table that is empty after the transaction (PostgreSQL); so
    once in each.

    COPY reads each value once; arrays or JSON parameters would be escaped, sent and
    parsed again, which costs more than the statement they are for.
    """
    columns = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in names)
    # Made once per session: thousands of tables made and dropped swell the catalogue.
    cursor.execute(
        f"CREATE TEMP TABLE IF NOT EXISTS {table} ({columns}) ON COMMIT DELETE ROWS"
    )
    _copy(cursor, table, rows, names)
    return table


def _copy(cursor: Any, table: str, rows: Sequence[Any], names: Sequence[str]) -> None:
    row = attrgetter(*names)
    with cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
        for record in rows:
            copy.write_row(row(record))


def claim(ids: Sequence[int], token: str, until: datetime) -> None:
    """Claim records for a worker; those another worker holds are left out."""
    chosen, these = keyed.among("id", ids)
    without_waiting_for_disk()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_CLAIMS} (record_id, flow_id, source_id, token, until) "  # noqa: S608
            f"SELECT id, flow_id, source_id, %s, %s FROM {_RECORDS} "
            # Two that take changes of the same source records meet in one order.
            f"WHERE {chosen} ORDER BY source_id ON CONFLICT DO NOTHING",
            [token, connection.ops.adapt_datetimefield_value(until), these],
        )


def settle(rows: Sequence[Settled], token: str) -> set[int]:
    """Store outcomes of the records that are still ours; returns their ids.

    A record whose lease was taken over meanwhile is left alone: its new holder
    answers for it.
    """
    ids = [row.id for row in rows]
    keyed.hold(ids)
    ours = _unclaim(ids, token)
    kept = [row for row in rows if row.id in ours]
    if not kept:
        return ours
    names = _names(Settled)
    changed = names[1:]
    with connection.cursor() as cursor:
        if _postgresql():
            sets = ", ".join(f"{name} = v.{name}" for name in changed)
            staged = _staged(cursor, "settled", kept, names)
            # Named once more, or the planner reads the whole table to join it.
            chosen, these = keyed.among("r.id", [row.id for row in kept])
            cursor.execute(
                f"UPDATE {_RECORDS} r SET {sets} FROM {staged} v "  # noqa: S608
                f"WHERE r.id = v.id AND {chosen}",
                [these],
            )
        else:
            sets = ", ".join(f"{name} = %s" for name in changed)
            cursor.executemany(
                f"UPDATE {_RECORDS} SET {sets} WHERE id = %s",  # noqa: S608
                _sqlite_rows(kept, [*changed, "id"]),
            )
    return ours


def without_waiting_for_disk() -> None:
    """Let this commit be seen at once and reach the disk later (PostgreSQL).

    For what is worth nothing after a crash of the server: a claim, a grant. Every later
    commit that is waited for takes it along.
    """
    if _postgresql():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO OFF")


def _unclaim(ids: Sequence[int], token: str) -> set[int]:
    """Drop the claims that are still ours, and with them any doubt whose they are."""
    chosen, these = keyed.among("record_id", ids)
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {_CLAIMS} WHERE token = %s AND {chosen} RETURNING record_id",  # noqa: S608
            [token, these],
        )
        return {record_id for (record_id,) in cursor.fetchall()}


def bind(rows: Sequence[Bound]) -> None:
    """Create or renew bindings; one with an older version changes nothing.

    In one order, whoever stores them: two flows may bind the same pair both ways. What
    one of them knows of versions is kept by the other. Of two that bind the same
    record, the last counts.
    """
    if not rows:
        return
    last = {(row.pair_id, row.left_id): row for row in rows}
    rows = [last[key] for key in sorted(last)]
    names = _names(Bound)
    kept = ("left_version", "right_version")
    fixed = ("pair_id", "left_id", "created_at")
    sets = [f"{n} = excluded.{n}" for n in names if n not in (*fixed, *kept)]
    sets += [f"{n} = COALESCE(excluded.{n}, {_BINDINGS}.{n})" for n in kept]
    newer = [
        f"({_BINDINGS}.{n} IS NULL OR excluded.{n} IS NULL "
        f"OR excluded.{n} >= {_BINDINGS}.{n})"
        for n in kept
    ]
    conflict = (
        f"ON CONFLICT (pair_id, left_id) DO UPDATE SET {', '.join(sets)} "
        f"WHERE {' AND '.join(newer)}"
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
