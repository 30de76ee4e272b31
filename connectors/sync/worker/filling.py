"""Replays of many: ordered by a request, filled by a worker, chunk by chunk.

A request only stores the run and its order and queues the task. The task takes up one
chunk of records and notes how far it came in one transaction, so that after a kill the
next one goes on from there. Only a filled run is queued for being carried out: until
then it is silent, and the sweeper queues the filling again.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    transaction,
)
from django.db.models import Count, F
from django.utils import timezone
from django_q.tasks import async_task

from connectors.models import Flow, RunKind, RunStatus, SyncRun
from connectors.models.operations import ReplayOrder
from connectors.sdk.errors import (
    ConfigurationError,
    ConnectorError,
    ContractError,
    TransientError,
)
from connectors.sdk.http import correlation
from connectors.sync import connect, runs
from connectors.sync.intake.again import lost_since
from connectors.sync.replay import CHUNK, REPLAYABLE, fresh_payloads, take
from connectors.sync.watch.selection import Selection

log = structlog.get_logger(__name__)

TASK = "connectors.tasks.fill_replay"
# Seconds a task works before it queues itself again; well under the queue's timeout.
TIME_BUDGET = 60.0
# How long a source that is away is asked again for a fresh read.
PATIENCE = timedelta(hours=1)


@dataclass(slots=True)
class Ordered:
    """The runs that will take up `wanted` records; `again` were ordered before.

    `refused` records are of flows that cannot run; `reasons` say why.
    """

    wanted: int = 0
    refused: int = 0
    runs: list[SyncRun] = field(default_factory=list)
    again: list[SyncRun] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def order(selection: Selection, user: Any, *, fresh: bool) -> Ordered:
    """Order a replay of these records; each flow's in a run of its own.

    The same order of the same person a second time gives the run there is.
    """
    result = Ordered()
    counts = _counts(selection)
    flows = Flow.objects.filter(pk__in=counts).select_related("source", "target")
    for flow in flows:
        try:
            runs.refuse_unless_ready(flow, RunKind.REPLAY)
        except runs.RunRefusedError as error:
            result.refused += counts[flow.pk]
            result.reasons.append(f"{flow}: {error}")
            continue
        _order(flow, selection, user, result, wanted=counts[flow.pk], fresh=fresh)
    return result


def _counts(selection: Selection) -> dict[int, int]:
    found = selection.records().filter(outcome__in=REPLAYABLE)
    return dict(found.values_list("flow_id").annotate(Count("pk")))


def _order(
    flow: Flow,
    selection: Selection,
    user: Any,
    result: Ordered,
    *,
    wanted: int,
    fresh: bool,
) -> None:
    said = selection.as_json()
    whole = [said, fresh, flow.pk, user.pk if user else None]
    key = hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
    try:
        with transaction.atomic():
            run = runs.create(flow, RunKind.REPLAY, user)
            SyncRun.objects.filter(pk=run.pk).update(expected=wanted)
            ReplayOrder.objects.create(
                run=run, key=key, selection=said, fresh=fresh, wanted=wanted
            )
            queue(run)
    except IntegrityError:
        result.again.append(SyncRun.objects.get(order__key=key))
        return
    result.runs.append(run)
    result.wanted += wanted


def queue(run: SyncRun) -> None:
    """Let a worker fill the run; its task carries nothing but the id."""
    async_task(TASK, run.pk)


def unfilled(run: SyncRun) -> bool:
    """Whether the run still takes up records; it may not be carried out before."""
    found: ReplayOrder | None = getattr(run, "order", None)
    return found is not None and found.filled_at is None and not run.final


def fill(run_id: int, *, budget: float = TIME_BUDGET) -> bool:
    """Take up what was ordered; True when that is done, False to be queued again.

    Several may fill the same run: each chunk is one transaction that moves the order's
    place, and who finds it moved stops. What cannot be taken up is told by the order.
    """
    found = ReplayOrder.objects.select_related("run__started_by", "run__flow")
    at = found.get(pk=run_id)
    if at.filled_at or at.run.final:
        return True
    token = correlation.set(at.run.correlation_id)
    try:
        runs.refuse_unless_ready(at.run.flow, RunKind.REPLAY)
        return _fill(at, time.monotonic() + budget)
    except (OperationalError, InterfaceError):
        # Nothing can be stored now; the sweeper queues it again.
        raise
    except TransientError as error:
        _wait_or_end(at, error)
    except ConnectorError as error:
        _end(at, error)
    except runs.RunRefusedError as error:
        _end(at, ConfigurationError(str(error), advice="Then replay the rest."))
    except Exception as error:
        log.exception("filling failed", run=run_id)
        _end(at, ContractError(f"The replay could not go on: {error!r}."))
    finally:
        correlation.reset(token)
    return True


def _fill(at: ReplayOrder, deadline: float) -> bool:
    records = Selection.from_json(at.selection).records().filter(flow=at.run.flow_id)
    while True:
        chunk = dict(
            records.filter(pk__gt=at.after)
            .order_by("pk")
            .values_list("pk", "source_id")[:CHUNK]
        )
        if not chunk:
            _end(at)
            return True
        if not _take(at, chunk):
            # The run has ended, or another worker is at it.
            return True
        at.after = max(chunk)
        if time.monotonic() > deadline:
            return False


def _take(at: ReplayOrder, chunk: dict[int, str]) -> bool:
    """Take up one chunk, ids with their source ids; False when it is not ours to."""
    payloads, gone = None, 0
    if at.fresh:
        SyncRun.objects.filter(pk=at.pk).update(queued_at=timezone.now())
        payloads = fresh_payloads(at.run.flow, list(chunk))
        gone = sum(key not in payloads for key in chunk.values())
        ids = list(chunk)
    else:
        lost = lost_since(at.run.flow, chunk)
        gone = len(lost)
        ids = [pk for pk in chunk if pk not in lost]

    def move_on() -> bool:
        place = ReplayOrder.objects.filter(pk=at.pk, after=at.after, filled_at=None)
        return bool(place.update(after=max(chunk), gone=F("gone") + gone))

    user = at.run.started_by
    return take(ids, at.run, user, payloads=payloads, then=move_on) is not None


def _wait_or_end(at: ReplayOrder, error: TransientError) -> None:
    """The source is away: the sweeper queues the rest again, but not for ever."""
    asked = Selection.from_json(at.selection).moment
    if timezone.now() - asked > PATIENCE:
        _end(at, error)
        return
    note = _redacted(at, f"{error.message} It is tried again every minute.")
    ReplayOrder.objects.filter(pk=at.pk, filled_at=None).update(note=note)


def _redacted(at: ReplayOrder, text: str) -> str:
    return connect.redactor(at.run.flow.source, at.run.flow.target)(text)


def _end(at: ReplayOrder, error: ConnectorError | None = None) -> None:
    """Nothing more is taken up; what was is carried out, if there is any."""
    note = _redacted(at, str(error)) if error else ""
    now = timezone.now()
    open_run = SyncRun.objects.filter(pk=at.pk, status__in=runs.OPEN)
    with transaction.atomic():
        # The run first, as when a chunk is taken.
        if not open_run.filter(read_done_at=None).update(
            read_done_at=now, expected=F("read")
        ):
            return
        ReplayOrder.objects.filter(pk=at.pk).update(filled_at=now, note=note)
        run = SyncRun.objects.get(pk=at.pk)
        if run.read:
            runs.queue(run)
            return
        open_run.update(
            status=RunStatus.FAILED if error else RunStatus.SUCCEEDED,
            finished_at=now,
            error_class=error.error_class if error else "",
            message=note or "Nothing was taken up.",
        )
