"""Carries runs out: reads, pushes beside other workers, ends them, says what failed.

`execute` may be called by any worker, any number of times, for the same run: the lease
lets one of them read, the claims let all of them write, and the stored cursor and
records are what it goes on from.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django_q.tasks import async_task

from connectors.models import (
    AlertKind,
    Connection,
    Flow,
    FlowState,
    Health,
    RunKind,
    RunStatus,
    SyncRun,
)
from connectors.models.run import FINAL
from connectors.sdk.contract import Connector
from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    ContractError,
    TransientError,
)
from connectors.sdk.http import correlation
from connectors.sync import connect
from connectors.sync.keeper import Keeper
from connectors.sync.mapping.mapper import CompiledMapping
from connectors.sync.mapping.versions import compiled
from connectors.sync.poll import LEASE_SECONDS, LeaseLostError, Poller
from connectors.sync.push import Pusher
from connectors.sync.runs import OPEN, stop_flow
from connectors.sync.watch import alerts

log = structlog.get_logger(__name__)

# Seconds a task works before it queues itself again; well under the queue's timeout.
TIME_BUDGET = 60.0
# Seconds between looks at an empty outbox, and how long to look while nothing moves.
IDLE = 0.2
PATIENCE = 5.0
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
    except ConnectorError as error:
        _failed(run, error)
        return True
    except (OperationalError, InterfaceError):
        # Nothing can be stored now; the sweeper queues the run again. Any other fault
        # of a statement would only come again: it ends the run, and is seen.
        raise
    except Exception as error:
        log.exception("run failed", run=run.pk, flow=run.flow.name)
        _failed(run, ContractError(f"The run failed: {error!r}."))
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
    if run.read_done_at is None:
        if run.kind == RunKind.REPLAY:
            # Nobody queues a replay before it is filled: who was at it is gone.
            _read_done(run)
        else:
            _poll(run, mapping, deadline)
        run.refresh_from_db()
    with _target(flow) as connector:
        return _push_to_end(run, mapping, connector, deadline)


def _push_to_end(
    run: SyncRun, mapping: CompiledMapping, connector: Connector, deadline: float
) -> bool:
    """Push until the run has ended, time is up, or others hold what is left."""
    only = run.pk if run.kind == RunKind.REPLAY else None
    patience = time.monotonic() + PATIENCE
    while True:
        pusher = Pusher(run.flow, mapping, connector, run_id=only)
        outcomes = pusher.push(deadline=deadline)
        run.refresh_from_db()
        if finish(run):
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
            _blaming(run.flow.source),
            connect.open_connector(run.flow.source) as connector,
        ):
            async_task("connectors.tasks.push_flow", run.flow_id)
            poller = Poller(run.flow, run, mapping, token)
            result = poller.poll(connector, deadline=deadline)
        if result.complete:
            _read_done(run)
        _reached(run.flow.source)
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


def _reached(connection: Connection) -> None:
    Connection.objects.filter(pk=connection.pk, health=Health.UNREACHABLE).update(
        health=Health.OK
    )
    alerts.resolve(AlertKind.UNREACHABLE, connection)


@contextmanager
def _target(flow: Flow) -> Iterator[Connector]:
    with _blaming(flow.target), connect.open_connector(flow.target) as connector:
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
        with _target(flow) as connector:
            return _push_while_read(flow, mapping, connector, deadline)
    except ConnectorError as error:
        _stop_what_failed(flow, error)
        return True


def _push_while_read(
    flow: Flow, mapping: CompiledMapping, connector: Connector, deadline: float
) -> bool:
    while True:
        Pusher(flow, mapping, connector).push(deadline=deadline)
        running = flow.runs.filter(status=RunStatus.RUNNING)
        for run in running:
            finish(run)
        reading = running.filter(read_done_at=None).exists()
        if time.monotonic() > deadline:
            # A reader queues a helper each time it goes on; were this one queued again
            # too, they would become more and more, and keep the reader waiting.
            return reading or flow.runs.filter(status__in=OPEN).exists()
        if not reading:
            return True
        time.sleep(IDLE)


def finish(run: SyncRun) -> bool:
    """End the run if all it read has an outcome."""
    if run.read_done_at is None or run.pending > 0:
        return run.final
    status = RunStatus.PARTIAL if run.problems else RunStatus.SUCCEEDED
    ended = SyncRun.objects.filter(pk=run.pk, status__in=OPEN).update(
        status=status, finished_at=timezone.now(), message=_summary(run)
    )
    if ended:
        FlowState.objects.filter(flow=run.flow_id).update(
            last_success_at=timezone.now(), failures=0
        )
        alerts.resolve(AlertKind.SILENT, run.flow)
    return True


def _summary(run: SyncRun) -> str:
    if run.kind != RunKind.REPLAY and run.read == run.unchanged:
        return f"{run.read:,} read, nothing has changed, nothing was written."
    return ""


class _blaming:  # noqa: N801 - reads as a phrase: with _blaming(connection)
    """Notes on which connection an error happened."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: object, _trace: object) -> None:
        if isinstance(error, ConnectorError) and not hasattr(error, "connection"):
            error.connection = self.connection  # type: ignore[attr-defined]


def _failed(run: SyncRun, error: ConnectorError) -> None:
    """End the run, and stop whatever would only fail again."""
    flow = run.flow
    connection: Connection | None = getattr(error, "connection", None)
    where = f"{connection}: " if connection else ""
    redact = connect.redactor(flow.source, flow.target)
    log.warning("run failed", run=run.pk, flow=flow.name, error=redact(error.message))
    SyncRun.objects.filter(pk=run.pk, status__in=OPEN).update(
        status=RunStatus.FAILED,
        finished_at=timezone.now(),
        error_class=error.error_class,
        message=redact(f"{where}{error}"),
    )
    _stop_what_failed(flow, error)
    _back_off(flow)


def _stop_what_failed(flow: Flow, error: ConnectorError) -> None:
    connection: Connection | None = getattr(error, "connection", None)
    where = f"{connection}: " if connection else ""
    if isinstance(error, AuthenticationError) and connection:
        connect.stop(connection, f"{where}{error.message}", error.advice)
    elif isinstance(error, ConfigurationError):
        stop_flow(flow, error)
    elif isinstance(error, TransientError) and connection:
        Connection.objects.filter(pk=connection.pk).update(health=Health.UNREACHABLE)
        alerts.open_alert(
            AlertKind.UNREACHABLE,
            connection,
            title=f"{where}{error.message}",
            advice=error.advice,
        )


def _back_off(flow: Flow) -> None:
    """The more runs fail in a row, the longer until the next, up to an hour."""
    state = FlowState.objects.get(flow=flow)
    wait = min(3600, 30 * 2 ** min(state.failures, 7))
    FlowState.objects.filter(flow=flow).update(
        failures=state.failures + 1,
        next_run_at=timezone.now() + timedelta(seconds=wait),
    )
