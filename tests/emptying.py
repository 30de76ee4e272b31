"""Empties the database after a test that has committed.

Django truncates every table and then makes permissions, groups and the schedule anew:
on PostgreSQL that takes longer than most tests. Here only what a test has filled is
emptied, and what the migrations have left behind comes back from a copy.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction


@dataclass(frozen=True)
class Emptying:
    """`filled` tables have rows after the migrations, the `empty` ones have none."""

    filled: tuple[str, ...]
    empty: tuple[str, ...]

    @classmethod
    def prepared(cls) -> Emptying:
        """Copy what is there now: for a database that no test has touched yet."""
        tables = connection.introspection.django_table_names(
            only_existing=True, include_views=False
        )
        filled = set(_with_rows(tables))
        with connection.cursor() as cursor:
            for table in filled:
                cursor.execute(f"CREATE TABLE {_copy(table)} AS SELECT * FROM {table}")
        return cls(tuple(sorted(filled)), tuple(set(tables) - filled))

    def restore(self) -> None:
        """Bring every table back to where it was."""
        # Foreign keys are looked at when the transaction ends, so the order is free.
        with transaction.atomic(), connection.cursor() as cursor:
            for table in _with_rows(self.empty):
                cursor.execute(f"DELETE FROM {table}")
            for table in self.filled:
                if _differs(table):
                    cursor.execute(f"DELETE FROM {table}")
                    cursor.execute(f"INSERT INTO {table} SELECT * FROM {_copy(table)}")


def _copy(table: str) -> str:
    return f"untouched_{table}"


def _with_rows(tables: list[str] | tuple[str, ...]) -> list[str]:
    one = "SELECT '{0}' WHERE EXISTS (SELECT 1 FROM {0})"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(one.format(table) for table in tables))
        return [name for (name,) in cursor.fetchall()]


def _differs(table: str) -> bool:
    """Whether a row is gone or changed, or there are more of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT count(*) FROM {table})"
            f" <> (SELECT count(*) FROM {_copy(table)})"
            f" OR EXISTS (SELECT * FROM {_copy(table)} EXCEPT SELECT * FROM {table})"
        )
        return bool(cursor.fetchone()[0])
