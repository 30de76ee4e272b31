"""Checklist 32 to 41: what HubSpot derives, refuses and remembers."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox.core.client import ControlError
from tests.sandbox.conftest import FULL, GROUP, KEY, Hub, definition, objects

COMPANIES, DEALS = objects("companies"), objects("deals")
PROPERTIES = "/crm/properties/2026-09/companies"


def properties_of(hub: Hub, object_type: str, record_id: str) -> dict[str, Any]:
    (record,) = hub.control.records(object_type, [record_id])
    return dict(record["properties"])


def change(hub: Hub, object_type: str, record_id: str, **values: Any) -> Any:
    path = f"{objects(object_type)}/{record_id}"
    return hub.call("PATCH", path, {"properties": values})


def codes(answer: Any) -> list[str]:
    return [one["code"] for one in answer.json()["errors"]]


def add_group(hub: Hub) -> None:
    hub.post(f"{PROPERTIES}/groups", {"name": GROUP, "label": "ERP"})


def test_32_stage_belongs_to_pipeline(hub: Hub) -> None:
    for stage, pipeline in (
        ("Closed Won", "default"),
        ("148800012", "default"),
        ("closedwon", "75120001"),
        ("closedwon", "none"),
    ):
        values = {"dealname": "D", "dealstage": stage, "pipeline": pipeline}
        answer = hub.post(DEALS, {"properties": values})
        assert answer.status_code == 400, values
        assert codes(answer) == ["INVALID_OPTION"]
    deal = hub.create("deals", dealname="D", dealstage="qualifiedtobuy")
    assert properties_of(hub, "deals", deal)["pipeline"] == "default"


def test_32_won_and_lost_flags(hub: Hub) -> None:
    deal = hub.create(
        "deals", dealname="D", dealstage="qualifiedtobuy", amount="100.50"
    )
    seen = properties_of(hub, "deals", deal)
    flags = ("hs_is_closed", "hs_is_closed_won", "hs_is_closed_lost")
    assert [seen[name] for name in flags] == ["false"] * 3
    assert seen["hs_projected_amount"] == "40.200"
    for stage, expected in (
        ("closedwon", ["true", "true", "false"]),
        ("closedlost", ["true", "false", "true"]),
        ("contractsent", ["false", "false", "false"]),
    ):
        assert change(hub, "deals", deal, dealstage=stage).ok
        seen = properties_of(hub, "deals", deal)
        assert [seen[name] for name in flags] == expected
    assert change(hub, "deals", deal, hs_is_closed_won="true").status_code == 400
    renewed = {"pipeline": "75120001", "dealstage": "148800012"}
    assert change(hub, "deals", deal, **renewed).ok
    assert properties_of(hub, "deals", deal)["hs_is_closed_won"] == "true"


def test_33_empty_clears(hub: Hub) -> None:
    record_id = hub.create(
        "companies", name="Acme", city="Basel", numberofemployees="3"
    )
    assert change(hub, "companies", record_id, city="", numberofemployees="").ok
    path = f"{COMPANIES}/{record_id}?properties=city,numberofemployees"
    shown = hub.get(path).json()["properties"]
    assert (shown["city"], shown["numberofemployees"]) == (None, None)


def test_33_multi_select(hub: Hub) -> None:
    hub.control.config(property_lag_s=0.0)
    add_group(hub)
    options = [{"label": one.upper(), "value": one} for one in "abcd"]
    kind = {"type": "enumeration", "fieldType": "checkbox", "options": options}
    hub.post(PROPERTIES, definition("mlc_plants", **kind))
    record_id = hub.create("companies", name="Acme", mlc_plants="a;b")
    assert change(hub, "companies", record_id, mlc_plants=";d").ok
    assert properties_of(hub, "companies", record_id)["mlc_plants"] == "a;b;d"
    assert change(hub, "companies", record_id, mlc_plants="c").ok
    assert properties_of(hub, "companies", record_id)["mlc_plants"] == "c"
    assert codes(change(hub, "companies", record_id, mlc_plants="c;x")) == [
        "INVALID_OPTION"
    ]


def test_33_unique_is_for_ever_and_ten_at_most(hub: Hub) -> None:
    hub.control.config(property_lag_s=0.0)
    add_group(hub)
    hub.post(PROPERTIES, definition("plain"))
    patched = hub.call("PATCH", f"{PROPERTIES}/plain", {"hasUniqueValue": True})
    assert patched.status_code == 400
    for n in range(10):
        made = hub.post(PROPERTIES, definition(f"unique_{n}", hasUniqueValue=True))
        assert made.status_code == 201
    eleventh = hub.post(PROPERTIES, definition("unique_10", hasUniqueValue=True))
    assert eleventh.status_code == 400


def test_34_same_domain_twice(hub: Hub) -> None:
    for value in ("acme.example.com", "https://www.ACME.example.com/about"):
        hub.create("companies", domain=value)
    domains = [one["properties"]["domain"] for one in hub.control.records("companies")]
    assert domains == ["acme.example.com"] * 2


def test_35_line_items(hub: Hub) -> None:
    product = hub.create("products", name="Pump", price="12.50", hs_sku="P-1")
    item = hub.create(
        "line_items", hs_product_id=product, quantity="3", discount="0.50"
    )
    seen = properties_of(hub, "line_items", item)
    assert (seen["name"], seen["price"], seen["hs_sku"]) == ("Pump", "12.50", "P-1")
    assert seen["amount"] == "36.00"
    assert change(hub, "line_items", item, quantity="4").ok
    assert properties_of(hub, "line_items", item)["amount"] == "48.00"
    assert change(hub, "line_items", item, price="-1").status_code == 400
    assert change(hub, "line_items", item, amount="1").status_code == 400
    unknown = hub.post(objects("line_items"), {"properties": {"hs_product_id": "7"}})
    assert unknown.status_code == 400


def test_35_second_parent_is_a_warning(hub: Hub) -> None:
    item = hub.create("line_items", name="Pump", quantity="1", price="1")
    deal = hub.create("deals", dealname="D", dealstage="closedwon")
    invoice = hub.create("invoices", hs_currency="USD")
    base = f"{objects('line_items')}/{item}/associations/default"
    assert hub.call("PUT", f"{base}/deals/{deal}").ok
    assert hub.control.describe()["warnings"] == []
    assert hub.call("PUT", f"{base}/invoices/{invoice}").ok
    (warning,) = hub.control.describe()["warnings"]
    assert "second parent" in warning


def test_38_owner_must_exist(hub: Hub) -> None:
    owner = hub.get("/crm/owners/2026-09").json()["results"][0]
    record_id = hub.create("companies", name="Acme", hubspot_owner_id=owner["id"])
    answer = change(hub, "companies", record_id, hubspot_owner_id=str(owner["userId"]))
    assert codes(answer) == ["INVALID_OPTION"]


def test_39_every_write_bumps_and_is_remembered(hub: Hub) -> None:
    hub.control.clock(now="2026-11-20T10:00:00+00:00", frozen=True)
    record_id = hub.create("companies", name="Acme")
    hub.control.clock(advance_s=60)
    assert change(hub, "companies", record_id, name="Acme").ok
    hub.control.clock(advance_s=60)
    hub.control.edit(type="companies", id=record_id, set={"name": "Acme by hand"})
    shown = hub.get(f"{COMPANIES}/{record_id}?propertiesWithHistory=name").json()
    assert shown["updatedAt"].startswith("2026-11-20T10:02:00")
    assert shown["createdAt"].startswith("2026-11-20T10:00:00")
    past = shown["propertiesWithHistory"]["name"]
    assert [one["value"] for one in past] == ["Acme by hand", "Acme", "Acme"]
    assert [one["sourceType"] for one in past] == ["CRM_UI", *["INTEGRATION"] * 2]
    assert (past[0]["sourceId"], past[1]["sourceId"]) == ("userId:9500004", "50000001")
    assert past[0]["timestamp"].startswith("2026-11-20T10:02:00")


def test_39_history_is_bounded(hub: Hub) -> None:
    hub.control.config(history_depth=3)
    record_id = hub.create("companies", name="Acme")
    for n in range(6):
        change(hub, "companies", record_id, name=f"Acme {n}")
    shown = hub.get(f"{COMPANIES}/{record_id}?propertiesWithHistory=name").json()
    values = [one["value"] for one in shown["propertiesWithHistory"]["name"]]
    assert values == ["Acme 5", "Acme 4", "Acme 3"]


def test_40_admin_rules_bind_2026_09_only(hub: Hub) -> None:
    hub.control.config(
        required_on_create={"companies": ["phone"]},
        conditional_required=[
            {"type": "companies", "if": {"country": "CH"}, "then": ["zip", "city"]}
        ],
    )
    body = {"properties": {"name": "Acme", "country": "CH", "city": "Basel"}}
    answer = hub.post(COMPANIES, body)
    assert answer.status_code == 400
    assert answer.json()["message"] == "The property values provided are invalid"
    assert codes(answer) == [
        "MISSING_REQUIRED_PROPERTY",
        "MISSING_CONDITIONAL_REQUIRED_PROPERTY",
    ]
    named = [one["context"]["propertyName"] for one in answer.json()["errors"]]
    assert named == [["phone"], ["zip"]]
    for path in (objects("companies", "2026-03"), "/crm/v3/objects/companies"):
        assert hub.post(path, body).status_code == 201


def test_40_odd_dates(hub: Hub) -> None:
    hub.control.config(property_lag_s=0.0)
    add_group(hub)
    hub.post(PROPERTIES, definition("founded", type="date", fieldType="date"))
    for value in ("1990-01-01", "631152000000", "1990-01-01T00:00:00Z"):
        record_id = hub.create("companies", name="Acme", founded=value)
        assert properties_of(hub, "companies", record_id)["founded"] == "1990-01-01"
    odd = {"properties": {"name": "Acme", "founded": "1990-01-01T15:30:00Z"}}
    older = hub.post(objects("companies", "2026-03"), odd)
    assert older.status_code == 400
    assert codes(older) == ["INVALID_DATE"]
    answer = hub.post(COMPANIES, odd)
    assert answer.status_code == 201
    (warning,) = answer.json()["warnings"]
    assert warning["category"] == "PROPERTY_VALUE_NORMALIZED"
    assert warning["context"] == {
        "propertyName": "founded",
        "rawValue": "1990-01-01T15:30:00Z",
        "normalizedValue": "631152000000",
    }


def test_40_epoch_seconds(hub: Hub) -> None:
    body = {"properties": {"name": "Acme", "closedate": "1763600000"}}
    old = hub.post(objects("companies", "2026-03"), body).json()["properties"]
    assert old["closedate"].startswith("1970-01-21")
    new = hub.post(COMPANIES, body).json()["properties"]
    assert new["closedate"] == "2025-11-20T00:53:20Z"


def test_40_stage_in_use_is_kept_by_2026_09(hub: Hub) -> None:
    hub.create("deals", dealname="D", dealstage="contractsent")
    tail = "deals/default/stages/contractsent"
    answer = hub.call("DELETE", f"/crm/pipelines/2026-09/{tail}")
    assert answer.status_code == 400
    assert answer.json()["subCategory"] == "PipelineError.STAGE_ID_IN_USE"
    assert answer.json()["context"]["stageIds"] == ["contractsent"]
    assert hub.call("DELETE", f"/crm/v3/pipelines/{tail}").status_code == 204


def test_pipelines(hub: Hub) -> None:
    base = "/crm/pipelines/2026-09/deals"
    first, *_ = hub.get(base).json()["results"]
    assert (first["id"], first["label"]) == ("default", "Sales Pipeline")
    won = next(one for one in first["stages"] if one["id"] == "closedwon")
    assert won["metadata"] == {"isClosed": "true", "probability": "1.0"}
    stages = [{"label": "Only", "displayOrder": 0, "metadata": {"probability": 0.5}}]
    body = {"label": "New", "displayOrder": 3, "stages": stages}
    made = hub.post(base, body)
    assert made.status_code == 201
    pipeline = made.json()
    assert pipeline["id"].isdigit()
    stage = pipeline["stages"][0]["id"]
    assert hub.create("deals", dealname="D", pipeline=pipeline["id"], dealstage=stage)
    path = f"{base}/{pipeline['id']}"
    assert hub.call("PATCH", path, {"label": "Newer"}).json()["label"] == "Newer"
    assert hub.get(f"{path}/stages/{stage}").json()["label"] == "Only"
    assert hub.get(f"{path}/stages/none").status_code == 404
    assert hub.call("DELETE", path).status_code == 400
    assert hub.post(base, body | {"label": "Newer"}).status_code == 400
    assert hub.post(base, {"label": "X", "stages": [{"label": "S"}]}).status_code == 400
    assert hub.post("/crm/pipelines/2026-09/companies", body).status_code == 400


def test_41_property_creation(hub: Hub) -> None:
    hub.control.clock(frozen=True)
    body = definition("mlc_terms")
    assert hub.post(PROPERTIES, body).status_code == 400
    add_group(hub)
    for wrong in (
        {"fieldType": "number"},
        {"type": "json"},
        {"type": "enumeration", "fieldType": "select"},
        {"label": ""},
        {"name": "Bad Name"},
    ):
        assert hub.post(PROPERTIES, body | wrong).status_code == 400, wrong
    made = hub.post(PROPERTIES, body)
    assert made.status_code == 201
    assert made.headers["Location"].endswith("/mlc_terms")
    again = hub.post(PROPERTIES, body)
    assert again.status_code == 409
    assert again.json()["category"] == "OBJECT_ALREADY_EXISTS"
    assert again.json()["message"] == "A property named 'mlc_terms' already exists."
    assert hub.get(f"{PROPERTIES}/mlc_terms").status_code == 404
    early = hub.post(COMPANIES, {"properties": {"name": "A", "mlc_terms": "N30"}})
    assert codes(early) == ["PROPERTY_DOESNT_EXIST"]
    hub.control.clock(advance_s=0.6)
    shown = hub.get(f"{PROPERTIES}/mlc_terms").json()
    assert (shown["type"], shown["hasUniqueValue"]) == ("string", False)
    assert shown["modificationMetadata"]["readOnlyValue"] is False
    assert hub.create("companies", name="A", mlc_terms="N30")


def test_41_options_are_replaced(hub: Hub) -> None:
    hub.control.config(property_lag_s=0.0)
    add_group(hub)
    options = [{"label": "A", "value": "a"}, {"label": "B", "value": "b"}]
    kind = {"type": "enumeration", "fieldType": "select"}
    hub.post(PROPERTIES, definition("class", **kind, options=options))
    path = f"{PROPERTIES}/class"
    assert hub.call("PATCH", path, {"label": "Class"}).json()["options"] == options
    new = [{"label": "C", "value": "c"}]
    shown = hub.call("PATCH", path, {"options": new}).json()
    assert (shown["label"], shown["options"]) == ("Class", new)
    assert hub.create("companies", name="A", **{"class": "c"})
    refused = hub.post(COMPANIES, {"properties": {"name": "A", "class": "a"}})
    assert codes(refused) == ["INVALID_OPTION"]


def test_41_standard_properties_keep_their_form(hub: Hub) -> None:
    for name in ("domain", "annualrevenue", "hubspot_owner_id"):
        answer = hub.call("PATCH", f"{PROPERTIES}/{name}", {"label": "Ours"})
        assert answer.status_code == 400
    options = [{"label": "Space", "value": "SPACE"}]
    answer = hub.call("PATCH", f"{PROPERTIES}/industry", {"options": options})
    assert answer.status_code == 200
    assert hub.create("companies", name="A", industry="SPACE")


def test_41_archive_and_restore(hub: Hub) -> None:
    hub.add_key()
    assert hub.call("DELETE", f"{PROPERTIES}/{KEY}").status_code == 204
    refused = hub.post(COMPANIES, {"properties": {"name": "A", KEY: "1"}})
    assert codes(refused) == ["PROPERTY_DOESNT_EXIST"]
    listed = hub.get(PROPERTIES, params={"archived": "true"}).json()["results"]
    assert [one["name"] for one in listed] == [KEY]
    assert hub.call("DELETE", f"{PROPERTIES}/name").status_code == 400
    hub.add_key()
    assert hub.create("companies", name="A", **{KEY: "1"})


def test_41_groups_and_batches(hub: Hub) -> None:
    hub.control.config(property_lag_s=0.0)
    add_group(hub)
    again = hub.post(f"{PROPERTIES}/groups", {"name": GROUP, "label": "ERP"})
    assert again.status_code == 409
    inputs = [definition("a"), definition("b", fieldType="number"), definition("c")]
    answer = hub.post(f"{PROPERTIES}/batch/create", {"inputs": inputs})
    assert answer.status_code == 207
    assert [one["name"] for one in answer.json()["results"]] == ["a", "c"]
    read = {"archived": False, "inputs": [{"name": "a"}, {"name": "zzz"}]}
    answer = hub.post(f"{PROPERTIES}/batch/read", read)
    assert (answer.status_code, answer.json()["numErrors"]) == (207, 1)
    group = f"{PROPERTIES}/groups/{GROUP}"
    assert hub.call("PATCH", group, {"label": "From the ERP"}).ok
    assert hub.get(group).json()["label"] == "From the ERP"
    assert hub.call("DELETE", group).status_code == 400
    names = {"inputs": [{"name": "a"}, {"name": "c"}, {"name": "unknown"}]}
    assert hub.post(f"{PROPERTIES}/batch/archive", names).status_code == 204
    assert hub.call("DELETE", group).status_code == 204
    assert hub.get(group).status_code == 404


def test_custom_property_limits(hub: Hub) -> None:
    path = "/crm/limits/2026-09/custom-properties"
    hub.add_key()
    body = hub.get(path).json()
    assert body["overallLimit"]["usage"] == 1
    tokens = hub.control.config()["tokens"]
    tokens[FULL]["scopes"] = ["crm.schemas.companies.read"]
    hub.control.config(tokens=tokens)
    assert hub.get(path).status_code == 403


@pytest.mark.parametrize("object_type", ["companies", "contacts"])
def test_lifecycle_stage_moves_forward_only(hub: Hub, object_type: str) -> None:
    must = {"email": "ann@example.com"} if object_type == "contacts" else {"name": "A"}
    record_id = hub.create(object_type, **must, lifecyclestage="customer")
    assert change(hub, object_type, record_id, lifecyclestage="lead").ok
    assert properties_of(hub, object_type, record_id)["lifecyclestage"] == "customer"
    assert change(hub, object_type, record_id, lifecyclestage="").ok
    assert change(hub, object_type, record_id, lifecyclestage="lead").ok
    assert properties_of(hub, object_type, record_id)["lifecyclestage"] == "lead"


def test_invoice_is_born_a_draft(hub: Hub) -> None:
    draft = hub.create("invoices", hs_currency="USD")
    assert properties_of(hub, "invoices", draft)["hs_invoice_status"] == "draft"
    mirror = hub.create(
        "invoices",
        hs_currency="EUR",
        hs_invoice_billable="false",
        hs_invoice_status="open",
        hs_amount_billed="10.00",
    )
    assert properties_of(hub, "invoices", mirror)["hs_invoice_status"] == "open"
    assert (
        change(hub, "invoices", mirror, hs_invoice_billable="true").status_code == 400
    )


def test_41_an_admin_changes_definitions_in_the_portal(hub: Hub) -> None:
    """What a client then sees, and what its writes then meet."""
    hub.control.config(property_lag_s=0.0)
    add_group(hub)
    hub.post(PROPERTIES, definition("terms"))

    def redefine(action: str, prop: str, /, **how: Any) -> Any:
        return hub.control.edit(type="companies", action=action, property=prop, **how)

    redefine("retype_property", "terms", to="number", field_type="number")
    assert hub.get(f"{PROPERTIES}/terms").json()["type"] == "number"
    path = objects("companies")
    refused = hub.call("POST", path, {"properties": {"name": "A", "terms": "net 30"}})
    assert refused.status_code == 400
    redefine("rename_property", "terms", name="payment_terms")
    names = {one["name"] for one in hub.get(PROPERTIES).json()["results"]}
    assert "payment_terms" in names
    assert "terms" not in names
    away = hub.get(f"{PROPERTIES}?archived=true").json()["results"]
    assert [one["name"] for one in away] == ["terms"]
    redefine("set_options", "lifecyclestage", options={"customer": "Customer"})
    values = {"name": "B", "lifecyclestage": "lead"}
    assert codes(hub.call("POST", path, {"properties": values})) == ["INVALID_OPTION"]
    redefine("lock_property", "payment_terms")
    values = {"name": "C", "payment_terms": "3"}
    assert hub.call("POST", path, {"properties": values}).status_code == 400
    with pytest.raises(ControlError):
        redefine("archive_property", "name")
