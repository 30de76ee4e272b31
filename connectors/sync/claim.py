"""Claims due records of a flow for one worker.

A claim is one short transaction: rows are locked (other workers skip them), marked in
flight under a token, and their attempt is counted before anything is sent, so that a
record that kills its worker is counted too.
"""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from connectors.models import Flow, Outcome, SyncRecord, SyncRun
from connectors.models.record import DUE

LEASE_SECONDS = 60
# Attempts after which a record is sent alone: it may be what kills its worker, and its
# neighbours must not be counted down with it.
SUSPECT = 3


@dataclass(slots=True)
class Claimed:
    """A record in our hands; `attempts` includes the one that begins now."""

    id: int
    run_id: int
    source_id: str
    correlation_id: str
    version: datetime | None
    fingerprint: str
    payload: dict[str, Any]
    attempts: int
    replays: int
    outcome: str


@dataclass(slots=True)
class Claim:
    """The records claimed together, and the token that proves it."""

    token: str
    records: list[Claimed]


_COLUMNS = (
    "pk",
    "run_id",
    "source_id",
    "correlation_id",
    "version",
    "fingerprint",
    "payload",
    "attempts",
    "replays",
    "outcome",
)


def _due(flow: Flow, outcome: str, run_id: int | None) -> QuerySet[SyncRecord]:
    same = SyncRecord.objects.filter(
        source_id=OuterRef("source_id"), flow=OuterRef("flow")
    )
    # Not while the same source record is in other hands, and not when a newer change
    # of it is due: that one is sent instead.
    held = Q(outcome=Outcome.IN_FLIGHT) | Q(outcome__in=DUE, pk__gt=OuterRef("pk"))
    due = (
        SyncRecord.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(flow=flow, outcome=outcome, due_at__lte=timezone.now())
        .exclude(Exists(same.filter(held)))
        .order_by("due_at", "pk")
    )
    return due if run_id is None else due.filter(run=run_id)


def claim(flow: Flow, limit: int, *, run_id: int | None = None) -> Claim | None:
    """Take up to `limit` due records, or None when nothing is due.

    Suspects come last and one at a time.
    """
    with transaction.atomic():
        rows: list[tuple[Any, ...]] = []
        for outcome in DUE:
            due = _due(flow, outcome, run_id).filter(attempts__lt=SUSPECT)
            rows += due.values_list(*_COLUMNS)[: limit - len(rows)]
            if len(rows) >= limit:
                break
        if not rows:
            suspects = _due(flow, Outcome.PENDING, run_id).filter(attempts__gte=SUSPECT)
            retried = _due(flow, Outcome.WAITING, run_id).filter(attempts__gte=SUSPECT)
            rows = list(suspects.values_list(*_COLUMNS)[:1])
            rows = rows or list(retried.values_list(*_COLUMNS)[:limit])
        return _mark(rows) if rows else None


def _mark(rows: list[tuple[Any, ...]]) -> Claim:
    token = uuid.uuid4().hex
    records = [Claimed(*row) for row in rows]
    for record in records:
        record.attempts += 1
    SyncRecord.objects.filter(pk__in=[record.id for record in records]).update(
        outcome=Outcome.IN_FLIGHT,
        lease_token=token,
        lease_until=timezone.now() + timedelta(seconds=LEASE_SECONDS),
        attempts=F("attempts") + 1,
    )
    waiting = Counter(r.run_id for r in records if r.outcome == Outcome.WAITING)
    for run_id, count in waiting.items():
        SyncRun.objects.filter(pk=run_id).update(waiting=F("waiting") - count)
    return Claim(token, records)


def renew(token: str) -> None:
    """Keep a claim while its records are being written."""
    SyncRecord.objects.filter(lease_token=token, outcome=Outcome.IN_FLIGHT).update(
        lease_until=timezone.now() + timedelta(seconds=LEASE_SECONDS)
    )


def release(token: str, ids: list[int]) -> None:
    """Give records back unsent; the attempt does not count."""
    SyncRecord.objects.filter(pk__in=ids, lease_token=token).update(
        outcome=Outcome.PENDING,
        lease_token="",
        lease_until=None,
        attempts=F("attempts") - 1,
    )
