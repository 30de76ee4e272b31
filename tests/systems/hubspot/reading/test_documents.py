"""Invoices with their lines, payments, and writing back what became of them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors.sdk.errors import NotFoundError, RejectedError, UnavailableError
from connectors.sdk.records import SourceRecord, WriteItem
from tests.systems.conftest import Hub, company, contact

LINKS = "/batch/read"


def make(hub: Hub, kind: str, **values: str) -> str:
    made = hub.control.edit(type=kind, action="create", set=values)
    return str(made["id"])


def link(hub: Hub, kind: str, key: str, to_type: str, to_id: str, **more: Any) -> None:
    hub.control.edit(
        type=kind, action="associate", id=key, to_type=to_type, to_id=to_id, **more
    )


def invoice(hub: Hub, *lines: dict[str, str]) -> str:
    """An invoice of the first company and its contact, with these lines."""
    firm = hub.write([company(1)])["JDE:1"].target_id
    person = hub.write([contact(1, firm)], "contacts")["JDE:P1"].target_id
    key = make(hub, "invoices", hs_currency="EUR", hs_due_date="2026-12-24")
    link(hub, "invoices", key, "companies", firm)
    link(hub, "invoices", key, "contacts", person)
    for line in lines:
        item = make(hub, "line_items", **line)
        link(hub, "invoices", key, "line_items", item)
    return key


def only(hub: Hub, name: str, *fields: str) -> SourceRecord:
    """The one record there is, read whole and read as a change: both are the same."""
    found = []
    for cursor in (None, {"phase": "changes", "since": 0}):
        pages = list(hub.connector.read(name, cursor, fields=fields))
        (record,) = [one for page in pages for one in page.records]
        found.append(record)
    assert found[0] == found[1]
    assert found[0] == hub.connector.fetch(name, [found[0].key], fields=fields)[0]
    return found[0]


# --------------------------------------------------------------------------- reading


def test_an_invoice_comes_with_its_lines_and_references(hub: Hub) -> None:
    visit = {"name": "Visit", "quantity": "2", "price": "180.50", "hs_sku": "SRV-1"}
    parts = {"name": "Parts", "quantity": "1.5", "price": "20", "discount": "5"}
    key = invoice(
        hub,
        {**parts, "hs_position_on_quote": "1"},
        {**visit, "hs_position_on_quote": "0"},
    )
    wanted = ["hs_currency", "hs_due_date", "company", "contact"]
    line_names = ["name", "quantity", "price", "discount", "amount"]
    record = only(hub, "invoices", *wanted, *(f"lines.{one}" for one in line_names))
    assert record.key == key
    assert record.fields == {
        "hs_currency": "EUR",
        "hs_due_date": datetime(2026, 12, 24, tzinfo=UTC),
        "company": hub.control.records("companies")[0]["id"],
        "contact": hub.control.records("contacts")[0]["id"],
    }
    first, second = record.lines
    assert first == {
        "name": "Visit",
        "quantity": Decimal(2),
        "price": Decimal("180.50"),
        "discount": "",
        "amount": Decimal("361.00"),
    }
    assert (second["name"], second["amount"]) == ("Parts", Decimal("22.5"))


def test_a_line_names_its_product(hub: Hub) -> None:
    item = WriteItem(key="p", fields={"erp_key": "JDE:9", "name": "Pump"})
    product = hub.write([item], "products")["p"].target_id
    invoice(hub, {"hs_product_id": product, "quantity": "1"})
    record = only(hub, "invoices", "lines.hs_product_id", "lines.name")
    assert record.lines == [{"hs_product_id": product, "name": "Pump"}]


def test_lines_are_read_only_when_they_are_wanted(hub: Hub) -> None:
    invoice(hub, {"name": "Visit"})
    hub.fault("line_items", times=None, status=500)
    assert list(only(hub, "invoices", "hs_number").lines) == []
    with pytest.raises(UnavailableError):
        hub.connector.fetch("invoices", [only(hub, "invoices", "hs_number").key])


def test_more_lines_than_fit_a_page_all_come(hub: Hub) -> None:
    key = invoice(hub)
    hub.control.edit(
        type="line_items", action="fill", count=620, set={"name": "Line {n}"}
    )
    for item in hub.control.records("line_items"):
        link(hub, "invoices", key, "line_items", item["id"])
    record = only(hub, "invoices", "lines.name")
    assert [line["name"] for line in record.lines] == [f"Line {n}" for n in range(620)]


def test_an_invoice_of_nobody_is_read_as_such(hub: Hub) -> None:
    make(hub, "invoices", hs_currency="EUR")
    record = only(hub, "invoices", "company", "contact", "lines.name")
    assert record.fields == {"company": None, "contact": None}
    assert list(record.lines) == []


def test_a_failed_look_at_associations_is_no_empty_reference(hub: Hub) -> None:
    invoice(hub, {"name": "Visit"})
    failed = {"status": "error", "category": "INTERNAL_ERROR", "message": "oops"}
    body = {"status": "COMPLETE", "results": [], "numErrors": 1, "errors": [failed]}
    hub.fault("associations", status=207, json=body)
    with pytest.raises(UnavailableError, match="oops"):
        list(hub.connector.read("invoices", None, fields=["company"]))


def test_a_payment_names_what_it_pays(hub: Hub) -> None:
    first, second = invoice(hub), make(hub, "invoices", hs_currency="EUR")
    key = make(
        hub,
        "commerce_payments",
        hs_initial_amount="500.00",
        hs_initiated_date="2026-11-20T10:00:00.123Z",
        hs_reference_number="R-77",
        hs_latest_status="succeeded",
    )
    for one in (second, first):
        link(hub, "commerce_payments", key, "invoices", one)
    firm = hub.control.records("companies")[0]["id"]
    link(hub, "commerce_payments", key, "companies", firm)
    record = only(hub, "payments")
    assert record.fields["hs_initial_amount"] == Decimal("500.00")
    at = datetime(2026, 11, 20, 10, 0, 0, 123000, UTC)
    assert record.fields["hs_initiated_date"] == at
    assert record.fields["hs_reference_number"] == "R-77"
    assert record.fields["invoice"] == first
    assert record.fields["invoice_ids"] == f"{first};{second}"
    assert record.fields["company"] == firm
    assert record.fields["contact"] is None


def test_documents_are_found_by_their_number(hub: Hub) -> None:
    key = make(hub, "invoices", hs_currency="EUR", hs_number="INV-7")
    found = hub.connector.find("invoices", "hs_number", ["inv-7", "INV-8"])
    assert [one.key for one in found["inv-7"]] == [key]
    assert found["INV-8"] == []
    (by_id,) = hub.connector.find("invoices", "hs_object_id", [key])[key]
    assert by_id.key == key


# ---------------------------------------------------------------------- writing back


@pytest.mark.parametrize("name", ["invoices", "payments"])
def test_what_became_of_a_document_is_written_back(hub: Hub, name: str) -> None:
    kinds = {
        "invoices": ("invoices", {"hs_currency": "EUR"}),
        "payments": (
            "commerce_payments",
            {"hs_initial_amount": "1", "hs_initiated_date": "2026-11-20"},
        ),
    }
    kind, values = kinds[name]
    key = make(hub, kind, **values)
    told = {"erp_document": "RI 4711", "erp_status": "posted", "erp_message": ""}
    items = [
        WriteItem(key="a", target_id=key, fields=told),
        WriteItem(key="b", fields=told),
        WriteItem(key="c", target_id="999", fields=told),
    ]
    connector = hub.connector
    results = {
        one.key: one for one in connector.write(name, items, match_field="hs_object_id")
    }
    assert (results["a"].outcome, results["a"].target_id) == ("updated", key)
    assert isinstance(results["b"].error, RejectedError)
    assert "only updated" in results["b"].error.message
    assert isinstance(results["c"].error, NotFoundError)
    (record,) = connector.fetch(name, [key], fields=[*told])
    assert record.fields == {**told, "erp_message": ""}
    assert len(hub.control.records(kind)) == 1


def test_the_id_may_come_as_a_mapped_value(hub: Hub) -> None:
    key = make(hub, "invoices", hs_currency="EUR")
    item = WriteItem(key="a", fields={"hs_object_id": key, "erp_status": "posted"})
    (result,) = hub.connector.write("invoices", [item], match_field="hs_object_id")
    assert (result.outcome, result.target_id) == ("updated", key)
