"""The mapping editor: refusals, what is kept, suggestions, preview, value maps."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from connectors.models import FieldMapping, Flow, MappingVersion, ValueMap
from connectors.sync import connect
from tests.admin import scene
from tests.admin.scene import person, signed_in
from tests.admin.world import World, flow_as_posted, page, press, rows_as_posted, said

MAPS = "/admin/connectors/valuemap/"


@pytest.fixture
def flow(db: None) -> Flow:
    """A flow with two mappings, its fields known from the specs."""
    return scene.flow()


def save(client: Client, flow: Flow, *more: dict[str, Any], **changes: Any) -> Any:
    """Save the flow's page with further rows, or with rows changed."""
    url = reverse("admin:connectors_flow_change", args=[flow.pk])
    return client.post(url, flow_as_posted(flow, *more, **changes), follow=True)


def targets(flow: Flow) -> list[str]:
    return [row.target_field for row in flow.mappings.all()]


# --- rows ---------------------------------------------------------------------------


def test_a_new_row_goes_last_and_makes_a_version(boss: Client, flow: Flow) -> None:
    response = save(boss, flow, {"source_field": "city", "target_field": "city"})
    assert targets(flow) == ["name", "erp_credit_limit", "city"]
    assert [row.position for row in flow.mappings.all()] == [0, 1, 2]
    assert "saved as version 2" in said(response)
    version = MappingVersion.objects.get(flow=flow, number=2)
    assert [row["target_field"] for row in version.rows] == targets(flow)
    assert version.created_by is not None
    save(boss, flow)
    assert MappingVersion.objects.filter(flow=flow).count() == 2


def test_rows_keep_the_order_they_were_dragged_to(boss: Client, flow: Flow) -> None:
    save(boss, flow, **{"mappings-0-position": 1, "mappings-1-position": 0})
    assert targets(flow) == ["erp_credit_limit", "name"]


def test_two_rows_may_swap_their_targets(boss: Client, flow: Flow) -> None:
    save(
        boss,
        flow,
        **{
            "mappings-0-target_field": "erp_credit_limit",
            "mappings-1-target_field": "name",
            "mappings-0-source_field": "ACL",
            "mappings-1-source_field": "ALPH",
        },
    )
    assert targets(flow) == ["erp_credit_limit", "name"]
    assert all(row.enabled for row in flow.mappings.all())


def test_a_deleted_rows_field_can_be_taken_at_once(boss: Client, flow: Flow) -> None:
    row = {"source_field": "MLNM", "target_field": "name"}
    if "MLNM" not in flow.source.spec.object("customers").fields:
        row["source_field"] = "city"
    save(boss, flow, row, **{"mappings-0-DELETE": "on"})
    assert targets(flow) == ["erp_credit_limit", "name"]
    assert flow.mappings.get(target_field="name").source_field == row["source_field"]


@pytest.mark.parametrize(
    ("row", "field", "problem"),
    [
        ({"source_field": "NOPE"}, "source_field", "The source has no field “NOPE”."),
        ({"target_field": "nope"}, "target_field", "The target has no field “nope”."),
        ({"target_field": ""}, "target_field", "This field is required."),
        ({"target_field": "name"}, "target_field", "Another row fills this field"),
        (
            {"source_field": ""},
            "source_field",
            "Choose a field, or give a fixed value.",
        ),
        ({"transform": "magic"}, "transform", "magic is not one of the available"),
        ({"transform": "template"}, "argument", "Template is missing."),
        (
            {"transform": "template", "argument": "{NOPE}"},
            "argument",
            "The source has no field NOPE.",
        ),
        (
            {"transform": "formula", "argument": "ACL +"},
            "argument",
            "The formula cannot be read",
        ),
        (
            {"transform": "formula", "argument": "__import__('os')"},
            "argument",
            "Only these can be called",
        ),
    ],
)
def test_a_row_that_cannot_work_is_refused_where_it_is_wrong(
    boss: Client, flow: Flow, row: dict[str, str], field: str, problem: str
) -> None:
    good = {"source_field": "city", "target_field": "city"}
    response = save(boss, flow, {**good, **row})
    assert flow.mappings.count() == 2
    formset = response.context["inline_admin_formsets"][0].formset
    assert problem in formset.forms[2].errors[field][0]
    assert problem.partition("“")[0] in response.content.decode()


def test_a_field_that_may_not_be_written_is_refused(boss: Client, flow: Flow) -> None:
    flow.target.catalogue.create(
        object_type="companies",
        name="createdate",
        label="Created",
        type="date",
        read_only=True,
    )
    flow.target.catalogue.create(
        object_type="companies", name="name", label="Name", type="string"
    )
    flow.target.catalogue.create(
        object_type="companies", name="erp_credit_limit", label="Limit", type="decimal"
    )
    row = {"source_field": "city", "target_field": "createdate"}
    assert "“Created” cannot be written." in save(boss, flow, row).content.decode()


def test_the_page_says_when_nothing_fills_the_match_field(
    boss: Client, flow: Flow
) -> None:
    html = page(boss, flow).content.decode()
    assert "Records are recognised by “ERP key” (erp_key)" in html
    FieldMapping.objects.create(flow=flow, source_field="AN8", target_field="erp_key")
    assert "Records are recognised by" not in page(boss, flow).content.decode()


def test_the_page_carries_the_catalogue_for_the_picker(
    boss: Client, flow: Flow
) -> None:
    html = page(boss, flow).content.decode()
    offered = {
        side: json.loads(
            re.search(  # type: ignore[union-attr]
                rf'<script id="{side}-fields" type="application/json">(.*?)</script>',
                html,
            ).group(1)
        )
        for side in ("source", "target")
    }
    assert {"name": "ACL", "label": "Credit limit", "type": "number"}.items() <= next(
        field for field in offered["source"] if field["name"] == "ACL"
    ).items()
    assert all("label" in field for field in offered["target"])
    assert '<option value="ACL">Credit limit</option>' in html


def test_a_row_costs_little_however_many_options_there_are(
    boss: Client, flow: Flow
) -> None:
    small = len(page(boss, flow).content)
    names = [n for n in flow.target.spec.object("companies").fields if n != "name"]
    for name in names[:20]:
        if name != "erp_credit_limit":
            FieldMapping.objects.create(flow=flow, target_field=name)
    rows = flow.mappings.count() - 2
    assert (len(page(boss, flow).content) - small) / rows < 2_500
    few = len(page(boss, flow).content)
    for number in range(50):
        ValueMap.objects.create(name=f"A map of codes {number}")
    more = len(page(boss, flow).content) - few
    assert more < 50 * 60, "the page carries each option once"


def test_no_script_stands_in_the_page_itself(boss: Client, flow: Flow) -> None:
    html = page(boss, flow).content.decode()
    for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", html, re.S):
        assert not body.strip() or "application/json" in attributes
    assert not re.search(r"\son[a-z]+=", html)


def test_the_history_tells_rows_before_and_after(boss: Client, flow: Flow) -> None:
    save(boss, flow, **{"mappings-0-source_field": "city"})
    url = reverse("admin:connectors_flow_history", args=[flow.pk])
    html = boss.get(url).content.decode()
    assert "<strong>Source field</strong>: <del>ALPH</del> → <ins>city</ins>" in html


# --- suggestions --------------------------------------------------------------------


def test_suggested_rows_are_shown_and_saved_only_by_save(
    boss: Client, flow: Flow
) -> None:
    response = press(boss, flow, "suggest_mappings")
    html = response.content.decode()
    assert flow.mappings.count() == 2
    formset = response.context["inline_admin_formsets"][0].formset
    rows = [form.initial for form in formset.extra_forms]
    assert f"{len(rows)} suggested rows below are not saved yet" in html
    by_target = {row["target_field"]: row for row in rows}
    assert by_target["city"]["source_field"] == "city"
    assert by_target["erp_key"]["argument"] == "jde:{value}"
    assert not {"name", "erp_credit_limit"} & set(by_target)
    assert LogEntry.objects.filter(change_message__startswith="Suggested").count() == 1

    posted = [{k: v for k, v in row.items() if k != "value_map"} for row in rows]
    save(boss, flow, *posted)
    assert flow.mappings.count() == 2 + len(rows)
    assert "mapped already" in said(press(boss, flow, "suggest_mappings"))


def test_suggestions_are_not_shown_to_who_may_not_map(flow: Flow) -> None:
    looker = signed_in(person("view_flow"))
    assert "suggested row" not in page(looker, flow, "?suggested=1").content.decode()


# --- preview ------------------------------------------------------------------------


@pytest.fixture
def mapped(world: World) -> Flow:
    """A flow between served systems with two rows."""
    world.read_fields()
    flow = world.flow()
    for source, target in (("ALPH", "name"), ("ACL", "erp_credit_limit")):
        FieldMapping.objects.create(flow=flow, source_field=source, target_field=target)
    return flow


def test_preview_shows_a_real_record_through_unsaved_rows(
    boss: Client, world: World, mapped: Flow
) -> None:
    row = {
        "source_field": "AN8",
        "transform": "template",
        "argument": "number {value}",
        "target_field": "erp_key",
    }
    world.requests("hubspot")
    response = press(boss, mapped, "preview", **rows_as_posted(mapped, row))
    shown = response.context["preview"]
    assert shown.error == ""
    results = {r.target_field: r.result for r in shown.rows}
    assert results["erp_key"] == f"number {shown.key}"
    assert results["name"] == shown.source["ALPH"]
    html = response.content.decode()
    assert f"number {shown.key}" in html
    assert "Nothing was written." in html
    assert mapped.mappings.count() == 2
    assert not world.requests("hubspot")
    assert LogEntry.objects.get().get_change_message().startswith("Previewed")


def test_preview_takes_the_record_that_was_asked_for(
    boss: Client, world: World, mapped: Flow
) -> None:
    with connect.open_connector(world.jde) as connector:
        number = next(connector.read("customers", None)).records[3].key
    shown = press(boss, mapped, "preview", preview_key=f" {number} ").context["preview"]
    assert shown.key == number
    assert len(shown.rows) == 2


def test_preview_of_a_record_that_is_not_there(boss: Client, mapped: Flow) -> None:
    html = press(boss, mapped, "preview", preview_key="99999999").content.decode()
    assert "does not have “99999999”" in html


def test_preview_names_rows_that_are_wrong_and_shows_the_others(
    boss: Client, mapped: Flow
) -> None:
    wrong = {"source_field": "NOPE", "target_field": "city"}
    off = {"source_field": "city", "target_field": "zip", "enabled": ""}
    posted = rows_as_posted(mapped, wrong, off)
    posted["mappings-1-DELETE"] = "on"
    response = press(boss, mapped, "preview", **posted)
    assert "Row 3, From field: The source has no field “NOPE”." in (
        response.content.decode()
    )
    shown = [row.target_field for row in response.context["preview"].rows]
    assert shown == ["name"]


def test_preview_shows_an_error_beside_its_row(boss: Client, mapped: Flow) -> None:
    row = {
        "source_field": "ALPH",
        "transform": "multiply",
        "argument": "2",
        "target_field": "city",
    }
    response = press(boss, mapped, "preview", **rows_as_posted(mapped, row))
    assert "is not a number" in response.content.decode()
    assert response.context["preview"].failures == 1


def test_preview_in_place_is_the_table_alone(boss: Client, mapped: Flow) -> None:
    url = reverse("admin:connectors_flow_preview", args=[mapped.pk])
    html = boss.post(url, headers={"X-Requested-With": "fetch"}).content.decode()
    assert "<table" in html
    assert "<html" not in html


def test_preview_when_the_system_is_away(
    boss: Client, world: World, mapped: Flow
) -> None:
    world.jde.set_values({**world.jde.settings, "base_url": "http://127.0.0.1:9"})
    world.jde.save()
    response = press(boss, mapped, "preview")
    assert response.status_code == 200
    assert response.context["preview"].error.startswith("JDE:")


# --- value maps ---------------------------------------------------------------------


def value_map(client: Client, text: str, url: str = f"{MAPS}add/") -> Any:
    data = {"name": "Terms", "entries": text, "otherwise": "fail"}
    return client.post(url, data, follow=True)


@pytest.mark.django_db
def test_a_value_map_is_written_line_by_line(boss: Client) -> None:
    value_map(boss, "N30 = 30 days net\r\n\r\n1A\t10 days\nA=B = C\nempty =\n")
    made = ValueMap.objects.get()
    assert made.entries == {
        "N30": "30 days net",
        "1A": "10 days",
        "A=B": "C",
        "empty": "",
    }
    html = page(boss, made).content.decode()
    assert "N30 = 30 days net\n" in html
    assert "No flow uses this map yet." in html


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("N30 = a\nnonsense", "Line 2: write it as “source = target”"),
        ("= a", "Line 1: write it as"),
        ("N30 = a\n\nN30 = b", "Line 3: “N30” stands for two different values."),
    ],
)
def test_a_value_map_that_cannot_be_read_is_refused(
    boss: Client, text: str, problem: str
) -> None:
    response = value_map(boss, text)
    assert problem in response.content.decode()
    assert not ValueMap.objects.exists()


def test_a_changed_value_map_makes_new_mapping_versions(
    boss: Client, flow: Flow
) -> None:
    value_map(boss, "N30 = a")
    made = ValueMap.objects.get()
    flow.mappings.filter(target_field="name").update(value_map=made)
    value_map(boss, "N30 = b", f"{MAPS}{made.pk}/change/")
    latest = flow.versions.first()
    assert latest is not None
    assert latest.rows[0]["value_map"]["entries"] == {"N30": "b"}
    assert str(flow) in page(boss, made).content.decode()
    history = boss.get(f"{MAPS}{made.pk}/history/").content.decode()
    assert "<del>N30 = a</del> → <ins>N30 = b</ins>" in history


@pytest.mark.django_db
def test_the_list_of_value_maps_costs_the_same_at_any_size(boss: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as seen:
            assert boss.get(MAPS).status_code == 200
        return len(seen)

    ValueMap.objects.create(name="one", entries={"a": "b"})
    boss.get(MAPS)
    few = queries()
    for number in range(20):
        ValueMap.objects.create(name=f"map {number}", entries={"a": "b"})
    assert queries() == few


def test_a_target_that_gives_the_keys_needs_no_match_field(
    boss: Client, flow: Flow
) -> None:
    """JD Edwards numbers its customers itself; no row could fill the number."""
    back = Flow.objects.create(
        name="Back", source=flow.target, source_object="companies",
        target=flow.source, target_object="customers",
    )  # fmt: skip
    FieldMapping.objects.create(flow=back, source_field="name", target_field="ALPH")
    assert back.match_field == "AN8"
    assert "Records are recognised by" not in page(boss, back).content.decode()
