"""Two that move the same records and counts: neither waits for ever, both count."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction

from connectors.models import Claim, Outcome, RunKind, SyncRecord, SyncRun
from connectors.sdk.records import Page, SourceRecord, WriteResult
from connectors.sync import replay, runs
from connectors.sync.deciding.decision import Decision
from connectors.sync.intake import poll
from connectors.sync.mapping.versions import compiled
from connectors.sync.outbox import claim
from connectors.sync.outbox.ending import Ending
from connectors.sync.outbox.settle import Settler
from tests.sync.site import Site, assert_counts_add_up, eventually


class Other(threading.Thread):
    """Does something with database connections of its own; keeps what it raised."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self.work, self.error = work, None
        self.start()

    error: BaseException | None

    def run(self) -> None:
        try:
            self.work()
        except BaseException as error:  # noqa: BLE001 - raised again by `end`
            self.error = error
        finally:
            connections.close_all()

    def end(self) -> None:
        self.join(60)
        assert not self.is_alive()
        if self.error:
            raise self.error


def waiting_for_locks() -> int:
    with connection.cursor() as cursor:
        # Not pg_stat_activity: that stays as it was for the rest of a transaction.
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])


def blocked(count: int) -> None:
    """Until so many transactions wait for a lock. SQLite lets none begin meanwhile."""
    if connection.vendor == "postgresql":
        eventually(lambda: waiting_for_locks() >= count, what="a wait for a lock")


def read(site: Site, keys: list[str], name: str = "first") -> SyncRun:
    """A run that has read these customers, and sent none."""
    run = runs.create(site.flow, RunKind.SYNC)
    keep(site, run, keys, name)
    return run


def keep(site: Site, run: SyncRun, keys: list[str], name: str) -> None:
    states = type(site.flow.state).objects
    token = states.claim(site.flow.pk, seconds=60)
    assert token
    poller = poll.Poller(site.flow, run, compiled(site.flow), token)
    rows = [SourceRecord(key=key, fields={"AN8": key, "ALPH": name}) for key in keys]
    try:
        poller.keep(Page(records=rows, cursor={}))
    finally:
        states.release(site.flow.pk, token)


def arrived(held: claim.Claims) -> list[Ending]:
    return [
        Ending(
            Decision(record, target_id=f"9{record.source_id}"),
            WriteResult(
                key=record.correlation_id,
                outcome="created",
                target_id=f"9{record.source_id}",
            ),
        )
        for record in held.records
    ]


def test_a_change_read_while_a_worker_takes_the_older_one_leaves_it_to_the_worker(
    site: Site,
) -> None:
    run = read(site, ["1"])
    with transaction.atomic():
        held = claim.claim(site.flow, 10)
        assert held
        other = Other(lambda: keep(site, run, ["1"], "second"))
        blocked(1)
    other.end()
    assert SyncRecord.objects.earliest("pk").outcome == Outcome.PENDING
    Settler(site.flow, compiled(site.flow)).settle(arrived(held), held.token)
    outcomes = SyncRecord.objects.order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == ["created", "pending"]
    assert_counts_add_up()


def test_a_replay_of_what_a_worker_takes_at_this_moment_is_refused(site: Site) -> None:
    read(site, ["1"])
    SyncRecord.objects.update(outcome=Outcome.WAITING)
    SyncRun.objects.update(waiting=1)
    results: list[replay.ReplayResult] = []
    with transaction.atomic():
        held = claim.claim(site.flow, 10)
        assert held
        other = Other(
            lambda: results.append(replay.replay(SyncRecord.objects.all(), None))
        )
        blocked(1)
    other.end()
    assert (results[0].taken, results[0].refused) == (0, 1)
    Settler(site.flow, compiled(site.flow)).settle(arrived(held), held.token)
    assert SyncRecord.objects.get().outcome == Outcome.CREATED
    assert_counts_add_up()


def test_two_that_settle_records_of_the_same_runs_do_not_wait_for_each_other(
    site: Site,
) -> None:
    first, second = read(site, ["1", "2"]), read(site, ["3", "4"])
    SyncRecord.objects.filter(source_id="4").update(due_at=site.flow.created_at)
    SyncRecord.objects.filter(source_id="1").update(due_at=site.flow.created_at)
    pushers = []
    for _ in range(2):
        held = claim.claim(site.flow, 2)
        assert held
        pushers.append(held)
    # One has a record of each run, and so has the other, the other way round.
    pushers[0].records.sort(key=lambda record: record.run_id)
    pushers[1].records.sort(key=lambda record: -record.run_id)
    assert all(len({r.run_id for r in held.records}) == 2 for held in pushers)
    settle = Settler(site.flow, compiled(site.flow)).settle
    with transaction.atomic():
        list(SyncRun.objects.select_for_update().filter(pk=second.pk))
        others = []
        for number, held in enumerate(reversed(pushers), 1):
            others.append(Other(lambda held=held: settle(arrived(held), held.token)))  # type: ignore[misc]
            blocked(number)
    for other in others:
        other.end()
    for run in (first, second):
        run.refresh_from_db()
        assert run.created == 2
    assert_counts_add_up()
    assert not Claim.objects.exists()


def test_a_newer_change_that_arrived_does_not_settle_what_a_replay_has_taken(
    site: Site,
) -> None:
    read(site, ["1"])
    SyncRecord.objects.update(outcome=Outcome.FAILED, error_class="rejected")
    SyncRun.objects.update(failed=1)
    read(site, ["1"], "second")
    held = claim.claim(site.flow, 10)
    assert held
    assert len(held.records) == 1
    settle = Settler(site.flow, compiled(site.flow)).settle
    with transaction.atomic():
        taken = replay.replay(SyncRecord.objects.filter(outcome="failed"), None)
        assert taken.taken == 1
        other = Other(lambda: settle(arrived(held), held.token))
        if connection.vendor == "postgresql":
            other.end()
    other.end()
    assert_counts_add_up()


@pytest.mark.parametrize("rounds", [12])
def test_reading_replaying_and_settling_at_once_keeps_every_count(
    site: Site, rounds: int
) -> None:
    keys = [str(number) for number in range(1, 25)]
    run = read(site, keys)
    settler = Settler(site.flow, compiled(site.flow))

    def push() -> None:
        for _ in range(rounds):
            held = claim.claim(site.flow, 7)
            if held:
                settler.settle(arrived(held), held.token)

    def read_again() -> None:
        for number in range(rounds):
            keep(site, run, keys[number::3], f"name {number}")

    def replay_all() -> None:
        for _ in range(rounds // 3):
            replay.replay(SyncRecord.objects.exclude(outcome="pending"), None)

    others = [Other(work) for work in (push, push, read_again, replay_all)]
    for other in others:
        other.end()
    assert_counts_add_up()
