"""The sweeper: whatever should be under way and is not, is started again.

It owns no truth and may run anywhere, any number of times at once. The supervisor calls
it every few seconds and a schedule every minute, so that neither a dead scheduler nor a
dead supervisor stops the flows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db.models import Q
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from connectors.models import (
    AlertKind,
    Claim,
    Flow,
    FlowState,
    FlowStatus,
    Heartbeat,
    RunKind,
    RunStatus,
    SyncRecord,
    SyncRun,
    WriteBackJob,
)
from connectors.models.record import DUE
from connectors.sync import runs
from connectors.sync.budget.gates import Gates
from connectors.sync.drift import schedule
from connectors.sync.drift.breakage import breakages
from connectors.sync.drift.judge import judge_open_ones
from connectors.sync.events import upkeep
from connectors.sync.outbox import claim
from connectors.sync.watch import alerts, idle
from connectors.sync.worker import filling

log = structlog.get_logger(__name__)

# A run whose worker has said nothing for this long is queued again.
RUN_SILENCE = timedelta(seconds=75)
LONG_QUEUE = 1000
QUEUED_SILENCE = timedelta(seconds=60)


@dataclass(slots=True)
class Swept:
    """What a sweep did."""

    started: int = 0
    requeued: int = 0
    reclaimed: int = 0
    poisoned: int = 0
    pushed: int = 0
    events: int = 0

    @property
    def total(self) -> int:
        """How much there was to do."""
        return sum(getattr(self, name) for name in self.__slots__)


def sweep() -> Swept:
    """Do all of it once."""
    swept = Swept()
    idle.notice()
    swept.reclaimed, swept.poisoned = claim.reclaim()
    _requeue_runs(swept)
    gates = Gates()
    _start_due_flows(swept, gates)
    _start_due_scans(swept, gates)
    _push_leftovers(swept, gates)
    swept.events = upkeep.sweep()
    _notice_silence(gates)
    gates.end_alerts()
    swept.started += schedule.start_due(_queued())
    judge_open_ones()
    Heartbeat.objects.update_or_create(
        name="sweeper", defaults={"seen_at": timezone.now()}
    )
    if swept.total:
        log.info("swept", **{name: getattr(swept, name) for name in swept.__slots__})
    return swept


def _requeue_runs(swept: Swept) -> None:
    """Runs that nobody works on: their task was lost, or its worker died."""
    now = timezone.now()
    silent = Q(status=RunStatus.RUNNING, heartbeat_at__lt=now - RUN_SILENCE)
    silent |= Q(status=RunStatus.QUEUED, queued_at__lt=now - QUEUED_SILENCE)
    queued = _queued()
    for run in SyncRun.objects.filter(silent).select_related("order"):
        # One that is being filled must not be carried out before it is.
        filled = not filling.unfilled(run)
        task = "connectors.tasks.execute_run" if filled else filling.TASK
        if (task, run.pk) in queued:
            continue
        won = SyncRun.objects.filter(
            pk=run.pk, status=run.status, heartbeat_at=run.heartbeat_at,
            queued_at=run.queued_at,
        ).update(heartbeat_at=now, queued_at=now)  # fmt: skip
        if won:
            async_task(task, run.pk)
            swept.requeued += 1


def _start_due_flows(swept: Swept, gates: Gates) -> None:
    now = timezone.now()
    due = Flow.objects.filter(
        Q(state__next_run_at=None) | Q(state__next_run_at__lte=now),
        status=FlowStatus.ACTIVE,
        interval__isnull=False,
        mapping_version__gt=0,
    ).select_related("source", "target", "state")
    for flow in due:
        if not flow.ready or not flow.interval:
            continue
        closed = gates.closed_until(flow)
        # One conditional UPDATE decides which of several sweepers starts it.
        won = FlowState.objects.filter(
            flow=flow, next_run_at=flow.state.next_run_at
        ).update(next_run_at=closed or now + timedelta(seconds=flow.interval))
        if closed or not won:
            continue
        try:
            runs.start(flow, RunKind.SYNC)
        except runs.RunRefusedError:
            continue
        swept.started += 1


def _start_due_scans(swept: Swept, gates: Gates) -> None:
    """The first one waits an interval: what is being bound is there."""
    now = timezone.now()
    due = Flow.objects.filter(
        Q(state__next_scan_at=None) | Q(state__next_scan_at__lte=now),
        status=FlowStatus.ACTIVE,
        scan_interval__isnull=False,
        mapping_version__gt=0,
    ).select_related("source", "target", "state")
    for flow in due:
        closed = gates.closed_until(flow, "reconciliation")
        again = closed or now + timedelta(seconds=flow.scan_interval or 0)
        first = closed or flow.state.next_scan_at is None
        won = FlowState.objects.filter(
            flow=flow, next_scan_at=flow.state.next_scan_at
        ).update(next_scan_at=again)
        if first or not won:
            continue
        try:
            runs.start(flow, RunKind.SCAN)
            swept.started += 1
        except runs.RunRefusedError:
            # Another run reads: soon again.
            soon = now + timedelta(minutes=5)
            FlowState.objects.filter(flow=flow).update(next_scan_at=soon)


def _push_leftovers(swept: Swept, gates: Gates) -> None:
    """Records, and what a source is to be told, that are due while no run of their flow
    is open: retries, mostly."""
    due = (
        SyncRecord.objects.filter(
            outcome__in=DUE, due_at__lte=timezone.now(), claim=None
        )
        .filter(flow__status=FlowStatus.ACTIVE)
        .order_by()
    )
    told = WriteBackJob.objects.filter(
        held=False,
        due_at__lte=timezone.now(),
        flow__status=FlowStatus.ACTIVE,
        flow__source__stopped=False,
    )
    # Runs of events send nothing but their own, and one of them is open all day.
    others = SyncRun.objects.filter(status__in=runs.OPEN).exclude(kind=RunKind.EVENTS)
    flows = (
        Flow.objects.select_related("source", "target", "state")
        .filter(
            Q(pk__in=due.values("flow").distinct()) | Q(pk__in=told.values("flow")),
            source__enabled=True,
            target__enabled=True,
            target__stopped=False,
        )
        .exclude(pk__in=others.values("flow"))
    )
    queued, busy = (
        _queued(),
        set(Claim.objects.values_list("flow", flat=True).distinct()),
    )
    for flow in flows:
        if flow.pk in busy or ("connectors.tasks.push_flow", flow.pk) in queued:
            continue
        if gates.closed_until(flow):
            continue
        async_task("connectors.tasks.push_flow", flow.pk)
        swept.pushed += 1


def _queued() -> set[tuple[str, int]]:
    """The tasks that no worker has taken yet: the same once more would only keep the
    others waiting."""
    tasks = OrmQ.objects.filter(lock__lte=timezone.now()).order_by("pk")
    waiting = [one.task for one in tasks[:LONG_QUEUE]]
    return {(t["func"], t["args"][0]) for t in waiting if t.get("args")}


def _notice_silence(gates: Gates) -> None:
    """Raise an alert when a scheduled flow has not run for twice its interval."""
    now = timezone.now()
    overdue: dict[int, Flow] = {}
    for flow in Flow.objects.filter(
        status=FlowStatus.ACTIVE, interval__isnull=False
    ).select_related("source", "target", "state"):
        last = flow.state.last_success_at or flow.created_at
        # A minute of grace: the shortest schedules wait for a sweep and a worker.
        patience = timedelta(seconds=2 * (flow.interval or 0) + 60)
        if now - last > patience and not gates.closed_until(flow):
            overdue[flow.pk] = flow
    # Those that wait for a mapping have an alert that says so.
    for broken in breakages(overdue.values()):
        overdue.pop(broken.flow.pk, None)
    for flow in overdue.values():
        alerts.open_alert(
            AlertKind.SILENT,
            flow,
            title=f"“{flow}” has not finished a run for twice its interval.",
            advice="Look at its last run, and whether a worker is running.",
        )
