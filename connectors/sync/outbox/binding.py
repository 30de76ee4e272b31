"""The statement that creates and renews bindings, many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.db import connection

from connectors.models import Binding
from connectors.sync.outbox import store

_BINDINGS = Binding._meta.db_table


@dataclass(slots=True)
class Bound:
    """A binding to store; the values last agreed are JSON text, where they are kept."""

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
    left_values: str | None = None
    right_values: str | None = None


@cache
def _on_conflict(source: str, target: str) -> str:
    """What becomes of a binding that is there already."""
    kept = (f"{source}_version", "left_values", "right_values")
    fixed = ("pair_id", "left_id", "created_at")
    newest = f"{target}_version"
    renewed = [n for n in store.names_of(Bound) if n not in (*fixed, *kept, newest)]
    sets = [f"{n} = excluded.{n}" for n in renewed]
    sets += [f"{n} = COALESCE(excluded.{n}, {_BINDINGS}.{n})" for n in kept]
    sets.append(f"{newest} = {_newest(newest)}")
    sets += ["left_gone_at = NULL", "right_gone_at = NULL"]
    version = f"{source}_version"
    return (
        f"ON CONFLICT (pair_id, left_id) DO UPDATE SET {', '.join(sets)} "
        f"WHERE {_BINDINGS}.{version} IS NULL OR excluded.{version} IS NULL "
        f"OR excluded.{version} >= {_BINDINGS}.{version}"
    )


def _newest(column: str) -> str:
    both = f"excluded.{column}, {_BINDINGS}.{column}"
    if store.is_postgresql():
        return f"GREATEST({both})"
    # SQLite's is nothing where one of them is.
    return f"COALESCE(MAX({both}), {both})"


def bind(rows: Sequence[Bound], *, source: str) -> None:
    """Create or renew bindings; an older version of a source's record changes nothing.

    `source` is the side that the records came from, "left" or "right". In one order,
    whoever stores them: two flows may bind the same pair both ways. What one of them
    knows of versions is kept by the other. Of two that bind the same record, the last
    counts. What is bound anew is not gone any more.
    """
    if not rows:
        return
    last = {(row.pair_id, row.left_id): row for row in rows}
    rows = [last[key] for key in sorted(last)]
    target = "right" if source == "left" else "left"
    names, conflict = store.names_of(Bound), _on_conflict(source, target)
    columns = ", ".join(names)
    with connection.cursor() as cursor:
        if store.is_postgresql():
            table = store.staged(cursor, "bound", rows, names)
            cursor.execute(
                f"INSERT INTO {_BINDINGS} ({columns}) "  # noqa: S608
                f"SELECT {columns} FROM {table} {conflict}"
            )
            return
        marks = ", ".join(["%s"] * len(names))
        cursor.executemany(
            f"INSERT INTO {_BINDINGS} ({columns}) VALUES ({marks}) {conflict}",  # noqa: S608
            store.sqlite_rows(rows, names),
        )
