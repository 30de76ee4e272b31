"""Without OData: e.net reads the same tables, with nothing that describes them."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sdk.errors import ConfigurationError
from tests.systems.syspro.case import Syspro, everything, syspro, term, write

__all__ = ["syspro"]
BY_ENET: dict[str, Any] = {"read_by": "enet", "odata_password": ""}
KINDS = ("customers", "contacts", "invoices", "terms", "classes")


@pytest.mark.parametrize(
    ("knobs", "settings"),
    [
        ({}, {}),
        ({"token_style": "S7"}, {"enet_transport": "soap"}),
        ({"wrapping": "json"}, {"page_size": 10}),
        ({"wrapping": "string", "url_encoding": "cp1252"}, {"url_encoding": "cp1252"}),
    ],
)
def test_the_records_are_those_that_odata_shows(
    syspro: Syspro, knobs: dict[str, Any], settings: dict[str, Any]
) -> None:
    for code in ("00201", "201", " 201", "AB-1 & Co"):
        values = {"Customer": code, "Name": f"Customer {code}", "Contact": "O'Neil"}
        syspro.control.edit(action="insert", table="ArCustomer", set=values)
    shown = {name: everything(syspro.open(), name)[0] for name in KINDS}
    syspro.control.config(odata_up=False, **knobs)
    connector = syspro.open(**BY_ENET, **settings)
    for name in KINDS:
        assert everything(connector, name)[0] == shown[name]
    assert len(shown["invoices"]) > 40
    fetched = connector.fetch("customers", ["00201", " 201", "AB-1 & Co"])
    assert {one.key for one in fetched} == {"00201", " 201", "AB-1 & Co"}
    key, one = next(iter(shown["invoices"].items()))
    assert connector.fetch("invoices", [key]) == [one]


def test_what_changed_is_told_by_the_same_columns(syspro: Syspro) -> None:
    connector = syspro.open(**BY_ENET)
    before, cursor = everything(connector, "invoices")
    paid = next(k for k, one in before.items() if one.fields["status"] == "open")
    due = before[paid].fields["InvoiceBal1"]
    syspro.control.edit(action="pay", key=paid.split("/"), value=str(due))
    after, cursor = everything(connector, "invoices", cursor)
    assert after[paid].fields["status"] == "paid"
    assert after[paid].lines == before[paid].lines
    assert len(after) < len(before)
    customer = paid.split("/")[0]
    balance = syspro.stored("ArCustomerBal", customer)["CurrentBalance1"]
    (read,) = connector.fetch("customers", [customer])
    assert str(read.fields["balance"]) == balance


def test_a_session_stolen_while_a_table_is_read_costs_no_row(syspro: Syspro) -> None:
    expected, _ = everything(syspro.open(), "customers")
    connector = syspro.open(**BY_ENET, page_size=10)
    found: dict[str, Any] = {}
    for page in connector.read("customers", None):
        assert not found.keys() & {one.key for one in page.records}
        found |= {one.key: one for one in page.records}
        syspro.control.edit(action="steal_session", operator="HSYNC")
    assert found == expected


def test_codes_are_written_where_nothing_but_enet_is(syspro: Syspro) -> None:
    syspro.control.config(odata_up=False)
    connector = syspro.open(**BY_ENET)
    assert write(connector, "terms", term("71", "New"))[0].outcome == "created"
    assert write(connector, "terms", term("71", "Newer"))[0].outcome == "updated"
    assert syspro.stored("TblArTerms", "71")["Description"] == "Newer"


def test_the_check_says_what_is_there_and_what_nobody_confirmed(
    syspro: Syspro,
) -> None:
    syspro.control.config(odata_up=False)
    result = syspro.open(**BY_ENET).check()
    titles = " ".join(one.title for one in result.findings)
    assert result.ok
    assert "e.net shows ArCustomer, ArCustomerBal, ArInvoice" in titles
    assert "how COMFND refuses an unknown table" in titles
    assert "OData" not in titles
    syspro.control.config(unlicensed=["COMFND"])
    (worst,) = [one for one in syspro.open(**BY_ENET).check().findings
                if one.level == "error"]  # fmt: skip
    assert "COMFND" in worst.title


def test_columns_of_the_site_are_found_in_its_rows(syspro: Syspro) -> None:
    found = {one.name: one for one in syspro.open(**BY_ENET).discover("customers")}
    assert found["PriceCode"].custom
    assert found["HighestBalance"].type == "decimal"
    assert found["DateLastSale"].type == "date"


def test_a_column_that_field_security_blanks_is_blank_and_a_key_stops(
    syspro: Syspro,
) -> None:
    syspro.control.config(hidden_fields=["CreditLimit", "DateCustAdded"])
    found, _ = everything(syspro.open(**BY_ENET), "customers")
    assert {one.fields["DateCustAdded"] for one in found.values()} == {None}
    assert len(found) == 40
    syspro.control.config(hidden_fields=["Customer"])
    with pytest.raises(ConfigurationError, match="does not show the key"):
        next(iter(syspro.open(**BY_ENET, page_size=10).read("customers", None)))


def test_a_name_that_no_table_can_hold_is_not_asked_for(syspro: Syspro) -> None:
    connector = syspro.open(**BY_ENET)
    assert connector.find("customers", "Name", ["Łódź"]) == {"Łódź": []}
    names = ["café rené “étoile” 13", "Łódź"]
    found = connector.find("customers", "Name", names)
    assert [len(one) for one in found.values()] == [1, 0]
