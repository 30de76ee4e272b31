"""What machines ask: is it well, and how much does it do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from connectors.models import (
    Alert,
    AlertKind,
    FlowState,
    Heartbeat,
    KeyCanary,
    Outcome,
    RateBudget,
    RunStatus,
)
from tests.admin import scene

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _well() -> None:
    Heartbeat.objects.create(name="worker host-a")
    KeyCanary.objects.get_or_create()


def checks() -> tuple[int, dict[str, Any]]:
    answer = Client().get("/healthz")
    return answer.status_code, answer.json()["checks"]


def test_all_is_well_and_anyone_may_ask() -> None:
    status, found = checks()
    assert status == 200
    assert {name: check["ok"] for name, check in found.items()} == {
        "database": True,
        "worker": True,
        "keys": True,
        "queue": True,
    }


def test_no_worker_for_two_minutes_is_not_well() -> None:
    Heartbeat.objects.update(seen_at=timezone.now() - timedelta(seconds=115))
    assert checks()[0] == 200
    Heartbeat.objects.update(seen_at=timezone.now() - timedelta(seconds=125))
    status, found = checks()
    assert status == 503
    assert not found["worker"]["ok"]


def test_the_sweeper_alone_is_no_worker() -> None:
    Heartbeat.objects.all().delete()
    Heartbeat.objects.create(name="sweeper")
    status, found = checks()
    assert status == 503
    assert found["worker"]["message"] == "No worker has ever been seen."


@pytest.mark.parametrize("value", [b"gAAAAAnot-a-token", b""])
def test_a_lost_key_is_not_well(value: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE connectors_keycanary SET value = %s", [value])
    status, found = checks()
    assert status == 503
    assert not found["keys"]["ok"]


def test_another_text_under_the_key_is_not_well() -> None:
    KeyCanary.objects.update(value="something else")
    assert checks()[0] == 503


def test_a_database_that_cannot_be_written_is_not_well() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = ON")
        try:
            status, found = checks()
        finally:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA query_only = OFF")
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        status, found = checks()
    assert status == 503
    assert found["database"]["message"] == "The database cannot be written to."


def test_due_work_is_counted_and_no_fault() -> None:
    run = scene.run(scene.flow())
    scene.records(run, 3, outcome=Outcome.PENDING)
    scene.records(run, 2, outcome=Outcome.WAITING)
    status, found = checks()
    assert status == 200
    assert found["queue"]["message"].startswith("5 records to send")


def test_a_probe_writes_nothing_and_posts_nothing() -> None:
    before = list(Heartbeat.objects.values())
    checks()
    assert list(Heartbeat.objects.values()) == before
    assert Client().post("/healthz").status_code == 405


# --- metrics ---


def samples(**how: Any) -> dict[tuple[str, ...], float]:
    answer = Client().get("/metrics", **how)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (sample.name.removeprefix("mlconnector_"), *sorted(sample.labels.values())): (
            sample.value
        )
        for family in families
        for sample in family.samples
    }


def test_the_metrics_say_what_the_database_says() -> None:
    flow = scene.flow("Customers")
    run = scene.run(flow, status=RunStatus.RUNNING)
    scene.records(run, 3)
    scene.records(run, 2, outcome=Outcome.PENDING)
    scene.records(run, 9, outcome=Outcome.CREATED)
    FlowState.objects.update(failures=4)
    Alert.objects.create(kind=AlertKind.SILENT, subject="x", title="x")
    now = int(timezone.now().timestamp() * 1000)
    RateBudget.objects.create(
        key="hubspot:1", requests=10, window_ms=10_000, grants=[now, now, 5],
        granted_total=77,
    )  # fmt: skip
    found = samples()
    assert found["records_open", "Customers", "failed"] == 3
    assert found["records_open", "Customers", "pending"] == 2
    assert found["records_open", "Customers", "dead"] == 0
    assert ("records_open", "Customers", "created") not in found
    assert found["last_run_records", "Customers", "created"] == 9
    assert found["flow_failures", "Customers"] == 4
    assert found["runs_open", "running"] == 1
    assert found["alerts_open", "silent"] == 1
    assert found["rate_budget_used_ratio", "burst", "hubspot:1"] == pytest.approx(0.2)
    assert found["rate_granted_total", "burst", "hubspot:1"] == 77
    assert found["heartbeat_age_seconds", "worker host-a"] < 60
    assert found["oldest_due_seconds",] > 0


def test_names_with_odd_characters_are_still_readable() -> None:
    scene.run(scene.flow('Say "hi" \\ and\nmore'))
    assert ("flow_failures", 'Say "hi" \\ and\nmore') in samples()


def test_metrics_cost_the_same_at_any_size() -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            Client().get("/metrics")
        return len(caught)

    scene.records(scene.run(scene.flow("First")), 2)
    few = cost()
    for n in range(8):
        scene.records(scene.run(scene.flow(f"Flow {n}")), 30)
    assert cost() == few


def test_without_a_token_only_this_machine_and_staff_may_read(settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    far: dict[str, Any] = {"REMOTE_ADDR": "192.0.2.7"}
    assert Client().get("/metrics", REMOTE_ADDR="::1").status_code == 200
    assert Client().get("/metrics", **far).status_code == 401
    proxied: dict[str, Any] = {"HTTP_X_FORWARDED_FOR": "192.0.2.7"}
    assert Client().get("/metrics", **proxied).status_code == 401
    staff = scene.signed_in(scene.person())
    assert staff.get("/metrics", **far).status_code == 200
    other = scene.signed_in(scene.person(staff=False))
    assert other.get("/metrics", **far).status_code == 401


def test_with_a_token_nothing_else_opens_it(settings: Any) -> None:
    settings.METRICS_TOKEN = "for-the-scraper"
    assert Client().get("/metrics").status_code == 401
    assert scene.superuser().get("/metrics").status_code == 401
    for wrong in (
        "Bearer nope",
        "for-the-scraper",
        "Basic for-the-scraper",
        "Bearer é",
    ):
        answer = Client().get("/metrics", HTTP_AUTHORIZATION=wrong)
        assert answer.status_code == 401
    assert samples(HTTP_AUTHORIZATION="Bearer for-the-scraper")
