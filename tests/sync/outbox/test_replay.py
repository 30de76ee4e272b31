"""Replay: a person sends records again; a second click does nothing."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.db.models import QuerySet

from connectors.models import (
    Attempt,
    FlowStatus,
    Outcome,
    RunKind,
    RunStatus,
    SyncRecord,
    SyncRun,
)
from connectors.sync import runs
from connectors.sync.outbox import claim
from connectors.sync.replay import (
    PayloadError,
    ReplayResult,
    edit_and_replay,
    replay,
)
from tests.sync.site import (
    UPSERT,
    Site,
    assert_counts_add_up,
    assert_exact,
    outcomes,
)

ALL = SyncRecord.objects.order_by("pk")


def first(count: int) -> QuerySet[SyncRecord]:
    """The first so many records."""
    return ALL.filter(pk__in=list(ALL.values_list("pk", flat=True)[:count]))


@pytest.fixture
def failed(site: Site) -> SyncRun:
    """A run whose every record HubSpot's rules refused; now they would be taken."""
    site.crm.config(reject_share=1.0)
    run = site.run()
    assert outcomes() == {"failed": 30}
    site.crm.config(reject_share=0.0)
    return run


@pytest.fixture
def person(transactional_db: None) -> User:
    return User.objects.create_user("someone")


def test_failed_records_are_sent_again_as_stored(
    site: Site, failed: SyncRun, person: User
) -> None:
    result = replay(ALL, person)
    assert (result.taken, result.refused, len(result.runs)) == (30, 0, 1)
    assert outcomes() == {"pending": 30}
    assert_counts_add_up()
    run = site.work(result.runs[0])
    assert (run.kind, run.status, run.created) == ("replay", RunStatus.SUCCEEDED, 30)
    assert run.started_by == person
    failed.refresh_from_db()
    assert (failed.read, failed.failed, failed.replayed) == (30, 0, 30)
    assert_exact(site)


def test_what_stood_there_before_is_kept(
    site: Site, failed: SyncRun, person: User
) -> None:
    result = replay(first(1), person)
    site.work(result.runs[0])
    record = ALL[0]
    kept = Attempt.objects.filter(record=record, by=person).get()
    assert (kept.outcome, kept.error_class) == (Outcome.FAILED, "rejected")
    assert kept.error_message
    assert record.error_message == ""
    assert record.replays == 1


def test_the_same_replay_clicked_twice_takes_nothing_the_second_time(
    site: Site, failed: SyncRun
) -> None:
    first, second = replay(ALL, None), replay(ALL, None)
    assert (first.taken, second.taken, second.refused) == (30, 0, 30)
    assert second.runs == []
    assert SyncRun.objects.filter(kind=RunKind.REPLAY).count() == 1
    site.work(first.runs[0])
    assert_exact(site)


@pytest.mark.faults
def test_the_same_replay_clicked_by_two_at_the_same_instant(
    site: Site, failed: SyncRun
) -> None:
    results: list[ReplayResult] = []
    gate = threading.Barrier(2, timeout=20)

    def click() -> None:
        try:
            gate.wait()
            results.append(replay(ALL, None))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(one.taken for one in results) == 30
    assert sum(one.refused for one in results) == 30
    for run in [run for one in results for run in one.runs]:
        site.work(run)
    assert set(ALL.values_list("replays", flat=True)) == {1}
    assert_exact(site)


def test_a_replay_of_what_arrived_writes_nothing(site: Site) -> None:
    site.run()
    sent = len(site.upserts())
    run = site.work(replay(ALL, None).runs[0])
    assert (run.unchanged, run.status) == (30, RunStatus.SUCCEEDED)
    assert len(site.upserts()) == sent
    again = site.work(replay(ALL, None).runs[0])
    assert again.unchanged == 30
    assert len(site.upserts()) == sent
    assert site.written()["totals"]["updated"] == 0
    assert_exact(site)


def test_a_replay_repairs_what_a_person_changed_in_the_target(site: Site) -> None:
    site.run()
    record = ALL[0]
    site.crm.edit(type="companies", id=record.target_id, set={"name": "Changed"})
    site.work(replay(ALL, None).runs[0])
    record.refresh_from_db()
    assert record.outcome == Outcome.UPDATED
    name = site.companies()[f"jde:{record.source_id}"]["name"]
    assert name == record.payload["ALPH"]
    assert outcomes() == {"updated": 1, "unchanged": 29}


def test_a_fresh_replay_sends_what_the_source_says_now(
    site: Site, failed: SyncRun
) -> None:
    record = ALL[0]
    site.edit(record.source_id, ALPH="The new name")
    site.work(replay(first(1), None, fresh=True).runs[0])
    record.refresh_from_db()
    assert record.payload["ALPH"] == "The new name"
    assert site.companies()[f"jde:{record.source_id}"]["name"] == "The new name"
    # The same fields again are known, so nothing is stored for them.
    run = site.run(RunKind.BACKFILL)
    assert run.unchanged == 30


def test_a_record_that_is_gone_in_the_source_is_refused_fresh(
    site: Site, failed: SyncRun
) -> None:
    record = ALL[0]
    site.erp.edit(action="delete", table="F0101", key={"AN8": int(record.source_id)})
    result = replay(first(2), None, fresh=True)
    assert (result.taken, result.refused) == (1, 1)
    record.refresh_from_db()
    assert record.outcome == Outcome.FAILED
    assert_counts_add_up()


def test_a_source_that_is_away_refuses_a_fresh_replay_and_says_so(
    site: Site, failed: SyncRun
) -> None:
    site.erp.faults({"match": {"path": "/"}, "do": {"status": 503}})
    result = replay(ALL, None, fresh=True)
    assert (result.taken, result.refused) == (0, 30)
    assert result.reasons
    assert result.reasons[0].startswith("JDE: ")
    assert outcomes() == {"failed": 30}
    assert not SyncRun.objects.filter(kind=RunKind.REPLAY).exists()


def test_what_a_worker_holds_is_refused(site: Site, failed: SyncRun) -> None:
    replay(first(10), None)
    held = claim.claim(site.flow, 5)
    assert held is not None
    assert len(held.records) == 5
    result = replay(ALL, None)
    assert (result.taken, result.refused) == (20, 10)
    with pytest.raises(PayloadError, match="on its way"):
        edit_and_replay(ALL[0], {}, None)
    assert_counts_add_up()


def test_a_stopped_flow_refuses_and_a_paused_one_replays(
    site: Site, failed: SyncRun
) -> None:
    flow = site.fresh(site.flow)
    flow.status = FlowStatus.STOPPED
    flow.save()
    result = replay(ALL, None)
    assert (result.taken, result.refused) == (0, 30)
    assert site.flow.name in result.reasons[0]
    runs.pause(flow)
    assert replay(ALL, None).taken == 30


def test_records_of_two_flows_go_in_a_run_each(site: Site, failed: SyncRun) -> None:
    other = site.make_flow("The same again")
    site.crm.config(reject_share=1.0)
    site.run(RunKind.BACKFILL, other)
    site.crm.config(reject_share=0.0)
    result = replay(ALL, None)
    assert (result.taken, len(result.runs)) == (60, 2)
    for run in result.runs:
        done = site.work(run)
        assert (done.read, done.pending, done.problems) == (30, 0, 0)
    assert_counts_add_up()


# ----------------------------------------------------------------- edited payloads


def test_an_edited_payload_is_sent_and_the_first_one_kept(
    site: Site, failed: SyncRun, person: User
) -> None:
    record = ALL[0]
    first = dict(record.payload)
    result = edit_and_replay(record, {**first, "ALPH": "By hand"}, person)
    site.work(result.runs[0])
    record.refresh_from_db()
    assert record.outcome == Outcome.CREATED
    assert record.original_payload == first
    assert site.companies()[f"jde:{record.source_id}"]["name"] == "By hand"
    edit_and_replay(record, {**first, "ALPH": "Once more"}, person)
    record.refresh_from_db()
    assert record.original_payload == first, "the source's words, not the first edit"


def test_an_edited_number_stays_exact(site: Site, failed: SyncRun) -> None:
    record = ALL[0]
    result = edit_and_replay(record, {**record.payload, "ACL": "12345678.10"}, None)
    site.work(result.runs[0])
    company = site.companies()[f"jde:{record.source_id}"]
    assert float(company["erp_credit_limit"]) == 12345678.10


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"NOPE": "x"}, "no field NOPE"),
        ({"ALPH": {"a": 1}}, "Write a text, number"),
        ({"ALPH": ["a"]}, "Write a text, number"),
    ],
    ids=["unknown field", "object", "list"],
)
def test_a_payload_that_is_not_the_sources_shape_is_refused(
    site: Site, failed: SyncRun, change: dict[str, Any], message: str
) -> None:
    record = ALL[0]
    with pytest.raises(PayloadError, match=message):
        edit_and_replay(record, {**record.payload, **change}, None)
    record.refresh_from_db()
    assert (record.outcome, record.original_payload) == (Outcome.FAILED, None)


def test_an_edit_of_a_flow_that_cannot_run_is_kept_and_not_sent(
    site: Site, failed: SyncRun
) -> None:
    flow = site.fresh(site.flow)
    flow.status = FlowStatus.STOPPED
    flow.save()
    record = ALL[0]
    before = dict(record.payload)
    result = edit_and_replay(record, {**before, "ALPH": "By hand"}, None)
    assert (result.taken, result.refused) == (0, 1)
    assert "is stopped" in result.reasons[0]
    record.refresh_from_db()
    assert record.outcome == Outcome.FAILED
    assert record.payload["ALPH"] == "By hand", "nobody should have to type it again"
    assert record.original_payload == before


def test_a_replay_run_cut_short_goes_on(site: Site, failed: SyncRun) -> None:
    site.crm.faults({"match": {"path": UPSERT}, "times": 4, "do": {"status": 503}})
    run = site.work(replay(ALL, None).runs[0])
    assert outcomes() == {"waiting": 30}
    site.pass_time(hours=1)
    site.push()
    run.refresh_from_db()
    assert (run.created, run.waiting) == (30, 0)
    assert_exact(site)
