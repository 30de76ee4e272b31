"""What an account defines itself: objects, rules, labels, currencies; and documents."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Hub, objects

SCHEMAS = "/crm-object-schemas/2026-09/schemas"
MACHINE: dict[str, Any] = {
    "name": "machine",
    "labels": {"singular": "Machine", "plural": "Machines"},
    "primaryDisplayProperty": "serial",
    "requiredProperties": ["serial"],
    "searchableProperties": ["serial"],
    "properties": [
        {
            "name": "serial",
            "label": "Serial number",
            "type": "string",
            "fieldType": "text",
            "hasUniqueValue": True,
        }
    ],
    "associatedObjects": ["COMPANY"],
}


def machines(hub: Hub) -> dict[str, Any]:
    answer = hub.post(SCHEMAS, MACHINE)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def refused(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 400, answer.text
    body: dict[str, Any] = answer.json()
    assert body["category"] == "VALIDATION_ERROR"
    return body


def test_a_custom_object_is_an_object_like_any_other(hub: Hub) -> None:
    made = machines(hub)
    assert made["fullyQualifiedName"] == "p20000001_machine"
    assert [one["name"] for one in hub.get(SCHEMAS).json()["results"]] == ["machine"]
    key = hub.create(made["fullyQualifiedName"], serial="S-1")
    for word in (made["objectTypeId"], "machine", made["fullyQualifiedName"]):
        assert hub.get(f"{objects(word)}/{key}").json()["id"] == key
    lacking = hub.post(objects("machine"), {"properties": {}})
    assert refused(lacking)["context"] == {"properties": ["serial"]}
    taken = hub.post(objects("machine"), {"properties": {"serial": "S-1"}})
    assert "already has that value" in refused(taken)["message"]
    firm = hub.create("companies", name="Acme")
    path = f"{objects('machine')}/{key}/associations/default/companies/{firm}"
    first, back = hub.call("PUT", path).json()["results"]
    assert first["associationSpec"]["associationCategory"] == "USER_DEFINED"
    assert (back["from"]["id"], back["to"]["id"]) == (firm, key)


def test_a_custom_object_goes_only_when_it_is_empty(hub: Hub) -> None:
    made = machines(hub)
    assert hub.post(SCHEMAS, MACHINE).status_code == 409
    key = hub.create("machine", serial="S-1")
    path = f"{SCHEMAS}/{made['objectTypeId']}"
    assert "still has records" in refused(hub.call("DELETE", path))["message"]
    hub.call("DELETE", f"{objects('machine')}/{key}")
    assert hub.call("DELETE", path).status_code == 204
    assert hub.get(path).status_code == 404
    assert hub.get(objects("machine")).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Machine!"},
        {"labels": {"singular": "Machine"}},
        {"primaryDisplayProperty": "name"},
        {"requiredProperties": ["weight"]},
        {"associatedObjects": ["PLANET"]},
    ],
)
def test_a_schema_that_does_not_add_up_is_refused(
    hub: Hub, change: dict[str, Any]
) -> None:
    refused(hub.post(SCHEMAS, {**MACHINE, **change}))


RULE_CASES = [
    ("companies", "zip", "REGEX", ["[0-9]{4}"], "4051", "CH-4051"),
    ("companies", "name", "MIN_LENGTH", ["3"], "Acme", "Ac"),
    ("companies", "numberofemployees", "MAX_NUMBER", ["500"], "500", "501"),
    ("line_items", "price", "DECIMAL", ["2"], "1.25", "1.255"),
    ("companies", "city", "WHITESPACE", [], "Basel", " Basel"),
]


@pytest.mark.parametrize("case", RULE_CASES)
def test_a_rule_of_an_admin_judges_what_the_api_writes(
    hub: Hub, case: tuple[str, str, str, list[str], str, str]
) -> None:
    kind, name, rule, given, good, bad = case
    path = f"/crm/property-validations/2026-09/{kind}/{name}"
    body = {"ruleArguments": given, "shouldApplyNormalization": False}
    assert hub.call("PUT", f"{path}/rule-type/{rule}", body).status_code == 204
    assert hub.get(path).json()["results"][0]["ruleType"] == rule
    label = {"name": "Label"} if name != "name" else {}
    values = {"properties": {**label, name: bad}}
    told = refused(hub.post(objects(kind), values))
    assert told["errors"][0]["context"] == {"propertyName": [name]}
    values["properties"][name] = good
    assert hub.post(objects(kind), values).status_code == 201
    hub.call("DELETE", f"{path}/rule-type/{rule}")
    values["properties"][name] = bad
    assert hub.post(objects(kind), values).status_code == 201


def test_a_rule_that_cannot_work_is_refused(hub: Hub) -> None:
    path = "/crm/property-validations/2026-09/companies/zip/rule-type"
    for rule, given in (("REGEX", ["("]), ("REGEX", []), ("MIN_LENGTH", ["few"])):
        refused(hub.call("PUT", f"{path}/{rule}", {"ruleArguments": given}))
    refused(hub.call("PUT", f"{path}/TIDY", {"ruleArguments": []}))


def test_only_the_account_s_currencies_are_taken(hub: Hub) -> None:
    deal = {"dealname": "Deal", "dealstage": "closedwon", "amount": "100"}
    swiss = {"properties": {**deal, "deal_currency_code": "CHF"}}
    told = refused(hub.post(objects("deals"), swiss))
    assert told["errors"][0]["code"] == "INVALID_OPTION"
    rate = {"fromCurrencyCode": "CHF", "toCurrencyCode": "USD", "conversionRate": 1.25}
    assert hub.post("/settings/currencies/2026-09/exchange-rates", rate).ok
    made = hub.post(objects("deals"), swiss)
    assert made.status_code == 201
    assert made.json()["properties"]["amount_in_home_currency"] == "125.00"
    details = hub.get("/account-info/2026-09/details").json()
    assert details["additionalCurrencies"] == ["EUR", "CHF"]


def test_an_association_has_a_limit(hub: Hub) -> None:
    path = "/crm/associations/2026-09/definitions/configurations/contacts/companies"
    limit = {"inputs": [{"maxToObjectIds": 1}]}
    assert hub.post(f"{path}/batch/create", limit).status_code == 204
    person = hub.create("contacts", email="ann@example.com")
    first, second = (hub.create("companies", name=name) for name in "AB")
    base = f"{objects('contacts')}/{person}/associations/default/companies"
    assert hub.call("PUT", f"{base}/{first}").ok
    assert hub.call("PUT", f"{base}/{first}").ok
    told = refused(hub.call("PUT", f"{base}/{second}"))
    assert told["subCategory"] == "crm.associations.ASSOCIATION_LIMIT_EXCEEDED"


def test_a_billable_invoice_is_added_up_by_hubspot_alone(hub: Hub) -> None:
    amounts = {"hs_currency": "USD", "hs_amount_billed": "5", "hs_number": "7"}
    told = refused(hub.post(objects("invoices"), {"properties": amounts}))
    assert [one["code"] for one in told["errors"]] == ["READ_ONLY_VALUE"] * 2
    mirror = {**amounts, "hs_invoice_billable": "false", "hs_invoice_status": "paid"}
    made = hub.post(objects("invoices"), {"properties": mirror})
    assert made.status_code == 201
    gone = hub.call("DELETE", f"{objects('invoices')}/{made.json()['id']}")
    assert "cannot be deleted" in refused(gone)["message"]
    early = {"hs_currency": "USD", "hs_invoice_status": "open"}
    refused(hub.post(objects("invoices"), {"properties": early}))


def test_a_quote_is_published_when_it_is_complete(hub: Hub) -> None:
    values = {"hs_title": "Offer", "hs_expiration_date": "2026-12-24"}
    early = {**values, "hs_status": "APPROVED"}
    refused(hub.post(objects("quotes"), {"properties": early}))
    key = hub.create("quotes", **values)
    path, published = f"{objects('quotes')}/{key}", {"hs_status": "APPROVAL_NOT_NEEDED"}
    told = refused(hub.call("PATCH", path, {"properties": published}))
    lacking = {"missingAssociations": ["line_items", "contacts", "deals"]}
    assert told["context"] == lacking
    parts = {
        "line_items": hub.create("line_items", name="Pump"),
        "contacts": hub.create("contacts", email="ann@example.com"),
        "deals": hub.create("deals", dealname="Deal", dealstage="closedwon"),
    }
    for kind, part in parts.items():
        assert hub.call("PUT", f"{path}/associations/default/{kind}/{part}").ok
    assert hub.call("PATCH", path, {"properties": published}).ok
    accepted = {"properties": {"hs_status": "ACCEPTED"}}
    refused(hub.call("PATCH", path, accepted))
    other = hub.create("deals", dealname="Deal", dealstage="closedwon")
    refused(hub.call("PUT", f"{path}/associations/default/deals/{other}"))
