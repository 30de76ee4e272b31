"""Reviews: questions about a record, and what a person says to them.

A record with an open question is a conflict and waits. When the last of its questions
is decided, it is sent again in a replay run; the decider then finds the answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from connectors.models import Decision, Outcome, Review, SyncRecord, SyncRun
from connectors.sync import replay
from connectors.sync.outbox import store

# What names one of the candidates, or any other id of the target.
NAMES_ONE = (Decision.BIND, Decision.WRITTEN)


class DecisionError(ValueError):
    """What was decided cannot be; the text says why."""


@dataclass(slots=True)
class Decided:
    """How many questions were decided, and the runs that send the records again.

    `passed` are those that somebody else decided first, or that do not offer this.
    """

    count: int = 0
    passed: int = 0
    runs: list[SyncRun] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def decide(
    reviews: QuerySet[Review], decision: str, user: Any, *, chosen: str = ""
) -> Decided:
    """Say the same to all of these questions, and send on what waits for no other.

    `chosen` is the target's id, for decisions that name one. Raises DecisionError.
    """
    if decision in NAMES_ONE and not chosen:
        raise DecisionError("Choose the record that is meant.")
    result = Decided()
    records = set()
    with transaction.atomic():
        for review in reviews.select_for_update(of=("self",)).order_by("pk"):
            if review.decided_at or decision not in review.offered:
                result.passed += 1
                continue
            _note(review, decision, user, chosen)
            result.count += 1
            records.add(review.record_id)
    open_ones = Review.objects.filter(record__in=records, decided_at=None)
    ready = SyncRecord.objects.filter(pk__in=records, outcome=Outcome.CONFLICT).exclude(
        pk__in=open_ones.values("record")
    )
    sent = replay.replay(ready, user)
    result.runs, result.reasons = sent.runs, sent.reasons
    return result


def _note(review: Review, decision: str, user: Any, chosen: str) -> None:
    review.decision = decision
    review.chosen = chosen if decision in NAMES_ONE else ""
    review.decided_by, review.decided_at = user, store.now()
    review.save(update_fields=["decision", "chosen", "decided_by", "decided_at"])
