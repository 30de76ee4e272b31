"""Claims due records of a flow for one worker.

A claim is a row of its own with a lease. The records are locked while it is made (other
workers skip them); what two workers saw at the same instant goes to the one whose claim
the constraint let in. A claim whose lease ends unanswered counts as an attempt, so that
a record that kills its worker is counted too.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from connectors.models import Claim, Flow, Outcome, SyncRecord, SyncRun
from connectors.models.record import DUE
from connectors.sync.outbox import retry, store

LEASE_SECONDS = 60
# Attempts after which a record is sent alone: it may be what kills its worker, and its
# neighbours must not be counted down with it.
SUSPECT = 3


@dataclass(slots=True)
class Claimed:
    """A record in our hands; `attempts` includes the one that begins now, the error's
    class and fingerprint are the last one's. It is `renewed` when it was read again
    since it was claimed."""

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
    error_fingerprint: str
    change: str = ""
    error_class: str = ""
    renewed: bool = False


@dataclass(slots=True)
class Claims:
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
    "error_fingerprint",
    "change",
    "error_class",
)


def _due(flow: Flow, outcome: str, run_id: int | None) -> QuerySet[SyncRecord]:
    same = {"source_id": OuterRef("source_id"), "flow": OuterRef("flow")}
    # Not while the same source record is in other hands, and not when a newer change
    # of it is due: that one is sent instead.
    held = Claim.objects.filter(**same)
    newer = SyncRecord.objects.filter(**same, outcome__in=DUE, pk__gt=OuterRef("pk"))
    due = (
        SyncRecord.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(flow=flow, outcome=outcome, due_at__lte=timezone.now())
        .exclude(Exists(held))
        .exclude(Exists(newer))
        .order_by("due_at", "pk")
    )
    return due if run_id is None else due.filter(run=run_id)


def claim(flow: Flow, limit: int, *, run_id: int | None = None) -> Claims | None:
    """Take up to `limit` due records, or None when nothing is due."""
    while True:
        with transaction.atomic():
            rows = _found(flow, limit, run_id)
            claims = _take(rows) if rows else None
        if claims or not rows:
            return claims
        # Others took them all between our look and our claim. There may be more.


def _found(flow: Flow, limit: int, run_id: int | None) -> list[tuple[Any, ...]]:
    """Up to `limit` due records. Suspects come last and one at a time."""
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
    return rows


def _take(rows: list[tuple[Any, ...]]) -> Claims | None:
    token = uuid.uuid4().hex
    until = timezone.now() + timedelta(seconds=LEASE_SECONDS)
    records = [Claimed(*row) for row in rows]
    store.claim([record.id for record in records], token, until)
    ours = set(Claim.objects.filter(token=token).values_list("pk", flat=True))
    taken = [record for record in records if record.id in ours]
    for record in taken:
        record.attempts += 1
    return Claims(token, taken) if taken else None


def renew(token: str) -> None:
    """Keep claims while their records are being written.

    From a thread of its own: those that are being settled right now are passed over.
    """
    with transaction.atomic():
        held = Claim.objects.select_for_update(skip_locked=True).filter(token=token)
        ids = list(held.values_list("pk", flat=True))
        Claim.objects.filter(pk__in=ids, token=token).update(
            until=timezone.now() + timedelta(seconds=LEASE_SECONDS)
        )


def release(token: str, ids: list[int]) -> None:
    """Give records back unsent; that is no attempt."""
    Claim.objects.filter(pk__in=ids, token=token).delete()


def claimed(ids: Iterable[int]) -> list[int]:
    """Which of these records are in somebody's hands.

    Ask again when the records are locked: a lock waits for the claimer, but what a
    statement sees is what was there when it began.
    """
    return list(Claim.objects.filter(pk__in=list(ids)).values_list("pk", flat=True))


def reclaim() -> tuple[int, int]:
    """End the claims of dead workers: how many records are due again, how many dead.

    The attempts of a pending record count the workers that died over it; a record that
    was waiting begins to count anew. One that was started too often without an answer
    is dead: it kills its worker.
    """
    with transaction.atomic():
        lost = list(
            Claim.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(until__lt=timezone.now())
            .values_list("pk", "record__attempts", "record__run_id", "record__outcome")
        )
        deaths = {
            pk: attempts + 1 if outcome == Outcome.PENDING else 1
            for pk, attempts, _, outcome in lost
        }
        poison = {pk for pk, count in deaths.items() if count >= retry.POISON}
        moves: dict[int, Counter[str]] = defaultdict(Counter)
        for pk, _, run_id, outcome in lost:
            moves[run_id][outcome] -= 1
            moves[run_id][Outcome.DEAD if pk in poison else Outcome.PENDING] += 1
        _give_back(deaths, poison)
        SyncRun.recount(moves)
    return len(lost) - len(poison), len(poison)


def _give_back(deaths: Mapping[int, int], poison: Collection[int]) -> None:
    by_count: dict[int, list[int]] = defaultdict(list)
    for pk, count in deaths.items():
        by_count[count].append(pk)
    for count, ids in by_count.items():
        SyncRecord.objects.filter(pk__in=ids).update(
            outcome=Outcome.PENDING, attempts=count
        )
    SyncRecord.objects.filter(pk__in=poison).update(
        outcome=Outcome.DEAD,
        settled_at=timezone.now(),
        error_class="internal",
        error_message=f"Its worker died {retry.POISON} times while sending it. Look at "
        "its payload, then replay it.",
    )
    Claim.objects.filter(pk__in=list(deaths)).delete()
