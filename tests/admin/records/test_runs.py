"""Runs: the list, live progress, what went wrong, and cancelling."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import Sum
from django.utils import timezone

from connectors.admin import runs
from connectors.models import Outcome, RunStatus, SyncRun
from tests.admin import scene
from tests.bench import history
from tests.sync.site import assert_counts_add_up

pytestmark = pytest.mark.django_db
LIST = "/admin/connectors/syncrun/"


def live(**values: object) -> SyncRun:
    """A run that has been going for 100 seconds."""
    then = timezone.now() - timedelta(seconds=100)
    usual = {"status": RunStatus.RUNNING, "started_at": then, "finished_at": None}
    return scene.run(scene.flow(), **{**usual, **values})


def test_the_list_shows_counts_and_costs_the_same_at_any_size() -> None:
    client, flow = scene.superuser(), scene.flow()
    scene.run(flow, read=12345, created=12000, updated=345)
    page = client.get(LIST).content.decode()
    assert "12,345" in page
    few = scene.queries(client, LIST)
    for _ in range(70):
        scene.run(flow)
    assert scene.queries(client, LIST) == few


def test_a_live_run_asks_for_itself_and_a_final_one_does_not() -> None:
    run = live(expected=1000, read=500, created=250)
    client, url = scene.superuser(), f"{LIST}{run.pk}/progress/"
    page = client.get(f"{LIST}{run.pk}/change/").content.decode()
    part = client.get(url).content.decode()
    for text in (page, part):
        assert f'hx-get="{url}"' in text
        assert "<strong>25 %</strong> of 1,000 expected, about 5 min" in text
    assert "<html" not in part
    SyncRun.objects.update(status=RunStatus.SUCCEEDED, finished_at=timezone.now())
    assert "hx-get" not in client.get(url).content.decode()


def test_the_rest_takes_as_long_as_the_rate_says() -> None:
    run = live(expected=1000, read=500, created=250)
    left = runs.eta(run)
    assert left is not None
    assert 295 <= left.total_seconds() <= 310
    run.expected = None
    assert runs.eta(run) is None


def test_what_went_wrong_is_grouped_and_leads_to_its_records() -> None:
    run = scene.run(scene.flow(), status=RunStatus.PARTIAL)
    other = scene.run(run.flow)
    scene.records(run, 3, error_fingerprint="a" * 32, error_message="No such terms.")
    scene.records(run, 1, error_fingerprint="b" * 32, outcome=Outcome.CONFLICT)
    scene.records(other, 9, error_fingerprint="a" * 32)
    client = scene.superuser()
    errors = client.get(f"{LIST}{run.pk}/change/").context["errors"]
    assert [error["group"].count for error in errors] == [3, 1]
    assert errors[0]["group"].message == "No such terms."
    shown = client.get(errors[0]["url"]).context["cl"].result_list
    assert {(record.run_id, record.error_fingerprint) for record in shown} == {
        (run.pk, "a" * 32)
    }


def test_the_page_costs_the_same_at_any_size() -> None:
    client, run = scene.superuser(), scene.run(scene.flow())
    scene.records(run, 2)
    url = f"{LIST}{run.pk}/change/"
    few = scene.queries(client, url)
    for n in range(10):
        scene.records(run, 20, error_fingerprint=f"{n:032}")
    assert scene.queries(client, url) == few


def test_cancelling_takes_a_press_a_permission_and_a_run_that_goes() -> None:
    run = live()
    url = f"{LIST}{run.pk}/cancel/"
    assert scene.superuser().get(url).status_code == 405
    seeing = scene.signed_in(scene.person("view_syncrun"))
    assert seeing.post(url).status_code == 403
    assert scene.signed_in(scene.person("run_flow")).post(url).status_code == 403
    run.refresh_from_db()
    assert run.status == RunStatus.RUNNING
    assert "Cancel" not in seeing.get(f"{LIST}{run.pk}/change/").content.decode()
    may = scene.signed_in(scene.person("view_syncrun", "run_flow", name="night.shift"))
    may.post(url)
    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    assert "night.shift" in run.message
    assert LogEntry.objects.get().object_id == str(run.pk)
    again = may.post(url, follow=True).content.decode()
    assert "This run has ended already." in again


@pytest.mark.parametrize("page", ["", "{pk}/change/", "{pk}/progress/"])
def test_seeing_runs_takes_a_permission(page: str) -> None:
    url = LIST + page.format(pk=scene.run(scene.flow()).pk)
    assert scene.signed_in(scene.person("view_alert")).get(url).status_code == 403
    assert scene.signed_in(scene.person("view_syncrun")).get(url).status_code == 200


@pytest.mark.parametrize("page", ["add/", "{pk}/delete/", "{pk}/change/"])
def test_nobody_edits_runs_by_hand(page: str) -> None:
    run = scene.run(scene.flow())
    url = LIST + page.format(pk=run.pk)
    answer = scene.superuser().post(url, {"read": 7, "post": "yes"})
    assert answer.status_code in (403, 405)
    assert SyncRun.objects.get().read == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "under 1 s"), (59, "59 s"), (61, "1 min 1 s"), (7260, "2 h 1 min")],
)
def test_durations_in_words(seconds: float, text: str) -> None:
    assert runs.span(timedelta(seconds=seconds)) == text


def test_the_history_that_pages_are_measured_over_adds_up() -> None:
    history.fill(1000)
    assert SyncRun.objects.aggregate(read=Sum("read"))["read"] == 1000
    assert_counts_add_up()
