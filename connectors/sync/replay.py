"""Replay: a person sends records again, as stored, as edited, or as they are now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

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
from connectors.sdk.values import coded_types, typed
from connectors.sync import runs
from connectors.sync.intake.again import Now, lost_since, read_again
from connectors.sync.mapping.fields import known_fields
from connectors.sync.mapping.versions import compiled
from connectors.sync.outbox import store
from connectors.sync.outbox.claim import claimed

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


class _EndedError(Exception):
    """The run takes up no more: it was cancelled, or given up as left alone."""


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
        if not fresh:
            chunk = _without_lost(flow, chunk, result)
        try:
            payloads = fresh_payloads(flow, chunk) if fresh else None
        except ConnectorError as error:
            result.refused += len(ids) - start
            result.reasons.append(f"{flow.source}: {error}")
            break
        run = run or runs.create(flow, RunKind.REPLAY, user)
        taken = take(chunk, run, user, payloads=payloads)
        if taken is None:
            result.refused += len(ids) - start
            result.reasons.append(f"{flow}: {run} ended meanwhile. Replay the rest.")
            break
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


def _without_lost(flow: Flow, ids: list[int], result: ReplayResult) -> list[int]:
    """Leave out what would bring back a record that the source has lost."""
    found = SyncRecord.objects.filter(pk__in=ids).values_list("pk", "source_id")
    lost = lost_since(flow, dict(found))
    if lost:
        result.refused += len(lost)
        result.reasons.append(
            f"{flow}: {len(lost)} deleted in the source since they were read, or "
            "merged into others. If they are there, replay them from a fresh read."
        )
    return [pk for pk in ids if pk not in lost]


def fresh_payloads(flow: Flow, ids: list[int]) -> dict[str, Now]:
    """What the source says now of these records, by source id; see `take`.

    Those that are gone are left out. Raises ConnectorError.
    """
    records = SyncRecord.objects.filter(pk__in=ids)
    keys = records.values_list("source_id", flat=True)
    return read_again(flow, compiled(flow), list(keys), priority="people")


def take(
    ids: list[int],
    run: SyncRun,
    user: Any,
    *,
    payloads: Mapping[str, Now] | None = None,
    then: Callable[[], bool] = lambda: True,
) -> int | None:
    """Take records into a replay run, all in one transaction; how many could be.

    With `payloads`, those that stand there, with these contents. `then` is done in the
    same transaction. None, and nothing taken, when the run has ended meanwhile or
    `then` says no.
    """
    try:
        with transaction.atomic():
            taken = _take(ids, run, user, payloads or {}, fresh=payloads is not None)
            if then():
                return taken
            transaction.set_rollback(True)
    except _EndedError:
        pass
    return None


def _take(
    ids: list[int],
    run: SyncRun,
    user: Any,
    payloads: Mapping[str, Now],
    *,
    fresh: bool,
) -> int:
    """Take records into a replay run, moving them from the counts they stand in."""
    found = (
        SyncRecord.objects.select_for_update(of=("self",))
        .filter(pk__in=ids, outcome__in=REPLAYABLE)
        .order_by("pk")
    )
    locked = {record.pk: record for record in found}
    for pk in claimed(locked):
        del locked[pk]
    records = [
        record
        for record in locked.values()
        if not fresh or record.source_id in payloads
    ]
    Attempt.objects.bulk_create(_kept_attempt(record, user) for record in records)
    moves: dict[int, Counter[str]] = defaultdict(Counter)
    for record in records:
        moves[record.run_id]["replayed"] += 1
        moves[record.run_id][record.outcome] -= 1
    _reset(records, run)
    if fresh:
        _renew(records, payloads)
    _move_counts(moves, run, len(records))
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
    SyncRecord.objects.filter(pk__in=[record.pk for record in records]).update(
        run=run,
        outcome=Outcome.PENDING,
        attempts=0,
        replays=F("replays") + 1,
        due_at=store.now(),
        settled_at=None,
        error_class="",
        error_message="",
        error_field="",
        error_fingerprint="",
    )


def _renew(records: list[SyncRecord], payloads: Mapping[str, Now]) -> None:
    """Give records what the source says now."""
    for record in records:
        found = payloads[record.source_id]
        record.payload, record.fingerprint, record.version = found
    SyncRecord.objects.bulk_update(
        records, ["payload", "fingerprint", "version"], batch_size=100
    )


def _move_counts(
    moves: Mapping[int, Mapping[str, int]], run: SyncRun, taken: int
) -> None:
    """The records now count in the replay run; both runs' counts still add up.

    Being filled keeps the run from being taken for one that was left alone.
    """
    rows = SyncRun.objects.filter(pk__in={*moves, run.pk}).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))
    SyncRun.recount(moves)
    filled = SyncRun.objects.filter(
        pk=run.pk, status__in=runs.OPEN, read_done_at=None
    ).update(read=F("read") + taken, queued_at=store.now())
    if not filled:
        raise _EndedError


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
    heads = [payload, *_lines(payload)]
    if any(_nested(name, value) for head in heads for name, value in head.items()):
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


def _lines(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The lines of a document. Raises PayloadError."""
    lines = payload.get("lines") or []
    if not isinstance(lines, list) or not all(isinstance(one, dict) for one in lines):
        raise PayloadError("Lines are a list of tables, one for each line.")
    return lines


def _nested(name: str, value: object) -> bool:
    return isinstance(value, (dict, list)) and name != "lines"
