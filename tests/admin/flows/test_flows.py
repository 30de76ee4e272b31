"""Flows in the console: their form, their buttons, who may press them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from connectors.models import (
    Connection,
    FieldMapping,
    Flow,
    FlowStatus,
    Outcome,
    RunKind,
    SyncRecord,
    SyncRun,
)
from connectors.models.flow import interval_text
from connectors.sync import runs
from connectors.systems import registry
from tests.admin import scene
from tests.admin.scene import person, signed_in
from tests.admin.world import World, flow_as_posted, page, press, said

LIST = "/admin/connectors/flow/"
ADD = f"{LIST}add/"


@pytest.fixture
def flow(db: None) -> Flow:
    """An active flow between systems that nobody serves."""
    return scene.flow()


def change_url(flow: Flow) -> str:
    return reverse("admin:connectors_flow_change", args=[flow.pk])


def new_flow(**changes: Any) -> dict[str, Any]:
    """The form of a new flow as it would be posted."""
    jde, _ = Connection.objects.get_or_create(name="JDE", system="jde")
    hubspot, _ = Connection.objects.get_or_create(name="HubSpot", system="hubspot")
    return {
        "name": "Customers",
        "source": jde.pk,
        "source_object": "customers",
        "target": hubspot.pk,
        "target_object": "companies",
        "schedule": "900",
        "custom_seconds": "",
        **changes,
    }


# --- the form -----------------------------------------------------------------------


@pytest.mark.django_db
def test_the_form_offers_what_the_systems_declare(boss: Client) -> None:
    new_flow()
    form = boss.get(ADD).context["adminform"].form
    for side, verb in (("source", "read"), ("target", "write")):
        offered = {
            (registry.spec(slug).label, name)
            for slug in ("jde", "hubspot")
            for name, spec in registry.spec(slug).objects.items()
            if verb in spec.capabilities
        }
        choices = form.fields[f"{side}_object"].choices
        groups = dict(choice for choice in choices if choice[0])
        labels = {registry.spec(slug).label for slug in ("jde", "hubspot")}
        assert offered == {
            (label, name) for label in labels & set(groups) for name, _ in groups[label]
        }


@pytest.mark.django_db
def test_a_new_flow_is_paused_and_shows_the_next_step(boss: Client) -> None:
    response = boss.post(ADD, new_flow(), follow=True)
    made = Flow.objects.get()
    assert (made.status, made.interval) == (FlowStatus.PAUSED, 900)
    assert made.match_field == "erp_key"
    assert "Suggest mappings" in said(response)
    assert "There are no mappings yet." in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("schedule", "seconds", "interval"),
    [
        ("60", "", 60),
        ("300", "", 300),
        ("3600", "77", 3600),
        ("86400", "", 86400),
        ("hand", "", None),
        ("custom", "45", 45),
    ],
)
def test_the_schedule_comes_back_as_it_was_chosen(
    boss: Client, schedule: str, seconds: str, interval: int | None
) -> None:
    boss.post(ADD, new_flow(schedule=schedule, custom_seconds=seconds))
    made = Flow.objects.get()
    assert made.interval == interval
    assert interval_text(interval) in boss.get(LIST).content.decode()
    form = page(boss, made).context["adminform"].form
    assert form["schedule"].value() == schedule
    if schedule == "custom":
        assert form["custom_seconds"].value() == 45


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"schedule": "custom", "custom_seconds": ""}, "Say how many seconds."),
        ({"schedule": "custom", "custom_seconds": "29"}, "greater than or equal to 30"),
        ({"schedule": "whenever"}, "whenever is not one of the available choices"),
        ({"source_object": "nothing"}, "nothing is not one of the available"),
        ({"target_object": "nothing"}, "nothing is not one of the available"),
        ({"source_object": "companies"}, "cannot read “companies”"),
        ({"source_object": ""}, "This field is required"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_flow_that_cannot_work_is_refused(
    boss: Client, change: dict[str, Any], problem: str
) -> None:
    response = boss.post(ADD, new_flow(**change))
    assert problem in response.content.decode()
    assert not Flow.objects.exists()


@pytest.mark.django_db
def test_source_and_target_must_differ(boss: Client) -> None:
    data = new_flow()
    response = boss.post(ADD, {**data, "target": data["source"]})
    assert "Choose another connection than the source." in response.content.decode()


def test_the_ends_are_fixed_once_records_have_moved(boss: Client, flow: Flow) -> None:
    assert 'name="source_object"' in page(boss, flow).content.decode()
    scene.run(flow)
    html = page(boss, flow).content.decode()
    assert 'name="source_object"' not in html
    other = Connection.objects.create(name="Other", system="jde")
    boss.post(change_url(flow), flow_as_posted(flow, source=other.pk, name="Renamed"))
    flow.refresh_from_db()
    assert (flow.name, flow.source.name) == ("Renamed", "JDE")


def test_the_history_tells_before_and_after(boss: Client, flow: Flow) -> None:
    boss.post(change_url(flow), flow_as_posted(flow, name="Renamed", schedule="60"))
    html = boss.get(f"{LIST}{flow.pk}/history/").content.decode()
    assert "<del>Customers to companies</del> → <ins>Renamed</ins>" in html
    assert "<del>300</del> → <ins>60</ins>" in html


def test_a_stopped_flow_says_why_and_what_next(boss: Client, flow: Flow) -> None:
    flow.status, flow.status_reason = FlowStatus.STOPPED, "The field “x” is gone."
    flow.save()
    html = page(boss, flow).content.decode()
    assert "The field “x” is gone. Correct it, then press “Resume”." in html
    assert "Stopped" in boss.get(LIST).content.decode()


# --- buttons ------------------------------------------------------------------------


def test_run_now_queues_a_run_and_says_where_to_follow(
    boss: Client, flow: Flow
) -> None:
    response = press(boss, flow, "run_now")
    run = SyncRun.objects.get()
    assert run.kind == RunKind.SYNC
    assert reverse("admin:connectors_syncrun_change", args=[run.pk]) in said(response)
    entry = LogEntry.objects.get()
    assert entry.get_change_message() == f"Run #{run.pk} is queued: follow it."
    again = press(boss, flow, "run_now")
    assert "running already" in said(again)
    assert SyncRun.objects.count() == 1


def test_pause_and_resume(boss: Client, flow: Flow) -> None:
    assert "paused" in said(press(boss, flow, "pause"))
    flow.refresh_from_db()
    assert flow.status == FlowStatus.PAUSED
    html = page(boss, flow).content.decode()
    assert "Resume" in html
    assert "/run_now/" not in html
    assert "paused" in said(press(boss, flow, "run_now"))
    assert not SyncRun.objects.exists()
    assert "every 5 minutes" in said(press(boss, flow, "resume"))
    flow.refresh_from_db()
    assert flow.status == FlowStatus.ACTIVE


def test_a_flow_without_mappings_is_not_resumed(boss: Client, flow: Flow) -> None:
    runs.pause(flow)
    FieldMapping.objects.all().delete()
    assert "There are no mappings yet." in said(press(boss, flow, "resume"))
    flow.refresh_from_db()
    assert flow.status == FlowStatus.PAUSED


def test_backfill_explains_itself_first(boss: Client, flow: Flow) -> None:
    flow.state.cursor = {"at": 1}
    flow.state.save()
    asked = press(boss, flow, "backfill")
    assert "are read from the beginning" in asked.content.decode()
    assert not SyncRun.objects.exists()
    assert not LogEntry.objects.exists()
    press(boss, flow, "backfill", confirmed="yes")
    assert SyncRun.objects.get().kind == RunKind.BACKFILL
    flow.state.refresh_from_db()
    assert flow.state.cursor is None
    assert LogEntry.objects.count() == 1


BUTTONS = {
    "run_now": ("run_flow", True),
    "pause": ("run_flow", True),
    "resume": ("run_flow", False),
    "backfill": ("backfill_flow", True),
    "suggest_mappings": ("map_flow", True),
    "preview": ("map_flow", True),
    "create_fields": ("map_flow", True),
}


@pytest.mark.parametrize("name", BUTTONS)
def test_each_button_asks_for_its_own_permission(flow: Flow, name: str) -> None:
    needed, while_active = BUTTONS[name]
    if not while_active:
        runs.pause(flow)
    url = reverse(f"admin:connectors_flow_{name}", args=[flow.pk])
    others = {"run_flow", "backfill_flow", "map_flow", "change_flow"} - {needed}
    almost = signed_in(person("view_flow", *others))
    assert f"/{name}/" not in page(almost, flow).content.decode()
    assert almost.post(url).status_code == 403
    assert Client().post(url).status_code == 302
    assert not SyncRun.objects.exists()
    flow.refresh_from_db()
    assert flow.status == (FlowStatus.ACTIVE if while_active else FlowStatus.PAUSED)

    allowed = signed_in(person("view_flow", needed))
    assert allowed.get(url).status_code == 405
    assert allowed.post(url).status_code in (200, 302)
    # This one shows only while the target lacks a field of ours.
    if name != "create_fields":
        html = page(allowed, flow).content.decode()
        assert f"/{name}/" in html or name in ("pause", "resume")


def test_forms_ask_for_permissions_of_their_own(flow: Flow) -> None:
    looker = signed_in(person("view_flow"))
    html = page(looker, flow).content.decode()
    assert 'name="schedule"' not in html
    assert 'name="mappings-0-source_field"' not in html
    assert "ALPH" in html
    data = flow_as_posted(flow, name="Changed")
    assert looker.post(change_url(flow), data).status_code == 403
    assert looker.get(ADD).status_code == 403
    assert looker.post(ADD, new_flow(name="New")).status_code == 403

    editor = signed_in(person("view_flow", "change_flow"))
    assert 'name="mappings-0-source_field"' not in page(editor, flow).content.decode()
    data["mappings-0-source_field"] = "ACL"
    editor.post(change_url(flow), data)
    flow.refresh_from_db()
    assert flow.name == "Changed"
    assert flow.mappings.get(target_field="name").source_field == "ALPH"

    mapper = signed_in(person("view_flow", "map_flow"))
    data |= {"name": "Mapped", "schedule": "60"}
    assert mapper.post(change_url(flow), data).status_code == 302
    flow.refresh_from_db()
    assert (flow.name, flow.interval) == ("Changed", 300)
    assert flow.mappings.get(target_field="name").source_field == "ACL"


# --- lists --------------------------------------------------------------------------


def _problems(flow: Flow, count: int) -> None:
    run = scene.run(flow)
    SyncRecord.objects.bulk_create(
        SyncRecord(
            flow=flow,
            run=run,
            source_id=str(number),
            correlation_id="c",
            fingerprint="f",
            payload={},
            outcome=Outcome.FAILED,
        )
        for number in range(count)
    )


def test_the_list_counts_problems_and_leads_to_them(boss: Client, flow: Flow) -> None:
    assert "none" in boss.get(LIST).content.decode()
    _problems(flow, 3)
    html = boss.get(LIST).content.decode()
    assert f'syncrecord/?flow={flow.pk}&amp;outcome=needs-me">3</a>' in html
    assert "3 records with problems" in page(boss, flow).content.decode()


def test_the_list_costs_the_same_at_any_size(boss: Client, flow: Flow) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as seen:
            assert boss.get(LIST).status_code == 200
        return len(seen)

    boss.get(LIST)
    few = queries()
    for number in range(15):
        _problems(scene.flow(f"Flow {number}"), 2)
    assert queries() == few


def test_the_page_costs_the_same_with_any_number_of_rows(
    boss: Client, flow: Flow
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as seen:
            assert page(boss, flow).status_code == 200
        return len(seen)

    page(boss, flow)
    few = queries()
    for name in list(flow.target.spec.object("companies").fields)[5:17]:
        FieldMapping.objects.get_or_create(
            flow=flow, target_field=name, defaults={"source_field": "ALPH"}
        )
    assert flow.mappings.count() > 10
    assert queries() == few


# --- fields of ours -----------------------------------------------------------------


def test_missing_fields_are_listed_confirmed_and_created(
    boss: Client, world: World
) -> None:
    world.read_fields()
    flow = world.flow()
    FieldMapping.objects.create(flow=flow, source_field="AN8", target_field="erp_key")
    FieldMapping.objects.create(flow=flow, source_field="ALPH", target_field="name")
    assert "Create missing fields" in page(boss, flow).content.decode()
    world.requests("hubspot")
    asked = press(boss, flow, "create_fields").content.decode()
    assert "ERP key (erp_key, string)" in asked
    assert "(name," not in asked
    assert not world.requests("hubspot")

    assert "erp_key" in said(press(boss, flow, "create_fields", confirmed="yes"))
    there = world.hubspot.catalogue.get(object_type="companies", name="erp_key")
    assert there.custom
    assert LogEntry.objects.filter(change_message__contains="erp_key").exists()
    assert "/create_fields/" not in page(boss, flow).content.decode()
    again = press(boss, flow, "create_fields", confirmed="yes")
    assert "has all the fields" in said(again)


def test_fields_that_cannot_be_created_say_why(boss: Client, world: World) -> None:
    world.read_fields()
    flow = world.flow()
    FieldMapping.objects.create(flow=flow, source_field="AN8", target_field="erp_key")
    world.hubspot.set_values(
        {**world.hubspot.settings, "access_token": "pat-na1-sandbox-no-schema-write"}
    )
    world.hubspot.save()
    text = said(press(boss, flow, "create_fields", confirmed="yes"))
    assert "Not created: erp_key:" in text
    assert not world.hubspot.catalogue.get(
        object_type="companies", name="erp_key"
    ).custom
