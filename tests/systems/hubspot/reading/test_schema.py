"""Properties: what an account has, and creating what is ours."""

from __future__ import annotations

import time
from typing import Any

from connectors.systems.hubspot.schema import NOT_CREATED
from tests.systems.conftest import Hub, company

PROPERTIES = "/crm/properties/2026-09/companies"


def create(hub: Hub, name: str, **definition: Any) -> None:
    """Create a property as a person would."""
    body = {
        "name": name,
        "label": name.title(),
        "type": "string",
        "fieldType": "text",
        "groupName": "companyinformation",
        **definition,
    }
    hub.connector.http.post(PROPERTIES, json=body)


# ---------------------------------------------------------------------------- discovery


def test_standard_properties_carry_their_canonical_names(hub: Hub) -> None:
    found = {one.name: one for one in hub.connector.discover("companies")}
    assert found["name"].canonical == "customer.name"
    assert not found["name"].custom
    assert found["name"].max_length == 65536
    assert found["numberofemployees"].type == "integer"
    assert found["annualrevenue"].type == "decimal"
    assert found["industry"].type == "enum"
    assert "COMPUTER_SOFTWARE" in {one.value for one in found["industry"].options}


def test_what_hubspot_keeps_itself_is_read_only(hub: Hub) -> None:
    found = {one.name: one for one in hub.connector.discover("companies")}
    assert found["hs_lastmodifieddate"].read_only
    assert found["hs_object_id"].read_only
    assert not found["city"].read_only


def test_properties_of_the_account_are_found_with_their_kind(hub: Hub) -> None:
    options = [
        {"label": "One", "value": "1", "displayOrder": 0, "hidden": False},
        {"label": "Two", "value": "2", "displayOrder": 1, "hidden": True},
    ]
    create(hub, "plain_one", description="What it is for.")
    create(hub, "choice_one", type="enumeration", fieldType="select", options=options)
    create(hub, "many_one", type="enumeration", fieldType="checkbox", options=options)
    create(hub, "day_one", type="date", fieldType="date")
    create(hub, "count_one", type="number", fieldType="number")
    create(hub, "key_one", hasUniqueValue=True)
    create(hub, "hidden_one", hidden=True)
    found = {one.name: one for one in hub.connector.discover("companies")}
    assert found["plain_one"].custom
    assert found["plain_one"].help == "What it is for."
    assert found["choice_one"].type == "enum"
    assert [one.value for one in found["choice_one"].options] == ["1"]
    assert found["many_one"].type == "list"
    assert found["day_one"].type == "date"
    assert found["count_one"].type == "decimal"
    assert found["key_one"].unique
    assert "hidden_one" not in found


def test_ours_that_are_not_created_yet_are_offered(bare_hub: Hub) -> None:
    found = {one.name: one for one in bare_hub.connector.discover("companies")}
    assert found["erp_key"].managed
    assert found["erp_key"].help.startswith(NOT_CREATED)
    bare_hub.prepare()
    found = {one.name: one for one in bare_hub.connector.discover("companies")}
    assert found["erp_key"].managed
    assert found["erp_key"].unique
    assert NOT_CREATED not in found["erp_key"].help


def test_a_link_is_offered_as_a_reference(hub: Hub) -> None:
    found = {one.name: one for one in hub.connector.discover("contacts")}
    link = found["associatedcompany"]
    assert (link.type, link.references) == ("reference", "companies")
    assert found["email"].unique


# --------------------------------------------------------------------------- creation


def test_only_what_is_named_is_created(bare_hub: Hub) -> None:
    asked = ["erp_key", "erp_credit_limit", "erp_on_hold", "erp_changed_at"]
    done = bare_hub.connector.ensure_fields("companies", asked)
    assert done == dict.fromkeys(asked, "created")
    body = bare_hub.connector.http.get(PROPERTIES).json()["results"]
    ours = {one["name"]: one for one in body if one["name"].startswith("erp_")}
    assert set(ours) == set(asked)
    assert ours["erp_key"]["hasUniqueValue"]
    assert ours["erp_key"]["groupName"] == "mlc_erp"
    kinds = {name: (one["type"], one["fieldType"]) for name, one in ours.items()}
    assert kinds == {
        "erp_key": ("string", "text"),
        "erp_credit_limit": ("number", "number"),
        "erp_on_hold": ("bool", "booleancheckbox"),
        "erp_changed_at": ("datetime", "date"),
    }


def test_another_group_can_be_chosen(bare_hub: Hub) -> None:
    connector = bare_hub.open(property_group="our_group")
    assert connector.ensure_fields("companies", ["erp_key"]) == {"erp_key": "created"}
    made = connector.http.get(f"{PROPERTIES}/erp_key").json()
    assert made["groupName"] == "our_group"


def test_it_waits_until_a_property_can_be_used(bare_hub: Hub) -> None:
    bare_hub.control.config(property_lag_s=0.6)
    began = time.monotonic()
    names = ["erp_key", "erp_number", "erp_currency"]
    assert set(bare_hub.connector.ensure_fields("companies", names).values()) == {
        "created"
    }
    assert time.monotonic() - began >= 0.6
    item = company(1, erp_number="1", erp_currency="CHF")
    assert bare_hub.write([item])["JDE:1"].outcome == "created"


def test_what_is_not_ours_is_not_created(bare_hub: Hub) -> None:
    done = bare_hub.connector.ensure_fields("companies", ["name", "whatever"])
    assert all("not one of our properties" in one for one in done.values())
    assert not any(one["method"] == "POST" for one in bare_hub.requests(PROPERTIES))


def test_writing_never_creates_a_property(bare_hub: Hub) -> None:
    bare_hub.connector.ensure_fields("companies", ["erp_key"])
    bare_hub.control.clear_log()
    bare_hub.write([company(1), company(2, erp_number="2")])
    assert not bare_hub.requests("/crm/properties")


def test_one_that_exists_without_being_unique_cannot_serve(bare_hub: Hub) -> None:
    create(bare_hub, "erp_key")
    done = bare_hub.connector.ensure_fields("companies", ["erp_key", "erp_number"])
    assert "not unique" in done["erp_key"]
    assert done["erp_number"] == "created"


def test_one_that_exists_with_another_type_cannot_serve(bare_hub: Hub) -> None:
    create(bare_hub, "erp_credit_limit")
    done = bare_hub.connector.ensure_fields("companies", ["erp_credit_limit"])
    assert "type string where number is needed" in done["erp_credit_limit"]


def test_the_eleventh_unique_property_gives_hubspots_reason(bare_hub: Hub) -> None:
    for number in range(10):
        create(bare_hub, f"key_{number}", hasUniqueValue=True)
    done = bare_hub.connector.ensure_fields("companies", ["erp_key", "erp_number"])
    assert "unique" in done["erp_key"].lower()
    assert done["erp_key"] not in {"created", "exists"}
    assert done["erp_number"] == "created"


def test_a_missing_scope_is_the_reason(bare_hub: Hub) -> None:
    connector = bare_hub.open(access_token="pat-na1-sandbox-no-schema-write")
    done = connector.ensure_fields("companies", ["erp_key", "erp_number"])
    assert set(done) == {"erp_key", "erp_number"}
    assert all("crm.schemas.companies.write" in one for one in done.values())


def test_two_that_create_at_once_both_end_well(bare_hub: Hub) -> None:
    """Somebody else created group and property between our look and our creation."""
    looked = bare_hub.connector.http.get(PROPERTIES).body
    bare_hub.connector.ensure_fields("companies", ["erp_key"])
    bare_hub.fault(
        rf"{PROPERTIES}$", status=200, text=looked.decode(),
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    done = bare_hub.connector.ensure_fields("companies", ["erp_key"])
    assert done == {"erp_key": "exists"}


def test_a_lost_answer_while_creating_does_no_harm(bare_hub: Hub) -> None:
    bare_hub.control.faults(
        {
            "match": {"path": PROPERTIES, "method": "POST"},
            "skip": 1,
            "times": 1,
            "do": {"apply_then_drop": True},
        }
    )
    done = bare_hub.connector.ensure_fields("companies", ["erp_key", "erp_number"])
    assert set(done.values()) <= {"created", "exists"}
