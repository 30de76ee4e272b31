"""Reading QAD: all there is, exactly as it is, in both editions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    UnavailableError,
)
from connectors.systems.qad.options import normalised
from tests.systems.qad.case import Qad, adaptive, enterprise, qad, site_box

__all__ = ["adaptive", "enterprise", "qad", "site_box"]


def test_customers_as_the_site_has_them(qad: Qad) -> None:
    customers = qad.read("customers")
    odd = customers[f"{qad.context}:customer:0042"]
    assert odd.fields["customerCode"] == "0042", "the zeros stay"
    assert f"{qad.context}:customer:A/B 7" in customers
    assert f"{qad.context}:customer:nord&co" in customers, "stored case"
    names = {one.fields["businessRelationName"] for one in customers.values()}
    assert {"Łódź Zażółć Sp. z o.o.", "Müller & Söhne 東京"} <= names, "no end blanks"
    limit = odd.fields["fixedCreditLimit"]
    assert isinstance(limit, Decimal)
    assert odd.fields["street2"] in ("", None)
    if qad.face == "adaptive":
        assert odd.fields["isActive"] is True
        (row,) = qad.control.records("customers", ["0042"])
        local = f"{row['lastModifiedDate'][:10]}T{row['lastModifiedTime']}"
        zone = ZoneInfo("America/Chicago")
        assert odd.modified_at == datetime.fromisoformat(local).replace(tzinfo=zone)


def test_a_code_is_looked_up_without_regard_to_case(qad: Qad) -> None:
    found = qad.open().find("customers", "customerCode", ["NORD&CO", "c1001 "])
    assert [r.key for r in found["NORD&CO"]] == [f"{qad.context}:customer:nord&co"]
    assert [r.key for r in found["c1001 "]] == [f"{qad.context}:customer:C1001"]


def test_items_have_price_unit_and_site(qad: Qad) -> None:
    items = qad.read("items", item_statuses="AC")
    first, obsolete = items["10USA:item:00017"], items["10USA:item:SENS-7"]
    assert first.fields["listPrice"] == Decimal("1.01")
    assert (first.fields["unitOfMeasure"], first.fields["siteCode"]) == ("KG", "10-100")
    assert first.fields["name"] == "Valve 1 stainless"
    assert (first.fields["active"], obsolete.fields["active"]) == (True, False)
    assert obsolete.fields["listPrice"] == Decimal(0)


def test_key_people_belong_to_their_customer(qad: Qad) -> None:
    people = qad.read("contacts")
    of_three = [p for k, p in people.items() if k.split(":")[2] == "0042"]
    assert len(of_three) == 2
    assert {one.fields["customer"] for one in of_three} == {
        f"{qad.context}:customer:0042"
    }
    assert {bool(one.fields["EMail"]) for one in of_three} == {True, False}
    assert any(one.fields["contactName"] == "Zoë Ångström" for one in people.values())
    suppliers = qad.read("supplier_contacts").values()
    assert all("supplier" in str(one.fields["supplier"]) for one in suppliers)


def test_a_second_change_of_the_same_day_is_read(qad: Qad) -> None:
    connector = qad.open()
    cursor = list(connector.read("items", None))[-1].cursor
    for price in (7.5, 8.25):
        qad.control.edit(type="items", key="FILT-3", set={"listPrice": price})
        *_, last = pages = list(connector.read("items", cursor))
        found = {one.key: one for page in pages for one in page.records}
        assert found["10USA:item:FILT-3"].fields["listPrice"] == Decimal(str(price))
        assert len(found) < 80, "not everything"
        cursor = last.cursor
    qad.control.edit(type="items", key="FILT-3", set={"listPrice": 1.03})


def test_a_filter_that_is_ignored_loses_nothing(adaptive: Qad) -> None:
    connector = adaptive.open()
    cursor = list(connector.read("customers", None))[-1].cursor
    adaptive.control.config(date_filter=False)
    adaptive.control.edit(type="customers", key="C1010", set={"city": "Zürich"})
    pages = list(connector.read("customers", cursor, fields=["key", "city"]))
    found = {one.key: one.fields for page in pages for one in page.records}
    assert found["SHARED10:customer:C1010"]["city"] == "Zürich"
    assert any("cannot be filtered" in one.title for one in connector.check().findings)


def test_rows_that_come_while_it_pages_are_read(adaptive: Qad) -> None:
    adaptive.control.config(insert_while_paging=True)
    before = {r["itemCode"] for r in adaptive.control.records("items")}
    keys = set(adaptive.read("items"))
    assert {f"10USA:item:{code}" for code in before} <= keys
    adaptive.control.config(insert_while_paging=False)
    new = {r["itemCode"] for r in adaptive.control.records("items")} - before
    for code in new:
        adaptive.control.edit(type="items", action="delete", key=code)


def test_a_list_without_rows_where_there_are_some_is_no_end(adaptive: Qad) -> None:
    empty = {"data": [], "auxillaryData": {"HasMoreParams": "false"}}
    adaptive.control.faults(
        {"match": {"path": r"/browses\?"}, "do": {"status": 200, "json": empty}}
    )
    with pytest.raises(UnavailableError, match="shows none"):
        adaptive.read("items")


def test_a_classic_browse_will_do(adaptive: Qad) -> None:
    source = "urn:browse:mfg:gp340 items urn:be:com.qad.base.item.IItem"
    connector = adaptive.open(item_source=source)
    wanted = ["key", "name", "listPrice", "unitOfMeasure", "siteCode"]
    adaptive.control.clear_log()
    pages = list(connector.read("items", None, fields=wanted))
    one = next(r for p in pages for r in p.records if r.key == "10USA:item:00017")
    assert one.fields["listPrice"] == Decimal("1.01")
    paths = [entry["path"] for entry in adaptive.control.log()]
    assert not [path for path in paths if "/api/erp/items" in path], "rows suffice"


def test_another_workspace_is_noticed(adaptive: Qad) -> None:
    result = adaptive.open(shared_set="SHARED20").check()
    assert not result.ok or any("SHARED" in one.title for one in result.findings)
    wrong = adaptive.open(entity="NOSUCH").check()
    assert not wrong.ok
    assert "NOSUCH" in wrong.message or "workspace" in wrong.message.lower()


@pytest.mark.parametrize("mode", ["oauth_password", "basic", "form_session"])
def test_each_log_in_is_renewed_when_it_dies(adaptive: Qad, mode: str) -> None:
    connector = adaptive.open(auth_mode=mode)
    assert list(connector.keys("suppliers"))
    adaptive.control.clock(advance_s=1000)
    assert list(connector.keys("suppliers")), "idle for too long"
    adaptive.control.clock(offset_s=0)


def test_without_basic_the_client_id_has_to_be_entered(adaptive: Qad) -> None:
    adaptive.control.config(basic=False)
    with pytest.raises(AuthenticationError) as caught:
        list(adaptive.open().keys("items"))
    assert "client id" in caught.value.advice
    assert list(adaptive.open(client_id="mlc-sandbox").keys("items"))


def test_a_pasted_token_cannot_be_renewed(adaptive: Qad) -> None:
    connector = adaptive.open(auth_mode="static_bearer", token="eyJ-nobody-knows")
    for _ in range(2):
        with pytest.raises(AuthenticationError, match="pasted token"):
            list(connector.keys("items"))
    assert adaptive.control.stats()["requests"] == 1, "and not tried again"


@pytest.mark.parametrize("mode", ["oauth_password", "basic", "form_session"])
def test_a_wrong_password_is_sent_once(adaptive: Qad, mode: str) -> None:
    connector = adaptive.open(auth_mode=mode, client_id="mlc-sandbox", password="wrong")
    for _ in range(3):
        with pytest.raises(AuthenticationError):
            list(connector.keys("items"))
    assert adaptive.control.stats()["requests"] == 1
    adaptive.open(client_id="mlc-sandbox").check()  # the right one counts anew


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"receiver": "NOBODY"}, "routing"),
        ({"qdoc_version": "eB9_9"}, "version"),
        ({"query_qdocs": "queryA queryB queryC queryD"}, "routing"),
    ],
)
def test_what_the_site_has_not_installed_is_said(
    enterprise: Qad, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        enterprise.read("items", **settings)


def test_xml_with_a_document_type_is_refused(enterprise: Qad) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>'
    rule = {"status": 200, "text": bomb, "headers": {"Content-Type": "text/xml"}}
    enterprise.control.faults({"match": {"path": "Qdoc"}, "do": rule})
    with pytest.raises(UnavailableError, match="instead of SOAP"):
        enterprise.read("items")


def test_a_web_server_in_front_is_told_who_asks(enterprise: Qad) -> None:
    enterprise.control.config(http_basic=True)
    with pytest.raises(AuthenticationError):
        enterprise.read("items")
    assert enterprise.read("items", http_basic=True)


def test_names_of_another_release(adaptive: Qad) -> None:
    people = adaptive.read("contacts", contact_fields="contactFunction=lastName")
    assert any(one.fields["contactFunction"] == "Ångström" for one in people.values())


def test_decimals_with_the_separator_of_the_site(enterprise: Qad) -> None:
    enterprise.control.config(query_decimals=",")
    items = enterprise.read("items", decimal_separator=",")
    assert items["10USA:item:00017"].fields["listPrice"] == Decimal("1.01")


def test_the_check_says_what_is_not_confirmed(qad: Qad) -> None:
    result = qad.open().check()
    assert result.ok, result.message
    (said,) = [one.title for one in result.findings if "Not confirmed" in one.title]
    words = {"adaptive": "purchase order's field", "enterprise": "query QDocs"}
    assert words[qad.face] in said


@pytest.mark.parametrize(
    "pasted",
    [
        "https://q.example.com/clouderp/",
        "https://q.example.com/clouderp/api",
        "https://q.example.com/clouderp/#/home?x=1",
    ],
)
def test_addresses_as_people_paste_them(pasted: str) -> None:
    assert normalised(pasted, enterprise=False) == "https://q.example.com/clouderp"


def test_until_leaves_later_changes_alone(adaptive: Qad) -> None:
    connector = adaptive.open()
    adaptive.control.edit(type="customers", key="C1011", set={"city": "Basel"})
    before = datetime.now(UTC) - timedelta(minutes=5)
    pages = list(connector.read("customers", None, until=before))
    assert "SHARED10:customer:C1011" not in {
        one.key for page in pages for one in page.records
    }
    later = list(connector.read("customers", pages[-1].cursor))
    assert "SHARED10:customer:C1011" in {
        one.key for page in later for one in page.records
    }


_BASE = "urn:browse:bebrowse:com.qad.erp.base"
V2, V3 = (
    f"{_BASE}.customers customer{v}s urn:be:com.qad.base.customer.ICustomer{v}"
    for v in ("V2", "V3")
)


def test_a_release_of_other_names_is_found_by_the_test(adaptive: Qad) -> None:
    plain = adaptive.read("contacts")
    items = f"{_BASE}.items"
    adaptive.control.config(party_version="V3", missing_browses=[items])
    found = {one.title: one.advice for one in adaptive.open().check().findings}
    told = f"Customers: customerV3s answers here, by {_BASE}.customers."
    assert V3 in found[told]
    assert any("Items: items answers here, by urn:browse:mfg:gp340" in t for t in found)
    with pytest.raises(ConfigurationError):
        adaptive.read("contacts")
    settings = {"customer_source": f"{V2}; {V3}"}
    assert adaptive.read("contacts", **settings) == plain
    titles = [one.title for one in adaptive.open(**settings).check().findings]
    assert "Customers are read as customerV3s: name 2 of 2 answers." in titles


def test_an_outage_is_no_reason_to_take_another_name(adaptive: Qad) -> None:
    adaptive.control.config(party_version="V3")
    rule = {"match": {"path": "customerV2s"}, "do": {"status": 503}}
    adaptive.control.faults(rule)
    connector = adaptive.open(customer_source=f"{V2}; {V3}")
    with pytest.raises(UnavailableError):
        connector.fetch("customers", ["SHARED10:customer:C1001"])
    adaptive.control.clear_faults()
    assert connector.fetch("customers", ["SHARED10:customer:C1001"])


def test_names_that_nobody_answers_to_are_said(adaptive: Qad) -> None:
    adaptive.control.config(party_version="V9")
    with pytest.raises(ConfigurationError, match="none of the 2 names of customers"):
        adaptive.read("customers", customer_source=f"{V2}; {V3}")
