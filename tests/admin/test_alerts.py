"""Alerts are resolved by hand, bindings only looked at."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from connectors.models import Alert, AlertKind, Binding, Flow, Outcome
from connectors.sync.watch import alerts
from tests.admin import scene

pytestmark = pytest.mark.django_db
LIST = "/admin/connectors/alert/"
BINDINGS = "/admin/connectors/binding/"


def alert(flow: Flow | None = None) -> Alert:
    return alerts.open_alert(
        AlertKind.STOPPED, flow or scene.flow(), title="It stands.", advice="Push it."
    )


def test_open_ones_are_listed_and_the_others_on_request() -> None:
    opened = alert()
    resolved = Alert.objects.create(
        kind=AlertKind.SILENT, subject="x", title="Old", resolved_at=timezone.now()
    )
    client = scene.superuser()

    def shown(query: str) -> set[int]:
        return {a.pk for a in client.get(LIST + query).context["cl"].result_list}

    assert shown("") == {opened.pk}
    assert shown("?state=resolved") == {resolved.pk}
    assert shown("?state=all") == {opened.pk, resolved.pk}


def test_the_page_says_what_to_do() -> None:
    page = scene.superuser().get(f"{LIST}{alert().pk}/change/").content.decode()
    assert "It stands." in page
    assert "Push it." in page


def test_resolving_takes_a_press_and_a_permission() -> None:
    one = alert()
    url = f"{LIST}{one.pk}/resolve/"
    assert scene.superuser().get(url).status_code == 405
    seeing = scene.signed_in(scene.person("view_alert"))
    assert seeing.post(url).status_code == 403
    data = {"action": "resolve_ticked", "_selected_action": [one.pk]}
    seeing.post(LIST, data)
    one.refresh_from_db()
    assert one.resolved_at is None
    user = scene.person("view_alert", "change_alert")
    scene.signed_in(user).post(url)
    one.refresh_from_db()
    assert one.resolved_at is not None
    assert LogEntry.objects.get(user=user).object_id == str(one.pk)
    again = scene.signed_in(user).post(url, follow=True).content.decode()
    assert "It is resolved already." in again


def test_many_are_resolved_each_with_its_log_entry() -> None:
    ids = [alert(scene.flow(f"Flow {n}")).pk for n in range(3)]
    client = scene.signed_in(scene.person("view_alert", "change_alert"))
    client.post(LIST, {"action": "resolve_ticked", "_selected_action": ids[:2]})
    assert list(Alert.objects.filter(resolved_at=None)) == [
        Alert.objects.get(pk=ids[2])
    ]
    assert LogEntry.objects.count() == 2


def test_a_cause_that_is_still_there_opens_a_new_one() -> None:
    flow = scene.flow()
    scene.superuser().post(f"{LIST}{alert(flow).pk}/resolve/")
    alert(flow)
    assert Alert.objects.filter(resolved_at=None).count() == 1


def test_acknowledging_takes_a_press_and_a_permission() -> None:
    one = alert()
    url = f"{LIST}{one.pk}/acknowledge/"
    assert scene.superuser().get(url).status_code == 405
    seeing = scene.signed_in(scene.person("view_alert"))
    assert seeing.post(url, {"note": "Mine."}).status_code == 403
    assert "acknowledge" not in seeing.get(f"{LIST}{one.pk}/change/").content.decode()
    seeing.post(LIST, {"action": "acknowledge_ticked", "_selected_action": [one.pk]})
    one.refresh_from_db()
    assert one.acknowledged_at is None
    user = scene.person("view_alert", "change_alert", name="kim")
    kim = scene.signed_in(user)
    kim.post(url, {"note": "Asked the vendor."})
    one.refresh_from_db()
    assert one.acknowledged_at is not None
    assert (one.acknowledged_by, one.note) == (user, "Asked the vendor.")
    assert one.resolved_at is None
    assert "Asked the vendor." in LogEntry.objects.get(user=user).change_message
    page = kim.get(f"{LIST}{one.pk}/change/").content.decode()
    assert "Asked the vendor." in page
    assert "by kim" in page
    second = scene.signed_in(scene.person("view_alert", "change_alert"))
    second.post(url, {"note": "No, me."})
    one.refresh_from_db()
    assert one.acknowledged_by == user, "who was first is at it"


def test_an_acknowledged_one_needs_nobody_but_stays_listed() -> None:
    flow = scene.flow()
    one, client = alert(flow), scene.superuser()
    assert "It stands." in client.get("/admin/").content.decode()
    client.post(LIST, {"action": "acknowledge_ticked", "_selected_action": [one.pk]})
    alert(flow)  # seen once more: it is the same trouble
    assert "It stands." not in client.get("/admin/").content.decode()
    assert "It stands." in client.get(LIST).content.decode()
    for state, listed in (("new", False), ("acknowledged", True)):
        page = client.get(f"{LIST}?state={state}").content.decode()
        assert ("It stands." in page) == listed


def test_what_comes_back_alerts_anew() -> None:
    flow = scene.flow()
    one, client = alert(flow), scene.superuser()
    client.post(f"{LIST}{one.pk}/acknowledge/")
    alerts.resolve(AlertKind.STOPPED, flow)
    again = alert(flow)
    assert again.pk != one.pk
    assert again.acknowledged_at is None
    assert "It stands." in client.get("/admin/").content.decode()


@pytest.mark.parametrize("page", ["add/", "{pk}/delete/", "{pk}/change/"])
def test_nobody_edits_alerts_by_hand(page: str) -> None:
    one = alert()
    url = LIST + page.format(pk=one.pk)
    answer = scene.superuser().post(url, {"title": "Nothing", "post": "yes"})
    assert answer.status_code in (403, 405)
    assert Alert.objects.get().title == "It stands."


# --- bindings ---


def binding(left: str = "4711", right: str = "9001") -> Binding:
    flow = Flow.objects.first() or scene.flow()
    wrote = scene.record(scene.run(flow), left, outcome=Outcome.UPDATED)
    return scene.binding(flow, left, right, by=wrote)


def test_a_binding_is_found_by_either_id() -> None:
    binding("4711", "9001")
    binding("4712", "9002")
    client = scene.superuser()
    for term, expected in (("4711", "4711"), ("9002", "4712")):
        found = client.get(f"{BINDINGS}?q={term}").context["cl"].result_list
        assert [b.left_id for b in found] == [expected]
    assert not client.get(f"{BINDINGS}?q=47").context["cl"].result_list


def test_the_page_of_a_binding_shows_what_was_agreed() -> None:
    one = binding()
    page = scene.superuser().get(f"{BINDINGS}{one.pk}/change/").content.decode()
    assert "Example Foods Ltd" in page
    seeing_other = scene.signed_in(scene.person("view_alert"))
    assert seeing_other.get(f"{BINDINGS}{one.pk}/change/").status_code == 403


def test_the_list_of_bindings_costs_the_same_at_any_size() -> None:
    client = scene.superuser()
    binding()
    few = scene.queries(client, BINDINGS)
    for n in range(60):
        binding(f"l{n}", f"r{n}")
    assert scene.queries(client, BINDINGS) == few


@pytest.mark.parametrize("page", ["add/", "{pk}/delete/", "{pk}/change/"])
def test_nobody_edits_bindings_by_hand(page: str) -> None:
    one = binding()
    url = BINDINGS + page.format(pk=one.pk)
    answer = scene.superuser().post(url, {"left_id": "1", "post": "yes"})
    assert answer.status_code in (403, 405)
    assert Binding.objects.get().left_id == "4711"
