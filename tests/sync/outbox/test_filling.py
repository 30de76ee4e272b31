"""Replays that a worker fills: killed, cancelled, by two at once, from a fresh read."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from django_q.models import OrmQ

from connectors import tasks
from connectors.models import FlowStatus, Outcome, RunStatus, SyncRecord, SyncRun
from connectors.models.operations import ReplayOrder
from connectors.sync import runs
from connectors.sync.sweep import sweep
from connectors.sync.watch.selection import Selection
from connectors.sync.worker import filling
from tests.sync.site import Site, assert_counts_add_up, assert_exact, outcomes

ALL = SyncRecord.objects.order_by("pk")
FILL, EXECUTE = filling.TASK, "connectors.tasks.execute_run"


@pytest.fixture
def failed(site: Site) -> SyncRun:
    """A run whose every record HubSpot's rules refused; now they would be taken."""
    site.crm.config(reject_share=1.0)
    run = site.run()
    site.crm.config(reject_share=0.0)
    OrmQ.objects.all().delete()
    return run


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several chunks for thirty records."""
    monkeypatch.setattr(filling, "CHUNK", 10)


def ordered(*, fresh: bool = False, **chosen: Any) -> SyncRun:
    """An order of all failed records, as it stands in the database."""
    chosen = {"filters": {"outcome": "needs-me"}, **chosen}
    selection = Selection(moment=timezone.now(), **chosen)
    (run,) = filling.order(selection, None, fresh=fresh).runs
    run.refresh_from_db()
    return run


def test_an_order_is_filled_chunk_by_chunk_and_then_carried_out(
    site: Site, failed: SyncRun
) -> None:
    run = ordered()
    assert (run.status, run.expected, run.read) == (RunStatus.QUEUED, 30, 0)
    assert site.tasks() == [(FILL, (run.pk,))]
    for taken in (10, 20, 30):
        assert not filling.fill(run.pk, budget=0.0), "it would be queued again"
        run.refresh_from_db()
        assert (run.read, run.status) == (taken, RunStatus.QUEUED)
        assert_counts_add_up()
    assert filling.fill(run.pk)
    assert site.tasks()[-1] == (EXECUTE, (run.pk,))
    assert site.work(run).status == RunStatus.SUCCEEDED
    assert (run.created, run.order.left_out) == (30, 0)
    assert_exact(site)


def test_a_filling_that_was_killed_goes_on_where_it_was(
    site: Site, failed: SyncRun
) -> None:
    run = ordered()
    filling.fill(run.pk, budget=0.0)
    OrmQ.objects.all().delete()  # its task died with its worker
    assert sweep().requeued == 0, "it may only be slow"
    site.pass_time(minutes=2)
    assert sweep().requeued == 1
    assert (FILL, (run.pk,)) in site.tasks()
    assert (EXECUTE, (run.pk,)) not in site.tasks(), "that would end it unfilled"
    assert sweep().requeued == 0, "its task is there"
    _work_off(site, run)
    assert (run.status, run.read, run.created) == (RunStatus.SUCCEEDED, 30, 30)
    assert set(ALL.values_list("replays", flat=True)) == {1}
    assert_exact(site)


def _work_off(site: Site, run: SyncRun) -> None:
    """What a worker does with the queue, until the run has ended."""
    for _ in range(30):
        task = OrmQ.objects.order_by("pk").first()
        if task is None or run.final:
            break
        name, args = task.task["func"], task.task["args"]
        task.delete()
        getattr(tasks, name.rpartition(".")[2])(*args)
        run.refresh_from_db()


def test_a_chunk_that_was_cut_short_leaves_no_trace(
    site: Site, failed: SyncRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        """As sudden as a kill: no handler of ours sees it."""

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    run = ordered()
    filling.fill(run.pk, budget=0.0)
    monkeypatch.setattr(ReplayOrder.objects, "filter", killed)
    with pytest.raises(KilledError):
        filling.fill(run.pk)
    monkeypatch.undo()
    run.refresh_from_db()
    assert run.read == 10
    assert outcomes() == {"pending": 10, "failed": 20}
    assert_counts_add_up()
    assert filling.fill(run.pk)
    assert outcomes() == {"pending": 30}


@pytest.mark.faults
def test_two_workers_that_fill_the_same_run_take_each_record_once(
    site: Site, failed: SyncRun
) -> None:
    run, failures = ordered(), []
    gate = threading.Barrier(2, timeout=20)

    def work() -> None:
        try:
            gate.wait()
            filling.fill(run.pk)
        except Exception as error:  # noqa: BLE001 - told to the test below
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    run.refresh_from_db()
    assert (run.read, outcomes()) == (30, {"pending": 30})
    assert set(ALL.values_list("replays", flat=True)) == {1}
    assert site.tasks().count((EXECUTE, (run.pk,))) == 1
    assert_counts_add_up()


def test_what_moved_on_meanwhile_is_left_out_and_counted(
    site: Site, failed: SyncRun
) -> None:
    run = ordered()
    # Somebody else is quicker with some of them, and one fails anew.
    other = ordered(filters={}, ids=tuple(ALL.values_list("pk", flat=True)[:4]))
    filling.fill(other.pk)
    ALL.filter(pk=ALL.last().pk).update(settled_at=timezone.now())  # type: ignore[union-attr]
    assert filling.fill(run.pk)
    run.refresh_from_db()
    assert (run.read, run.expected, run.order.left_out) == (25, 25, 5)
    assert_counts_add_up()


def test_an_order_that_finds_nothing_left_ends(site: Site, failed: SyncRun) -> None:
    run, other = ordered(), ordered(filters={"outcome": "failed"})
    filling.fill(other.pk)
    assert filling.fill(run.pk)
    run.refresh_from_db()
    assert (run.status, run.order.left_out) == (RunStatus.SUCCEEDED, 30)
    assert run.message == "Nothing was taken up."
    assert (EXECUTE, (run.pk,)) not in site.tasks()


def test_a_cancelled_order_takes_no_more(site: Site, failed: SyncRun) -> None:
    run = ordered()
    filling.fill(run.pk, budget=0.0)
    runs.cancel(run)
    assert filling.fill(run.pk)
    site.pass_time(minutes=2)
    assert sweep().requeued == 0
    assert outcomes() == {"pending": 10, "failed": 20}
    site.push()
    assert outcomes() == {"created": 10, "failed": 20}
    assert_counts_add_up()


def test_a_flow_that_was_stopped_meanwhile_says_so(site: Site, failed: SyncRun) -> None:
    run = ordered()
    flow = site.fresh(site.flow)
    flow.status, flow.status_reason = FlowStatus.STOPPED, "A field is gone."
    flow.save()
    assert filling.fill(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert "A field is gone." in run.message
    assert outcomes() == {"failed": 30}


# --------------------------------------------------------------------- fresh reads


def test_a_fresh_order_reads_in_the_task(site: Site, failed: SyncRun) -> None:
    first, second = ALL[0], ALL[1]
    site.edit(first.source_id, ALPH="The new name")
    site.erp.edit(action="delete", table="F0101", key={"AN8": int(second.source_id)})
    site.erp.clear_log()
    run = ordered(fresh=True)
    assert site.erp.log() == [], "an order reads nothing"
    assert filling.fill(run.pk)
    site.work(run)
    assert (run.created, run.order.gone, run.order.left_out) == (29, 1, 0)
    assert site.companies()[f"jde:{first.source_id}"]["name"] == "The new name"
    second.refresh_from_db()
    assert second.outcome == Outcome.FAILED
    assert_counts_add_up()


def test_a_source_that_is_away_is_asked_again_but_not_for_ever(
    site: Site, failed: SyncRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ordered(fresh=True)
    site.erp.faults({"match": {"path": "/"}, "do": {"status": 503}})
    assert filling.fill(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.QUEUED
    assert "tried again" in SyncRun.objects.get(pk=run.pk).order.note
    OrmQ.objects.all().delete()
    site.pass_time(minutes=2)
    assert sweep().requeued == 1
    monkeypatch.setattr(filling, "PATIENCE", timedelta(0))
    assert filling.fill(run.pk)
    run.refresh_from_db()
    assert (run.status, run.read) == (RunStatus.FAILED, 0)
    assert outcomes() == {"failed": 30}
