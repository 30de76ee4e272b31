"""The story of a sync record: what was said, made of it, sent, answered, and by whom.

Reads the database alone: no system is called to tell a story.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from cryptography.fernet import InvalidToken

from connectors.models import (
    Attempt,
    Binding,
    Connection,
    Flow,
    Outcome,
    RunKind,
    SyncRecord,
    SyncRun,
)
from connectors.sdk.errors import ConnectorError
from connectors.sdk.records import FieldInfo
from connectors.sdk.values import typed
from connectors.sync.connect import open_connector
from connectors.sync.mapping.fields import known_fields
from connectors.sync.mapping.mapper import CompiledMapping, PreviewRow
from connectors.sync.mapping.transforms import as_text
from connectors.sync.mapping.versions import compiled

Level = Literal["info", "success", "warning", "error"]

_WRITTEN = (Outcome.CREATED, Outcome.UPDATED)
_RELATED = 12
_LEVELS: dict[str, Level] = {
    Outcome.CREATED: "success",
    Outcome.UPDATED: "success",
    Outcome.UNCHANGED: "success",
    Outcome.WAITING: "warning",
    Outcome.CONFLICT: "error",
    Outcome.FAILED: "error",
    Outcome.DEAD: "error",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to the record; `by` is the person who caused it."""

    at: datetime
    title: str
    detail: str = ""
    level: Level = "info"
    by: str = ""


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
    """All of it; `mapping_error` says why the mapping cannot be shown, if so."""

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
    source = known_fields(flow.source, flow.source_object)
    target = known_fields(flow.target, flow.target_object)
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
        sent_values=_sent_values(record, target, _known_there(binding, earlier)),
        attempts=attempts,
        binding=binding,
        source_url=_url(flow.source, flow.source_object, record.source_id),
        target_url=_url(flow.target, flow.target_object, target_id),
        events=_events(record, attempts),
        related=_related(record),
        earlier=earlier,
    )


def text(value: Any) -> str:
    """A stored value as a person reads it; a nested one as it was."""
    return as_text(value) if not isinstance(value, (dict, list)) else str(value)


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
            value=text(payload[name]),
            original=text(original.get(name))
            if original is not None and original.get(name) != payload[name]
            else None,
        )
        for name in names
        if name in payload
    ]


def _known_there(
    binding: Binding | None, earlier: list[SyncRecord]
) -> Mapping[str, Any] | None:
    """What the target was last known to hold before this record."""
    written = [r for r in earlier if r.outcome in _WRITTEN and r.mapped]
    if written:
        return dict(written[0].mapped)
    return None if binding is None or earlier else dict(binding.agreed)


def _sent_values(
    record: SyncRecord,
    fields: Mapping[str, FieldInfo],
    known: Mapping[str, Any] | None,
) -> list[SentValue]:
    if record.outcome in _WRITTEN and known == record.mapped:
        known = None  # the binding holds what this very record wrote
    return [
        SentValue(
            name=name,
            label=_label(name, fields),
            before=text(known[name]) if known and name in known else None,
            after=text(value),
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
        with open_connector(connection) as connector:
            return connector.record_url(object_type, key, connection.details)
    except (ConnectorError, InvalidToken):
        # A link is a courtesy; the page must also open when the settings are broken.
        return ""


def _events(record: SyncRecord, attempts: list[Attempt]) -> list[Event]:
    events = [*_beginning(record), *(_attempted(a) for a in attempts), *_end(record)]
    return sorted(events, key=lambda event: event.at)


def _beginning(record: SyncRecord) -> list[Event]:
    flow, run = record.flow, record.run
    # A replay takes the record over into its own run; who read it is not kept.
    first = run.kind != RunKind.REPLAY
    events = [
        Event(
            at=record.created_at,
            title=f"Read from {flow.source}",
            detail=f"{run.get_kind_display()} run #{run.pk}" if first else "",
            by=str(run.started_by or "") if first else "",
        )
    ]
    if record.version and record.version <= record.created_at:
        events.append(Event(at=record.version, title=f"Changed in {flow.source}"))
    return events


def _attempted(attempt: Attempt) -> Event:
    if attempt.by:
        return Event(
            at=attempt.at,
            title="Replayed",
            detail=f"Until then: {attempt.get_outcome_display().lower()}.",
            by=str(attempt.by),
        )
    return Event(
        at=attempt.at,
        title=f"Attempt {attempt.number}: {attempt.get_outcome_display().lower()}",
        detail=attempt.error_message,
        level=_LEVELS.get(attempt.outcome, "info"),
    )


def _end(record: SyncRecord) -> list[Event]:
    """How it stands now, where that is not an attempt already told."""
    outcome = record.outcome
    if record.settled_at is None:
        return []
    if outcome in _WRITTEN:
        where = f"{outcome.capitalize()} in {record.flow.target}"
        detail = f"as {record.target_id}" if record.target_id else ""
        return [
            Event(at=record.settled_at, title=where, detail=detail, level="success")
        ]
    if record.error_class:
        return []
    return [
        Event(
            at=record.settled_at,
            title=record.get_outcome_display(),
            detail=record.error_message,
            level=_LEVELS.get(outcome, "info"),
        )
    ]
