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

from connectors.models import Claim, Outcome, SyncRecord
from connectors.sdk.values import dump, load
from connectors.sync.outbox import keyed

_RECORDS = SyncRecord._meta.db_table
_CLAIMS = Claim._meta.db_table
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
    "choices": "jsonb",
    "left_values": "jsonb",
    "right_values": "jsonb",
}

# A PostgreSQL commit that is seen at once and reaches the disk later.
AT_ONCE = "SET LOCAL synchronous_commit TO OFF"
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
    change: str = ""
    blocked_by: str = ""
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
    choices: str | None = None
    blocked_by: str = ""


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


def is_postgresql() -> bool:
    """Whether the quicker statements are PostgreSQL's."""
    return connection.vendor == "postgresql"


def sqlite_rows(rows: Sequence[Any], names: Sequence[str]) -> list[list[Any]]:
    """Column values as Django writes them to SQLite: times as text in UTC."""
    columns = []
    for name in names:
        column = [getattr(row, name) for row in rows]
        if name in _TIMES:
            # Most rows of a column share one time.
            texts = {v: v and str(v.astimezone(UTC))[:-6] for v in set(column)}
            column = [texts[v] for v in column]
        columns.append(column)
    return list(zip(*columns, strict=True))  # type: ignore[arg-type]


def names_of(kind: type[Any]) -> list[str]:
    """The columns that a kind of row fills."""
    return [f.name for f in fields(kind)]


def insert_records(records: Sequence[NewRecord]) -> None:
    """Store new records."""
    names = names_of(NewRecord)
    columns = ", ".join(names)
    with connection.cursor() as cursor:
        if is_postgresql():
            _copy(cursor, _RECORDS, records, names)
            return
        marks = ", ".join(["%s"] * len(names))
        cursor.executemany(
            f"INSERT INTO {_RECORDS} ({columns}) VALUES ({marks})",  # noqa: S608
            sqlite_rows(records, names),
        )


def staged(cursor: Any, table: str, rows: Sequence[Any], names: Sequence[str]) -> str:
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
    names = names_of(Settled)
    changed = names[1:]
    with connection.cursor() as cursor:
        if is_postgresql():
            sets = ", ".join(f"{name} = v.{name}" for name in changed)
            table = staged(cursor, "settled", kept, names)
            # Named once more, or the planner reads the whole table to join it.
            chosen, these = keyed.among("r.id", [row.id for row in kept])
            cursor.execute(
                f"UPDATE {_RECORDS} r SET {sets} FROM {table} v "  # noqa: S608
                f"WHERE r.id = v.id AND {chosen}",
                [these],
            )
        else:
            sets = ", ".join(f"{name} = %s" for name in changed)
            cursor.executemany(
                f"UPDATE {_RECORDS} SET {sets} WHERE id = %s",  # noqa: S608
                sqlite_rows(kept, [*changed, "id"]),
            )
    return ours


def without_waiting_for_disk() -> None:
    """Let this commit be seen at once and reach the disk later (PostgreSQL).

    For what is worth nothing after a crash of the server: a claim, a grant. Every later
    commit that is waited for takes it along.
    """
    if is_postgresql():
        with connection.cursor() as cursor:
            cursor.execute(AT_ONCE)


def _unclaim(ids: Sequence[int], token: str) -> set[int]:
    """Drop the claims that are still ours, and with them any doubt whose they are."""
    chosen, these = keyed.among("record_id", ids)
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {_CLAIMS} WHERE token = %s AND {chosen} RETURNING record_id",  # noqa: S608
            [token, these],
        )
        return {record_id for (record_id,) in cursor.fetchall()}


def release(flow_ids: Sequence[int], names: Sequence[str]) -> None:
    """Let what waited for these records ("object:key") be due at once."""
    if not flow_ids or not names:
        return
    chosen, these = keyed.among("flow_id", flow_ids)
    blocked, those = keyed.among("blocked_by", names)
    with connection.cursor() as cursor:
        # The condition of the index, word for word: SQLite uses it only then.
        cursor.execute(
            f"UPDATE {_RECORDS} SET due_at = %s WHERE NOT (blocked_by = '') "  # noqa: S608
            f"AND {blocked} AND {chosen} AND outcome = 'waiting'",
            [connection.ops.adapt_datetimefield_value(now()), those, these],
        )


def held(flow_ids: Sequence[int], names: Sequence[str]) -> list[tuple[int, int, str]]:
    """What was given up because nobody brought these records ("object:key"), locked:
    id, run and outcome."""
    if not flow_ids or not names:
        return []
    chosen, these = keyed.among("flow_id", flow_ids)
    blocked, those = keyed.among("blocked_by", names)
    lock = "FOR NO KEY UPDATE SKIP LOCKED" if is_postgresql() else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, run_id, outcome FROM {_RECORDS} "  # noqa: S608
            f"WHERE NOT (blocked_by = '') AND {blocked} AND {chosen} "
            f"AND outcome IN ('failed', 'dead') ORDER BY id {lock}",
            [those, these],
        )
        return list(cursor.fetchall())


def now() -> datetime:
    """The time that stored rows carry."""
    return timezone.now()
