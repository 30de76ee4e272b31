"""Replaying from the console: who may, how many, and never twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from connectors.models import Attempt, FlowStatus, Outcome, RunKind, SyncRecord, SyncRun
from connectors.sync.worker import filling
from tests.admin import scene

pytestmark = pytest.mark.django_db
LIST = "/admin/connectors/syncrecord/"
REPLAY = f"{LIST}replay/"


def now() -> str:
    return timezone.now().isoformat()


def tasks() -> list[tuple[str, list[int]]]:
    queued = OrmQ.objects.order_by("pk")
    return [(one.task["func"], list(one.task["args"])) for one in queued]


def pending() -> int:
    return SyncRecord.objects.filter(outcome=Outcome.PENDING).count()


def confirm(client: Client, query: str = "", **data: object) -> list[str]:
    """Press the button of the confirmation page; the messages that follow."""
    answer = client.post(
        REPLAY + query, {"confirm": "yes", "shown_at": now(), "which": "all", **data}
    )
    assert answer.status_code == 302
    return [str(message) for message in get_messages(answer.wsgi_request)][-1:]


def test_all_matching_takes_every_page_of_the_filter_and_no_other() -> None:
    flow, other = scene.flow("Wanted"), scene.flow("Other")
    scene.records(scene.run(flow), 130)
    scene.records(scene.run(flow), 20, outcome=Outcome.UPDATED)
    scene.records(scene.run(other), 30)
    client = scene.superuser()
    query = f"?outcome=needs-me&flow={flow.pk}"
    page = client.get(REPLAY + query)
    assert page.context["plan"].total == 130
    assert "130 records can be replayed" in page.content.decode()
    assert pending() == 0, "looking took something"
    said = confirm(client, query)
    run = SyncRun.objects.get(kind=RunKind.REPLAY)
    assert pending() == 0, "so many are not taken in the request"
    assert f' href="/admin/connectors/syncrun/{run.pk}/change/">' in said[0]
    assert "130 records are taken up by" in said[0]
    assert tasks() == [(filling.TASK, [run.pk])]
    run_page = f"/admin/connectors/syncrun/{run.pk}/change/"
    assert "<strong>0</strong> of 130" in client.get(run_page).content.decode()
    assert filling.fill(run.pk)
    run.refresh_from_db()
    assert pending() == 130
    assert (run.flow, run.read) == (flow, 130)
    told = client.get(run_page).content.decode()
    assert "130 of 130 records taken up." in told


def test_a_few_are_taken_at_once() -> None:
    scene.records(scene.run(scene.flow()), 100)
    said = confirm(scene.superuser(), "?outcome=needs-me")
    assert "100 records taken" in said[0]
    assert pending() == 100


@pytest.mark.parametrize("how", ["stored", "fresh"])
def test_many_ordered_twice_from_the_same_page_are_one_replay(how: str) -> None:
    scene.records(scene.run(scene.flow()), 101)
    client, shown_at = scene.superuser(), now()
    confirm(client, shown_at=shown_at, how=how)
    run = SyncRun.objects.get(kind=RunKind.REPLAY)
    again = confirm(client, shown_at=shown_at, how=how)
    assert "this replay was asked for already" in again[0]
    assert f"/syncrun/{run.pk}/" in again[0]
    assert SyncRun.objects.filter(kind=RunKind.REPLAY).count() == 1
    assert tasks() == [(filling.TASK, [run.pk])]


def test_a_list_narrowed_by_something_else_is_not_replayed() -> None:
    scene.records(scene.run(scene.flow()), 2)
    client = scene.superuser()
    assert client.get(f"{REPLAY}?attempts=0").status_code == 400
    data = {"confirm": "yes", "shown_at": now(), "which": "all"}
    assert client.post(f"{REPLAY}?attempts=0", data).status_code == 400
    assert pending() == 0


def test_no_page_reads_from_a_source() -> None:
    record = scene.record(scene.run(scene.flow()), "1")
    client, shown_at = scene.superuser(), now()
    url = f"{LIST}{record.pk}/replay_one_fresh/"
    for _ in range(2):
        # Nothing listens where this connection points: a read would fail, and say so.
        answer = client.post(url, {"shown_at": shown_at})
    run = SyncRun.objects.get(kind=RunKind.REPLAY)
    assert answer["Location"] == f"/admin/connectors/syncrun/{run.pk}/change/"
    assert tasks() == [(filling.TASK, [run.pk])]
    assert pending() == 0


def test_fresh_is_chosen_already_when_that_was_the_action() -> None:
    one = scene.record(scene.run(scene.flow()), "1")
    data = {"action": "replay_ticked_fresh", "_selected_action": [one.pk]}
    assert scene.superuser().post(LIST, data).context["fresh"] is True


def test_a_page_number_in_the_address_does_not_narrow_it() -> None:
    scene.records(scene.run(scene.flow()), 60)
    confirm(scene.superuser(), "?p=2&outcome=needs-me")
    assert pending() == 60


def test_a_search_is_part_of_the_filter() -> None:
    run = scene.run(scene.flow())
    scene.record(run, "A-1")
    scene.record(run, "B-1")
    confirm(scene.superuser(), "?q=A-1")
    assert SyncRecord.objects.get(outcome=Outcome.PENDING).source_id == "A-1"


def test_a_second_click_takes_none_even_when_all_have_failed_again() -> None:
    scene.records(scene.run(scene.flow()), 12)
    client = scene.superuser()
    shown_at = now()
    first = confirm(client, shown_at=shown_at)
    assert "12 records taken" in first[0]
    assert confirm(client, shown_at=shown_at) == [
        "Nothing was taken: these records have been replayed already."
    ]
    scene.settle(Outcome.FAILED)
    second = confirm(client, shown_at=shown_at)
    assert second == ["Nothing was taken: these records have been replayed already."]
    assert pending() == 0
    assert SyncRun.objects.filter(kind=RunKind.REPLAY).count() == 1


def test_waiting_ones_that_wait_again_are_not_taken_twice() -> None:
    scene.record(scene.run(scene.flow()), "1", outcome=Outcome.WAITING)
    client, shown_at = scene.superuser(), now()
    confirm(client, shown_at=shown_at)
    assert pending() == 1
    scene.settle(Outcome.WAITING)
    confirm(client, shown_at=shown_at)
    assert pending() == 0


def test_what_failed_after_the_page_was_shown_was_not_agreed_to() -> None:
    run = scene.run(scene.flow())
    shown_at = now()
    scene.record(run, "late", settled_at=timezone.now() + timedelta(seconds=5))
    confirm(scene.superuser(), shown_at=shown_at)
    assert pending() == 0


def test_only_those_that_need_me() -> None:
    run = scene.run(scene.flow())
    scene.records(run, 4)
    scene.records(run, 6, outcome=Outcome.UPDATED)
    client = scene.superuser()
    page = client.get(REPLAY).content.decode()
    assert "Only the 4 that need me" in page
    assert "All 10" in page
    confirm(client, which="problems")
    assert pending() == 4


def test_ticked_rows_are_asked_about_and_then_taken() -> None:
    run = scene.run(scene.flow())
    one, two, _three = scene.records(run, 3)
    client = scene.superuser()
    ticked = [str(one.pk), str(two.pk)]
    asked = client.post(LIST, {"action": "replay_ticked", "_selected_action": ticked})
    assert asked.context["plan"].total == 2
    assert pending() == 0
    confirm(client, _selected_action=asked.context["ticked"])
    moving = SyncRecord.objects.filter(outcome=Outcome.PENDING)
    assert {r.pk for r in moving} == {one.pk, two.pk}


def test_select_across_asks_about_the_filter() -> None:
    one = scene.records(scene.run(scene.flow()), 2)[0]
    answer = scene.superuser().post(
        f"{LIST}?outcome=failed",
        {
            "action": "replay_ticked",
            "_selected_action": [one.pk],
            "select_across": "1",
        },
    )
    assert answer["Location"] == f"{REPLAY}?outcome=failed"


def test_records_on_their_way_are_left_alone() -> None:
    run = scene.run(scene.flow())
    scene.records(run, 2, outcome=Outcome.PENDING)
    page = scene.superuser().get(REPLAY).content.decode()
    assert "There is nothing to replay" in page
    assert 'name="confirm"' not in page


def test_a_flow_that_cannot_run_refuses_and_says_why() -> None:
    flow = scene.flow()
    scene.records(scene.run(flow), 3)
    flow.status, flow.status_reason = FlowStatus.STOPPED, "A field is gone."
    flow.save()
    said = confirm(scene.superuser())
    assert "3 records refused" in said[0]
    assert "A field is gone." in said[0]
    assert pending() == 0


def test_replaying_many_takes_a_permission_to_look_and_to_do() -> None:
    one = scene.records(scene.run(scene.flow()), 2)[0]
    may_see = scene.signed_in(scene.person("view_syncrecord"))
    assert may_see.get(REPLAY).status_code == 403
    assert may_see.post(REPLAY, {"confirm": "yes"}).status_code == 403
    may_see.post(LIST, {"action": "replay_ticked", "_selected_action": [one.pk]})
    only_replay = scene.signed_in(scene.person("replay_syncrecord"))
    assert only_replay.post(REPLAY, {"confirm": "yes"}).status_code == 403
    assert pending() == 0
    both = scene.signed_in(scene.person("view_syncrecord", "replay_syncrecord"))
    assert both.get(REPLAY).status_code == 200
    confirm(both)
    assert pending() == 2


@pytest.mark.parametrize("name", ["replay_one", "replay_one_fresh", "edit_payload"])
def test_a_button_of_a_record_is_pressed_not_visited(name: str) -> None:
    record = scene.record(scene.run(scene.flow()), "1")
    url = f"{LIST}{record.pk}/{name}/"
    assert scene.superuser().get(url).status_code == 405
    seeing = scene.signed_in(scene.person("view_syncrecord"))
    assert seeing.post(url).status_code == 403
    doing = "edit_payload" if name == "edit_payload" else "replay_syncrecord"
    blind = scene.signed_in(scene.person(doing))
    assert blind.post(url).status_code == 403
    assert pending() == 0


def test_buttons_are_only_offered_to_whom_they_serve() -> None:
    record = scene.record(scene.run(scene.flow()), "1")
    url = f"{LIST}{record.pk}/change/"
    seeing = scene.signed_in(scene.person("view_syncrecord"))
    assert "replay_one" not in seeing.get(url).content.decode()
    may = scene.signed_in(scene.person("view_syncrecord", "replay_syncrecord"))
    page = may.get(url).content.decode()
    assert "replay_one" in page
    assert "edit_payload" not in page


def test_a_record_on_its_way_has_no_buttons() -> None:
    record = scene.record(scene.run(scene.flow()), "1", outcome=Outcome.PENDING)
    page = scene.superuser().get(f"{LIST}{record.pk}/change/")
    assert page.context["buttons"] == []


def test_one_record_once_per_look() -> None:
    record = scene.record(scene.run(scene.flow()), "1")
    user = scene.person("view_syncrecord", "replay_syncrecord")
    client, url = scene.signed_in(user), f"{LIST}{record.pk}/replay_one/"
    shown_at = now()
    client.post(url, {"shown_at": shown_at})
    assert pending() == 1
    scene.settle(Outcome.FAILED)
    client.post(url, {"shown_at": shown_at})
    assert pending() == 0
    assert Attempt.objects.get().by == user
    logged = LogEntry.objects.filter(user=user, object_id=str(record.pk))
    assert "1 taken" in logged.order_by("pk")[0].change_message
    client.post(url, {"shown_at": now()})
    assert pending() == 1


@pytest.mark.parametrize(
    "shown_at", ["", "yesterday", "2026-99-99T00:00", "2026-01-01"]
)
def test_a_broken_time_counts_as_now(shown_at: str) -> None:
    record = scene.record(scene.run(scene.flow()), "1")
    scene.superuser().post(f"{LIST}{record.pk}/replay_one/", {"shown_at": shown_at})
    assert pending() == 1


def test_many_are_logged_once_with_their_filter() -> None:
    scene.records(scene.run(scene.flow()), 3)
    confirm(scene.superuser(), "?outcome=failed")
    entry = LogEntry.objects.get()
    assert "3 taken" in entry.change_message
    assert "outcome=failed" in entry.change_message


# --- editing the payload ---


def editor() -> tuple[Client, SyncRecord, str]:
    record = scene.record(scene.run(scene.flow()), "1")
    return scene.superuser(), record, f"{LIST}{record.pk}/edit_payload/"


def test_an_edit_is_shown_before_it_is_done() -> None:
    client, record, url = editor()
    form = client.post(url)
    assert "Example Foods Ltd" in form.content.decode()
    data = {"value:ALPH": "Example Drinks Ltd", "step": "review"}
    review = client.post(url, data)
    assert [f.name for f in review.context["changes"]] == ["ALPH"]
    page = review.content.decode()
    assert "<del>Example Foods Ltd</del>" in page
    assert "<ins>Example Drinks Ltd</ins>" in page
    record.refresh_from_db()
    assert record.payload == scene.PAYLOAD
    assert pending() == 0


def test_an_edit_is_stored_beside_the_original_and_sent() -> None:
    client, record, url = editor()
    client.post(url, {"value:ALPH": "Example Drinks Ltd", "step": "send"})
    record.refresh_from_db()
    assert record.payload == {**scene.PAYLOAD, "ALPH": "Example Drinks Ltd"}
    assert record.original_payload == scene.PAYLOAD
    assert record.outcome == Outcome.PENDING
    assert LogEntry.objects.filter(change_message="Payload edited: ALPH.").exists()


def test_an_edit_sent_twice_is_done_once() -> None:
    client, record, url = editor()
    data = {"value:ALPH": "Example Drinks Ltd", "step": "send"}
    client.post(url, data)
    again = client.post(url, data)
    assert again.status_code == 200, "it was not carried out, but answered by the form"
    record.refresh_from_db()
    assert record.replays == 1


def test_a_number_stays_a_number_and_other_text_is_refused() -> None:
    client, record, url = editor()
    bad = client.post(url, {"value:AN8": "47 11", "step": "send"})
    assert "of the kind “number”" in bad.content.decode()
    assert pending() == 0
    client.post(url, {"value:AN8": "4712", "step": "send"})
    record.refresh_from_db()
    assert record.payload["AN8"] == 4712


def test_nothing_changed_is_nothing_done() -> None:
    client, _record, url = editor()
    assert "Nothing was changed" in client.post(url, {"step": "send"}).content.decode()
    assert pending() == 0
