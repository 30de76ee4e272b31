"""What happened to a sync record, in order of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from connectors.models import Attempt, ChangeEvent, Outcome, RunKind, SyncRecord

# Seconds within which events are taken once their records are stored, and how many of
# them are looked at.
AT_ONCE, MOST = 5.0, 20
Level = Literal["info", "success", "warning", "error"]

_WRITTEN = (Outcome.CREATED, Outcome.UPDATED)
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


def told(record: SyncRecord, attempts: list[Attempt]) -> list[Event]:
    """What happened to a record, in order of time."""
    events = [
        *_announced(record),
        *_beginning(record),
        *(_attempted(a) for a in attempts),
        *_end(record),
    ]
    return sorted(events, key=lambda event: event.at)


def _announced(record: SyncRecord) -> list[Event]:
    """That the source itself told of the change, if that is why it was read."""
    # Taken in the transaction that stored the record, a moment after it was made.
    soon = record.created_at + timedelta(seconds=AT_ONCE)
    events = ChangeEvent.objects.filter(
        key=record.source_id,
        flow=record.flow_id,
        taken_at__gte=record.created_at,
        taken_at__lt=soon,
    ).order_by("pk")
    found = list(events[:MOST])
    if not found:
        return []
    first, more = found[0], len(found) - 1
    others = f", and {more} more" if more else ""
    who = f" by {first.source}" if first.source else ""
    return [
        Event(
            at=first.received_at,
            title=f"{record.flow.source} told us of it",
            detail=f"{first.get_via_display()}: {first.what}{who}{others}.",
        )
    ]


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
