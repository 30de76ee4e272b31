"""What the page of a record tells of the two sides: which value won, what is asked of a
person, what it waits for, and what is still to be told to the source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.admin.reviews.questions import Question, questions
from connectors.models import Change, Flow, Intent, Review, SyncRecord, WriteBackJob
from connectors.sync.watch.story import Story, text

_RULES = {
    "owner": "the owner’s value",
    "newest": "the newest value",
    "hold": "a person decides",
    "decided": "a person has decided",
    "filled": "the side that says something",
}
_CHANGES = {
    Change.DELETED: "It was deleted or archived in {source}.",
    Change.MERGED: "Records were merged into it in {source}.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Won:
    """A field that both sides had changed. `winner` is "source", "target" or "held"."""

    field: str
    label: str
    winner: str
    by: str
    rule: str
    reason: str
    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """What a record waits for; `record` is the newest one known of it."""

    object: str
    key: str
    record: SyncRecord | None


def agreement(told: Story) -> dict[str, Any]:
    """The context of these sections, in a number of queries that does not grow."""
    record = told.record
    intent, job = Intent.objects.filter(record=record).first(), write_back_of(record)
    return {
        "change_text": _CHANGES.get(Change(record.change), "").format(
            source=record.flow.source
        ),
        "won": _won(record, _labels(told)),
        "questions": _questions(record),
        "blocker": _blocker(record),
        "intent": intent,
        "write_back": job,
        "write_back_values": [
            (name, text(value)) for name, value in sorted((job.values or {}).items())
        ]
        if job
        else [],
    }


def write_back_of(record: SyncRecord) -> WriteBackJob | None:
    """What is still to be told to the source; asked for once per page."""
    try:
        return record.write_back
    except WriteBackJob.DoesNotExist:
        return None


def _labels(told: Story) -> Mapping[str, str]:
    rows = {row.target_field: row.target_label for row in told.mapping_rows}
    return {value.name: value.label for value in told.sent_values} | rows


def _won(record: SyncRecord, labels: Mapping[str, str]) -> list[Won]:
    return [_one_won(record.flow, choice, labels) for choice in record.choices or []]


def _one_won(flow: Flow, choice: Mapping[str, Any], labels: Mapping[str, str]) -> Won:
    name, rule = str(choice.get("field", "")), str(choice.get("rule", ""))
    names = {"source": str(flow.source), "target": str(flow.target)}
    winner = str(choice.get("winner", ""))
    return Won(
        field=name,
        label=labels.get(name, name),
        winner=winner,
        by=names.get(winner, "nobody yet"),
        rule=_RULES.get(rule, rule),
        reason=str(choice.get("reason") or ""),
        source=text(choice.get("source")),
        target=text(choice.get("target")),
    )


def _questions(record: SyncRecord) -> list[Question]:
    """Open ones first, then those decided, the newest first."""
    asked = list(Review.objects.filter(record=record).select_related("decided_by"))
    for review in asked:
        # The record is at hand, with both ends of its flow.
        review.record = record
    asked.sort(key=lambda one: (one.decided_at is not None, -one.pk))
    return questions(asked) if asked else []


def _blocker(record: SyncRecord) -> Blocker | None:
    if not record.blocked_by:
        return None
    name, _, key = record.blocked_by.partition(":")
    flows = Flow.objects.filter(source=record.flow.source_id, source_object=name)
    found = (
        SyncRecord.objects.filter(flow__in=flows.order_by().values("pk"), source_id=key)
        .only("pk", "source_id", "outcome", "flow_id")
        .order_by("-pk")
        .first()
    )
    return Blocker(object=name, key=key, record=found)
