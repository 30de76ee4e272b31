"""Replay: a person sends records again, as stored, as edited, or as they are now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from connectors.models import (
    Attempt,
    Claim,
    Flow,
    Outcome,
    RunKind,
    SyncRecord,
    SyncRun,
)
from connectors.sdk.errors import ConnectorError
from connectors.sdk.values import coded_types, dump, load, typed
from connectors.sync import connect, runs, store
from connectors.sync.mapping.fields import known_fields
from connectors.sync.mapping.versions import compiled

# Pending ones, and those a worker holds, are on their way already: that is what makes a
# second click on the same replay harmless.
REPLAYABLE = (
    Outcome.WAITING,
    Outcome.CREATED,
    Outcome.UPDATED,
    Outcome.UNCHANGED,
    Outcome.CONFLICT,
    Outcome.FAILED,
    Outcome.DEAD,
    Outcome.SKIPPED,
)
CHUNK = 500


class PayloadError(ValueError):
    """An edited payload that cannot be used; the text says why."""


@dataclass(slots=True)
class ReplayResult:
    """How many records were taken up, in which runs, how many were not, and why."""

    taken: int = 0
    refused: int = 0
    runs: list[SyncRun] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def replay(
    records: QuerySet[SyncRecord], user: Any, *, fresh: bool = False
) -> ReplayResult:
    """Send records again; each flow's in a run of its own.

    `fresh` reads them from the source first. Records on their way are refused, and so
    are those of flows that cannot run.
    """
    result = ReplayResult()
    by_flow: dict[int, list[int]] = defaultdict(list)
    for pk, flow_id in records.order_by("pk").values_list("pk", "flow_id").iterator():
        by_flow[flow_id].append(pk)
    for flow in Flow.objects.filter(pk__in=by_flow).select_related("source", "target"):
        _replay_flow(flow, by_flow[flow.pk], user, result, fresh=fresh)
    return result


def _replay_flow(
    flow: Flow, ids: list[int], user: Any, result: ReplayResult, *, fresh: bool
) -> None:
    try:
        runs.refuse_unless_ready(flow, RunKind.REPLAY)
    except runs.RunRefusedError as error:
        result.refused += len(ids)
        result.reasons.append(f"{flow}: {error}")
        return
    run: SyncRun | None = None
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        try:
            payloads = _fresh_payloads(flow, chunk) if fresh else {}
        except ConnectorError as error:
            result.refused += len(ids) - start
            result.reasons.append(f"{flow.source}: {error}")
            break
        with transaction.atomic():
            run = run or runs.create(flow, RunKind.REPLAY, user)
            taken = _take(chunk, run, user, payloads, fresh=fresh)
        result.taken += taken
        result.refused += len(chunk) - taken
    if run is None:
        return
    run.refresh_from_db()
    if run.read == 0:
        run.delete()
        return
    SyncRun.objects.filter(pk=run.pk).update(read_done_at=store.now())
    runs.queue(run)
    result.runs.append(run)


def _fresh_payloads(flow: Flow, ids: list[int]) -> dict[str, tuple[Any, ...]]:
    keys = list(
        SyncRecord.objects.filter(pk__in=ids).values_list("source_id", flat=True)
    )
    mapping = compiled(flow)
    with connect.open_connector(flow.source) as connector:
        found = connector.fetch(
            flow.source_object, sorted(set(keys)), fields=mapping.source_fields
        )
    return {
        record.key: (
            load(dump(record.fields)),
            mapping.source_fingerprint(record.fields),
            record.modified_at,
        )
        for record in found
    }


def _take(
    ids: list[int],
    run: SyncRun,
    user: Any,
    payloads: Mapping[str, tuple[Any, ...]],
    *,
    fresh: bool,
) -> int:
    """Take records into a replay run, moving them from the counts they stand in."""
    records = list(
        SyncRecord.objects.select_for_update(of=("self",))
        .filter(pk__in=ids, outcome__in=REPLAYABLE)
        .exclude(Exists(Claim.objects.filter(record=OuterRef("pk"))))
    )
    if fresh:
        records = [record for record in records if record.source_id in payloads]
    moved: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for record in records:
        moved[record.run_id][record.outcome] += 1
    Attempt.objects.bulk_create(_kept_attempt(record, user) for record in records)
    for record in records:
        if fresh:
            record.payload, record.fingerprint, record.version = payloads[
                record.source_id
            ]
    _reset(records, run)
    _move_counts(moved, run, len(records))
    return len(records)


def _kept_attempt(record: SyncRecord, user: Any) -> Attempt:
    return Attempt(
        record=record,
        number=record.attempts,
        at=store.now(),
        outcome=record.outcome,
        error_class=record.error_class,
        error_message=record.error_message,
        mapped=record.mapped,
        response=record.response,
        by=user,
        note="Replayed; this is what stood here before.",
    )


def _reset(records: list[SyncRecord], run: SyncRun) -> None:
    for record in records:
        record.run = run
        record.outcome = Outcome.PENDING
        record.attempts = 0
        record.replays += 1
        record.due_at = store.now()
        record.settled_at = None
        record.error_class = record.error_message = ""
        record.error_field = record.error_fingerprint = ""
    SyncRecord.objects.bulk_update(
        records,
        [
            "run", "outcome", "attempts", "replays", "due_at", "settled_at",
            "error_class", "error_message", "error_field", "error_fingerprint",
            "payload", "fingerprint", "version",
        ],
        batch_size=100,
    )  # fmt: skip


def _move_counts(
    moved: Mapping[int, Mapping[str, int]], run: SyncRun, taken: int
) -> None:
    """The records now count in the replay run; both runs' counts still add up."""
    for run_id, outcomes in moved.items():
        changes: dict[str, Any] = {n: F(n) - count for n, count in outcomes.items()}
        total = sum(outcomes.values())
        SyncRun.objects.filter(pk=run_id).update(
            replayed=F("replayed") + total, **changes
        )
    SyncRun.objects.filter(pk=run.pk).update(read=F("read") + taken)


def edit_and_replay(
    record: SyncRecord, payload: Mapping[str, Any], user: Any
) -> ReplayResult:
    """Replace a record's payload and send it; the first payload is kept.

    Raises PayloadError for a payload that is not the source's shape.
    """
    known = known_fields(record.flow.source, record.flow.source_object)
    unknown = sorted(set(payload) - set(known) - set(record.payload))
    if unknown:
        raise PayloadError(f"The source has no field {', '.join(unknown)}.")
    if any(isinstance(value, (dict, list)) for value in payload.values()):
        raise PayloadError("Write a text, number, yes/no or null for each field.")
    with transaction.atomic():
        locked = SyncRecord.objects.select_for_update().get(pk=record.pk)
        held = Claim.objects.filter(record=locked).exists()
        if held or locked.outcome not in REPLAYABLE:
            raise PayloadError(
                "The record is on its way already; wait for its outcome."
            )
        types = coded_types({name: info.type for name, info in known.items()})
        locked.original_payload = locked.original_payload or locked.payload
        locked.payload = dict(payload)
        locked.fingerprint = compiled(locked.flow).source_fingerprint(
            typed(payload, types)
        )
        locked.save(update_fields=["original_payload", "payload", "fingerprint"])
    return replay(SyncRecord.objects.filter(pk=record.pk), user)
