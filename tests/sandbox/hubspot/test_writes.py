"""Checklist 23 to 31, 49 and 50: batches, upserts, conflicts, merges."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.sandbox.conftest import KEY, Hub, objects, row

COMPANIES, CONTACTS = objects("companies"), objects("contacts")


@pytest.fixture(autouse=True)
def own_key(hub: Hub) -> None:
    hub.add_key()


def untraced(one: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name != "objectWriteTraceId"}


def count(hub: Hub, object_type: str = "companies") -> int:
    return len(hub.control.records(object_type))


def traces(answer: Any) -> set[str]:
    return {one["objectWriteTraceId"] for one in answer.json()["results"]}


def test_23_cap_of_100(hub: Hub) -> None:
    answer = hub.batch("companies", "upsert", *(row(n) for n in range(101)))
    assert answer.status_code == 400
    assert "is 100. Please reduce" in answer.json()["message"]
    assert count(hub) == 0
    assert hub.batch("companies", "upsert", *(row(n) for n in range(100))).ok
    assert hub.batch("companies", "archive").status_code == 400


def test_24_untraced_batch_is_all_or_nothing(hub: Hub) -> None:
    bad = untraced(row(2, nope="x"))
    answer = hub.batch("companies", "upsert", untraced(row(1)), bad)
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"
    assert count(hub) == 0


def test_24_shared_trace_id_counts_as_none(hub: Hub) -> None:
    inputs = [row(1), row(2, nope="x")]
    inputs[0]["objectWriteTraceId"] = inputs[1]["objectWriteTraceId"]
    assert hub.batch("companies", "upsert", *inputs).status_code == 400
    del inputs[0]["objectWriteTraceId"]
    assert hub.batch("companies", "upsert", *inputs).status_code == 400
    assert count(hub) == 0


def test_24_traced_batch_answers_per_item(hub: Hub) -> None:
    inputs = (row(1), row(2, nope="x", industry="Banking"), row(3))
    answer = hub.batch("companies", "upsert", *inputs)
    assert answer.status_code == 207
    assert traces(answer) == {"row-1", "row-3"}
    body = answer.json()
    assert body["numErrors"] == 1
    (error,) = body["errors"]
    assert error["context"]["objectWriteTraceId"] == ["row-2"]
    embedded = json.loads(error["message"].partition(": ")[2])
    assert [one["error"] for one in embedded] == [
        "PROPERTY_DOESNT_EXIST",
        "INVALID_OPTION",
    ]
    assert embedded[0]["portalId"] == 20000001


def test_25_duplicates_fail_the_whole_batch(hub: Hub) -> None:
    first, second = row(1), row(2)
    second["id"] = first["id"]
    answer = hub.batch("companies", "upsert", first, second, row(3))
    assert answer.status_code == 400
    body = answer.json()
    assert body["message"] == (
        "Duplicate IDs found in batch input: [ECC-1]. IDs must be unique"
    )
    assert body["context"] == {"ids": ["ECC-1"]}
    record_id = hub.create("companies", name="Acme")
    twice = [{"id": record_id, "properties": {}, "objectWriteTraceId": x} for x in "ab"]
    assert hub.batch("companies", "update", *twice).status_code == 400
    assert count(hub) == 1


def test_26_results_are_shuffled_and_emails_lowered(hub: Hub) -> None:
    answer = hub.batch("companies", "upsert", *(row(n) for n in range(20)))
    order = [one["objectWriteTraceId"] for one in answer.json()["results"]]
    assert sorted(order) != order != [f"row-{n}" for n in range(20)]
    assert traces(answer) == {f"row-{n}" for n in range(20)}
    answer = hub.batch(
        "contacts",
        "upsert",
        {
            "idProperty": "email",
            "id": "Ann@X.Example.com",
            "properties": {"firstname": "A"},
        },
    )
    (made,) = answer.json()["results"]
    assert made["properties"]["email"] == "ann@x.example.com"


def test_27_upsert_by_non_unique_property(hub: Hub) -> None:
    for name in ("domain", "name", "hs_object_id"):
        answer = hub.batch(
            "companies", "upsert", {"idProperty": name, "id": "x", "properties": {}}
        )
        assert answer.status_code == 400
        assert answer.json()["message"] == (
            f"Unable to perform update/upsert by non-unique 0-2 property {name}"
        )
    deal = {"idProperty": "dealname", "id": "x", "properties": {}}
    assert "0-3 property dealname" in hub.batch("deals", "upsert", deal).text


def test_27_upsert_needs_one_id_property_and_ids(hub: Hub) -> None:
    without = {key: value for key, value in row(1).items() if key != "idProperty"}
    assert hub.batch("companies", "upsert", without).status_code == 400
    assert hub.batch("companies", "upsert", row(2), without).status_code == 400
    assert hub.batch("companies", "upsert", {**row(3), "id": ""}).status_code == 400
    assert count(hub) == 0


def test_28_statuses_and_new(hub: Hub) -> None:
    first = hub.batch("companies", "upsert", row(1))
    again = hub.batch("companies", "upsert", row(1, city="Basel"))
    assert (first.status_code, first.json()["results"][0]["new"]) == (200, True)
    assert (again.status_code, again.json()["results"][0]["new"]) == (200, False)
    assert first.json()["results"][0]["id"] == again.json()["results"][0]["id"]
    made = hub.post(COMPANIES, {"properties": {"name": "Acme"}})
    assert made.status_code == 201
    assert made.headers["Location"].endswith(made.json()["id"])
    assert list(made.json()["properties"]) == sorted(made.json()["properties"])
    path = f"{COMPANIES}/{made.json()['id']}"
    several = hub.batch("companies", "create", {"properties": {"name": "B"}})
    assert several.status_code == 201
    assert "new" not in several.json()["results"][0]
    assert hub.call("PATCH", path, {"properties": {"city": "Basel"}}).status_code == 200
    assert hub.call("DELETE", path).status_code == 204
    assert hub.call("DELETE", path).status_code == 204
    archived = hub.batch(
        "companies", "archive", {"id": "1"}, {"id": several.json()["results"][0]["id"]}
    )
    assert archived.status_code == 204
    assert count_active(hub) == 1


def count_active(hub: Hub) -> int:
    return sum(not one["archived"] for one in hub.control.records("companies"))


def test_28_upsert_fills_the_key_and_update_answers_what_was_sent(hub: Hub) -> None:
    one = row(1)
    del one["properties"][KEY]
    assert hub.batch("companies", "upsert", one).json()["results"][0]["properties"][KEY]
    answer = hub.batch("companies", "upsert", row(1, city="Basel"))
    shown = answer.json()["results"][0]["properties"]
    assert set(shown) == {
        *(KEY, "name", "city", "hs_object_id", "createdate", "hs_lastmodifieddate"),
    }


def test_update_batch_with_unknown_ids(hub: Hub) -> None:
    record_id = hub.create("companies", name="Acme")
    answer = hub.batch(
        "companies",
        "update",
        {"id": record_id, "properties": {"city": "Basel"}},
        {"id": "999", "properties": {"city": "Basel"}},
    )
    assert answer.status_code == 207
    assert [one["id"] for one in answer.json()["results"]] == [record_id]
    (error,) = answer.json()["errors"]
    assert (error["category"], error["context"]) == (
        "OBJECT_NOT_FOUND",
        {"ids": ["999"]},
    )


def test_update_batch_by_unknown_unique_value_fails_whole(hub: Hub) -> None:
    hub.batch("companies", "upsert", row(1))
    answer = hub.batch("companies", "update", row(1, city="Basel"), row(2))
    assert answer.status_code == 400
    context = answer.json()["context"]
    assert context["missingObjectPropertyValueCoordinates"] == [f"{KEY}=ECC-2"]
    assert hub.control.ledger()["totals"]["updated"] == 0


def test_29_existing_contact(hub: Hub) -> None:
    first = hub.create("contacts", email="ann@example.com")
    for email in ("ann@example.com", "ANN@Example.COM"):
        answer = hub.post(CONTACTS, {"properties": {"email": email}})
        assert answer.status_code == 409
        body = answer.json()
        assert body["category"] == "CONFLICT"
        assert body["message"] == f"Contact already exists. Existing ID: {first}"
    hub.control.config(contact_conflict_400=True)
    answer = hub.post(CONTACTS, {"properties": {"email": "ann@example.com"}})
    assert answer.status_code == 400
    assert answer.json()["message"].endswith(f"{first} already has that value.")


def test_29_secondary_email_conflicts_too(hub: Hub) -> None:
    first = hub.create("contacts", email="ann@example.com")
    second = {"hs_additional_emails": "old@example.com"}
    hub.control.edit(type="contacts", id=first, set=second)
    answer = hub.post(CONTACTS, {"properties": {"email": "old@example.com"}})
    assert answer.status_code == 409
    assert first in answer.json()["message"]
    hub.call("DELETE", f"{CONTACTS}/{first}")
    assert hub.create("contacts", email="old@example.com")


def test_29_batch_create_of_existing_contact(hub: Hub) -> None:
    hub.create("contacts", email="ann@example.com")
    inputs: list[dict[str, Any]] = [
        {"properties": {"email": f"{x}@example.com"}} for x in ("ann", "bob")
    ]
    assert hub.batch("contacts", "create", *inputs).status_code == 409
    assert count(hub, "contacts") == 1
    for n, one in enumerate(inputs):
        one["objectWriteTraceId"] = str(n)
    answer = hub.batch("contacts", "create", *inputs)
    assert answer.status_code == 207
    assert answer.json()["errors"][0]["category"] == "CONFLICT"
    assert count(hub, "contacts") == 2


def test_30_unique_value_clash(hub: Hub) -> None:
    hub.batch("companies", "upsert", row(1), row(2))
    ids = {
        one["properties"][KEY]: one["id"] for one in hub.control.records("companies")
    }
    pattern = (
        r"Cannot set PropertyValueCoordinates\{portalId=20000001, objectTypeId="
        r"ObjectTypeId\{legacyObjectType=COMPANY\}, propertyName=mlc_erp_key, "
        r"value=ECC-1\} on (\d+)\. (\d+) already has that value\."
    )
    made = hub.post(COMPANIES, {"properties": {"name": "x", KEY: "ECC-1"}})
    changed = hub.call(
        "PATCH", f"{COMPANIES}/{ids['ECC-2']}", {"properties": {KEY: "ECC-1"}}
    )
    for answer in (made, changed):
        assert answer.status_code == 400
        found = re.fullmatch(pattern, answer.json()["message"])
        assert found
        assert found[2] == ids["ECC-1"]
    assert re.fullmatch(pattern, changed.json()["message"])[1] == ids["ECC-2"]  # type: ignore[index]
    twice = [{"properties": {"name": "x", KEY: "ECC-3"}}] * 2
    assert hub.batch("companies", "create", *twice).status_code == 400
    assert count(hub) == 2


def test_30_a_freed_value_can_be_taken(hub: Hub) -> None:
    hub.batch("companies", "upsert", row(1))
    (first,) = hub.control.records("companies")
    path = f"{COMPANIES}/{first['id']}"
    assert hub.call("PATCH", path, {"properties": {KEY: ""}}).ok
    again = hub.batch("companies", "upsert", row(1)).json()["results"][0]
    assert again["new"] is True
    hub.call("DELETE", f"{COMPANIES}/{again['id']}")
    assert hub.batch("companies", "upsert", row(1)).json()["results"][0]["new"] is True


def test_31_all_offending_properties_at_once(hub: Hub) -> None:
    answer = hub.post(
        COMPANIES,
        {
            "properties": {
                "name": "Acme",
                "nope": "x",
                "hs_object_id": "7",
                "num_associated_contacts": "1",
                "industry": "Banking",
                "numberofemployees": "1,000",
                "annualrevenue": "1.4e-14",
                "closedate": "tomorrow",
                "description": "x" * 65_537,
                "city": None,
                "state": ["CO"],
            }
        },
    )
    assert answer.status_code == 400
    body = answer.json()
    codes = {one["context"]["propertyName"][0]: one["code"] for one in body["errors"]}
    assert codes == {
        "nope": "PROPERTY_DOESNT_EXIST",
        "hs_object_id": "READ_ONLY_VALUE",
        "num_associated_contacts": "READ_ONLY_VALUE",
        "industry": "INVALID_OPTION",
        "numberofemployees": "INVALID_INTEGER",
        "annualrevenue": "INVALID_INTEGER",
        "closedate": "INVALID_LONG",
        "description": "VALUE_TOO_LONG",
        "city": "INVALID_TYPE",
        "state": "INVALID_TYPE",
    }
    assert body["message"].startswith("Property values were not valid: [{")
    embedded = json.loads(body["message"].partition(": ")[2])
    assert {one["name"] for one in embedded} == set(codes)
    bad = hub.post(CONTACTS, {"properties": {"email": "not an email"}}).json()
    assert bad["errors"][0]["code"] == "INVALID_EMAIL"


def test_31_longest_text_passes(hub: Hub) -> None:
    assert hub.create("companies", name="Acme", description="x" * 65_536)
    assert hub.create(
        "companies", name="A", description="x" * 40_000, about_us="y" * 40_000
    )


@pytest.mark.parametrize(
    ("object_type", "properties", "lacking"),
    [
        ("companies", {"city": "Basel"}, ["name"]),
        ("contacts", {"phone": "1"}, ["email"]),
        ("deals", {"amount": "1"}, ["dealname", "dealstage"]),
        ("products", {"price": "1"}, ["name"]),
        ("invoices", {"hs_title": "I"}, ["hs_currency"]),
        ("orders", {}, ["hs_order_name"]),
        ("commerce_payments", {}, ["hs_initial_amount", "hs_initiated_date"]),
    ],
)
def test_required_on_create(
    hub: Hub, object_type: str, properties: dict[str, str], lacking: list[str]
) -> None:
    answer = hub.post(objects(object_type), {"properties": properties})
    assert answer.status_code == 400
    assert answer.json()["context"] == {"properties": lacking}
    assert "Some required properties were not set." in answer.json()["message"]


def test_49_merge_gives_a_new_id_and_old_ones_vanish(hub: Hub) -> None:
    first = hub.create("contacts", email="ann@example.com", firstname="Ann")
    second = hub.create("contacts", email="a@example.com", city="Basel", firstname="A")
    body = {"primaryObjectId": first, "objectIdToMerge": second}
    answer = hub.post(f"{CONTACTS}/merge", body)
    assert answer.status_code == 200
    survivor = answer.json()["id"]
    assert survivor not in {first, second}
    for old in (first, second):
        assert hub.get(f"{CONTACTS}/{old}").json()["id"] == survivor
    shown = hub.get(f"{CONTACTS}/{survivor}?properties=city,firstname,email").json()
    assert shown["properties"]["firstname"] == "Ann"
    assert shown["properties"]["city"] == "Basel"
    assert (
        hub.post(CONTACTS, {"properties": {"email": "a@example.com"}}).status_code
        == 409
    )
    inputs = [
        {"id": one, "properties": {"city": "Bern"}, "objectWriteTraceId": one}
        for one in (first, survivor)
    ]
    updated = hub.batch("contacts", "update", *inputs)
    assert updated.status_code == 200
    assert traces(updated) == {survivor}
    listed = hub.get(CONTACTS).json()["results"]
    assert [one["id"] for one in listed] == [survivor]


def test_49_merge_can_keep_the_primary_id(hub: Hub) -> None:
    hub.control.config(merge_new_id=False)
    hub.batch("companies", "upsert", row(1), row(2))
    ids = {
        one["properties"][KEY]: one["id"] for one in hub.control.records("companies")
    }
    body = {"primaryObjectId": ids["ECC-1"], "objectIdToMerge": ids["ECC-2"]}
    assert hub.post(f"{COMPANIES}/merge", body).json()["id"] == ids["ECC-1"]
    assert hub.batch("companies", "upsert", row(1)).json()["results"][0]["new"] is False
    same = {"primaryObjectId": ids["ECC-1"], "objectIdToMerge": ids["ECC-1"]}
    assert hub.post(f"{COMPANIES}/merge", same).status_code == 400


def test_50_no_idempotency(hub: Hub) -> None:
    for _ in range(2):
        headers = {"Idempotency-Key": "1"}
        hub.post(COMPANIES, {"properties": {"name": "Acme"}}, headers=headers)
    assert count(hub) == 2
