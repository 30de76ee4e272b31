"""Invoices, lines and payments of the HubSpot stand-in, and edits by a person."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from connectors.sandbox.core.client import ControlError
from tests.sandbox.conftest import Hub, objects


def link(hub: Hub, kind: str, key: str, to_type: str, to_id: str) -> None:
    base = f"{objects(kind)}/{key}/associations/default/{to_type}/{to_id}"
    assert hub.call("PUT", base).ok


def shown(hub: Hub, kind: str, key: str) -> dict[str, Any]:
    (record,) = hub.control.records(kind, [key])
    properties: dict[str, Any] = record["properties"]
    return properties


def change(hub: Hub, kind: str, key: str, **values: str) -> Any:
    return hub.call("PATCH", f"{objects(kind)}/{key}", {"properties": values})


def complete_draft(hub: Hub) -> str:
    """A draft over 2 x 50.25, with all that it takes to open it."""
    draft = hub.create("invoices", hs_currency="USD")
    person = hub.create("contacts", email="ann@example.com")
    item = hub.create("line_items", quantity="2", price="50.25")
    link(hub, "invoices", draft, "contacts", person)
    link(hub, "invoices", draft, "line_items", item)
    return draft


def pay(hub: Hub, invoice: str, amount: str, status: str = "succeeded") -> str:
    payment = hub.create(
        "commerce_payments",
        hs_initial_amount=amount,
        hs_initiated_date="2026-11-20",
        hs_latest_status=status,
    )
    link(hub, "commerce_payments", payment, "invoices", invoice)
    return payment


def test_a_draft_is_opened_only_when_it_is_complete(hub: Hub) -> None:
    draft = hub.create("invoices", hs_currency="USD")
    answer = change(hub, "invoices", draft, hs_invoice_status="open")
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"
    assert "contacts and line_items" in answer.json()["message"]
    assert shown(hub, "invoices", draft)["hs_invoice_status"] == "draft"


def test_an_invoice_that_is_opened_gets_number_and_amounts(hub: Hub) -> None:
    draft = complete_draft(hub)
    assert change(hub, "invoices", draft, hs_invoice_status="open").ok
    held = shown(hub, "invoices", draft)
    assert held["hs_number"] == "INV-1001"
    assert held["hs_amount_billed"] == held["hs_balance_due"] == "100.50"


def test_an_invoice_that_mirrors_another_is_not_judged(hub: Hub) -> None:
    mirror = hub.create("invoices", hs_currency="USD", hs_invoice_billable="false")
    assert change(hub, "invoices", mirror, hs_invoice_status="open").ok
    assert "hs_number" not in shown(hub, "invoices", mirror)


def test_payments_reduce_the_balance_until_it_is_paid(hub: Hub) -> None:
    draft = complete_draft(hub)
    change(hub, "invoices", draft, hs_invoice_status="open")
    pay(hub, draft, "100.00")
    late = pay(hub, draft, "0.50", "processing")
    held = shown(hub, "invoices", draft)
    assert (held["hs_balance_due"], held["hs_invoice_status"]) == ("0.50", "open")
    hub.control.clock(advance_s=10)
    before = held["hs_lastmodifieddate"]
    change(hub, "commerce_payments", late, hs_latest_status="succeeded")
    held = shown(hub, "invoices", draft)
    assert (held["hs_balance_due"], held["hs_invoice_status"]) == ("0.00", "paid")
    assert held["hs_lastmodifieddate"] > before


def test_invoices_are_seeded_on_request_only(hub: Hub) -> None:
    hub.control.config(existing_share=1.0)
    assert hub.control.seed(4)["invoices"] == 0
    hub.control.reset()
    hub.control.config(existing_share=1.0, seed_invoices=4)
    counts = hub.control.seed(4)
    assert (counts["invoices"], counts["commerce_payments"]) == (4, 2)
    statuses = [
        one["properties"]["hs_invoice_status"]
        for one in hub.control.records("invoices")
    ]
    assert statuses == ["open", "paid", "open", "paid"]


def test_deals_are_seeded_with_what_they_sell(hub: Hub) -> None:
    hub.control.config(existing_share=1.0, seed_deals=8)
    counts = hub.control.seed(4)
    assert (counts["deals"], counts["orders"]) == (8, 2)
    held = [one["properties"] for one in hub.control.records("deals")]
    assert [one["hs_is_closed_won"] for one in held] == ["true", "false"] * 4
    assert held[0]["amount"] == "180.00"
    assert held[1]["amount"] == "4980.00"
    (order, _) = hub.control.records("orders")
    assert order["properties"]["hs_total_price"] == "180.00"


def test_a_person_fills_in_many_records_at_one_time(hub: Hub) -> None:
    hub.control.edit(
        type="companies", action="fill", count=3, set={"name": "Company {n}"}
    )
    held = [one["properties"] for one in hub.control.records("companies")]
    assert [one["name"] for one in held] == ["Company 0", "Company 1", "Company 2"]
    assert len({one["hs_lastmodifieddate"] for one in held}) == 1
    with pytest.raises(ControlError, match="at least 1"):
        hub.control.edit(type="companies", action="fill", count=0, set={})


def test_a_person_takes_an_association_away(hub: Hub) -> None:
    draft = complete_draft(hub)
    (item,) = hub.control.records("line_items")
    pair = {"type": "invoices", "id": draft, "to_type": "line_items"}
    hub.control.edit(action="dissociate", to_id=item["id"], **pair)
    answer = change(hub, "invoices", draft, hs_invoice_status="open")
    assert "without associated line_items" in answer.json()["message"]


def test_a_restored_record_is_found_as_changed(hub: Hub) -> None:
    key = hub.create("companies", name="Back again")
    hub.control.edit(type="companies", action="delete", id=key)
    hub.control.clock(advance_s=60)
    restored = hub.control.edit(type="companies", action="restore", id=key)
    at = restored["properties"]["hs_lastmodifieddate"]
    assert restored["updatedAt"] == at
    since = {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": at}
    found = hub.search("companies", since).json()["results"]
    assert [one["id"] for one in found] == [key]


def test_every_answer_carries_the_account_s_own_time(hub: Hub) -> None:
    hub.control.clock(now="2031-05-06T07:08:09Z")
    answer = hub.get(objects("companies"))
    at = parsedate_to_datetime(answer.headers["Date"])
    assert abs(at - datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)).total_seconds() < 5
    hub.control.clock(offset_s=0)
