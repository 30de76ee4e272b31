"""Key rotation: tokens are read and written raw, one transaction per batch.

Through the model a token that no key can read would raise before it could be counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.db import connection, models, transaction
from fernet_fields.fields import EncryptedField


@dataclass(frozen=True, slots=True)
class Column:
    """One encrypted column of one model."""

    model: type[models.Model]
    field: Any

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.field.name}"

    @property
    def sql(self) -> tuple[str, str, str]:
        """Table, key column and the column itself, quoted."""
        meta = self.model._meta
        quote = connection.ops.quote_name
        return (
            quote(meta.db_table), quote(str(meta.pk.column)), quote(self.field.column)
        )  # fmt: skip


def encrypted_columns() -> list[Column]:
    """Every encrypted column of every model, those of the history included."""
    return [
        Column(model, one)
        for model in apps.get_models()
        for one in model._meta.local_concrete_fields
        if isinstance(one, EncryptedField)
    ]


@dataclass
class Rotation:
    """The rotation of one column, and what it met. `unreadable` are primary keys."""

    column: Column
    dry_run: bool
    batch: int
    current: int = 0
    rotated: int = 0
    raced: int = 0
    unreadable: list[Any] = field(default_factory=list)

    def run(self) -> None:
        """Go through the whole column."""
        keys = [Fernet(key) for key in self.column.field.fernet_keys]
        first, ring = keys[0], MultiFernet(keys)
        for rows in self._batches():
            with transaction.atomic():
                for pk, token in rows:
                    self._one(pk, token, first, ring)

    def _one(self, pk: Any, token: bytes, first: Fernet, ring: MultiFernet) -> None:
        if _reads(first, token):
            self.current += 1
            return
        try:
            new = ring.rotate(token)
        except InvalidToken:
            self.unreadable.append(pk)
            return
        if self.dry_run or self._replaced(pk, token, new):
            self.rotated += 1
        else:
            self.raced += 1

    def _replaced(self, pk: Any, old: bytes, new: bytes) -> bool:
        """Write the new token, unless somebody has changed the old one meanwhile."""
        table, key, column = self.column.sql
        binary = connection.Database.Binary  # type: ignore[attr-defined]
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET {column} = %s "  # noqa: S608 - quoted names of our own models
                f"WHERE {key} = %s AND {column} = %s",
                [binary(new), pk, binary(old)],
            )
            return bool(cursor.rowcount)

    def _batches(self) -> Iterator[list[tuple[Any, bytes]]]:
        """Keys and tokens in order of the key; read in short statements."""
        table, key, column = self.column.sql
        seen: list[Any] = []
        while True:
            after = f"AND {key} > %s " if seen else ""
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT {key}, {column} FROM {table} "  # noqa: S608 - as above
                    f"WHERE {column} IS NOT NULL {after}ORDER BY {key} LIMIT %s",
                    [*seen, self.batch],
                )
                rows = [(pk, bytes(token)) for pk, token in cursor.fetchall()]
            if not rows:
                return
            seen = [rows[-1][0]]
            yield rows

    def as_json(self) -> dict[str, Any]:
        """The counts by name."""
        return {
            "secrets": str(self.column),
            "current": self.current,
            "rotated": self.rotated,
            "raced": self.raced,
            "unreadable": self.unreadable,
        }


def _reads(key: Fernet, token: bytes) -> bool:
    try:
        key.decrypt(token)
    except InvalidToken:
        return False
    return True
