"""What the page of one record shows."""

from __future__ import annotations

import json
from typing import Any

from django.utils import timezone

from connectors.admin.records.agreement import agreement
from connectors.admin.records.words import LABELS, next_step
from connectors.models import Outcome, SyncRecord
from connectors.models.record import PROBLEM
from connectors.sync.watch.story import Story, story


def page(record: SyncRecord) -> dict[str, Any]:
    """The context of the record page."""
    told = story(record)
    return {
        "story": told,
        "record": record,
        "flow": told.flow,
        "label_type": LABELS[Outcome(record.outcome)],
        "is_problem": record.outcome in PROBLEM,
        "is_moving": record.outcome == Outcome.PENDING,
        "next_step": next_step(record),
        "answer": _answer(record),
        "edited": [v for v in told.source_values if v.original is not None],
        "any_before": any(v.before is not None for v in told.sent_values),
        "bad_rows": sum(bool(row.error) for row in told.mapping_rows),
        "skipped_rows": sum(bool(row.skipped) for row in told.mapping_rows),
        "raw": _raw(told),
        **agreement(told),
        "now": timezone.now().isoformat(),
    }


def _answer(record: SyncRecord) -> list[tuple[str, str]]:
    """What came back, in words, empty answers left out."""
    labels = {
        "outcome": "Outcome",
        "id": "Id in the target",
        "changed_at": "Changed in the target, by its clock",
        "request_id": "Request id (for the other system's support)",
        "status": "HTTP status",
        "code": "Error code",
    }
    response = dict(record.response or {})
    assigned = response.pop("assigned", {})
    target = record.flow.target.spec.objects.get(record.flow.target_object)
    for name, field in target.fields.items() if target else ():
        labels.setdefault(name, field.label)
    return [
        (labels.get(name, name), str(value))
        for name, value in {**response, **assigned}.items()
        if value not in (None, "")
    ]


def _raw(told: Story) -> list[tuple[str, str]]:
    record = told.record
    parts = (
        ("Payload", record.payload),
        ("Payload before it was edited", record.original_payload),
        ("Mapped values", record.mapped),
        ("Response", record.response),
        ("Choices between both sides", record.choices),
    )
    return [
        (title, json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True))
        for title, value in parts
        if value
    ]
