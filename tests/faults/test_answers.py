"""Systems that answer badly, late, in part or not at all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from connectors.models import (
    Alert,
    AlertKind,
    Attempt,
    Health,
    Outcome,
    RunKind,
    RunStatus,
    SyncRecord,
)
from tests.sync.site import (
    DATA,
    ROWS,
    UPSERT,
    Site,
    assert_counts_add_up,
    assert_exact,
    outcomes,
)

pytestmark = pytest.mark.faults

SLOW_DOWN = {
    "status": "error",
    "message": "You have reached your secondly limit.",
    "errorType": "RATE_LIMIT",
    "policyName": "SECONDLY",
}


def storm(times: int, **headers: str) -> dict[str, Any]:
    """A rule: so many 429 to batches."""
    do = {"status": 429, "json": SLOW_DOWN, "headers": headers}
    return {"match": {"path": UPSERT}, "times": times, "do": do}


@pytest.mark.parametrize(
    ("headers", "wait"),
    [({"Retry-After": "2"}, 2.0), ({}, 1.0)],
    ids=["told", "untold"],
)
def test_a_storm_of_429_is_waited_out(
    site: Site, headers: dict[str, str], wait: float
) -> None:
    site.hubspot.set_values({**site.hubspot.settings, "parallel_requests": 1})
    site.hubspot.save()
    site.crm.faults(storm(3, **headers))
    run = site.run()
    assert (run.status, run.created) == (RunStatus.SUCCEEDED, 30)
    assert set(SyncRecord.objects.values_list("attempts", flat=True)) == {1}
    assert not Attempt.objects.exists(), "waiting for a limit is no attempt"
    assert_exact(site)
    log = site.crm.log()
    refused = [number for number, one in enumerate(log) if one["status"] == 429]
    assert len(refused) == 3
    for number in refused:
        gap = moment(log[number + 1]) - moment(log[number])
        assert gap.total_seconds() >= wait, "a request was sent inside the wait"


def moment(entry: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(entry["time"])


def test_a_long_wait_is_spent_in_the_outbox(site: Site) -> None:
    site.crm.faults(storm(1, **{"Retry-After": "600"}))
    run = site.run()
    assert outcomes() == {"waiting": 30}
    record = SyncRecord.objects.first()
    assert record is not None
    assert (record.attempts, record.error_class) == (0, "rate_limited")
    assert_counts_add_up()
    site.push()
    assert len(site.upserts()) == 1, "nothing is sent inside the wait"
    site.pass_time(minutes=20)
    site.push()
    run.refresh_from_db()
    assert (run.status, run.created, run.waiting) == (RunStatus.SUCCEEDED, 30, 0)
    assert_exact(site)


def test_a_session_gone_in_the_middle_of_a_read(site: Site) -> None:
    site.jde.set_values({**site.jde.settings, "page_size": 10})
    site.jde.save()
    site.erp.faults(
        {
            "match": {"path": DATA},
            "skip": 7,
            "times": 1,
            "do": {"pass": {"kill_sessions": True}},
        }
    )
    run = site.run()
    assert (run.status, run.read, run.created) == (RunStatus.SUCCEEDED, 30, 30)
    assert 444 in {one["status"] for one in site.erp.log()}
    assert_exact(site)


def test_a_connection_cut_after_hubspot_applied_the_write(site: Site) -> None:
    site.crm.faults(
        {"match": {"path": UPSERT}, "times": 1, "do": {"apply_then_drop": True}}
    )
    run = site.run()
    assert len(site.upserts()) == 2, "the batch was sent again"
    assert (run.status, run.created) == (RunStatus.SUCCEEDED, 30)
    assert_exact(site)


def test_cut_again_and_again_until_the_attempt_is_given_up(site: Site) -> None:
    site.crm.faults(
        {"match": {"path": UPSERT}, "times": 4, "do": {"apply_then_drop": True}}
    )
    run = site.run()
    assert outcomes() == {"waiting": 30}
    assert set(SyncRecord.objects.values_list("attempts", flat=True)) == {0}
    site.pass_time(hours=1)
    site.push()
    run.refresh_from_db()
    assert (run.status, run.pending, run.waiting) == (RunStatus.SUCCEEDED, 0, 0)
    assert_exact(site)


def test_answers_in_another_order_with_rows_refused(site: Site) -> None:
    site.crm.config(reject_share=0.3)
    run = site.run()
    assert run.status == RunStatus.PARTIAL
    assert run.failed > 0
    assert run.created + run.failed == 30
    refused = SyncRecord.objects.filter(outcome=Outcome.FAILED)
    assert all(one.error_field == "name" for one in refused)
    for one in SyncRecord.objects.filter(outcome=Outcome.CREATED):
        company = site.companies()[f"jde:{one.source_id}"]
        assert company["name"] == one.payload["ALPH"], "an answer went to another"
        assert company["hs_object_id"] == one.target_id
    missing = {f"jde:{one.source_id}" for one in refused}
    assert set(site.companies()).isdisjoint(missing)
    assert_counts_add_up()


def test_results_left_out_are_looked_up(site: Site) -> None:
    site.crm.config(omit_share=0.5)
    run = site.run()
    assert (run.status, run.created) == (RunStatus.SUCCEEDED, 30)
    assert_exact(site)


@pytest.mark.parametrize("system", ["jde", "hubspot"])
@pytest.mark.parametrize(
    "fault",
    [
        {"half_body": True},
        {"status": 200, "html": "<html><body>Please sign in</body></html>"},
        {"status": 502, "html": "<html><body>Bad gateway</body></html>"},
        {"drop": True},
    ],
    ids=["half", "html", "gateway", "drop"],
)
def test_what_is_no_answer_is_asked_for_again(
    site: Site, system: str, fault: dict[str, Any]
) -> None:
    path = DATA if system == "jde" else UPSERT
    control = site.box.control(system)
    control.faults({"match": {"path": path}, "times": 1, "do": fault})
    site.run()
    assert control.faults()[0]["hits"] == 1
    assert_counts_add_up()
    site.pass_time(hours=1)
    site.push()
    assert site.run().status == RunStatus.SUCCEEDED
    assert_exact(site)


def test_a_target_that_answers_nothing_is_left_alone_for_a_while(site: Site) -> None:
    """However long it is down, no record dies of it, and one alert says so."""
    down = {"match": {"path": UPSERT}, "times": None, "do": {"status": 503}}
    site.hubspot.set_values({**site.hubspot.settings, "parallel_requests": 1})
    site.hubspot.save()
    site.crm.faults(down)
    run = site.run()
    assert run.status == RunStatus.PARTIAL
    for _ in range(12):
        site.pass_time(minutes=10)
        site.push()
    assert outcomes() == {"waiting": 30}
    assert set(SyncRecord.objects.values_list("attempts", flat=True)) == {0}
    site.hubspot.refresh_from_db()
    assert site.hubspot.health == Health.UNREACHABLE
    alert = Alert.objects.get(kind=AlertKind.UNREACHABLE, resolved_at=None)
    assert alert.connection == site.hubspot
    assert alert.count > 10
    site.crm.clear_faults()
    site.pass_time(minutes=10)
    site.push()
    run.refresh_from_db()
    assert run.status == RunStatus.SUCCEEDED
    site.hubspot.refresh_from_db()
    assert site.hubspot.health == Health.OK
    assert not Alert.objects.filter(resolved_at=None).exists()
    assert_exact(site)


def test_jde_away_alerts_and_the_next_run_resolves_it(site: Site) -> None:
    site.erp.faults({"match": {"path": "/"}, "do": {"status": 503}})
    run = site.run()
    assert run.status == RunStatus.FAILED
    assert run.error_class == "unavailable"
    assert "JDE" in run.message
    site.jde.refresh_from_db()
    assert site.jde.health == Health.UNREACHABLE
    assert not site.jde.stopped, "it is tried again by itself"
    assert Alert.objects.get(resolved_at=None).kind == AlertKind.UNREACHABLE
    site.erp.clear_faults()
    assert site.run().status == RunStatus.SUCCEEDED
    assert not Alert.objects.filter(resolved_at=None).exists()
    assert_exact(site)


def test_a_mapping_that_divides_by_zero_fails_only_its_record(site: Site) -> None:
    number = min(site.customers(), key=int)
    formula = f"ACL / (AN8 - {number})"
    rest = [row for row in ROWS if row["target_field"] != "erp_credit_limit"]
    site.map(
        *rest,
        {
            "source_field": "ACL",
            "transform": "formula",
            "argument": formula,
            "target_field": "erp_credit_limit",
        },
    )
    run = site.run()
    assert (run.status, run.created, run.failed) == (RunStatus.PARTIAL, 29, 1)
    failed = SyncRecord.objects.get(outcome=Outcome.FAILED)
    assert failed.source_id == number
    assert "divides by zero" in failed.error_message
    assert failed.error_field == "erp_credit_limit"
    assert_counts_add_up()
    site.map(*ROWS)
    assert site.run(RunKind.BACKFILL).problems == 0
    assert_exact(site)
    failed.refresh_from_db()
    assert failed.outcome == Outcome.SKIPPED, "what came later settled it"
