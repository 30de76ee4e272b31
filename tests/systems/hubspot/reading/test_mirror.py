"""Documents of an ERP in HubSpot: lines, header, what joins them, what goes wrong."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.records import Fields, WriteItem, WriteResult
from tests.systems.conftest import Hub, company, contact

KEY = "JDE:RI-7001"
PUMP: Fields = {"name": "Pump", "quantity": Decimal(2), "price": Decimal("180.50")}
VALVE: Fields = {"name": "Valve", "quantity": Decimal("1.5"), "price": Decimal(20)}
SEAL: Fields = {"name": "Seal", "quantity": Decimal(10), "price": Decimal("0.35")}


def document(*lines: Fields, key: str = KEY, **fields: Any) -> WriteItem:
    named = {
        "erp_key": key,
        "hs_currency": "EUR",
        "hs_number": key.partition(":")[2],
        "hs_invoice_status": "open",
        "hs_amount_billed": Decimal("391.00"),
        **fields,
    }
    return WriteItem(key=key, fields=named, lines=lines)


def send(hub: Hub, *items: WriteItem) -> dict[str, WriteResult]:
    return hub.write(items, "invoices")


def lines_of(hub: Hub, key: str = KEY) -> dict[str, str]:
    """The amounts of a document's lines by name, as HubSpot shows them."""
    (record,) = hub.connector.find("invoices", "erp_key", [key])[key]
    return {str(one["name"]): str(one["amount"]) for one in record.lines}


def alive(hub: Hub, name: str) -> list[dict[str, Any]]:
    return [one for one in hub.control.records(name) if not one["archived"]]


def keys_of_lines(hub: Hub) -> dict[str, str]:
    """Record ids by ERP key."""
    rows = alive(hub, "line_items")
    return {one["properties"]["erp_key"]: one["id"] for one in rows}


def of(item: WriteItem, **refs: str) -> WriteItem:
    """The item with references."""
    return replace(item, refs=refs)


def test_a_document_is_mirrored_with_its_lines_and_parties(hub: Hub) -> None:
    firm = hub.write([company(1)])["JDE:1"].target_id
    person = hub.write([contact(1, firm)], "contacts")["JDE:P1"].target_id
    item = of(document(PUMP, VALVE), company=firm, contact=person)
    result = send(hub, item)[KEY]
    assert result.outcome == "created"
    held = hub.stored("invoices")[KEY]
    assert held["hs_invoice_billable"] == "false"
    assert (held["hs_number"], held["hs_amount_billed"]) == ("RI-7001", "391.00")
    (record,) = hub.connector.fetch("invoices", [result.target_id])
    assert (record.fields["company"], record.fields["contact"]) == (firm, person)
    assert [(one["name"], one["amount"]) for one in record.lines] == [
        ("Pump", Decimal("361.00")),
        ("Valve", Decimal("30.0")),
    ]


def test_lines_follow_their_document(hub: Hub) -> None:
    first = send(hub, document(PUMP, VALVE))[KEY]
    before = keys_of_lines(hub)
    dearer = {**PUMP, "price": Decimal(200)}
    again = send(hub, document(dearer, VALVE, SEAL))[KEY]
    assert (again.outcome, again.target_id) == ("updated", first.target_id)
    assert lines_of(hub) == {"Pump": "400", "Valve": "30.0", "Seal": "3.50"}
    after = keys_of_lines(hub)
    assert before.items() <= after.items()
    send(hub, document(dearer))
    assert lines_of(hub) == {"Pump": "400"}
    assert len(alive(hub, "line_items")) == 1


def test_a_line_that_a_person_added_is_left_alone(hub: Hub) -> None:
    key = send(hub, document(PUMP, VALVE))[KEY].target_id
    made = hub.control.edit(
        type="line_items",
        action="create",
        set={"name": "Discount agreed", "price": "1"},
    )
    pair = {"type": "invoices", "id": key, "to_type": "line_items"}
    hub.control.edit(action="associate", to_id=made["id"], **pair)
    send(hub, document(PUMP))
    assert set(lines_of(hub)) == {"Pump", "Discount agreed"}


def test_a_document_without_lines_said_keeps_those_it_has(hub: Hub) -> None:
    key = send(hub, document(PUMP))[KEY].target_id
    status = WriteItem(key="s", fields={"hs_invoice_status": "paid"}, target_id=key)
    assert send(hub, status)["s"].error is None
    assert set(lines_of(hub)) == {"Pump"}


def test_a_document_without_lines_loses_those_of_ours(hub: Hub) -> None:
    key = send(hub, document(PUMP, VALVE))[KEY].target_id
    made = hub.control.edit(
        type="line_items", action="create", set={"name": "Of a user", "price": "5"}
    )
    pair = {"type": "invoices", "id": key, "to_type": "line_items"}
    hub.control.edit(action="associate", to_id=made["id"], **pair)
    assert send(hub, document())[KEY].outcome == "updated"
    assert set(lines_of(hub)) == {"Of a user"}


def test_a_document_known_by_its_id_keeps_the_keys_of_its_lines(hub: Hub) -> None:
    key = send(hub, document(PUMP, VALVE))[KEY].target_id
    known = WriteItem(key="k", fields={}, target_id=key, lines=[PUMP])
    assert send(hub, known)["k"].error is None
    assert len(alive(hub, "line_items")) == 1
    assert set(lines_of(hub)) == {"Pump"}


@pytest.mark.parametrize(
    "path",
    [
        "line_items/batch/upsert",
        "invoices/batch/upsert",
        "invoices/line_items/batch/associate",
        "invoices/companies/batch/associate",
    ],
)
def test_a_lost_answer_doubles_nothing(hub: Hub, path: str) -> None:
    firm = hub.write([company(1)])["JDE:1"].target_id
    items = [of(document(PUMP, VALVE, key=f"JDE:{n}"), company=firm) for n in range(5)]
    hub.fault(path, apply_then_drop=True)
    results = send(hub, *items)
    assert {one.outcome for one in results.values()} == {"created"}
    assert {one.outcome for one in send(hub, *items).values()} == {"updated"}
    assert len(alive(hub, "invoices")) == 5
    assert len(alive(hub, "line_items")) == 10
    assert lines_of(hub, "JDE:4") == {"Pump": "361.00", "Valve": "30.0"}


def test_a_write_that_died_half_way_is_made_whole_by_the_next(hub: Hub) -> None:
    hub.fault("invoices/line_items/batch/associate", status=500, times=None)
    failed = send(hub, document(PUMP, VALVE))[KEY]
    assert failed.error is not None
    assert failed.target_id
    hub.control.clear_faults()
    assert send(hub, document(PUMP, VALVE))[KEY].error is None
    assert lines_of(hub) == {"Pump": "361.00", "Valve": "30.0"}
    assert len(alive(hub, "line_items")) == 2


def test_a_bad_line_fails_its_own_document_only(hub: Hub) -> None:
    bad = {**VALVE, "price": Decimal(-20)}
    results = send(hub, document(PUMP, bad), document(PUMP, key="JDE:2"))
    error = results[KEY].error
    assert error is not None
    assert error.message.startswith("Line 2: ")
    assert error.field == "lines.price"
    assert results["JDE:2"].outcome == "created"
    assert list(hub.stored("invoices")) == ["JDE:2"]


def test_two_lines_of_one_number_are_told_apart_by_a_person(hub: Hub) -> None:
    numbered = [{**one, "hs_position_on_quote": 3} for one in (PUMP, VALVE)]
    error = send(hub, document(*numbered))[KEY].error
    assert error is not None
    assert "number 3" in error.message
    assert alive(hub, "line_items") == []


def test_a_number_of_its_own_keeps_a_line_when_others_go(hub: Hub) -> None:
    pump, valve = (
        {**one, "hs_position_on_quote": Decimal(n)}
        for n, one in (("1.000", PUMP), ("2.000", VALVE))
    )
    send(hub, document(pump, valve))
    (kept,) = [
        one["id"]
        for one in alive(hub, "line_items")
        if one["properties"]["name"] == "Valve"
    ]
    send(hub, document(valve))
    assert [one["id"] for one in alive(hub, "line_items")] == [kept]


def test_a_currency_the_account_lacks_is_refused_before_anything_is_sent(
    hub: Hub,
) -> None:
    good = document(PUMP, key="JDE:2")
    bad = document(PUMP, hs_currency="CHF")
    line = {**PUMP, "hs_line_item_currency_code": "CHF"}
    results = send(hub, bad, document(line, key="JDE:3"), good)
    named = {KEY: "hs_currency", "JDE:3": "lines.hs_line_item_currency_code"}
    for key, field in named.items():
        error = results[key].error
        assert error is not None
        assert (error.field, error.code) == (field, "CURRENCY")
        assert "EUR, USD" in error.message
    assert results["JDE:2"].outcome == "created"
    assert len(alive(hub, "line_items")) == 1


def test_what_hubspot_keeps_itself_is_never_sent(hub: Hub) -> None:
    with pytest.raises(ConfigurationError, match="hs_lastmodifieddate"):
        send(hub, document(hs_lastmodifieddate="2026-11-20T00:00:00Z"))
    with pytest.raises(ConfigurationError, match="Line 1: “amount”"):
        send(hub, document({**PUMP, "amount": Decimal(1)}))
    assert hub.requests("/batch/") == []


def test_a_payment_settles_the_invoice_it_is_linked_with(hub: Hub) -> None:
    invoice = send(hub, document(PUMP, VALVE))[KEY].target_id
    fields: Fields = {
        "erp_key": "JDE:R-1",
        "hs_initial_amount": Decimal("391.00"),
        "hs_initiated_date": "2026-11-20T00:00:00Z",
        "hs_latest_status": "succeeded",
    }
    item = WriteItem(key="p", fields=fields, refs={"invoice": invoice})
    hub.fault("commerce_payments/batch/upsert", apply_then_drop=True)
    assert hub.write([item], "payments")["p"].outcome == "created"
    assert len(alive(hub, "commerce_payments")) == 1
    assert hub.stored("invoices")[KEY]["hs_invoice_status"] == "paid"
