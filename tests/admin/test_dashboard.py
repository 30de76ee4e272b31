"""The front page: what needs a person first, and the same few queries at any size."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from connectors.models import (
    Alert,
    AlertKind,
    Connection,
    FlowState,
    FlowStatus,
    Health,
    Heartbeat,
    Outcome,
    RunStatus,
)
from tests.admin import scene

pytestmark = pytest.mark.django_db
INDEX = "/admin/"


@pytest.fixture(autouse=True)
def _worker() -> None:
    Heartbeat.objects.create(name="worker host-a")


def titles() -> list[str]:
    context = scene.superuser().get(INDEX).context
    return [need.title for need in context["needs"]]


def test_a_new_installation_is_shown_the_way() -> None:
    page = scene.superuser().get(INDEX)
    assert [step["done"] for step in page.context["steps"]] == [False, False, False]
    assert page.context["charts"] == []
    scene.flow()
    page = scene.superuser().get(INDEX)
    assert [step["done"] for step in page.context["steps"]] == [True, True, False]
    scene.run(scene.flow("Another"))
    assert scene.superuser().get(INDEX).context["steps"] == []


def test_calm_is_said() -> None:
    scene.run(scene.flow())
    assert "Nothing needs you" in scene.superuser().get(INDEX).content.decode()


def test_records_that_need_me_are_counted_by_what_is_wrong() -> None:
    flow = scene.flow("Customers")
    run = scene.run(flow)
    scene.records(run, 7, error_fingerprint="a" * 32, error_message="No such terms.")
    scene.records(run, 2, error_fingerprint="b" * 32, outcome=Outcome.DEAD)
    scene.records(run, 5, outcome=Outcome.WAITING)
    response = scene.superuser().get(INDEX)
    needs = response.context["needs"]
    assert [need.title for need in needs] == [
        "7 records of “Customers” need you.",
        "2 records of “Customers” need you.",
    ]
    assert needs[0].detail == "No such terms."
    found = scene.superuser().get(needs[0].url).context["cl"].result_list
    assert len(found) == 7
    row = response.context["flow_rows"][0]
    assert (row.problems, row.waiting, row.moving) == (9, 5, 0)


def test_what_stops_everything_comes_first_and_is_told_once() -> None:
    flow = scene.flow()
    scene.records(scene.run(flow), 1)
    Heartbeat.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    Alert.objects.create(
        kind=AlertKind.REFUSED, subject="x", connection=flow.target, title="Refused!"
    )
    Connection.objects.filter(pk=flow.target_id).update(health=Health.REFUSED)
    Connection.objects.filter(pk=flow.source_id).update(health=Health.UNREACHABLE)
    flow.status = FlowStatus.STOPPED
    flow.save()
    assert titles() == [
        "No worker is running, so nothing is read or sent.",
        "Refused!",
        "JDE is unreachable.",
        f"The flow “{flow}” is stopped.",
        f"1 record of “{flow}” need you.",
    ]


def test_a_connection_switched_off_or_an_alert_resolved_needs_nobody() -> None:
    flow = scene.flow()
    scene.run(flow)
    Connection.objects.update(health=Health.REFUSED, enabled=False)
    Alert.objects.create(
        kind=AlertKind.SILENT, subject="x", title="Old", resolved_at=timezone.now()
    )
    assert titles() == []


def test_charts_add_up_the_runs_of_each_hour_and_day() -> None:
    flow = scene.flow()
    now = timezone.now()
    for hours, created, failed in ((0, 5, 1), (0, 2, 0), (30, 100, 4), (24 * 20, 9, 9)):
        at = now - timedelta(hours=hours)
        scene.run(
            flow, queued_at=at, read=created + failed, created=created, failed=failed
        )
    charts = scene.superuser().get(INDEX).context["charts"]
    day, day_bad, fortnight, fortnight_bad = (json.loads(c.data) for c in charts)
    assert day["datasets"][0]["data"][-1] == 7
    assert sum(day["datasets"][0]["data"]) == 7
    assert sum(day_bad["datasets"][0]["data"]) == 1
    assert sum(fortnight["datasets"][0]["data"]) == 107
    assert sum(fortnight_bad["datasets"][0]["data"]) == 5
    assert [len(chart["labels"]) for chart in (day, fortnight)] == [24, 14]


def test_the_page_costs_the_same_at_any_size() -> None:
    client = scene.superuser()
    flow = scene.flow("First")
    scene.records(scene.run(flow), 2)
    few = scene.queries(client, INDEX)
    for n in range(12):
        other = scene.flow(f"Flow {n}")
        for _ in range(4):
            scene.records(scene.run(other, status=RunStatus.PARTIAL), 10)
        Alert.objects.create(kind=AlertKind.STOPPED, subject=str(n), title=f"{n}")
    FlowState.objects.update(last_success_at=timezone.now(), next_run_at=timezone.now())
    assert scene.queries(client, INDEX) == few


def test_a_person_sees_what_they_may_see() -> None:
    flow = scene.flow("Secret flow")
    scene.records(scene.run(flow), 3)
    Alert.objects.create(kind=AlertKind.STOPPED, subject="x", title="Secret alert")
    page = scene.signed_in(scene.person()).get(INDEX).content.decode()
    for word in ("Secret flow", "Secret alert", "need you.", "JDE"):
        assert word not in page
    may = scene.signed_in(scene.person("view_alert")).get(INDEX).content.decode()
    assert "Secret alert" in may
    assert "Secret flow" not in may


def test_every_asset_is_ours() -> None:
    scene.records(scene.run(scene.flow()), 3)
    client = scene.superuser()
    for url in (INDEX, "/admin/connectors/syncrecord/", "/admin/connectors/syncrun/"):
        page = client.get(url).content.decode()
        loaded = re.findall(
            r'<(?:script|link|img|iframe)[^>]+(?:src|href)="([^"]+)"', page
        )
        assert loaded
        assert all(found.startswith("/") and found[1] != "/" for found in loaded)
        ours = page.split('<div id="main"')[1]
        assert not re.search(r"<script(?![^>]+src=)[^>]*>\s*\S", ours), "inline script"
