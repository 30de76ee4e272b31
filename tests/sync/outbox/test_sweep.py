"""The sweeper: whatever should be under way and is not is started again, once."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connections
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from django_q.tasks import async_task

from connectors import tasks
from connectors.models import (
    Alert,
    AlertKind,
    Claim,
    Flow,
    FlowState,
    FlowStatus,
    Heartbeat,
    Outcome,
    RunKind,
    RunStatus,
    SyncRecord,
    SyncRun,
)
from connectors.sync import execution, runs
from connectors.sync.outbox import claim
from connectors.sync.sweep import Swept, sweep
from connectors.sync.watch import alerts
from connectors.sync.worker import schedules
from tests.sync import rows
from tests.sync.site import Site, ago, assert_counts_add_up, assert_exact, outcomes

EXECUTE, PUSH = "connectors.tasks.execute_run", "connectors.tasks.push_flow"


@pytest.fixture
def flow(db: None) -> Flow:
    """Active, and not due before tomorrow."""
    made = rows.flow(interval=300)
    FlowState.objects.update(next_run_at=ago(days=-1), last_success_at=ago())
    return made


def queued() -> list[tuple[str, int]]:
    found = OrmQ.objects.order_by("pk")
    return [(one.task["func"], one.task["args"][0]) for one in found]


# --------------------------------------------------------------------------- schedule


def test_a_due_flow_is_started_and_the_next_time_set(flow: Flow) -> None:
    FlowState.objects.update(next_run_at=ago(seconds=1))
    assert sweep().started == 1
    run = SyncRun.objects.get()
    assert (run.kind, run.status) == (RunKind.SYNC, RunStatus.QUEUED)
    assert queued() == [(EXECUTE, run.pk)]
    assert sweep().started == 0
    state = FlowState.objects.get()
    assert state.next_run_at is not None
    assert ago(seconds=-290) < state.next_run_at < ago(seconds=-301)


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_clock_change_neither_skips_nor_doubles_a_run(
    flow: Flow, day: date, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    clock = datetime.combine(day, time(), tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: clock)
    FlowState.objects.update(next_run_at=clock)
    started = []
    # Both changes are at 01:00 UTC: one local hour is left out, or comes twice.
    for minutes in range(0, 180, 5):
        clock = datetime.combine(day, time(), tzinfo=UTC) + timedelta(minutes=minutes)
        if sweep().started:
            started.append(minutes)
        SyncRun.objects.update(status=RunStatus.SUCCEEDED)
    assert started == list(range(0, 180, 5)), "the flow's interval is five minutes"


def test_a_new_flow_is_due_at_once(flow: Flow) -> None:
    FlowState.objects.update(next_run_at=None)
    assert sweep().started == 1


@pytest.mark.parametrize(
    "change",
    [
        {"status": FlowStatus.PAUSED},
        {"status": FlowStatus.STOPPED},
        {"interval": None},
        {"mapping_version": 0},
    ],
    ids=["paused", "stopped", "by hand", "not mapped"],
)
def test_a_flow_that_should_not_run_is_left(flow: Flow, change: dict[str, Any]) -> None:
    FlowState.objects.update(next_run_at=ago(hours=1))
    Flow.objects.update(**change)
    assert sweep().started == 0
    assert queued() == []


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("change", [{"enabled": False}, {"stopped": True}])
def test_a_flow_waits_for_its_connections(
    flow: Flow, side: str, change: dict[str, Any]
) -> None:
    FlowState.objects.update(next_run_at=ago(hours=1))
    connection = getattr(flow, side)
    type(connection).objects.filter(pk=connection.pk).update(**change)
    assert sweep().started == 0
    type(connection).objects.filter(pk=connection.pk).update(
        enabled=True, stopped=False
    )
    assert sweep().started == 1


def test_a_running_flow_is_not_started_beside_itself(flow: Flow) -> None:
    rows.run(flow, heartbeat_at=ago())
    FlowState.objects.update(next_run_at=ago(hours=1))
    assert sweep().started == 0
    with pytest.raises(runs.RunRefusedError, match="running already"):
        runs.start(flow, RunKind.SYNC)


@pytest.mark.django_db(transaction=True)
def test_several_sweepers_at_once_start_a_flow_once() -> None:
    for number in range(3):
        rows.flow(f"Flow {number}", interval=300)
    found: list[Swept] = []
    failures: list[Exception] = []
    gate = threading.Barrier(4, timeout=20)

    def work() -> None:
        try:
            gate.wait()
            found.append(sweep())
        except Exception as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert sum(one.started for one in found) == 3
    assert SyncRun.objects.count() == OrmQ.objects.count() == 3


# ------------------------------------------------------------------- lost tasks, dead


def test_a_run_whose_task_was_lost_is_queued_again(flow: Flow) -> None:
    run = runs.start(flow, RunKind.SYNC)
    OrmQ.objects.all().delete()
    assert sweep().requeued == 0, "it may only be waiting"
    SyncRun.objects.update(queued_at=ago(minutes=2))
    assert sweep().requeued == 1
    assert queued() == [(EXECUTE, run.pk)]
    SyncRun.objects.update(queued_at=ago(minutes=2))
    assert sweep().requeued == 0, "its task is still there"


def test_a_run_whose_worker_is_silent_is_queued_again(flow: Flow) -> None:
    run = rows.run(flow, heartbeat_at=ago(seconds=30))
    assert sweep().requeued == 0
    SyncRun.objects.update(heartbeat_at=ago(minutes=2))
    assert sweep().requeued == 1
    assert queued() == [(EXECUTE, run.pk)]
    assert sweep().requeued == 0, "not before it has been silent as long again"


@pytest.mark.parametrize("status", [RunStatus.SUCCEEDED, RunStatus.CANCELLED])
def test_a_run_that_has_ended_stays_ended(flow: Flow, status: RunStatus) -> None:
    run = rows.run(flow, status=status, heartbeat_at=ago(hours=1))
    assert sweep().requeued == 0
    assert execution.execute(run.pk)


def test_records_of_a_dead_worker_are_due_again(flow: Flow) -> None:
    run = rows.run(flow, heartbeat_at=ago())
    for number in (1, 2):
        rows.record(run, number)
    rows.record(run, 3, attempts=4)
    claimed = claim.claim(flow, 10)
    assert claimed is not None
    assert claim.claim(flow, 10) is not None  # the suspect, alone
    swept = sweep()
    assert (swept.reclaimed, swept.poisoned) == (0, 0)
    Claim.objects.update(until=ago(seconds=1))
    swept = sweep()
    assert (swept.reclaimed, swept.poisoned) == (2, 1)
    assert outcomes() == {"pending": 2, "dead": 1}
    assert_counts_add_up()


def test_leftovers_are_sent_while_no_run_is_open(flow: Flow) -> None:
    run = rows.run(flow, status=RunStatus.SUCCEEDED)
    record = rows.record(run, 1, outcome=Outcome.WAITING, due_at=ago(hours=-1))
    assert sweep().pushed == 0, "it is not due"
    SyncRecord.objects.filter(pk=record.pk).update(due_at=ago())
    assert sweep().pushed == 1
    assert queued() == [(PUSH, flow.pk)]
    assert sweep().pushed == 0, "a second task would do nothing but wait"


@pytest.mark.parametrize(
    "change", [{"status": FlowStatus.PAUSED}, {"status": FlowStatus.STOPPED}]
)
def test_leftovers_of_a_flow_that_stands_still_wait(
    flow: Flow, change: dict[str, Any]
) -> None:
    rows.record(rows.run(flow, status=RunStatus.SUCCEEDED), 1)
    Flow.objects.update(**change)
    assert sweep().pushed == 0


def test_the_sweeper_says_that_it_lives(flow: Flow) -> None:
    sweep()
    assert Heartbeat.objects.get(name="sweeper").seen_at > ago(minutes=1)


# ------------------------------------------------------------------- silence, alerts


def test_a_silent_flow_raises_one_alert_until_it_has_run(flow: Flow) -> None:
    FlowState.objects.update(last_success_at=ago(seconds=600))
    sweep()
    assert not Alert.objects.exists(), "twice its interval has not passed yet"
    FlowState.objects.update(last_success_at=ago(seconds=700))
    sweep()
    sweep()
    alert = Alert.objects.get()
    assert (alert.kind, alert.flow, alert.count) == (AlertKind.SILENT, flow, 2)
    assert flow.name in alert.title
    assert alert.advice
    run = rows.run(flow, read_done_at=ago())
    assert runs.finish(run)
    alert.refresh_from_db()
    assert alert.resolved_at is not None


def test_a_flow_run_by_hand_is_never_silent(flow: Flow) -> None:
    Flow.objects.update(interval=None)
    FlowState.objects.update(last_success_at=ago(days=9))
    sweep()
    assert not Alert.objects.exists()


def waiting() -> None:
    """A task that nobody has taken for ten minutes."""
    async_task("connectors.tasks.sweep")
    OrmQ.objects.update(lock=ago(minutes=10))


@pytest.mark.parametrize("seen", [None, {"minutes": 200}], ids=["never", "long ago"])
def test_work_that_no_worker_takes_raises_an_alert(flow: Flow, seen: Any) -> None:
    if seen:
        Heartbeat.objects.create(name="worker here", seen_at=ago(**seen))
    sweep()
    assert not Alert.objects.exists(), "nobody needed a worker"
    waiting()
    sweep()
    sweep()
    alert = Alert.objects.get()
    assert (alert.kind, alert.count) == (AlertKind.WORKER, 2)
    assert ("for 3 h 20 min" if seen else "ever") in alert.title
    assert alert.advice


def test_a_flow_that_was_due_while_nothing_ran_is_told_by_the_next_worker(
    flow: Flow,
) -> None:
    FlowState.objects.update(next_run_at=ago(minutes=30))
    Heartbeat.objects.create(name="worker here", seen_at=ago(minutes=33))
    assert sweep().started == 1
    alert = Alert.objects.get(kind=AlertKind.WORKER)
    assert "for 33 min" in alert.title
    tasks.sweep()  # taken from the queue: a worker works
    sweep()
    alert.refresh_from_db()
    assert alert.resolved_at is not None
    assert "for 33 min" in alert.title, "it tells how long nobody worked"


@pytest.mark.parametrize(
    "change",
    [{"status": FlowStatus.PAUSED}, {"interval": None}],
    ids=["paused", "hand"],
)
def test_a_flow_that_is_not_to_run_needs_no_worker(
    flow: Flow, change: dict[str, Any]
) -> None:
    FlowState.objects.update(next_run_at=ago(minutes=30))
    Flow.objects.update(**change)
    sweep()
    assert not Alert.objects.filter(kind=AlertKind.WORKER).exists()


def test_a_worker_that_is_busy_is_no_alert(flow: Flow) -> None:
    waiting()
    Heartbeat.objects.create(name="worker here", seen_at=ago(seconds=100))
    sweep()
    assert not Alert.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_alert_is_open_per_subject_and_mailed_once(
    settings: Any,
) -> None:
    settings.ALERT_EMAILS = ["operations@example.com"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    flow, other = rows.flow(), rows.flow("Another")
    for title in ("First", "Second"):
        alerts.open_alert(AlertKind.STOPPED, flow, title=title, advice="Mend it.")
    alerts.open_alert(AlertKind.STOPPED, other, title="Of another")
    alerts.open_alert(AlertKind.SILENT, flow, title="Of another kind")
    assert Alert.objects.filter(resolved_at=None).count() == 3
    first = Alert.objects.get(kind=AlertKind.STOPPED, flow=flow)
    assert (first.count, first.title) == (2, "Second")
    assert first.mailed_at is not None
    assert [one.subject for one in mail.outbox] == [
        "[ml-connector] First",
        "[ml-connector] Of another",
        "[ml-connector] Of another kind",
    ]
    assert "Mend it." in mail.outbox[0].body
    assert mail.outbox[0].to == ["operations@example.com"]
    alerts.resolve(AlertKind.STOPPED, flow)
    alerts.open_alert(AlertKind.STOPPED, flow, title="Again")
    assert len(mail.outbox) == 4
    assert Alert.objects.filter(flow=flow, kind=AlertKind.STOPPED).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_is_away_stops_nothing(settings: Any) -> None:
    settings.ALERT_EMAILS = ["operations@example.com"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    alert = alerts.open_alert(AlertKind.WORKER, None, title="Nobody works")
    alert.refresh_from_db()
    assert (alert.resolved_at, alert.mailed_at) == (None, None)


def test_no_secret_in_an_alert(flow: Flow) -> None:
    title = "GET https://user:hunter22@example.com?token=abcdef failed"
    alert = alerts.open_alert(AlertKind.STOPPED, flow, title=title, advice=title)
    for text in (alert.title, alert.advice):
        assert "hunter22" not in text
        assert "abcdef" not in text


# ---------------------------------------------------------------- together, schedules


def test_all_from_a_sweep_to_the_target(site: Site) -> None:
    """The tasks a sweep queues are what a worker carries out, one after the other."""
    assert sweep().started == 1
    for _ in range(10):
        task = OrmQ.objects.order_by("pk").first()
        if task is None:
            break
        found = task.task
        task.delete()
        getattr(tasks, found["func"].rpartition(".")[2])(*found["args"])
    assert SyncRun.objects.get().status == RunStatus.SUCCEEDED
    assert_exact(site)


def test_a_malformed_schedule_of_the_queue_does_not_stop_our_flows(
    flow: Flow,
) -> None:
    """The supervisor sweeps by itself; the queue's own schedule only helps."""
    Schedule.objects.filter(name=schedules.SWEEP).update(
        args="(((", kwargs="{{", schedule_type=Schedule.CRON, cron="not a cron"
    )
    async_task("connectors.tasks.nothing_of_that_name")
    FlowState.objects.update(next_run_at=ago(seconds=1))
    assert sweep().started == 1
    schedules.ensure()
    repaired = Schedule.objects.get(name=schedules.SWEEP)
    assert (repaired.schedule_type, repaired.minutes) == (Schedule.MINUTES, 1)
    assert (repaired.args, repaired.kwargs) == (None, None)
