"""Work that takes longer than a lease keeps it; what is not done is given back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from connectors.models import (
    Attempt,
    Claim,
    FlowState,
    Outcome,
    RunKind,
    SyncRecord,
    SyncRun,
)
from connectors.sdk.errors import DependencyMissingError, RateLimitedError
from connectors.sync import connect, execution, push, runs, sweep
from connectors.sync.deciding.decision import Decision
from connectors.sync.intake import poll
from connectors.sync.mapping.versions import compiled
from connectors.sync.outbox import claim, retry
from connectors.sync.outbox.ending import Ending
from connectors.sync.outbox.settle import Settler
from tests.sync.site import Site, assert_counts_add_up, eventually, outcomes


@contextmanager
def meanwhile(look: Callable[[], Any]) -> Iterator[list[Any]]:
    """Look again and again, in a thread; what was found."""
    found: list[Any] = []
    done = threading.Event()

    def work() -> None:
        while not done.wait(0.05):
            found.append(look())
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (claim, poll, execution):
        monkeypatch.setattr(module, "LEASE_SECONDS", 0.6)
    monkeypatch.setattr(push, "RENEW_SECONDS", 0.1)
    monkeypatch.setattr(execution, "KEEP_SECONDS", 0.1)


def pusher(site: Site, connector: Any, size: int) -> push.Pusher:
    made = push.Pusher(site.flow, compiled(site.flow), connector)
    made.batch_size, made.parallel = size, 1
    return made


def read_only(site: Site) -> None:
    """Read all customers, send none."""
    run = runs.create(site.flow, RunKind.SYNC)
    token = FlowState.objects.claim(site.flow.pk, seconds=60)
    assert token
    with connect.open_connector(site.jde) as connector:
        reader = poll.Poller(site.flow, run, compiled(site.flow), token)
        reader.poll(connector, deadline=time.monotonic() + 60)
    FlowState.objects.release(site.flow.pk, token)


@pytest.mark.usefixtures("short")
def test_records_that_wait_for_their_batch_stay_claimed(site: Site) -> None:
    read_only(site)
    site.crm.config(latency_ms=250.0)
    with (
        connect.open_connector(site.hubspot) as connector,
        meanwhile(claim.reclaim) as taken_back,
    ):
        pusher(site, connector, 5).push(deadline=time.monotonic() + 60)
    assert set(taken_back) == {(0, 0)}
    assert len(site.upserts()) == 6
    assert outcomes() == {"created": 30}


@pytest.mark.usefixtures("short")
def test_a_slow_page_does_not_cost_the_reader_its_lease(site: Site) -> None:
    site.erp.config(latency_ms=900.0)
    run = runs.start(site.flow, RunKind.SYNC)

    def steal() -> bool:
        """Whether the lease was to be had although the reader was not done."""
        won = FlowState.objects.claim(site.flow.pk, seconds=60)
        return bool(won) and not SyncRun.objects.get(pk=run.pk).read_done_at

    def carry_out() -> None:
        execution.execute(run.pk)
        connections.close_all()

    work = threading.Thread(target=carry_out)
    work.start()
    eventually(lambda: FlowState.objects.get().lease_token, what="the lease")
    with meanwhile(steal) as stolen:
        work.join(60)
    assert len(stolen) > 20
    assert not any(stolen)
    assert SyncRecord.objects.count() == 30


def test_what_is_not_sent_in_time_is_given_back_unharmed(site: Site) -> None:
    read_only(site)
    site.crm.config(latency_ms=150.0)
    with connect.open_connector(site.hubspot) as connector:
        done = pusher(site, connector, 1).push(deadline=time.monotonic() + 1)
    assert 0 < done.total() < 30
    assert not Claim.objects.exists()
    pending = SyncRecord.objects.filter(outcome=Outcome.PENDING)
    assert set(pending.values_list("attempts", flat=True)) == {0}
    assert_counts_add_up()


def test_a_worker_that_dies_in_an_outage_buries_nobody(site: Site) -> None:
    read_only(site)
    SyncRecord.objects.update(outcome=Outcome.WAITING, attempts=7)
    site.flow.runs.update(waiting=30)
    assert claim.claim(site.flow, 30)
    site.pass_time(minutes=2)
    assert claim.reclaim() == (30, 0)
    assert set(SyncRecord.objects.values_list("outcome", "attempts")) == {
        ("pending", 1)
    }
    assert_counts_add_up()


def test_a_record_that_kills_its_worker_is_buried_at_last(site: Site) -> None:
    read_only(site)
    last = SyncRecord.objects.latest("pk")
    SyncRecord.objects.exclude(pk=last.pk).update(due_at=site.flow.created_at)
    SyncRecord.objects.filter(pk=last.pk).update(attempts=retry.POISON - 1)
    SyncRecord.objects.exclude(pk=last.pk).delete()
    assert claim.claim(site.flow, 30)
    site.pass_time(minutes=2)
    assert claim.reclaim() == (0, 1)
    last.refresh_from_db()
    assert (last.outcome, last.attempts) == ("dead", retry.POISON)


def test_waiting_for_a_parent_leaves_one_line_and_waits_ever_longer(
    site: Site,
) -> None:
    read_only(site)
    SyncRecord.objects.exclude(pk=SyncRecord.objects.earliest("pk").pk).delete()
    missing = DependencyMissingError("Its company is not there yet.")
    waits = []
    for _ in range(4):
        held = claim.claim(site.flow, 1)
        assert held
        began = timezone.now()
        settler = Settler(site.flow, compiled(site.flow))
        settler.settle([Ending(Decision(held.records[0], error=missing))], held.token)
        stored = SyncRecord.objects.get()
        assert (stored.outcome, stored.attempts) == ("waiting", 0)
        waits.append((stored.due_at - began).total_seconds())
        site.pass_time(seconds=waits[-1] + 1)
    assert all(later > earlier * 1.2 for earlier, later in pairwise(waits[1:]))
    assert Attempt.objects.count() == 1


def test_nothing_is_sent_before_a_system_said(site: Site) -> None:
    told = RateLimitedError("Too many requests.", retry_after=100)
    delays = [retry.decide(told, 1).delay.total_seconds() for _ in range(200)]
    assert min(delays) >= 100


def test_a_helper_does_not_queue_itself_while_the_flow_is_read(site: Site) -> None:
    run = runs.start(site.flow, RunKind.SYNC)
    type(run).objects.update(status="running")
    assert execution.push_flow(site.flow.pk, budget=0.0)


def test_the_sweeper_queues_no_task_twice(site: Site) -> None:
    read_only(site)
    site.flow.runs.update(status="cancelled")
    FlowState.objects.update(next_run_at=site.flow.created_at.replace(year=2100))
    assert sweep.sweep().pushed == 1
    assert sweep.sweep().pushed == 0
    assert site.tasks() == [("connectors.tasks.push_flow", (site.flow.pk,))]
