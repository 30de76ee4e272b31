"""Claims: one source record is never in two hands."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from connectors.models import Claim, Flow, Outcome, SyncRecord, SyncRun
from connectors.sdk.records import WriteResult
from connectors.sync.deciding.decision import Decision
from connectors.sync.mapping.versions import compiled
from connectors.sync.outbox import claim, retry
from connectors.sync.outbox.ending import Ending
from connectors.sync.outbox.settle import Settler
from tests.sync import rows
from tests.sync.site import ago, assert_counts_add_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def flow(db: None) -> Flow:
    return rows.flow()


@pytest.fixture
def run(flow: Flow) -> SyncRun:
    return rows.run(flow)


def ids(claims: claim.Claims | None) -> list[str]:
    return [one.source_id for one in claims.records] if claims else []


def test_the_longest_due_come_first_and_no_more_than_asked(run: SyncRun) -> None:
    for number, minutes in ((1, 5), (2, 9), (3, 7)):
        rows.record(run, number, due_at=ago(minutes=minutes))
    first = claim.claim(run.flow, 2)
    assert ids(first) == ["2", "3"]
    assert ids(claim.claim(run.flow, 2)) == ["1"]
    assert claim.claim(run.flow, 2) is None


def test_what_is_not_due_is_left(run: SyncRun) -> None:
    later = timezone.now() + timedelta(minutes=1)
    rows.record(run, 1, due_at=later)
    rows.record(run, 2, outcome=Outcome.WAITING, due_at=later)
    rows.record(run, 3, outcome=Outcome.FAILED)
    assert claim.claim(run.flow, 10) is None


def test_what_waited_comes_after_what_is_new(run: SyncRun) -> None:
    rows.record(run, 1, outcome=Outcome.WAITING, due_at=ago(hours=1))
    rows.record(run, 2)
    assert ids(claim.claim(run.flow, 10)) == ["2", "1"]


def test_a_newer_change_of_the_same_record_is_sent_instead(run: SyncRun) -> None:
    rows.record(run, 1)
    newer = rows.record(run, 1)
    taken = claim.claim(run.flow, 10)
    assert taken is not None
    assert [one.id for one in taken.records] == [newer.pk]


def test_a_newer_change_waits_while_the_older_is_in_a_workers_hands(
    run: SyncRun,
) -> None:
    rows.record(run, 1)
    held = claim.claim(run.flow, 10)
    rows.record(run, 1)
    assert ids(held) == ["1"]
    assert claim.claim(run.flow, 10) is None


def test_another_flow_may_send_the_same_source_record(run: SyncRun) -> None:
    other = rows.run(rows.flow("Another"))
    rows.record(run, 1)
    rows.record(other, 1)
    assert ids(claim.claim(run.flow, 10)) == ["1"]
    assert ids(claim.claim(other.flow, 10)) == ["1"]


def test_a_run_may_take_its_own_records_only(run: SyncRun, flow: Flow) -> None:
    replay = rows.run(flow)
    rows.record(run, 1)
    rows.record(replay, 2)
    assert ids(claim.claim(flow, 10, run_id=replay.pk)) == ["2"]
    assert claim.claim(flow, 10, run_id=replay.pk) is None


def test_released_records_are_due_again_and_no_attempt_is_counted(
    run: SyncRun,
) -> None:
    rows.record(run, 1)
    taken = claim.claim(run.flow, 10)
    assert taken is not None
    assert taken.records[0].attempts == 1
    claim.release(taken.token, [taken.records[0].id])
    again = claim.claim(run.flow, 10)
    assert again is not None
    assert again.records[0].attempts == 1


def test_nobody_else_can_release_or_renew_a_claim(run: SyncRun) -> None:
    record = rows.record(run, 1)
    taken = claim.claim(run.flow, 10)
    assert taken is not None
    before = Claim.objects.get().until
    claim.release("another token", [record.pk])
    claim.renew("another token")
    assert Claim.objects.get().until == before
    claim.renew(taken.token)
    assert Claim.objects.get().until > before


# ------------------------------------------------------------------------- leases


def expire() -> None:
    Claim.objects.update(until=ago(seconds=1))


def test_a_lease_that_ended_counts_as_an_attempt(run: SyncRun) -> None:
    record = rows.record(run, 1)
    claim.claim(run.flow, 10)
    assert claim.reclaim() == (0, 0), "the lease has not ended"
    expire()
    assert claim.reclaim() == (1, 0)
    record.refresh_from_db()
    assert (record.outcome, record.attempts) == (Outcome.PENDING, 1)
    again = claim.claim(run.flow, 10)
    assert again is not None
    assert again.records[0].attempts == 2


def test_who_lost_the_lease_cannot_settle(run: SyncRun) -> None:
    record = rows.record(run, 1)
    first = claim.claim(run.flow, 10)
    expire()
    claim.reclaim()
    second = claim.claim(run.flow, 10)
    assert first is not None
    assert second is not None
    settle = Settler(run.flow, compiled(run.flow)).settle
    assert settle([created(first, "111")], first.token) == {}
    record.refresh_from_db()
    assert (record.outcome, record.target_id) == (Outcome.PENDING, "")
    assert settle([created(second, "222")], second.token) == {"created": 1}
    assert settle([created(second, "333")], second.token) == {}, "only once"
    record.refresh_from_db()
    assert (record.outcome, record.target_id) == (Outcome.CREATED, "222")
    assert_counts_add_up()


def created(claims: claim.Claims, target_id: str) -> Ending:
    record = claims.records[0]
    result = WriteResult(
        key=record.correlation_id, outcome="created", target_id=target_id
    )
    return Ending(Decision(record), result=result)


def test_what_was_started_often_goes_alone_and_last(run: SyncRun) -> None:
    for number in (1, 2):
        rows.record(run, number, attempts=claim.SUSPECT, due_at=ago(hours=1))
    rows.record(run, 3)
    assert ids(claim.claim(run.flow, 10)) == ["3"]
    assert ids(claim.claim(run.flow, 10)) == ["1"]
    assert ids(claim.claim(run.flow, 10)) == ["2"]


def test_what_only_failed_often_is_no_suspect_for_long_batches(run: SyncRun) -> None:
    """Waiting records were answered: they did not kill their worker."""
    for number in (1, 2):
        rows.record(run, number, outcome=Outcome.WAITING, attempts=claim.SUSPECT)
    assert ids(claim.claim(run.flow, 10)) == ["1", "2"]


def test_a_record_that_kills_its_worker_five_times_is_dead(run: SyncRun) -> None:
    poison = rows.record(run, 1)
    for number in range(2, 12):
        rows.record(run, number)
    settle = Settler(run.flow, compiled(run.flow)).settle
    died = 0
    while (taken := claim.claim(run.flow, 10)) is not None:
        if "1" in ids(taken):
            died += 1
            expire()
            claim.reclaim()
            continue
        for one in taken.records:
            single = claim.Claims(taken.token, [one])
            settle([created(single, f"t{one.source_id}")], taken.token)
    poison.refresh_from_db()
    assert died == retry.POISON == 5
    assert poison.outcome == Outcome.DEAD
    assert "died 5 times" in poison.error_message
    assert SyncRecord.objects.filter(outcome=Outcome.CREATED).count() == 10
    run.refresh_from_db()
    assert (run.dead, run.created, run.pending) == (1, 10, 0)
    assert_counts_add_up()


# ------------------------------------------------------------------ at the same time


@pytest.mark.django_db(transaction=True)
def test_claimers_at_the_same_instant_never_share_a_record() -> None:
    run = rows.run(rows.flow())
    for number in range(120):
        rows.record(run, number % 100)  # twenty of them changed twice
    found: list[list[int]] = []
    failures: list[Exception] = []
    gate = threading.Barrier(4, timeout=20)

    def work() -> None:
        try:
            gate.wait()
            while (taken := claim.claim(run.flow, 7)) is not None:
                found.append([one.id for one in taken.records])
        except Exception as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connections.close_all()

    in_threads(work, 4)
    assert failures == []
    taken = [pk for batch in found for pk in batch]
    assert len(taken) == len(set(taken)) == 100
    newest = dict(SyncRecord.objects.order_by("pk").values_list("source_id", "pk"))
    assert set(taken) == set(newest.values())
    assert Claim.objects.count() == 100


@pytest.mark.django_db(transaction=True)
def test_who_was_too_slow_for_a_claim_looks_again() -> None:
    """Nobody is told that nothing is due while there is more than the others take."""
    run = rows.run(rows.flow())
    for number in range(300):
        rows.record(run, number)
    left: list[int] = []
    gate = threading.Barrier(4, timeout=20)

    def work() -> None:
        try:
            gate.wait()
            while claim.claim(run.flow, 5) is not None:
                pass
            left.append(300 - Claim.objects.count())
        finally:
            connections.close_all()

    in_threads(work, 4)
    assert len(left) == 4
    assert max(left) <= 3 * 5


@pytest.mark.django_db(transaction=True)
def test_reclaimers_at_the_same_instant_count_each_attempt_once() -> None:
    run = rows.run(rows.flow())
    for number in range(40):
        rows.record(run, number)
    claim.claim(run.flow, 100)
    expire()
    counts: list[tuple[int, int]] = []
    gate = threading.Barrier(3, timeout=20)

    def work() -> None:
        try:
            gate.wait()
            counts.append(claim.reclaim())
        finally:
            connections.close_all()

    in_threads(work, 3)
    assert sum(again for again, _ in counts) == 40
    assert set(SyncRecord.objects.values_list("attempts", flat=True)) == {1}


def in_threads(work: Any, count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
