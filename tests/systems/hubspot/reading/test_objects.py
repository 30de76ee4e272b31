"""Deals, owners, stages, custom objects, and labelled associations."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connectors.sdk.contract import Context
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.records import Cursor, FieldInfo, Fields, SourceRecord, WriteItem
from connectors.sdk.spec import ObjectSpec
from connectors.systems.hubspot.connector import HubSpotConnector
from tests.systems.conftest import FULL, LOCAL, Hub, company, contact

SCHEMAS = "/crm-object-schemas/2026-09/schemas"
MACHINE: dict[str, Any] = {
    "name": "machine",
    "labels": {"singular": "Machine", "plural": "Machines"},
    "primaryDisplayProperty": "serial",
    "requiredProperties": ["serial"],
    "properties": [
        {"name": "serial", "label": "Serial", "type": "string", "fieldType": "text"},
        {"name": "hours", "label": "Hours", "type": "number", "fieldType": "number"},
    ],
    "associatedObjects": ["COMPANY"],
}
NAME = "p20000001_machine"
PAIR = "/crm/associations/2026-09/contacts/companies"


def record_of(hub: Hub, name: str, key: str, *fields: str) -> SourceRecord:
    (record,) = hub.connector.fetch(name, [key], fields=fields)
    return record


def read_all(
    connector: HubSpotConnector, name: str, cursor: Cursor | None = None
) -> list[SourceRecord]:
    return [one for page in connector.read(name, cursor) for one in page.records]


def field_of(hub: Hub, name: str, field: str) -> FieldInfo:
    return {one.name: one for one in hub.connector.discover(name)}[field]


# ----------------------------------------------------------------------------- deals


def test_a_won_deal_is_told_by_its_stage_in_any_pipeline(hub: Hub) -> None:
    firm = hub.write([company(1)])["JDE:1"].target_id
    fields: Fields = {
        "erp_key": "JDE:D1",
        "dealname": "Pumps",
        "pipeline": "75120001",
        "dealstage": "148800012",
        "amount": Decimal("381.00"),
        "deal_currency_code": "EUR",
    }
    line: Fields = {"name": "Pump", "quantity": Decimal(2), "price": Decimal("190.50")}
    item = WriteItem(key="d", fields=fields, refs={"company": firm}, lines=[line])
    key = hub.write([item], "deals")["d"].target_id
    record = record_of(hub, "deals", key)
    assert record.fields["hs_is_closed_won"] is True
    assert record.fields["amount_in_home_currency"] == Decimal("419.100")
    assert record.fields["company"] == firm
    (held,) = record.lines
    assert (held["quantity"], held["amount"]) == (Decimal(2), Decimal("381.00"))


def test_a_stage_of_another_pipeline_is_refused(hub: Hub) -> None:
    fields = {"erp_key": "JDE:D1", "dealname": "Pumps", "dealstage": "148800012"}
    error = hub.write([WriteItem(key="d", fields=fields)], "deals")["d"].error
    assert error is not None
    assert error.field == "dealstage"
    assert "closedwon" in error.advice


def test_stages_and_owners_are_offered_with_labels_for_people(hub: Hub) -> None:
    stages = field_of(hub, "deals", "dealstage").options
    stage = {one.value: one.label for one in stages}
    assert stage["closedwon"] == "Closed Won (Sales Pipeline)"
    assert stage["148800012"] == "Renewed (Renewals)"
    owner = field_of(hub, "companies", "hubspot_owner_id").options
    assert owner[0].label == "Ann Rep (ann.rep@example.com)"
    assert "41000083" not in {one.value for one in owner}, "she left"
    currency = field_of(hub, "invoices", "hs_currency").options
    assert [one.value for one in currency] == ["EUR", "USD"]


def test_an_owner_is_found_by_address_and_an_archived_one_is_gone(hub: Hub) -> None:
    found = hub.connector.find("owners", "email", ["Ann.Rep@example.com", "no@x.io"])
    assert [one.key for one in found["Ann.Rep@example.com"]] == ["41000079"]
    assert found["no@x.io"] == []
    everything = read_all(hub.connector, "owners")
    assert [one.key for one in everything if one.deleted] == ["41000083"]
    won = hub.connector.find("stages", "label", ["renewed"])["renewed"]
    (renewed,) = won
    assert (renewed.fields["id"], renewed.fields["won"]) == ("148800012", True)


# -------------------------------------------------------------------- custom objects


@pytest.fixture
def machines(hub: Hub) -> HubSpotConnector:
    """A connector that knows the account's own object type, as it was stored."""
    hub.connector.http.post(SCHEMAS, json=MACHINE)
    (found,) = hub.connector.objects()
    stored = ObjectSpec.restored(found.stored())
    assert stored == found
    settings: dict[str, Any] = {
        "access_token": FULL,
        "base_url": hub.box.url["hubspot"],
    }
    settings |= {"searches_per_second": 10_000, "overlap_seconds": 10}
    context = Context(network=LOCAL.network, objects=[stored])
    opened = HubSpotConnector(settings, context)
    hub.opened.append(opened)
    assert opened.ensure_fields(NAME, ["erp_key"]) == {"erp_key": "created"}
    return opened


def machine(number: int, **fields: Any) -> WriteItem:
    values = {"erp_key": f"JDE:M{number}", "serial": f"S-{number}", **fields}
    return WriteItem(key=f"m{number}", fields=values)


def test_a_custom_object_is_described_by_its_schema(machines: HubSpotConnector) -> None:
    target = machines.spec.object(NAME)
    assert (target.label, target.name_field) == ("Machines", "serial")
    assert target.fields["serial"].required
    assert target.fields["hours"].type == "decimal"
    assert target.fields["link.companies"].references == "companies"
    found = {one.name: one for one in machines.discover(NAME)}
    assert found["serial"].custom
    assert found["hs_createdate"].read_only


def test_a_custom_object_is_written_linked_and_read_as_it_changes(
    hub: Hub, machines: HubSpotConnector
) -> None:
    firm = hub.write([company(1)])["JDE:1"].target_id
    item = replace(machine(1, hours=Decimal("12.5")), refs={"link.companies": firm})
    first = machines.write(NAME, [item, machine(2)], match_field="erp_key")
    assert [one.outcome for one in first] == ["created", "created"]
    hub.control.clock(advance_s=60)
    pages = list(machines.read(NAME, None))
    records = {r.key: r for page in pages for r in page.records}
    held = records[first[0].target_id].fields
    assert (held["serial"], held["hours"]) == ("S-1", Decimal("12.5"))
    assert held["link.companies"] == firm
    hub.control.clock(advance_s=3600)
    again = machines.write(NAME, [machine(2, hours=Decimal(7))], match_field="erp_key")
    assert again[0].outcome == "updated"
    changed = read_all(machines, NAME, pages[-1].cursor)
    assert [one.key for one in changed] == [first[1].target_id]


def test_an_account_without_the_right_offers_none(hub: Hub) -> None:
    tokens = hub.control.config()["tokens"]
    full = tokens["pat-na1-sandbox-full"]
    scopes = [one for one in full["scopes"] if "custom" not in one]
    tokens["pat-na1-plain"] = {**full, "scopes": scopes}
    hub.control.config(tokens=tokens)
    assert hub.open(access_token="pat-na1-plain").objects() == []


# ---------------------------------------------------------------------------- labels


def labels_of(hub: Hub, person: str, firm: str) -> set[str]:
    path = f"/crm/objects/2026-09/contacts/{person}/associations/companies"
    held = hub.connector.http.get(path).json()["results"]
    types = {str(one["toObjectId"]): one["associationTypes"] for one in held}
    return {one["label"] or "" for one in types[firm]}


def test_labels_are_offered_as_references_of_their_own(hub: Hub) -> None:
    label = {"label": "Decision maker", "name": "decision_maker"}
    made = hub.connector.http.post(f"{PAIR}/labels", json=label).json()["results"]
    own = field_of(hub, "contacts", f"link.companies.{made[0]['typeId']}")
    assert (own.label, own.references) == ("Company: Decision maker", "companies")
    assert field_of(hub, "contacts", "link.companies.931").label == (
        "Company: Billing contact"
    )
    assert field_of(hub, "companies", "link.companies.14").label == (
        "Company: Parent Company"
    )


@pytest.mark.parametrize("word", ["931", "billing contact"])
def test_a_label_is_added_to_those_that_are_there(hub: Hub, word: str) -> None:
    name = f"link.companies.{word}"
    firm = hub.write([company(1)])["JDE:1"].target_id
    person = hub.write([contact(1, firm)], "contacts", company_link="primary")
    key = person["JDE:P1"].target_id
    hub.fault("/batch/create", apply_then_drop=True)
    linked = replace(contact(1), refs={name: firm})
    assert hub.write([linked], "contacts")["JDE:P1"].error is None
    assert labels_of(hub, key, firm) == {"", "Primary", "Billing contact"}
    assert record_of(hub, "contacts", key, name).fields == {name: firm}
    other = hub.write([company(2)])["JDE:2"].target_id
    hub.write([contact(1, other)], "contacts", company_link="primary")
    assert labels_of(hub, key, firm) == {"", "Billing contact"}
    assert labels_of(hub, key, other) == {"", "Primary"}


def test_a_label_of_the_other_direction_writes_nothing(hub: Hub) -> None:
    firm = hub.write([company(1)])["JDE:1"].target_id
    wrong = replace(contact(1), refs={"link.companies.930": firm})
    with pytest.raises(ConfigurationError, match="from companies to contacts"):
        hub.write([wrong], "contacts")
    unknown = replace(contact(1), refs={"link.companies.Friend": firm})
    with pytest.raises(ConfigurationError, match="no association “Friend”") as caught:
        hub.write([unknown], "contacts")
    assert "Billing contact (931)" in caught.value.advice
    assert hub.stored("contacts") == {}
