"""The stored changes of fields: noted when found, ended when undone or accepted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from connectors.models import (
    BREAKING,
    CatalogueChange,
    CatalogueField,
    Connection,
    DriftKind,
)
from connectors.sync.drift.compare import Fields, Found, differences, there

# What a person may accept as it is now. What is gone cannot be read or written.
ACCEPTABLE = (DriftKind.RETYPED, DriftKind.NOT_UNIQUE, DriftKind.OPTION_REMOVED)


def open_changes(connections: Iterable[Connection | int]) -> QuerySet[CatalogueChange]:
    """The breaking changes that nobody and nothing has ended."""
    return CatalogueChange.objects.filter(connection__in=connections, ended_at=None)


def note(connection: Connection, object_type: str, old: Fields, new: Fields) -> None:
    """Store what has changed between two readings, and end what is undone.

    Within the transaction that stores the new reading.
    """
    still = list(open_changes([connection]).filter(object_type=object_type))
    undone = {(one.kind, one.field) for one in _end_undone(still, new)}
    known = {(one.kind, one.field, _option(one)): one for one in still}
    made = []
    for found in differences(old, new):
        if (found.kind, found.field) in undone:
            # The way back to what it was.
            continue
        mark = (found.kind, found.field, _option(found))
        if open_one := known.get(mark):
            open_one.after, open_one.hint = found.after, found.hint
            open_one.save(update_fields=["after", "hint"])
            continue
        made.append(_row(connection, object_type, found))
    CatalogueChange.objects.bulk_create(made)


def accept(connection: Connection, user: Any) -> int:
    """A person has seen the changes and takes the fields as they are; how many."""
    seen = open_changes([connection]).filter(kind__in=ACCEPTABLE)
    return seen.update(ended_at=timezone.now(), accepted_by=user)


def _row(connection: Connection, object_type: str, found: Found) -> CatalogueChange:
    now = timezone.now()
    return CatalogueChange(
        connection=connection,
        object_type=object_type,
        field=found.field,
        label=found.label,
        kind=found.kind,
        before=found.before[:300],
        after=found.after[:300],
        hint=found.hint[:300],
        at=now,
        ended_at=None if found.kind in BREAKING else now,
    )


def _option(one: CatalogueChange | Found) -> str:
    return one.before if one.kind == DriftKind.OPTION_REMOVED else ""


def _end_undone(still: list[CatalogueChange], new: Fields) -> Iterator[CatalogueChange]:
    """End what is as it was before, and take it out of `still`."""
    for one in list(still):
        row = new.get(one.field)
        if row is None or not there(row) or not _undone(one, row):
            continue
        yield one
        one.ended_at = timezone.now()
        one.save(update_fields=["ended_at"])
        still.remove(one)
        if one.kind == DriftKind.REMOVED and row.type != one.before:
            again = Found(
                kind=DriftKind.RETYPED, field=one.field, label=row.label,
                before=one.before, after=row.type,
            )  # fmt: skip
            still.append(_row(one.connection, one.object_type, again))
            still[-1].save()


def _undone(change: CatalogueChange, row: CatalogueField) -> bool:
    if change.kind == DriftKind.RETYPED:
        return row.type == change.before
    if change.kind == DriftKind.READ_ONLY:
        return not row.read_only
    if change.kind == DriftKind.NOT_UNIQUE:
        return row.unique
    if change.kind == DriftKind.OPTION_REMOVED:
        return any(one["value"] == change.before for one in row.options)
    return True
