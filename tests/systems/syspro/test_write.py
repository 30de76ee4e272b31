"""Writes by business objects: errors inside a 200 or a 500, lost answers, texts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.records import WriteItem
from tests.systems.syspro.case import SETUP, Syspro, change, syspro, term, write

__all__ = ["syspro"]
CUSTOMER = "000000000000013"


@pytest.mark.parametrize("transport", ["rest", "soap"])
def test_a_customer_is_changed_in_what_was_said_and_nothing_else(
    syspro: Syspro, transport: str
) -> None:
    before = syspro.stored("ArCustomer", CUSTOMER)
    connector = syspro.open(enet_transport=transport)
    new = {"Name": "Žižka & “Sœurs” <€>", "CreditLimit": Decimal(7500)}
    (result,) = write(
        connector, "customers", change(CUSTOMER, CustomerOnHold=True, **new)
    )
    assert (result.outcome, result.target_id) == ("updated", CUSTOMER)
    after = syspro.stored("ArCustomer", CUSTOMER)
    assert after["Name"] == new["Name"]
    assert (after["CreditLimit"], after["CustomerOnHold"]) == ("7500", "Y")
    touched = {name for name in after if after[name] != before[name]}
    assert touched <= {"Name", "CreditLimit", "CustomerOnHold", "TimeStamp"}


@pytest.mark.parametrize("wrapping", ["raw", "json", "string"])
def test_an_error_inside_a_200_is_the_items_own(syspro: Syspro, wrapping: str) -> None:
    syspro.control.config(wrapping=wrapping)
    results = write(
        syspro.open(),
        "customers",
        change("000000000000013", TermsCode="ZZ", CustomerOnHold=False),
        change("000000000000012", TermsCode="60"),
        change("000000000000999", TermsCode="60"),
    )
    assert [one.outcome for one in results] == ["failed", "updated", "failed"]
    refused, gone = results[0].error, results[2].error
    assert refused is not None
    assert gone is not None
    assert (refused.field, refused.code) == ("TermsCode", "220031")
    assert "'ZZ' not found" in refused.message
    assert gone.error_class == "not_found"


@pytest.mark.parametrize("transport", ["rest", "soap"])
def test_a_500_with_xml_inside_is_a_refusal_and_no_outage(
    syspro: Syspro, transport: str
) -> None:
    connector = syspro.open(enet_transport=transport)
    fault = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        "<s:Fault><faultcode>s:Server</faultcode><faultstring>XML element 'termscode' "
        "has a value of &lt;Z&gt;</faultstring></s:Fault></s:Body></s:Envelope>"
    )
    path = "setup.asmx" if transport == "soap" else SETUP
    syspro.fault(path, status=500, text=fault)
    (result,) = write(connector, "customers", change(CUSTOMER, TermsCode="Z"))
    assert result.error is not None
    assert result.error.error_class == "rejected"
    assert result.error.field == "termscode"
    assert "<Z>" in result.error.message


@pytest.mark.parametrize("transport", ["rest", "soap"])
def test_a_lost_answer_to_an_addition_makes_no_second_one(
    syspro: Syspro, transport: str
) -> None:
    connector = syspro.open(enet_transport=transport)
    path = "setup.asmx" if transport == "soap" else r"/Setup/Add"
    syspro.fault(path, apply_then_drop=True)
    (result,) = write(connector, "terms", term("71"))
    assert result.outcome == "created"
    keys = syspro.control.ledger("TblArTerms")["types"]["TblArTerms"]["keys"]
    assert keys["71"]["created"] == 1
    assert keys["71"]["updated"] == 0


def test_an_addition_that_never_arrived_stays_in_doubt(syspro: Syspro) -> None:
    connector = syspro.open()
    syspro.fault(r"/Setup/Add", drop=True)
    with pytest.raises(Exception, match="may have been applied") as told:
        write(connector, "terms", term("71"))
    assert getattr(told.value, "error_class", "") == "uncertain"
    assert not syspro.control.records("TblArTerms", ["71"])


def test_codes_go_both_ways_with_their_days(syspro: Syspro) -> None:
    connector = syspro.open()
    made = write(connector, "terms", term("45", "45 days", days=45))
    assert made[0].outcome == "created"
    (record,) = connector.fetch("terms", ["45"])
    assert record.fields["days"] == 45
    new = {"Class": "EX", "Description": "Export"}
    item = WriteItem(key="EX", fields=new)
    assert write(connector, "classes", item)[0].outcome == "created"
    assert syspro.stored("TblCustomerClass", "EX")["Description"] == "Export"


def test_a_site_without_the_setup_object_says_so(syspro: Syspro) -> None:
    syspro.control.config(unlicensed=["ARSSTC"])
    with pytest.raises(ConfigurationError, match=r"does not offer .* ARSSTC"):
        write(syspro.open(), "terms", term("71"))
    with pytest.raises(ConfigurationError, match="names no business object"):
        write(syspro.open(terms_object=""), "terms", term("71"))
    found = [one.title for one in syspro.open().check().findings]
    assert any(one.startswith("Terms cannot be written") for one in found)


def test_what_the_code_page_lacks_is_refused_before_it_is_sent(syspro: Syspro) -> None:
    connector = syspro.open()
    (result,) = write(connector, "customers", change(CUSTOMER, Name="北京 Ltd"))
    assert result.error is not None
    assert result.error.field == "Name"
    assert "Windows-1252" in result.error.message
    assert not [one for one in syspro.control.log() if "/Setup/" in one["path"]]


def test_a_document_too_long_for_an_address_asks_for_soap(syspro: Syspro) -> None:
    # Every field has its own limit, so only the escapes make a document so long.
    long = {f"SoldToAddr{n}": "“" * 40 for n in (1, 2, 3, 4, 5)}
    item = change(CUSTOMER, Email="“" * 255, Name="“" * 50, Contact="“" * 50, **long)
    (result,) = write(syspro.open(), "customers", item)
    assert result.outcome == "failed"
    (result,) = write(syspro.open(enet_transport="soap"), "customers", item)
    assert result.error is not None
    assert result.error.code == "220050"
