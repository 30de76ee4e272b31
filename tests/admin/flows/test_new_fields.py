"""Fields of the target that a person has made after the source's."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from connectors.models import Connection, Flow, ValueMap
from connectors.sync import connect
from tests.admin import scene
from tests.admin.world import World

PROPERTIES = "/crm/properties/2026-09/companies"
MACHINE: dict[str, Any] = {
    "name": "machine",
    "labels": {"singular": "Machine", "plural": "Machines"},
    "primaryDisplayProperty": "serial",
    "properties": [
        {"name": "serial", "label": "Serial", "type": "string", "fieldType": "text"}
    ],
}


def press(client: Client, flow: Flow, name: str, **form: Any) -> Any:
    """Press a button of the flow's page."""
    url = reverse(f"admin:connectors_flow_{name}", args=[flow.pk])
    return client.post(url, form)


def said(answer: Any) -> str:
    """The message that a button left."""
    return " ".join(str(one) for one in get_messages(answer.wsgi_request))


@pytest.fixture
def flow(world: World) -> Flow:
    world.box.control("hubspot").config(property_lag_s=0.0)
    world.read_fields()
    return world.flow()


def definitions(flow: Flow) -> dict[str, dict[str, Any]]:
    """What HubSpot has, by name."""
    with connect.open_connector(flow.target) as connector:
        answer = connector.http.get(PROPERTIES).json()  # type: ignore[attr-defined]
    return {one["name"]: one for one in answer["results"]}


def test_what_is_ticked_is_created_mapped_and_recorded(
    boss: Client, flow: Flow
) -> None:
    before = set(definitions(flow))
    shown = press(boss, flow, "new_fields").content.decode()
    assert 'value="erp_acl"' in shown
    assert "number / number" in shown
    assert "mlc_erp" in shown
    assert "Means the same as “ERP credit limit”" in shown
    assert set(definitions(flow)) == before, "looking creates nothing"
    form = {"pick": ["ACL"], "label:ACL": "Credit limit (JDE)", "mapped": "yes"}
    told = said(press(boss, flow, "new_fields", confirmed="yes", **form))
    assert "Credit limit (JDE) (erp_acl, number / number)" in told
    made = definitions(flow)
    assert set(made) - before == {"erp_acl"}
    assert made["erp_acl"]["label"] == "Credit limit (JDE)"
    assert made["erp_acl"]["groupName"] == "mlc_erp"
    (row,) = flow.mappings.all()
    assert (row.source_field, row.target_field) == ("ACL", "erp_acl")
    assert flow.target.catalogue.get(name="erp_acl").type == "decimal"
    history = reverse("admin:connectors_flow_history", args=[flow.pk])
    assert "erp_acl" in boss.get(history).content.decode()
    assert 'value="erp_acl"' not in press(boss, flow, "new_fields").content.decode()


def test_nothing_is_created_without_a_tick(boss: Client, flow: Flow) -> None:
    before = set(definitions(flow))
    answer = press(boss, flow, "new_fields", confirmed="yes").content.decode()
    assert "Tick the fields" in answer
    assert set(definitions(flow)) == before


@pytest.mark.parametrize(
    ("name", "reason"),
    [("Credit Limit", "small letters"), ("phone", "already: map it")],
)
def test_a_name_that_cannot_be_is_told_before_anything_is_sent(
    boss: Client, flow: Flow, name: str, reason: str
) -> None:
    before = set(definitions(flow))
    form = {"pick": ["ACL"], "name:ACL": name}
    assert reason in said(press(boss, flow, "new_fields", confirmed="yes", **form))
    assert set(definitions(flow)) == before
    assert not flow.mappings.exists()


def test_the_eleventh_unique_property_is_refused_before_it_is_sent(
    boss: Client, world: World, flow: Flow
) -> None:
    with connect.open_connector(flow.target) as connector:
        for number in range(10):
            definition = {
                "name": f"other_key_{number}",
                "label": f"Other key {number}",
                "groupName": "companyinformation",
                "type": "string",
                "fieldType": "text",
                "hasUniqueValue": True,
            }
            connector.http.post(PROPERTIES, json=definition)  # type: ignore[attr-defined]
    world.requests("hubspot")
    report = connect.ensure_fields(flow.target, "companies", ["erp_key"])
    assert "10 unique properties" in report["erp_key"]
    assert "other_key_9" in report["erp_key"]
    assert not [one for one in world.requests("hubspot") if one["method"] == "POST"]


def test_only_who_may_map_sees_it(world: World, flow: Flow) -> None:
    reader = scene.signed_in(scene.person("view_flow"))
    assert press(reader, flow, "new_fields").status_code == 403


def test_the_account_s_own_object_types_are_offered(boss: Client, world: World) -> None:
    with connect.open_connector(world.hubspot) as connector:
        path = "/crm-object-schemas/2026-09/schemas"
        connector.http.post(path, json=MACHINE)  # type: ignore[attr-defined]
    found = connect.check(world.hubspot)
    assert any("Machines" in one.title for one in found.findings)
    again = Connection.objects.get(pk=world.hubspot.pk)
    assert "p20000001_machine" in again.spec.objects
    form = boss.get(reverse("admin:connectors_flow_add")).content.decode()
    assert "Machines" in form
    assert connect.refresh_catalogue(again, "p20000001_machine") > 5
    made = Flow(
        name="Machines",
        source=world.jde,
        source_object="items",
        target=again,
        target_object="p20000001_machine",
    )
    made.full_clean(exclude=["pair"])
    made.save()
    assert made.match_field == "erp_key"
    page = boss.get(reverse("admin:connectors_flow_change", args=[made.pk]))
    assert page.status_code == 200


def test_owners_and_stages_become_lines_of_a_value_map(
    boss: Client, world: World
) -> None:
    connect.refresh_catalogue(world.hubspot, "deals")
    made = ValueMap.objects.create(name="Owners", entries={"Mine": "41000079"})
    url = reverse("admin:connectors_valuemap_add_options", args=[made.pk])
    assert "deals, Owner (12)" in boss.post(url).content.decode()
    for name in ("hubspot_owner_id", "dealstage"):
        field = world.hubspot.catalogue.get(object_type="deals", name=name)
        boss.post(url, {"field": field.pk})
    made.refresh_from_db()
    assert made.entries["Mine"] == "41000079"
    assert made.entries["greta.north@example.com"] == "41000085"
    assert made.entries["Renewed (Renewals)"] == "148800012"
