"""A flow's rules and options, adopting, and both sides on the page of a record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from connectors.models import (
    Flow,
    Guard,
    Intent,
    MatchRule,
    Outcome,
    Review,
    RunKind,
    SourceGone,
    SyncRun,
    TargetGone,
    WriteBack,
    WriteBackJob,
)
from connectors.sync import runs
from tests.admin import scene
from tests.admin.scene import person, signed_in
from tests.admin.world import flow_as_posted, page, press, rules_as_posted, said

pytestmark = pytest.mark.django_db
MATCH = {"method": "exact", "source_field": "ALPH", "target_field": "name"}
GUARD = {"name": "Chosen", "kind": "opted_in", "field": "AN8", "argument": "1, 2"}
BACK = {"value": "target_id", "source_field": "ALPH", "moment": "success"}


@pytest.fixture
def flow() -> Flow:
    return scene.flow()


def save(client: Client, flow: Flow, **rules: list[dict[str, Any]]) -> Any:
    """Save the flow's page with these new rules."""
    url = reverse("admin:connectors_flow_change", args=[flow.pk])
    data = {**flow_as_posted(flow), **rules_as_posted(**rules)}
    return client.post(url, data, follow=True)


# --- rules --------------------------------------------------------------------------


def test_rules_are_saved_in_their_order_with_history(boss: Client, flow: Flow) -> None:
    second = {**MATCH, "method": "email", "source_field": "email", "position": 0}
    save(boss, flow, match_rules=[{**MATCH, "position": 1}, second], guards=[GUARD],
         write_backs=[BACK])  # fmt: skip
    assert [r.method for r in flow.match_rules.all()] == ["email", "exact"]
    assert [r.position for r in flow.match_rules.all()] == [0, 1]
    assert Guard.objects.get().argument == "1, 2"
    assert WriteBack.objects.get().source_field == "ALPH"
    history = reverse("admin:connectors_flow_history", args=[flow.pk])
    html = boss.get(history).content.decode()
    assert "Guard Chosen added" in html
    assert "2 match rules added" in html
    shown = page(boss, flow).content.decode()
    assert 'name="guards-0-name" value="Chosen"' in shown


@pytest.mark.parametrize(
    ("kind", "row", "problem"),
    [
        ("match_rules", {"source_field": "NOPE"}, ("source_field", "no field “NOPE”")),
        ("match_rules", {"target_field": "nope"}, ("target_field", "no field “nope”")),
        ("match_rules", {"method": "name"}, ("source_field_2", "postal code")),
        ("match_rules", {"target_field_2": "zip"}, ("target_field_2", "looks at it")),
        ("guards", {"field": ""}, ("field", "Choose the field")),
        ("guards", {"field": "NOPE"}, ("field", "no field “NOPE”")),
        ("guards", {"argument": ""}, ("argument", "List the keys")),
        ("guards", {"kind": ""}, ("kind", "required")),
        ("guards", {"kind": "credit", "argument": "NOPE"}, ("argument", "“NOPE”")),
        ("guards", {"kind": "credit", "argument": ""}, ("argument", "the limit")),
        ("guards", {"kind": "duplicate", "argument": "x"}, ("argument", "many days")),
        ("guards", {"kind": "required", "field": "AN8, NOPE", "argument": ""},
         ("field", "no field “NOPE”")),
        ("write_backs", {"source_field": "NOPE"}, ("source_field", "no field “NOPE”")),
        ("write_backs", {"value": "text"}, ("argument", "Write the text.")),
        ("write_backs", {"value": "assigned"}, ("argument", "Name the value.")),
        ("write_backs", {"argument": "x"}, ("argument", "takes nothing")),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_work_is_refused_where_it_is_wrong(
    boss: Client, flow: Flow, kind: str, row: dict[str, str], problem: tuple[str, str]
) -> None:
    field, words = problem
    usual = {"match_rules": MATCH, "guards": GUARD, "write_backs": BACK}[kind]
    response = save(boss, flow, **{kind: [{**usual, **row}]})
    formset = next(
        one.formset
        for one in response.context["inline_admin_formsets"]
        if one.formset.prefix == kind
    )
    assert words in formset.forms[0].errors[field][0]
    assert words in response.content.decode()
    kinds = (MatchRule, Guard, WriteBack)
    assert not any(model.objects.exists() for model in kinds)


def test_guards_that_take_several_fields_or_none(boss: Client, flow: Flow) -> None:
    filled = {**GUARD, "kind": "required", "field": "AN8, ALPH", "argument": ""}
    twice = {**GUARD, "kind": "duplicate", "field": "ALPH", "argument": ""}
    limit = {**GUARD, "kind": "credit", "field": "AN8", "argument": "ACL"}
    save(boss, flow, guards=[filled, twice, limit])
    assert Guard.objects.count() == 3


def test_rules_take_the_permission_to_map(flow: Flow) -> None:
    rule = MatchRule.objects.create(flow=flow, source_field="ALPH", target_field="name")
    looker = signed_in(person("view_flow", "change_flow"))
    html = page(looker, flow).content.decode()
    assert 'name="match_rules-0-source_field"' not in html
    assert "ALPH" in html
    save(looker, flow, guards=[GUARD])
    assert not Guard.objects.exists()
    assert MatchRule.objects.get() == rule
    mapper = signed_in(person("view_flow", "map_flow"))
    save(mapper, flow, guards=[GUARD])
    assert Guard.objects.count() == 1


def test_the_page_costs_the_same_with_any_number_of_rules(
    boss: Client, flow: Flow
) -> None:
    def add() -> None:
        MatchRule.objects.create(flow=flow, source_field="ALPH", target_field="name")
        Guard.objects.create(flow=flow, name="g", kind="required", field="AN8")
        WriteBack.objects.create(flow=flow, value="outcome", source_field="ALPH")

    url = reverse("admin:connectors_flow_change", args=[flow.pk])
    add()
    few = scene.queries(boss, url)
    for _ in range(8):
        add()
    assert scene.queries(boss, url) == few


# --- options ------------------------------------------------------------------------


def change(client: Client, flow: Flow, **values: str) -> Any:
    url = reverse("admin:connectors_flow_change", args=[flow.pk])
    return client.post(url, flow_as_posted(flow, **values), follow=True)


def test_options_are_kept(boss: Client, flow: Flow) -> None:
    change(boss, flow, creates="", source_gone="flag", flag_field="name",
           flag_value="Gone", target_gone="hold")  # fmt: skip
    flow.refresh_from_db()
    assert not flow.creates
    assert (flow.source_gone, flow.target_gone) == (SourceGone.FLAG, TargetGone.HOLD)
    assert (flow.flag_field, flow.flag_value) == ("name", "Gone")


def test_a_mark_says_where_and_what(boss: Client, flow: Flow) -> None:
    html = change(boss, flow, source_gone="flag", flag_field="name").content.decode()
    assert "Say how it is marked." in html
    html = change(boss, flow, flag_field="nope").content.decode()
    assert "nope is not one of the available choices" in html
    flow.refresh_from_db()
    assert flow.source_gone == SourceGone.IGNORE


def test_only_targets_that_can_archive_are_told_to(boss: Client, flow: Flow) -> None:
    back = Flow(
        name="Back",
        source=flow.target,
        source_object="companies",
        target=flow.source,
        target_object="customers",
    )
    back.save()
    there = '<option value="archive"'
    assert there in page(boss, flow).content.decode()
    assert there not in page(boss, back).content.decode()
    html = change(boss, back, source_gone="archive").content.decode()
    assert "archive is not one of" in html
    Flow.objects.filter(pk=back.pk).update(source_gone=SourceGone.ARCHIVE)
    html = change(boss, back, source_gone="archive").content.decode()
    assert "cannot archive customers" in html


def test_who_may_only_map_changes_no_option(flow: Flow) -> None:
    mapper = signed_in(person("view_flow", "map_flow"))
    change(mapper, flow, creates="", source_gone="hold", target_gone="recreate")
    flow.refresh_from_db()
    assert flow.creates
    assert (flow.source_gone, flow.target_gone) == (SourceGone.IGNORE, TargetGone.LEAVE)


def test_both_changed_and_blank_are_kept_in_the_version(
    boss: Client, flow: Flow
) -> None:
    back = Flow(
        name="Back",
        source=flow.target,
        source_object="companies",
        target=flow.source,
        target_object="customers",
    )
    back.save()
    change(boss, flow, **{"mappings-0-conflict": "hold", "mappings-0-blank": "ignore"})
    row = flow.mappings.get(target_field="name")
    assert (row.conflict, row.blank) == ("hold", "ignore")
    version = flow.versions.first()
    assert version is not None
    assert version.rows[0]["conflict"] == "hold"
    # A page that does not ask, because there is no other direction, changes nothing.
    back.delete()
    change(boss, flow, **{"mappings-0-source_field": "city"})
    row.refresh_from_db()
    assert (row.source_field, row.conflict, row.blank) == ("city", "hold", "ignore")


# --- adopting -----------------------------------------------------------------------


def test_adopting_explains_itself_first(boss: Client, flow: Flow) -> None:
    asked = press(boss, flow, "adopt").content.decode()
    assert "which is then brought up to date" in asked
    assert not SyncRun.objects.exists()
    assert "The adoption #" in said(press(boss, flow, "adopt", confirmed="yes"))
    assert SyncRun.objects.get().kind == RunKind.ADOPT
    assert LogEntry.objects.count() == 1


def test_adopting_takes_the_permission_to_backfill(flow: Flow) -> None:
    url = reverse("admin:connectors_flow_adopt", args=[flow.pk])
    almost = signed_in(person("view_flow", "run_flow", "map_flow", "change_flow"))
    assert "/adopt/" not in page(almost, flow).content.decode()
    assert almost.post(url, {"confirmed": "yes"}).status_code == 403
    assert not SyncRun.objects.exists()
    allowed = signed_in(person("view_flow", "backfill_flow"))
    assert "/adopt/" in page(allowed, flow).content.decode()
    runs.pause(flow)
    assert "paused" in said(allowed.post(url, {"confirmed": "yes"}, follow=True))


# --- the page of a record -----------------------------------------------------------


def test_which_value_won_and_why(boss: Client, flow: Flow) -> None:
    choices = [
        {"field": "name", "winner": "source", "rule": "owner", "source": "A",
         "target": "B", "reason": "This side owns the field."},
        {"field": "phone", "winner": "held", "rule": "hold", "source": "1",
         "target": None, "reason": ""},
    ]  # fmt: skip
    record = scene.record(scene.run(flow), outcome=Outcome.UPDATED, choices=choices)
    html = page(boss, record).content.decode()
    assert "Which value won and why" in html
    assert "This side owns the field." in html
    assert "JDE’s" in html
    assert "nobody yet" in html
    plain = scene.record(scene.run(flow), "2")
    assert "Which value won" not in page(boss, plain).content.decode()


def test_its_questions_are_decided_on_its_page(boss: Client, flow: Flow) -> None:
    record = scene.record(scene.run(flow), outcome=Outcome.CONFLICT)
    review = Review.objects.create(
        record=record, kind="conflict", field="name", source_value="A", target_value="B"
    )
    html = page(boss, record).content.decode()
    assert "Take JDE’s value" in html
    url = reverse("admin:connectors_review_decide", args=[review.pk])
    assert url in html
    answer = boss.post(url, {"decision": "target", "back": "record"})
    here = reverse("admin:connectors_syncrecord_change", args=[record.pk])
    assert answer.headers["Location"] == f"{here}#reviews"
    html = page(boss, record).content.decode()
    assert "Keep HubSpot’s value" in html
    assert url not in html


def test_a_record_costs_the_same_with_any_number_of_questions(
    boss: Client, flow: Flow
) -> None:
    record = scene.record(scene.run(flow), outcome=Outcome.CONFLICT)
    Review.objects.create(record=record, kind="conflict", field="name")
    url = reverse("admin:connectors_syncrecord_change", args=[record.pk])
    few = scene.queries(boss, url)
    for name in ("phone", "city", "zip", "domain"):
        Review.objects.create(record=record, kind="conflict", field=name)
    assert scene.queries(boss, url) == few


def test_what_it_waits_for_is_a_link(boss: Client, flow: Flow) -> None:
    run = scene.run(flow)
    scene.record(run, "77")
    parent = scene.record(run, "77", outcome=Outcome.FAILED)
    waits = {"outcome": Outcome.WAITING, "blocked_by": "customers:77"}
    record = scene.record(run, "78", **waits)
    html = page(boss, record).content.decode()
    assert reverse("admin:connectors_syncrecord_change", args=[parent.pk]) in html
    waits["blocked_by"] = "customers:unheard-of"
    html = page(boss, scene.record(run, "79", **waits)).content.decode()
    assert "of which no record was read yet" in html


@pytest.mark.parametrize(
    ("change", "words"),
    [("deleted", "It was deleted or archived in JDE."), ("merged", "were merged")],
)
def test_what_happened_in_the_source_is_told(
    boss: Client, flow: Flow, change: str, words: str
) -> None:
    record = scene.record(scene.run(flow), change=change)
    assert words in page(boss, record).content.decode()


def test_an_intent_is_told(boss: Client, flow: Flow) -> None:
    record = scene.record(scene.run(flow))
    assert "may have been written" not in page(boss, record).content.decode()
    Intent.objects.create(record=record, reference="mlc-4711-1")
    html = page(boss, record).content.decode()
    assert "It may have been written already" in html
    assert "mlc-4711-1" in html


@pytest.fixture
def job(flow: Flow) -> WriteBackJob:
    """A write-back that has given up."""
    record = scene.record(scene.run(flow), outcome=Outcome.CREATED)
    return WriteBackJob.objects.create(
        record=record,
        flow=flow,
        values={"URCD": "97000"},
        held=True,
        attempts=8,
        due_at=timezone.now() + timedelta(days=1),
        error_message="The field is closed.",
    )


def test_a_write_back_is_told_and_tried_again(boss: Client, job: WriteBackJob) -> None:
    html = page(boss, job.record).content.decode()
    assert "The field is closed." in html
    assert "97000" in html
    response = press(boss, job.record, "write_back_again")
    assert "written back to JDE" in said(response)
    job.refresh_from_db()
    assert (job.held, job.attempts) == (False, 0)
    assert job.due_at <= timezone.now()
    assert LogEntry.objects.count() == 1


def test_one_under_way_is_left_alone(boss: Client, job: WriteBackJob) -> None:
    job.lease_until = timezone.now() + timedelta(minutes=1)
    job.save()
    assert "just now" in said(press(boss, job.record, "write_back_again"))
    job.refresh_from_db()
    assert (job.held, job.attempts) == (True, 8)


def test_writing_back_takes_the_permission_to_replay(job: WriteBackJob) -> None:
    url = reverse("admin:connectors_syncrecord_write_back_again", args=[job.record_id])
    looker = signed_in(person("view_syncrecord", "decide_review"))
    assert url not in page(looker, job.record).content.decode()
    assert looker.post(url).status_code == 403
    job.refresh_from_db()
    assert job.held
    without = scene.record(job.record.run, "other")
    may = signed_in(person("view_syncrecord", "replay_syncrecord"))
    assert "write_back_again" not in page(may, without).content.decode()
