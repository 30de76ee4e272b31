"""Ledger, edits, seed, and misbehaviour of batches by knob."""

from __future__ import annotations

import pytest

from connectors.sandbox.core.client import ControlError
from tests.sandbox.conftest import KEY, Hub, objects, row

COMPANIES = objects("companies")


@pytest.fixture(autouse=True)
def own_key(hub: Hub) -> None:
    hub.add_key()


def refused(hub: Hub, *numbers: int) -> set[str]:
    answer = hub.batch("companies", "upsert", *(row(n) for n in numbers))
    errors = answer.json().get("errors", [])
    return {one["context"]["objectWriteTraceId"][0] for one in errors}


def test_ledger_counts_by_our_key(hub: Hub) -> None:
    hub.batch("companies", "upsert", row(1), row(2))
    hub.batch("companies", "upsert", row(2, city="Basel"))
    record_id = hub.control.records("companies")[0]["id"]
    hub.call("DELETE", f"{COMPANIES}/{record_id}")
    ledger = hub.control.ledger()
    assert ledger["totals"] == {"created": 2, "updated": 1, "deleted": 1, "keys": 2}
    one = ledger["types"]["companies"]["keys"]["ECC-2"]
    assert (one["created"], one["updated"]) == (1, 1)
    assert one["last"]["city"] == "Basel"
    assert ledger["types"]["companies"]["created_twice"] == []
    totals_only = hub.control.ledger("companies", detail=False)["types"]["companies"]
    assert "keys" not in totals_only


def test_ledger_sees_doubles_by_a_chosen_property(hub: Hub) -> None:
    hub.control.config(ledger_key={"deals": "dealname"})
    for _ in range(2):
        hub.create("deals", dealname="Order 7", dealstage="closedwon")
    assert hub.control.ledger()["types"]["deals"]["created_twice"] == ["Order 7"]


def test_ledger_counts_email_and_id(hub: Hub) -> None:
    hub.create("contacts", email="ann@example.com")
    deal = hub.create("deals", dealname="D", dealstage="closedwon")
    types = hub.control.ledger()["types"]
    assert list(types["contacts"]["keys"]) == ["ann@example.com"]
    assert list(types["deals"]["keys"]) == [deal]


def test_refused_writes_are_not_in_the_ledger(hub: Hub) -> None:
    hub.batch("companies", "upsert", row(1), row(2, nope="1"))
    assert hub.control.ledger()["totals"]["created"] == 1


def test_reject_share_refuses_the_same_rows_again(hub: Hub) -> None:
    hub.control.config(reject_share=0.2)
    first = refused(hub, *range(100))
    assert 8 <= len(first) <= 35
    assert refused(hub, *range(50)) | refused(hub, *range(50, 100)) == first
    assert len(hub.control.records("companies")) == 100 - len(first)
    hub.control.config(knob_seed=2)
    assert refused(hub, *range(100)) != first


def test_poison_is_found_by_halving(hub: Hub) -> None:
    hub.control.config(poison_share=0.6)

    def bad_rows(numbers: list[int]) -> list[int]:
        answer = hub.batch("companies", "upsert", *(row(n) for n in numbers))
        if answer.status_code == 200:
            return []
        assert answer.status_code == 400
        assert "row-" not in answer.text
        if len(numbers) == 1:
            return numbers
        half = len(numbers) // 2
        return bad_rows(numbers[:half]) + bad_rows(numbers[half:])

    found = [
        n
        for start in range(0, 500, 100)
        for n in bad_rows([*range(start, start + 100)])
    ]
    assert found
    keys = {one["properties"][KEY] for one in hub.control.records("companies")}
    assert keys == {f"ECC-{n}" for n in range(500) if n not in found}
    assert bad_rows(found[:1]) == found[:1]


def test_poison_knows_the_row_by_record_id_too(hub: Hub) -> None:
    hub.batch("companies", "upsert", row(1))
    (record,) = hub.control.records("companies")
    hub.control.config(poison_share=1.0)
    change = {"id": record["id"], "properties": {"city": "Basel"}}
    assert hub.batch("companies", "update", change).status_code == 400


def test_omitted_results_were_written(hub: Hub) -> None:
    hub.control.config(omit_share=0.5)
    answer = hub.batch("companies", "upsert", *(row(n) for n in range(40)))
    assert answer.status_code == 200
    assert 0 < len(answer.json()["results"]) < 40
    assert len(hub.control.records("companies")) == 40


def test_shuffle_can_be_switched_off(hub: Hub) -> None:
    hub.control.config(shuffle=False)
    answer = hub.batch("companies", "upsert", *(row(n) for n in range(20)))
    order = [one["objectWriteTraceId"] for one in answer.json()["results"]]
    assert order == [f"row-{n}" for n in range(20)]


def test_edits_of_a_person(hub: Hub) -> None:
    made = hub.control.edit(
        type="companies", action="create", set={"name": "Acme", KEY: "K-1"}
    )
    by_key = {"type": "companies", "key": "K-1", "key_property": KEY}
    assert hub.control.edit(**by_key, set={"city": "Basel"})["id"] == made["id"]
    assert hub.control.edit(**by_key, action="delete")["archived"] is True
    assert hub.get(f"{COMPANIES}/{made['id']}").status_code == 404
    hub.control.edit(type="companies", id=made["id"], action="restore")
    shown = hub.get(f"{COMPANIES}/{made['id']}?properties=city").json()
    assert shown["properties"]["city"] == "Basel"
    other = hub.create("companies", name="Beta")
    merged = hub.control.edit(
        type="companies", id=other, action="merge", into=made["id"]
    )
    assert hub.get(f"{COMPANIES}/{other}").json()["id"] == merged["id"]
    contact = hub.create("contacts", email="ann@example.com")
    hub.control.edit(
        type="contacts",
        id=contact,
        action="associate",
        to_type="companies",
        to_id=merged["id"],
        label_type=1,
    )
    listed = hub.get(f"{objects('contacts')}/{contact}/associations/companies").json()
    assert listed["results"][0]["toObjectId"] == merged["id"]
    totals = hub.control.ledger()["totals"]
    assert (totals["created"], totals["updated"], totals["deleted"]) == (2, 0, 0)


def test_wrong_edits_are_refused(hub: Hub) -> None:
    for wrong in (
        {"type": "companies", "id": "1", "set": {}},
        {"type": "planets", "id": "1", "set": {}},
        {"type": "companies", "action": "explode"},
        {"type": "companies", "action": "create", "set": {"nope": "1"}},
        {"type": "companies", "action": "create", "when": "now"},
    ):
        with pytest.raises(ControlError):
            hub.control.edit(**wrong)
    with pytest.raises(ControlError):
        hub.control.records("planets")


def test_seed_is_repeatable(hub: Hub) -> None:
    rounds = []
    for _ in range(2):
        hub.control.reset()
        counts = hub.control.seed(200, 7)
        assert (counts["companies"], counts["contacts"]) == (10, 10)
        rounds.append(
            [one["properties"]["domain"] for one in hub.control.records("companies")]
        )
    assert rounds[0] == rounds[1]
    assert len(set(rounds[0])) == 10
    assert hub.control.describe()["records"]["products"] == 3
    hub.control.reset()
    assert hub.control.config(existing_share=0.0)["existing_share"] == 0
    assert hub.control.seed(200, 7)["companies"] == 0


def test_seeded_contact_has_its_company(hub: Hub) -> None:
    hub.control.seed(20, 1)
    (contact,) = hub.control.records("contacts")
    (company,) = hub.control.records("companies")
    assert contact["properties"]["associatedcompanyid"] == company["id"]


def test_many_records_stay_quick_to_page(hub: Hub) -> None:
    for start in range(0, 1000, 100):
        hub.batch("companies", "upsert", *(row(start + n) for n in range(100)))
    after, seen = None, 0
    while True:
        params = {"limit": "100", **({"after": after} if after else {})}
        page = hub.get(COMPANIES, params=params).json()
        seen += len(page["results"])
        after = page.get("paging", {}).get("next", {}).get("after")
        if after is None:
            break
    assert seen == 1000
