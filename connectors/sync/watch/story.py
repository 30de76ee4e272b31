"""The story of a sync record: what was said, made of it, sent, answered, and by whom.

Reads the database alone: no system is called to tell a story.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.fernet import InvalidToken

from connectors.models import (
    Attempt,
    Binding,
    Connection,
    Flow,
    Outcome,
    SyncRecord,
    SyncRun,
)
from connectors.sdk.errors import ConnectorError
from connectors.sdk.records import FieldInfo
from connectors.sdk.values import typed
from connectors.sync.connect import open_connector
from connectors.sync.mapping.fields import known_fields
from connectors.sync.mapping.mapper import LINES, CompiledMapping, PreviewRow
from connectors.sync.mapping.transforms import as_text
from connectors.sync.mapping.versions import compiled
from connectors.sync.watch.story_events import Event, told

_WRITTEN = (Outcome.CREATED, Outcome.UPDATED)
_RELATED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceValue:
    """One field as the source said it; `original` differs after a person's edit."""

    name: str
    label: str
    value: str
    original: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentValue:
    """One field of the target: what we last knew there, and what this record says.

    `before` is None where nothing is known of it.
    """

    name: str
    label: str
    before: str | None
    after: str

    @property
    def changed(self) -> bool:
        """Whether the value differs from what was known."""
        return self.before is not None and self.before != self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All of it; `mapping_error` says why the mapping cannot be shown, if so.

    `error_label` is the field that the error names, as people call it.
    """

    record: SyncRecord
    run: SyncRun
    flow: Flow
    source_values: list[SourceValue]
    mapping_rows: list[PreviewRow]
    mapping_error: str
    sent_values: list[SentValue]
    attempts: list[Attempt]
    binding: Binding | None
    source_url: str
    target_url: str
    error_label: str
    events: list[Event]
    related: list[SyncRecord] = field(default_factory=list)
    earlier: list[SyncRecord] = field(default_factory=list)


def load(pk: int | str) -> SyncRecord | None:
    """A record with what its story needs. Secrets stay unread until they are used."""
    return (
        SyncRecord.objects.select_related(
            "run__started_by", "flow__source", "flow__target", "flow__pair"
        )
        .defer("flow__source__secrets", "flow__target__secrets")
        .filter(pk=pk)
        .first()
    )


def story(record: SyncRecord) -> Story:
    """Tell the story of a record, in a number of queries that does not grow."""
    flow = record.flow
    source = _fields(flow.source, flow.source_object)
    target = _fields(flow.target, flow.target_object)
    rows, mapping_error = _mapping(record)
    binding = _binding(record)
    earlier = _earlier(record)
    attempts = list(record.history.select_related("by"))
    target_id = record.target_id or _bound_id(flow, binding)
    return Story(
        record=record,
        run=record.run,
        flow=flow,
        source_values=_source_values(record, source),
        mapping_rows=rows,
        mapping_error=mapping_error,
        sent_values=_sent_values(
            record, target, _known_there(record, binding, earlier)
        ),
        attempts=attempts,
        binding=binding,
        source_url=_url(flow.source, flow.source_object, record.source_id),
        target_url=_url(flow.target, flow.target_object, target_id),
        error_label=_label(record.error_field, {**source, **target}),
        events=told(record, attempts),
        related=_related(record),
        earlier=earlier,
    )


def text(value: Any) -> str:
    """A stored value as a person reads it; a nested one as it was."""
    return as_text(value) if not isinstance(value, (dict, list)) else str(value)


def _shown(name: str, value: Any, fields: Mapping[str, FieldInfo]) -> str:
    """A value; the lines of a document one below the other, with their labels."""
    if name != "lines" or not isinstance(value, list):
        return text(value)
    told = (
        ", ".join(
            f"{_label(LINES + key, fields).removeprefix('Line: ')} {text(one)}"
            for key, one in line.items()
            if one not in (None, "")
        )
        for line in value
    )
    return "\n".join(f"{number}. {line}" for number, line in enumerate(told, 1))


def _fields(connection: Connection, object_type: str) -> Mapping[str, FieldInfo]:
    """The fields' labels; none for an object type the system no longer has."""
    try:
        return known_fields(connection, object_type)
    except ConnectorError:
        return {}


def _mapping(record: SyncRecord) -> tuple[list[PreviewRow], str]:
    try:
        mapping = compiled(record.flow, record.mapping_version or None)
    except ConnectorError as error:
        return [], str(error)
    return _explained(mapping, record.payload or {}), ""


def _explained(
    mapping: CompiledMapping, payload: Mapping[str, Any]
) -> list[PreviewRow]:
    return mapping.explain(typed(payload, mapping.types))


def _label(name: str, fields: Mapping[str, FieldInfo]) -> str:
    if name == "lines":
        return "Lines"
    return fields[name].label if name in fields else name


def _source_values(
    record: SyncRecord, fields: Mapping[str, FieldInfo]
) -> list[SourceValue]:
    payload, original = record.payload or {}, record.original_payload
    names = [*fields, *sorted(set(payload) - set(fields))]
    return [
        SourceValue(
            name=name,
            label=_label(name, fields),
            value=_shown(name, payload[name], fields),
            original=_shown(name, original.get(name), fields)
            if original is not None and original.get(name) != payload[name]
            else None,
        )
        for name in names
        if name in payload
    ]


def _known_there(
    record: SyncRecord, binding: Binding | None, earlier: list[SyncRecord]
) -> Mapping[str, Any] | None:
    """What the target was last known to hold before this record."""
    written = next((r for r in earlier if r.outcome in _WRITTEN and r.mapped), None)
    if written is None and binding and binding.record and binding.record < record.pk:
        written = SyncRecord.objects.filter(pk=binding.record, flow=record.flow).first()
    return dict(written.mapped or {}) if written else None


def _sent_values(
    record: SyncRecord,
    fields: Mapping[str, FieldInfo],
    known: Mapping[str, Any] | None,
) -> list[SentValue]:
    return [
        SentValue(
            name=name,
            label=_label(name, fields),
            before=_shown(name, known[name], fields)
            if known and name in known
            else None,
            after=_shown(name, value, fields),
        )
        for name, value in (record.mapped or {}).items()
    ]


def _sides(flow: Flow) -> tuple[str, str]:
    return ("left_id", "right_id") if flow.source_is_left else ("right_id", "left_id")


def _binding(record: SyncRecord) -> Binding | None:
    source_side, _ = _sides(record.flow)
    return (
        Binding.objects.select_related("pair")
        .filter(pair=record.flow.pair_id, **{source_side: record.source_id})
        .first()
    )


def _bound_id(flow: Flow, binding: Binding | None) -> str:
    return getattr(binding, _sides(flow)[1]) if binding else ""


def _earlier(record: SyncRecord) -> list[SyncRecord]:
    """Earlier changes of the same business record, newest first."""
    return list(
        SyncRecord.objects.filter(
            source_id=record.source_id, flow=record.flow_id, pk__lt=record.pk
        )
        .defer("payload", "original_payload", "response")
        .order_by("-pk")[:_RELATED]
    )


def _related(record: SyncRecord) -> list[SyncRecord]:
    """What else the same business change caused, in other flows."""
    return list(
        SyncRecord.objects.filter(correlation_id=record.correlation_id)
        .exclude(pk=record.pk)
        .select_related("flow")
        .defer("payload", "original_payload", "mapped", "response")
        .order_by("pk")[:_RELATED]
    )


def _url(connection: Connection, object_type: str, key: str) -> str:
    if not key:
        return ""
    try:
        with open_connector(connection, "people") as connector:
            return connector.record_url(object_type, key, connection.details)
    except (ConnectorError, InvalidToken):
        # A link is a courtesy; the page must also open when the settings are broken.
        return ""
