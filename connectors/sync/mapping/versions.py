"""Versions of a flow's mappings: a new one whenever what they say has changed."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from connectors.models import Flow, MappingVersion
from connectors.sdk.errors import ConfigurationError, MappingError
from connectors.sync.drift.breakage import as_mapped
from connectors.sync.mapping.fields import known_fields
from connectors.sync.mapping.mapper import CompiledMapping


def current_rows(flow: Flow) -> list[dict[str, Any]]:
    """The enabled rows as they stand."""
    rows = flow.mappings.filter(enabled=True).select_related("value_map")
    return [row.as_row() for row in rows]


def save_version(flow: Flow, user: Any = None) -> MappingVersion | None:
    """Keep the mappings as a new version; None when they say what they said."""
    with transaction.atomic():
        locked = Flow.objects.select_for_update(no_key=True).get(pk=flow.pk)
        rows = current_rows(locked)
        latest = locked.versions.first()
        if latest and latest.rows == rows:
            return None
        number = (latest.number if latest else 0) + 1
        version = MappingVersion.objects.create(
            flow=locked, number=number, rows=rows, created_by=user
        )
        Flow.objects.filter(pk=flow.pk).update(mapping_version=number)
    flow.mapping_version = number
    return version


def against(flow: Flow) -> tuple[Flow, CompiledMapping] | None:
    """The flow of the other direction and its mapping, where there is one that is
    mapped; whether it runs at the moment or not.

    Raises ConfigurationError when its mapping cannot be used: neither direction may go
    on as if it were alone.
    """
    other = flow.counterpart
    if other is None or not other.mapping_version:
        return None
    return other, compiled(other)


def compiled(flow: Flow, number: int | None = None) -> CompiledMapping:
    """The flow's mapping, ready to apply; by default its newest version.

    Raises ConfigurationError, naming the flow, when it cannot work for any record.
    """
    version = flow.versions.filter(number=number or flow.mapping_version).first()
    if version is None:
        raise ConfigurationError(
            f"The flow “{flow}” has no mappings.",
            advice="Open the flow, suggest or add mappings, and save.",
        )
    try:
        return CompiledMapping(
            version.rows,
            as_mapped(
                flow, known_fields(flow.source, flow.source_object), of_source=True
            ),
            as_mapped(
                flow, known_fields(flow.target, flow.target_object), of_source=False
            ),
            version.number,
        )
    except MappingError as error:
        raise ConfigurationError(
            f"The mapping of “{flow}” cannot be used: {error.message}",
            advice=error.advice,
            field=error.field,
        ) from error
