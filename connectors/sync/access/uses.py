"""What a connection is needed for, so that a test can say who misses a right."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q

from connectors.models import Connection, FieldMapping, Flow
from connectors.sdk.records import Use


def uses_of(connection: Connection) -> list[Use]:
    """What the mappings and write-backs of its flows read and write over it."""
    flows = Flow.objects.filter(Q(source=connection) | Q(target=connection))
    found: list[Use] = []
    for flow in flows.prefetch_related("mappings", "write_backs"):
        if flow.source_id == connection.pk:
            found += _of_source(flow)
        if flow.target_id == connection.pk:
            found += _of_target(flow)
    return found


def _of_source(flow: Flow) -> Iterator[Use]:
    name, by = flow.source_object, f"the mapping of the flow “{flow}”"
    read = frozenset(row.source_field for row in _rows(flow) if row.source_field)
    yield Use(object_type=name, verb="read", by=by, fields=read)
    told = {row.source_field for row in flow.write_backs.all() if row.enabled}
    if told:
        by = f"the write-back of the flow “{flow}”"
        yield Use(object_type=name, verb="write", by=by, fields=frozenset(told))


def _of_target(flow: Flow) -> Iterator[Use]:
    name, by = flow.target_object, f"the mapping of the flow “{flow}”"
    written = frozenset(row.target_field for row in _rows(flow))
    # Records are looked up before they are written: to match them, and to compare.
    yield Use(object_type=name, verb="read", by=by, fields=written)
    yield Use(object_type=name, verb="write", by=by, fields=written)


def _rows(flow: Flow) -> list[FieldMapping]:
    return [row for row in flow.mappings.all() if row.enabled]
