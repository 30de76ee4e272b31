"""Reads by OData: every row once, exact, whatever the site pads, caps or hides."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.sdk.records import CheckResult
from tests.systems.syspro.case import Syspro, everything, syspro

__all__ = ["syspro"]


@pytest.mark.parametrize(
    "knobs",
    [
        {"pad_chars": True},
        {"blank_as_space": True},
        {"odata_cap": 7},
        {"odata_cap": 7, "odata_next_link": True},
        {"odata_offset": "-06:00"},
        {"odata_dates": "Edm.Date"},
    ],
)
@pytest.mark.parametrize("name", ["customers", "contacts", "invoices"])
def test_records_are_the_same_however_the_site_shows_them(
    syspro: Syspro, name: str, knobs: dict[str, Any]
) -> None:
    plain, _ = everything(syspro.open(page_size=10), name)
    syspro.control.config(**knobs)
    shown, _ = everything(syspro.open(page_size=10, odata_count=False), name)
    assert shown == plain
    assert len(shown) > 20


def test_keys_keep_their_zeros_and_lose_their_blanks(syspro: Syspro) -> None:
    syspro.control.config(pad_chars=True)
    for code in ("00201", "201", " 201", "AB-1"):
        values = {"Customer": code, "Name": f"Customer {code}"}
        syspro.control.edit(action="insert", table="ArCustomer", set=values)
    connector = syspro.open(page_size=10)
    found, _ = everything(connector, "customers")
    assert {"00201", "201", " 201", "AB-1"} <= set(found)
    fetched = connector.fetch("customers", ["00201", " 201"])
    assert [one.fields["Name"] for one in fetched] == [
        "Customer  201",
        "Customer 00201",
    ]
    assert connector.find("customers", "Name", ["customer ab-1"])["customer ab-1"]


def test_names_beyond_ascii_arrive_as_they_are(syspro: Syspro) -> None:
    found, _ = everything(syspro.open(), "customers")
    assert found["000000000000013"].fields["Name"] == "Café René “Étoile” 13"
    names = syspro.open().find("customers", "Name", ["café rené “étoile” 13", "O'Neil"])
    assert [len(one) for one in names.values()] == [1, 0]


def test_invoices_have_exact_lines_in_their_own_sign(syspro: Syspro) -> None:
    found, _ = everything(syspro.open(page_size=10), "invoices")
    assert {one.fields["DocumentType"] for one in found.values()} == {"I", "C"}
    by_total = 0
    for record in found.values():
        total = sum((Decimal(str(line["net"])) for line in record.lines), Decimal(0))
        amount, tax = record.fields["CurrencyValue"], record.fields["TaxPortion"]
        assert total == amount - tax  # type: ignore[operator]
        by_total += record.fields["lines_source"] == "Total"
        for line in record.lines:
            price, quantity = line["price"], line["quantity"]
            assert price * quantity == line["net"]  # type: ignore[operator]
            assert price >= 0  # type: ignore[operator]
        due, day = record.fields["due_date"], record.fields["InvoiceDate"]
        assert due == day + timedelta(days=30)  # type: ignore[operator]
    assert by_total
    stored = syspro.control.records("ArTrnDetail")
    assert sum(len(one.lines) for one in found.values()) - by_total == len(stored)


def test_a_payment_that_no_date_shows_is_seen(syspro: Syspro) -> None:
    connector = syspro.open(page_size=10)
    found, cursor = everything(connector, "invoices")
    open_one = next(k for k, one in found.items() if one.fields["status"] == "open")
    key, due = open_one.split("/"), found[open_one].fields["InvoiceBal1"]
    syspro.control.edit(action="pay", key=key, value=str(due))
    syspro.control.edit(table="ArInvoice", key=key, set={"InvoiceDate": "2019-01-31"})
    changed, cursor = everything(connector, "invoices", cursor)
    assert changed[open_one].fields["status"] == "paid"
    assert changed[open_one].fields["InvoiceDate"] == date(2019, 1, 31)
    assert changed[open_one].lines == found[open_one].lines
    closed = [k for k, one in found.items() if one.fields["status"] == "paid"]
    assert not set(closed).issubset(changed)


def test_a_balance_without_a_timestamp_is_seen(syspro: Syspro) -> None:
    connector = syspro.open(page_size=10)
    invoices, _ = everything(connector, "invoices")
    before, cursor = everything(connector, "customers")
    key = next(k for k, one in invoices.items() if one.fields["InvoiceBal1"])
    syspro.control.edit(action="pay", key=key.split("/"), value="1.01")
    after, _ = everything(connector, "customers", cursor)
    changed = {k for k in after if after[k] != before[k]}
    assert changed == {key.split("/")[0]}


def test_a_full_scan_comes_when_it_is_due(syspro: Syspro) -> None:
    connector = syspro.open(full_read_hours=1)
    everything_there, cursor = everything(connector, "invoices")
    fewer, _ = everything(connector, "invoices", cursor)
    assert len(fewer) < len(everything_there)
    stale = {**cursor, "scanned_at": "2020-01-01T00:00:00+00:00"}
    again, _ = everything(connector, "invoices", stale)
    assert again == everything_there


def test_a_column_of_the_sites_own_tells_changed_customers(syspro: Syspro) -> None:
    connector = syspro.open(customer_changed_column="DateLastSale")
    _, cursor = everything(connector, "customers")
    assert everything(connector, "customers", cursor)[0] == {}
    today = syspro.control.describe()["today"]
    key = ["000000000000013"]
    syspro.control.edit(table="ArCustomer", key=key, set={"DateLastSale": today})
    assert set(everything(connector, "customers", cursor)[0]) == set(key)


def test_columns_of_the_site_are_discovered_and_read(syspro: Syspro) -> None:
    connector = syspro.open()
    found = {one.name: one for one in connector.discover("customers")}
    assert found["PriceCode"].custom
    assert found["HighestBalance"].type == "decimal"
    assert "TimeStamp" not in found
    records, _ = everything(connector, "customers", fields=["Customer", "UserField2"])
    assert records["000000000000013"].fields["UserField2"] == Decimal("0.00")


def broken(result: CheckResult) -> list[str]:
    """The faces that do not work."""
    wrong = [one for one in result.findings if one.level == "error"]
    return [one.title.split(":")[0] for one in wrong]


def test_each_face_of_the_site_is_checked_on_its_own(syspro: Syspro) -> None:
    syspro.control.config(enet_up=False)
    found = syspro.open().check().findings
    assert [one.title.split(":")[0] for one in found if one.level == "error"] == [
        "e.net"
    ]
    syspro.control.config(enet_up=True, odata_up=False)
    result = syspro.open().check()
    assert broken(result) == ["OData"]
    titles = [one.title for one in result.findings]
    assert "Logged on to Outdoors Company as operator HSYNC." in titles


def test_the_check_says_what_nobody_confirmed(syspro: Syspro) -> None:
    result = syspro.open(due_days_column="", company_currency="").check()
    assert result.ok
    assert any("No public manual tells" in one.title for one in result.findings)
    advice = {one.title: one.advice for one in result.findings}
    assert "DueDays" in advice["Due dates are not worked out."]
    told = "The company's currency is USD, the connection says nothing."
    assert "Enter USD" in advice[told]


def test_a_new_odata_password_counts_after_a_restart(syspro: Syspro) -> None:
    new = {"operator": "HSYNC", "password": "odata-secret-9"}
    syspro.control.edit(action="odata_password", **new)
    connector = syspro.open(odata_password="odata-secret-9")
    (worst,) = [one for one in connector.check().findings if one.level == "error"]
    assert "restarted" in worst.advice
    syspro.control.edit(action="restart_odata")
    assert connector.check().ok


@pytest.mark.parametrize("face", ["odata", "enet"])
def test_rows_that_come_and_go_while_it_pages_cost_no_other_row(
    syspro: Syspro, face: str
) -> None:
    edit = syspro.control.edit
    before = {row["Customer"] for row in syspro.control.records("ArCustomer")}
    gone, found = sorted(before)[0], []
    connector = syspro.open(page_size=10, read_by=face)
    for number, page in enumerate(connector.read("customers", None)):
        found += [one.key for one in page.records]
        if number == 0:
            edit(action="delete", table="ArCustomer", key=[gone])
        values = {"Customer": f"00000000000000{number}A", "Name": "Just made"}
        edit(action="insert", table="ArCustomer", set=values)
    assert before <= set(found)
    assert len(found) == len(set(found))


def test_an_invoice_that_was_dated_back_is_found_in_the_end(syspro: Syspro) -> None:
    connector = syspro.open()
    _, cursor = everything(connector, "invoices")
    old = {
        "Customer": "000000000000013", "Invoice": "000000000990001",
        "DocumentType": "D", "InvoiceDate": "2019-05-01", "CurrencyValue": "121.00",
        "TaxPortion": "21.00", "TermsCode": "30",
    }  # fmt: skip
    syspro.control.edit(action="insert", table="ArInvoice", set=old)
    key = "000000000000013/000000000990001/D"
    assert key not in everything(connector, "invoices", cursor)[0], "paid, and of old"
    stale = {**cursor, "scanned_at": "2020-01-01T00:00:00+00:00"}
    found = everything(connector, "invoices", stale)[0][key]
    assert found.fields["lines_source"] == "Total"
    assert [line["net"] for line in found.lines] == [Decimal("100.00")]


def test_what_is_fetched_in_any_order_has_its_lines(syspro: Syspro) -> None:
    connector = syspro.open()
    held, _ = everything(connector, "invoices")
    assert len(held) > 40
    for keys in (
        sorted(held),
        sorted(held, reverse=True),
        sorted(held, key=lambda one: one[::-1]),
    ):
        found = {one.key: one for one in connector.fetch("invoices", keys)}
        assert {key: one.lines for key, one in found.items()} == {
            key: one.lines for key, one in held.items()
        }
        titles = {key: one.fields["title"] for key, one in found.items()}
        assert titles == {key: one.fields["title"] for key, one in held.items()}
