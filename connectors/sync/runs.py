"""Runs: started by a person or the schedule, ended by either or by the last record.

`start` stores the run and queues its task in one transaction; a worker carries it out
(`sync/execution.py`).
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_q.tasks import async_task

from connectors.models import (
    AlertKind,
    Flow,
    FlowState,
    FlowStatus,
    RunKind,
    RunStatus,
    SyncRun,
)
from connectors.sdk.errors import ConnectorError
from connectors.sync.watch import alerts

OPEN = (RunStatus.QUEUED, RunStatus.RUNNING)
# Runs that read the source: one at a time in each flow.
READING = (RunKind.SYNC, RunKind.BACKFILL, RunKind.ADOPT, RunKind.SCAN)


class RunRefusedError(Exception):
    """The run cannot start; the text says why and what to do."""


def start(flow: Flow, kind: RunKind, user: Any = None) -> SyncRun:
    """Store a run and queue it. Raises RunRefusedError."""
    with transaction.atomic():
        locked = Flow.objects.select_for_update(of=("self",), no_key=True).get(
            pk=flow.pk
        )
        refuse_unless_ready(locked, kind)
        run = create(locked, kind, user)
        state = FlowState.objects.filter(flow=locked)
        if kind in (RunKind.BACKFILL, RunKind.ADOPT):
            state.update(cursor=None, backfilling=True)
        elif kind == RunKind.SYNC:
            # The first look at a source is a full read too.
            state.filter(cursor__isnull=True).update(backfilling=True)
        queue(run)
    return run


def create(flow: Flow, kind: RunKind, user: Any = None) -> SyncRun:
    """Store a run without queueing it."""
    FlowState.objects.filter(flow=flow).update(last_run_at=timezone.now())
    return SyncRun.objects.create(
        flow=flow, kind=kind, started_by=user, correlation_id=uuid.uuid4().hex[:16]
    )


def queue(run: SyncRun) -> None:
    """Let a worker carry the run out; its task carries nothing but the id."""
    async_task("connectors.tasks.execute_run", run.pk)


def refuse_unless_ready(flow: Flow, kind: RunKind) -> None:
    """Raise RunRefusedError, with what to do, when a run may not start."""
    for connection in (flow.source, flow.target):
        if not connection.enabled:
            raise RunRefusedError(f"The connection “{connection}” is switched off.")
        if connection.stopped:
            raise RunRefusedError(
                f"The connection “{connection}” was refused by its system. Correct it "
                "and test it; the flow goes on by itself."
            )
    if kind == RunKind.SCAN and not flow.source.spec.object(flow.source_object).can(
        "keys"
    ):
        raise RunRefusedError(
            f"{flow.source.spec.label} cannot list the keys of {flow.source_object}."
        )
    if flow.status == FlowStatus.STOPPED:
        raise RunRefusedError(
            f"The flow is stopped: {flow.status_reason} Correct it, then resume."
        )
    if flow.status == FlowStatus.PAUSED and kind != RunKind.REPLAY:
        raise RunRefusedError("The flow is paused. Resume it first.")
    if kind in READING and flow.runs.filter(status__in=OPEN, kind__in=READING).exists():
        raise RunRefusedError("The flow is running already.")


def cancel(run: SyncRun, user: Any = None) -> bool:
    """Stop reading; records already stored are sent by the next run."""
    who = f" by {user}" if user else ""
    return bool(
        SyncRun.objects.filter(pk=run.pk, status__in=OPEN).update(
            status=RunStatus.CANCELLED,
            finished_at=timezone.now(),
            message=f"Cancelled{who}. Records already read stay in the outbox.",
        )
    )


def pause(flow: Flow, user: Any = None) -> None:
    """Start no more runs of the flow until it is resumed."""
    _set_status(flow, FlowStatus.PAUSED, f"Paused by {user}." if user else "Paused.")


def resume(flow: Flow, user: Any = None) -> None:
    """Let the flow run again, at once."""
    _set_status(flow, FlowStatus.ACTIVE, "")
    FlowState.objects.filter(flow=flow).update(next_run_at=timezone.now(), failures=0)
    alerts.resolve(AlertKind.STOPPED, flow)


def stop_flow(flow: Flow, error: ConnectorError) -> None:
    """Stop a flow whose set-up is wrong: every record would fail alike."""
    _set_status(flow, FlowStatus.STOPPED, error.message)
    alerts.open_alert(
        AlertKind.STOPPED,
        flow,
        title=f"The flow “{flow}” is stopped: {error.message}",
        advice=error.advice,
    )


def _set_status(flow: Flow, status: FlowStatus, reason: str) -> None:
    flow.status, flow.status_reason = status, reason
    flow.save(update_fields=["status", "status_reason"])


def finish(run: SyncRun) -> bool:
    """End the run if all it read has an outcome."""
    if run.read_done_at is None or run.pending > 0:
        return run.final
    whole = not run.problems and not run.waiting
    status = RunStatus.SUCCEEDED if whole else RunStatus.PARTIAL
    # Where it was let read once more meanwhile, it has not ended.
    still = SyncRun.objects.filter(pk=run.pk, read_done_at__isnull=False)
    ended = still.filter(status__in=OPEN).update(
        status=status, finished_at=timezone.now(), message=_summary(run)
    )
    if ended:
        state = FlowState.objects.filter(flow=run.flow_id)
        state.update(failures=0)
        if run.kind != RunKind.EVENTS:
            # Live changes do not show that polling, which misses nothing, goes on.
            state.update(last_success_at=timezone.now())
        if run.kind in READING and run.kind != RunKind.SCAN:
            state.update(backfilling=False)
        alerts.resolve(AlertKind.SILENT, run.flow)
    return True


def _summary(run: SyncRun) -> str:
    if run.kind != RunKind.REPLAY and run.read == run.unchanged:
        return f"{run.read:,} read, nothing has changed, nothing was written."
    return ""
