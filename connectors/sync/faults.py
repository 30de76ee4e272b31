"""What a fault stops, and whom it calls: the run, the flow or the connection.

A flow whose set-up is wrong is stopped, a connection that is refused too; one that does
not answer is tried again, later and later. Each opens an alert of its own.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.utils import timezone

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
from connectors.sdk.errors import (
    AuthenticationError,
    BudgetSpentError,
    ConfigurationError,
    ConnectorError,
    DriftError,
    RateLimitedError,
    TransientError,
)
from connectors.sync import connect
from connectors.sync.drift import schedule
from connectors.sync.runs import OPEN, stop_flow
from connectors.sync.watch import alerts

log = structlog.get_logger(__name__)


class blaming:  # noqa: N801 - reads as a phrase: with blaming(connection)
    """Notes on which connection an error happened."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: object, _trace: object) -> None:
        if isinstance(error, ConnectorError) and not hasattr(error, "connection"):
            error.connection = self.connection  # type: ignore[attr-defined]


def reached(connection: Connection) -> None:
    """It answers: what said otherwise is over."""
    silent = Connection.objects.filter(pk=connection.pk, health=Health.UNREACHABLE)
    # Asked first: it is almost never so, and a change waits for other writers.
    if silent.exists():
        silent.update(health=Health.OK)
        alerts.resolve(AlertKind.UNREACHABLE, connection)


def run_failed(run: SyncRun, error: ConnectorError) -> None:
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
    stop_what_failed(flow, error)
    _back_off(flow)


def run_waits(run: SyncRun, error: RateLimitedError) -> None:
    """End the run for now: the system takes no more requests, and nothing has failed.

    The next one goes on where this one has stopped reading; what is read is sent when
    it is due.
    """
    flow, now = run.flow, timezone.now()
    connection: Connection | None = getattr(error, "connection", None)
    again = now + timedelta(seconds=max(1.0, error.retry_after))
    where = f"{connection}: " if connection else ""
    SyncRun.objects.filter(pk=run.pk, status__in=OPEN).update(
        status=RunStatus.PARTIAL,
        finished_at=now,
        error_class=error.error_class,
        message=f"{where}{error.message} It goes on by itself after "
        f"{timezone.localtime(again):%Y-%m-%d %H:%M:%S}.",
    )
    if run.kind != RunKind.REPLAY:
        when = "next_scan_at" if run.kind == RunKind.SCAN else "next_run_at"
        FlowState.objects.filter(flow=flow).update(**{when: again})
    if connection and isinstance(error, BudgetSpentError):
        budget_spent(connection, error)


def run_held(run: SyncRun, error: DriftError) -> None:
    """End the run: it waits for a mapping to be mended, and the alert says which."""
    SyncRun.objects.filter(pk=run.pk, status__in=OPEN).update(
        status=RunStatus.PARTIAL,
        finished_at=timezone.now(),
        error_class=error.error_class,
        message=f"Nothing was read. {error}",
    )


def budget_spent(connection: Connection, error: BudgetSpentError) -> None:
    """One alert for all that waits for the next day of the account."""
    again = timezone.localtime(timezone.now() + timedelta(seconds=error.retry_after))
    alerts.open_alert(
        AlertKind.BUDGET,
        connection,
        title=f"{connection}: {error.message} It goes on at {again:%Y-%m-%d %H:%M}.",
        advice=error.advice,
    )


def stop_what_failed(flow: Flow, error: ConnectorError) -> None:
    """Stop the flow or the connection it is about, or call that unreachable."""
    connection: Connection | None = getattr(error, "connection", None)
    where = f"{connection}: " if connection else ""
    if isinstance(error, AuthenticationError) and connection:
        connect.stop(connection, f"{where}{error.message}", error.advice)
    elif isinstance(error, ConfigurationError):
        stop_flow(flow, error)
        if connection:
            schedule.soon(connection.pk)
    elif isinstance(error, BudgetSpentError) and connection:
        budget_spent(connection, error)
    elif isinstance(error, RateLimitedError):
        # It answers; what is due is tried again by itself.
        log.info("rate limited", flow=flow.name, seconds=error.retry_after)
    elif isinstance(error, TransientError) and connection:
        unreachable(connection, error)


def unreachable(connection: Connection, error: ConnectorError) -> None:
    """It does not answer; whatever is due is tried again by itself."""
    Connection.objects.filter(pk=connection.pk).update(health=Health.UNREACHABLE)
    alerts.open_alert(
        AlertKind.UNREACHABLE,
        connection,
        title=connect.redactor(connection)(f"{connection}: {error.message}"),
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
