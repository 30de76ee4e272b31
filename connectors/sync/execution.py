"""Carries runs out: reads, pushes beside other workers, ends them, says what failed.

`execute` may be called by any worker, any number of times, for the same run: the lease
lets one of them read, the claims let all of them write, and the stored cursor and
records are what it goes on from.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django_q.tasks import async_task

from connectors.models import (
    Flow,
    FlowState,
    RunKind,
    RunStatus,
    SyncRun,
)
from connectors.models.run import FINAL
from connectors.sdk.contract import Connector
from connectors.sdk.errors import (
    ConnectorError,
    ContractError,
    DriftError,
    RateLimitedError,
)
from connectors.sdk.http import correlation
from connectors.sdk.shared.budgets import Priority
from connectors.sync import connect, faults, runs
from connectors.sync.budget import classes
from connectors.sync.drift import schedule
from connectors.sync.drift.breakage import held
from connectors.sync.events import taking
from connectors.sync.intake.poll import LEASE_SECONDS, LeaseLostError, Poller
from connectors.sync.intake.scan import scan
from connectors.sync.keeper import Keeper
from connectors.sync.mapping.mapper import CompiledMapping
from connectors.sync.mapping.versions import compiled
from connectors.sync.outbox import writeback
from connectors.sync.push import Pusher
from connectors.sync.runs import OPEN

log = structlog.get_logger(__name__)

# Seconds a task works before it queues itself again; well under the queue's timeout.
TIME_BUDGET = 60.0
# Seconds between looks at an empty outbox, and how long to look while nothing moves.
IDLE = 0.2
PATIENCE = 5.0
# Records left to write, from which another worker is asked to help.
MANY = 1000
# Runs that send only what they took up themselves: somebody waits for it.
APART = (RunKind.REPLAY, RunKind.EVENTS)
# Seconds between renewals of a reader's lease.
KEEP_SECONDS = 15.0


def execute(run_id: int, *, budget: float = TIME_BUDGET) -> bool:
    """Carry a run on; True when it has ended, False when it should be queued again.

    Never raises for what a system or a mapping does: the run says it.
    """
    run = SyncRun.objects.select_related("flow__source", "flow__target").get(pk=run_id)
    if run.status in FINAL:
        return True
    deadline = time.monotonic() + budget
    token = correlation.set(run.correlation_id)
    try:
        return _execute(run, deadline)
    except LeaseLostError:
        return True
    except RateLimitedError as error:
        faults.run_waits(run, error)
        return True
    except ConnectorError as error:
        faults.run_failed(run, error)
        return True
    except (OperationalError, InterfaceError):
        # Nothing can be stored now; the sweeper queues the run again. Any other fault
        # of a statement would only come again: it ends the run, and is seen.
        raise
    except Exception as error:
        log.exception("run failed", run=run.pk, flow=run.flow.name)
        faults.run_failed(run, ContractError(f"The run failed: {error!r}."))
        return True
    finally:
        correlation.reset(token)


def _execute(run: SyncRun, deadline: float) -> bool:
    flow = run.flow
    SyncRun.objects.filter(pk=run.pk, started_at=None).update(started_at=timezone.now())
    SyncRun.objects.filter(pk=run.pk, status=RunStatus.QUEUED).update(
        status=RunStatus.RUNNING
    )
    _beat(run)
    mapping = compiled(flow)
    if run.kind != RunKind.REPLAY and (drift := held(flow, reading=True)):
        return _held(run, mapping, drift)
    taken: taking.Taken = "all"
    if run.read_done_at is None:
        if run.kind == RunKind.REPLAY:
            # Nobody queues a replay before it is filled: who was at it is gone.
            _read_done(run)
        elif run.kind == RunKind.EVENTS:
            taken = taking.take(run, mapping, deadline)
        else:
            _poll(run, mapping, deadline)
        if taken == "held":
            # Another worker is at the same events, and carries the run on.
            return True
        run.refresh_from_db()
    elif run.kind not in APART and run.pending > MANY:
        async_task("connectors.tasks.push_flow", run.flow_id)
    with _target(flow, classes.of_run(run)) as connector:
        return _push_to_end(run, mapping, connector, deadline) and taken == "all"


def _held(run: SyncRun, mapping: CompiledMapping, drift: DriftError) -> bool:
    """A field that is read has changed: what would be read now would lack it. What was
    read before says why it waits."""
    with _target(run.flow, classes.of_run(run)) as connector:
        pusher = Pusher(run.flow, mapping, connector)
        pusher.push(deadline=time.monotonic() + TIME_BUDGET)
    faults.run_held(run, drift)
    return True


def _push_to_end(
    run: SyncRun, mapping: CompiledMapping, connector: Connector, deadline: float
) -> bool:
    """Push until the run has ended, time is up, or others hold what is left."""
    only = run.pk if run.kind in APART else None
    patience = time.monotonic() + PATIENCE
    while True:
        pusher = Pusher(run.flow, mapping, connector, run_id=only)
        outcomes = pusher.push(deadline=deadline)
        outage = _noted_outage(pusher)
        _write_back(run.flow)
        run.refresh_from_db()
        if pusher.spent:
            faults.run_waits(run, pusher.spent)
            return True
        if runs.finish(run) or outage:
            # After an outage the sweeper goes on, when the records are due again.
            return True
        now = time.monotonic()
        patience = now + PATIENCE if outcomes else patience
        if now > deadline:
            return False
        if run.read_done_at is None:
            # Another worker reads; its own task carries the run on.
            return True
        if now > patience:
            # The rest is in hands that do not move; the sweeper gives it back.
            return True
        time.sleep(IDLE)


def _poll(run: SyncRun, mapping: CompiledMapping, deadline: float) -> None:
    states = FlowState.objects
    token = states.claim(run.flow_id, seconds=LEASE_SECONDS)
    if token is None:
        return
    try:
        with (
            Keeper(lambda: _keep(run, token), KEEP_SECONDS),
            faults.blaming(run.flow.source),
            connect.open_connector(run.flow.source, classes.of_run(run)) as connector,
        ):
            async_task("connectors.tasks.push_flow", run.flow_id)
            poller = Poller(run.flow, run, mapping, token)
            if run.kind == RunKind.SCAN:
                result = scan(poller, connector, deadline=deadline)
            else:
                result = poller.poll(connector, deadline=deadline)
        if result.complete:
            _read_done(run)
        faults.reached(run.flow.source)
    finally:
        states.release(run.flow_id, token)


def _keep(run: SyncRun, token: str) -> None:
    """A source may take longer for a page than the lease of its reader lasts."""
    FlowState.objects.renew(run.flow_id, token, seconds=LEASE_SECONDS)
    _beat(run)


def _beat(run: SyncRun) -> None:
    SyncRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now())


def _read_done(run: SyncRun) -> None:
    SyncRun.objects.filter(pk=run.pk, read_done_at=None).update(
        read_done_at=timezone.now()
    )


@contextmanager
def _target(flow: Flow, priority: Priority) -> Iterator[Connector]:
    with (
        faults.blaming(flow.target),
        connect.open_connector(flow.target, priority) as connector,
    ):
        yield connector


def push_flow(flow_id: int, *, budget: float = TIME_BUDGET) -> bool:
    """Write what is due in a flow, beside whoever else does, while it is being read.

    False when it should be queued again: time is up, and no run of the flow is open
    that would see to the rest. Never raises for what a system does.
    """
    flow = Flow.objects.select_related("source", "target").get(pk=flow_id)
    deadline = time.monotonic() + budget
    try:
        mapping = compiled(flow)
        with _target(flow, classes.of_flow(flow)) as connector:
            return _push_while_read(flow, mapping, connector, deadline)
    except ConnectorError as error:
        faults.stop_what_failed(flow, error)
        return True


def _write_back(flow: Flow) -> None:
    """Tell the source what it is to be told; its faults are the jobs' own."""
    try:
        writeback.carry_out(flow)
    except ConnectorError as error:
        log.warning("write-back impossible", flow=flow.name, error=error.message)


def _noted_outage(pusher: Pusher) -> bool:
    """Whether the target answered nothing; the alert of its connection follows."""
    target = pusher.flow.target
    if pusher.suspicious:
        schedule.soon(target.pk)
    if pusher.spent:
        faults.budget_spent(target, pusher.spent)
    if pusher.outage:
        faults.unreachable(target, pusher.outage)
    elif pusher.outcomes:
        faults.reached(target)
    return pusher.outage is not None


def _push_while_read(
    flow: Flow, mapping: CompiledMapping, connector: Connector, deadline: float
) -> bool:
    while True:
        pusher = Pusher(flow, mapping, connector)
        pusher.push(deadline=deadline)
        _write_back(flow)
        if _noted_outage(pusher) or pusher.spent:
            return True
        # Runs of events send their own, and one of them may be open all day.
        running = flow.runs.filter(status=RunStatus.RUNNING).exclude(
            kind=RunKind.EVENTS
        )
        for run in running:
            runs.finish(run)
        reading = running.filter(read_done_at=None).exists()
        if time.monotonic() > deadline:
            # A reader queues a helper each time it goes on; were this one queued again
            # too, they would become more and more, and keep the reader waiting.
            return reading or flow.runs.filter(status__in=OPEN).exists()
        if not reading:
            return True
        time.sleep(IDLE)
