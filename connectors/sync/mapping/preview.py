"""Preview: one real record through the mapping, without writing anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.models import FieldMapping, Flow
from connectors.sdk.errors import ConnectorError, MappingError
from connectors.sdk.records import Fields, SourceRecord
from connectors.sync import connect
from connectors.sync.mapping.fields import known_fields
from connectors.sync.mapping.mapper import Catalogue, CompiledMapping, PreviewRow


@dataclass(slots=True)
class Preview:
    """What the mapping makes of one record; `error` when there was none to show."""

    key: str = ""
    source: Fields = field(default_factory=dict)
    rows: list[PreviewRow] = field(default_factory=list)
    error: str = ""

    @property
    def failures(self) -> int:
        """How many rows cannot be applied."""
        return sum(bool(row.error) for row in self.rows)


def preview(
    flow: Flow, key: str = "", rows: Sequence[FieldMapping] | None = None
) -> Preview:
    """Map the record `key` (or the first there is) with saved or unsaved rows."""
    chosen = flow.mappings.filter(enabled=True) if rows is None else rows
    source = known_fields(flow.source, flow.source_object)
    target = known_fields(flow.target, flow.target_object)
    try:
        record = _one(flow, key)
    except ConnectorError as error:
        return Preview(key=key, error=f"{flow.source}: {error}")
    if record is None:
        what = f"“{key}”" if key else "any record"
        return Preview(key=key, error=f"{flow.source} does not have {what}.")
    shown = Preview(key=record.key, source=record.fields)
    for row in chosen:
        shown.rows += _explained(row, source, target, record.fields)
    return shown


def _explained(
    row: FieldMapping, source: Catalogue, target: Catalogue, fields: Fields
) -> list[PreviewRow]:
    try:
        return CompiledMapping([row.as_row()], source, target).explain(fields)
    except MappingError as error:
        return [
            PreviewRow(
                source_field=row.source_field,
                source_label=row.source_field,
                source_value="",
                transform=row.transform,
                target_field=row.target_field,
                target_label=row.target_field,
                error=str(error),
            )
        ]


def _one(flow: Flow, key: str) -> SourceRecord | None:
    with connect.open_connector(flow.source, "people") as connector:
        if key:
            found = connector.fetch(flow.source_object, [key])
            return found[0] if found else None
        for page in connector.read(flow.source_object, None):
            if page.records:
                return page.records[0]
    return None
