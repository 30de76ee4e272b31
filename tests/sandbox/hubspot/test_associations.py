"""Checklist 42 to 44: associations, primaries, labels, caps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Hub, objects

CONTACTS, COMPANIES = objects("contacts"), objects("companies")
PAIR = "/crm/associations/2026-09/contacts/companies"


@pytest.fixture
def contact(hub: Hub) -> str:
    return hub.create("contacts", email="ann@example.com")


@pytest.fixture
def company(hub: Hub) -> str:
    return hub.create("companies", name="Acme")


def held(hub: Hub, contact: str) -> dict[str, list[int]]:
    """Companies of a contact, each with its type ids."""
    answer = hub.get(f"{CONTACTS}/{contact}/associations/companies")
    assert answer.status_code == 200
    return {
        str(one["toObjectId"]): [kind["typeId"] for kind in one["associationTypes"]]
        for one in answer.json()["results"]
    }


def spec(type_id: int, category: str = "HUBSPOT_DEFINED") -> dict[str, Any]:
    return {"associationCategory": category, "associationTypeId": type_id}


def label(hub: Hub, contact: str, company: str, *types: dict[str, Any]) -> Any:
    path = f"{CONTACTS}/{contact}/associations/companies/{company}"
    return hub.call("PUT", path, list(types))


@pytest.mark.parametrize("base", [CONTACTS, "/crm/v4/objects/contacts"])
def test_42_default_answers_both_ways_and_repeats(
    hub: Hub, contact: str, company: str, base: str
) -> None:
    path = f"{base}/{contact}/associations/default/companies/{company}"
    for _ in range(2):
        answer = hub.call("PUT", path)
        assert answer.status_code == 200
        results = answer.json()["results"]
        assert [one["associationSpec"]["associationTypeId"] for one in results] == [
            279,
            280,
        ]
        assert results[0]["from"] == results[1]["to"] == {"id": contact}
    assert held(hub, contact) == {company: [279]}


def test_42_labels_are_replaced(hub: Hub, contact: str, company: str) -> None:
    answer = label(hub, contact, company, spec(931))
    assert answer.status_code == 201
    assert answer.json()["labels"] == ["Billing contact"]
    assert answer.json()["fromObjectTypeId"] == "0-1"
    assert held(hub, contact) == {company: [279, 931]}
    label(hub, contact, company, spec(1))
    assert held(hub, contact) == {company: [1, 279]}


def test_42_wrong_type_or_body(hub: Hub, contact: str, company: str) -> None:
    for wrong in (280, 2, 341, 99_999):
        assert label(hub, contact, company, spec(wrong)).status_code == 400
    assert label(hub, contact, company).status_code == 400
    assert label(hub, contact, company, spec(1, "USER_DEFINED")).status_code == 400
    path = f"{CONTACTS}/{contact}/associations/companies/{company}"
    assert hub.call("PUT", path, {"inputs": []}).status_code == 400
    backwards = label(hub, contact, company, spec(280))
    assert "expected: 0-2" in backwards.json()["message"]
    assert held(hub, contact) == {}


def test_43_primary_comes_with_the_plain_one_and_is_single(
    hub: Hub, contact: str, company: str
) -> None:
    other = hub.create("companies", name="Beta")
    label(hub, contact, company, spec(1))
    assert held(hub, contact) == {company: [1, 279]}
    label(hub, contact, other, spec(1))
    assert held(hub, contact) == {company: [279], other: [1, 279]}
    (record,) = hub.control.records("contacts", [contact])
    assert record["properties"]["associatedcompanyid"] == other
    back = f"{COMPANIES}/{company}/associations/contacts/{contact}"
    assert hub.call("PUT", back, [spec(2)]).status_code == 201
    assert held(hub, contact) == {company: [1, 279], other: [279]}


def test_43_removing_the_plain_one_removes_all(
    hub: Hub, contact: str, company: str
) -> None:
    pair = {"from": {"id": contact}, "to": {"id": company}}
    label(hub, contact, company, spec(1), spec(931))
    path = f"{PAIR}/batch/labels/archive"
    assert (
        hub.post(path, {"inputs": [{**pair, "types": [spec(931)]}]}).status_code == 204
    )
    assert held(hub, contact) == {company: [1, 279]}
    assert (
        hub.post(path, {"inputs": [{**pair, "types": [spec(279)]}]}).status_code == 204
    )
    assert held(hub, contact) == {}


def test_43_delete_and_archive(hub: Hub, contact: str, company: str) -> None:
    path = f"{CONTACTS}/{contact}/associations/companies/{company}"
    label(hub, contact, company, spec(1))
    assert hub.call("DELETE", path).status_code == 204
    assert hub.call("DELETE", path).status_code == 204
    assert held(hub, contact) == {}
    label(hub, contact, company, spec(1))
    inputs = [{"from": {"id": contact}, "to": [{"id": company}]}]
    assert hub.post(f"{PAIR}/batch/archive", {"inputs": inputs}).status_code == 204
    assert held(hub, contact) == {}
    label(hub, contact, company, spec(1))
    hub.call("DELETE", f"{COMPANIES}/{company}")
    assert held(hub, contact) == {}


def test_44_batch_default_and_unknown_record(
    hub: Hub, contact: str, company: str
) -> None:
    path = f"{PAIR}/batch/associate/default"
    good = {"from": {"id": contact}, "to": {"id": company}}
    answer = hub.post(path, {"inputs": [good]})
    assert answer.status_code == 200
    assert len(answer.json()["results"]) == 2
    answer = hub.post(
        path, {"inputs": [good, {"from": {"id": contact}, "to": {"id": "7"}}]}
    )
    assert answer.status_code == 207
    (error,) = answer.json()["errors"]
    assert error["context"]["toObjectId"] == ["7"]
    assert held(hub, contact) == {company: [279]}
    single = f"{CONTACTS}/{contact}/associations/default/companies/7"
    assert hub.call("PUT", single).status_code == 400


def test_44_batch_create_read_and_caps(hub: Hub, contact: str, company: str) -> None:
    one = {"types": [spec(1)], "from": {"id": contact}, "to": {"id": company}}
    answer = hub.post(f"{PAIR}/batch/create", {"inputs": [one]})
    assert answer.status_code == 201
    assert answer.json()["results"][0]["labels"] == ["Primary"]
    answer = hub.post(f"{PAIR}/batch/read", {"inputs": [{"id": contact}, {"id": "7"}]})
    assert answer.status_code == 207
    (found,) = answer.json()["results"]
    assert found["from"] == {"id": contact}
    assert found["to"][0]["toObjectId"] == company
    for verb, cap in (("create", 2000), ("read", 1000), ("archive", 100)):
        many = {"inputs": [one] * (cap + 1)}
        assert hub.post(f"{PAIR}/batch/{verb}", many).status_code == 400


def test_pairs_without_association(hub: Hub, company: str) -> None:
    product = hub.create("products", name="Pump")
    path = f"{objects('products')}/{product}/associations/default/companies/{company}"
    assert hub.call("PUT", path).status_code == 400


def test_scope_of_the_first_type_is_needed(
    hub: Hub, contact: str, company: str
) -> None:
    path = f"{COMPANIES}/{company}/associations/default/contacts/{contact}"
    token = "pat-na1-sandbox-no-company-write"
    assert hub.call("PUT", path, token=token).status_code == 403


def test_own_labels(hub: Hub, contact: str, company: str) -> None:
    body = {"label": "Buyer", "name": "buyer", "inverseLabel": "Buys for"}
    there, back = hub.post(f"{PAIR}/labels", body).json()["results"]
    assert (there["label"], back["label"]) == ("Buyer", "Buys for")
    assert there["category"] == "USER_DEFINED"
    listed = hub.get(f"{PAIR}/labels").json()["results"]
    assert there in listed
    assert {1, 279, 931} < {one["typeId"] for one in listed}
    label(hub, contact, company, spec(there["typeId"], "USER_DEFINED"))
    assert sorted(held(hub, contact)[company]) == sorted([279, there["typeId"]])
    for n in range(9):
        assert hub.post(f"{PAIR}/labels", {"label": f"L{n}", "name": f"l{n}"}).ok
    full = hub.post(f"{PAIR}/labels", {"label": "L10", "name": "l10"})
    assert full.status_code == 400
    gone = hub.call("DELETE", f"{PAIR}/labels/{there['typeId']}")
    assert gone.status_code == 204
    assert there not in hub.get(f"{PAIR}/labels").json()["results"]


def test_inline_associations(hub: Hub, company: str) -> None:
    def body(target: Any, type_id: int) -> dict[str, Any]:
        link = {"to": {"id": target}, "types": [spec(type_id)]}
        return {"properties": {"email": "bob@example.com"}, "associations": [link]}

    bad = hub.post(CONTACTS, body("9", 1))
    assert bad.status_code == 400
    assert bad.json()["message"] == "One or more associations are invalid"
    assert bad.json()["context"] == {
        "INVALID_OBJECT_IDS": ["COMPANY=9 is not valid"],
        "objectId": ["9"],
        "objectType": ["COMPANY"],
    }
    assert hub.post(CONTACTS, body(company, 280)).status_code == 400
    assert hub.control.records("contacts") == []
    made = hub.post(CONTACTS, body(int(company), 1)).json()["id"]
    assert held(hub, made) == {company: [1, 279]}
    shown = hub.get(f"{CONTACTS}/{made}?associations=companies,deals").json()
    assert shown["associations"] == {
        "companies": {
            "results": [
                {"id": company, "type": "contact_to_company"},
                {"id": company, "type": "contact_to_company_unlabeled"},
            ]
        }
    }


def test_list_is_paged(hub: Hub, company: str) -> None:
    contacts = [hub.create("contacts", email=f"c{n}@example.com") for n in range(5)]
    for one in contacts:
        hub.call("PUT", f"{CONTACTS}/{one}/associations/default/companies/{company}")
    path = f"{COMPANIES}/{company}/associations/contacts"
    first = hub.get(path, params={"limit": 3}).json()
    after = first["paging"]["next"]["after"]
    second = hub.get(path, params={"limit": 3, "after": after}).json()
    found = [str(one["toObjectId"]) for one in first["results"] + second["results"]]
    assert found == contacts
    assert "paging" not in second
    assert hub.get(path, params={"limit": 501}).status_code == 400
    assert hub.get(f"{COMPANIES}/7/associations/contacts").status_code == 404


def test_merge_moves_associations(hub: Hub, contact: str, company: str) -> None:
    label(hub, contact, company, spec(1))
    other = hub.create("companies", name="Beta")
    body = {"primaryObjectId": other, "objectIdToMerge": company}
    survivor = hub.post(f"{COMPANIES}/merge", body).json()["id"]
    assert held(hub, contact) == {survivor: [1, 279]}
