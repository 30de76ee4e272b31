"""Customers: six tables made one, compared with what is stored behind the server."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.systems.jde.connector import JdeConnector
from tests.systems.jde.case import (
    Ais,
    Stored,
    add_customer,
    ais,
    by_key,
    empty_ais,
    everything,
)

__all__ = ["ais", "empty_ais"]
ZONE = "America/New_York"


def by_number(rows: list[Stored], line: int | None = None) -> dict[int, list[Stored]]:
    found = defaultdict(list)
    for row in rows:
        if line is None or row.get("IDLN", line) == line:
            found[row["AN8"]].append(row)
    return found


def test_every_customer_and_nobody_else(ais: Ais) -> None:
    records = by_key(everything(ais.open(page_size=10))[0])
    assert set(records) == {
        str(row["AN8"]) for row in ais.rows("F0101") if row["AT1"] == "C"
    }


def test_other_search_types_can_be_customers_too(ais: Ais) -> None:
    found = everything(ais.open(search_types="c, o"))[0]
    kinds = {record.fields["AT1"] for record in found}
    assert kinds == {"C", "O"}


def test_every_column_arrives(ais: Ais) -> None:
    records = by_key(everything(ais.open(time_zone=ZONE))[0])
    masters = by_number(ais.rows("F03012"))
    names = by_number(ais.rows("F0111"), line=0)
    for row in ais.rows("F0101"):
        if row["AT1"] != "C":
            continue
        fields = records[str(row["AN8"])].fields
        assert fields["AN8"] == row["AN8"]
        for alias in ("ALPH", "TAX", "MCU", "SIC", "CM", "DUNS", "AC01", "RMK"):
            assert fields[alias] == row[alias].strip()
        assert fields["MLNM"] == names[row["AN8"]][0]["MLNM"].strip()
        master = preferred(masters[row["AN8"]])
        if not master:
            assert fields["ACL"] is fields["TRAR"] is fields["on_hold"] is None
            continue
        assert fields["ACL"] == Decimal(str(master["ACL"]))
        assert fields["TRAR"] == master["TRAR"].strip()
        held = master["HDAR"] == "Y" or bool(master["HOLD"].strip())
        assert fields["on_hold"] is held


def preferred(masters: list[Stored], company: str = "00000") -> Stored | None:
    order = {company: 0, "00000": 1}
    return min(
        masters, key=lambda row: (order.get(row["CO"], 2), row["CO"]), default=None
    )


def current(addresses: list[Stored], today: str) -> Stored:
    valid = [row for row in addresses if (row["EFTB"] or "") <= today]
    return max(valid, key=lambda row: row["EFTB"] or "")


def test_the_address_is_the_newest_that_is_valid_today(ais: Ais) -> None:
    records = by_key(everything(ais.open(time_zone=ZONE))[0])
    today = f"{datetime.now(ZoneInfo(ZONE)):%Y%m%d}"
    addresses = by_number(ais.rows("F0116"))
    several = 0
    for key, record in records.items():
        newest = current(addresses[int(key)], today)
        several += len(addresses[int(key)]) > 1
        assert record.fields["street"] == newest["ADD1"].strip()
        assert record.fields["city"] == newest["CTY1"].strip()
        since = record.fields["address_since"]
        assert f"{since:%Y%m%d}" == newest["EFTB"] if since else not newest["EFTB"]
    assert several


def test_phone_fax_mail_and_website_come_from_line_nought(ais: Ais) -> None:
    records = by_key(everything(ais.open())[0])
    phones = by_number(ais.rows("F0115"), line=0)
    mails = by_number(ais.rows("F01151"), line=0)
    for key, record in records.items():
        own = phones[int(key)]
        business = [row for row in own if not row["PHTP"].strip()]
        assert record.fields["phone"] == (spoken(business[0]) if business else "")
        faxes = [row for row in own if row["PHTP"].strip() == "FAX"]
        assert record.fields["fax"] == (spoken(faxes[0]) if faxes else "")
        for field, kind in (("email", "E"), ("website", "I")):
            found = [r["EMAL"] for r in mails[int(key)] if r["ETP"].strip() == kind]
            assert record.fields[field] == (found[0].strip() if found else "")


def spoken(row: Stored) -> str:
    return f"{row['AR1'].strip()} {row['PH1'].strip()}".strip()


def test_the_time_of_change_is_the_newest_of_all_tables(ais: Ais) -> None:
    stamps: dict[int, tuple[str, int]] = {}
    today = f"{datetime.now(ZoneInfo(ZONE)):%Y%m%d}"
    for table in ("F0101", "F03012", "F0111", "F0115", "F01151", "F0116"):
        for number, found in by_number(ais.rows(table), line=0).items():
            rows = [current(found, today)] if table == "F0116" else found
            times = [(row["UPMJ"] or "", row["UPMT"]) for row in rows]
            stamps[number] = max(stamps.get(number, ("", 0)), *times)
    for record in everything(ais.open(time_zone=ZONE))[0]:
        day, clock = stamps[int(record.key)]
        local = datetime.strptime(f"{day}{clock:06d}", "%Y%m%d%H%M%S")  # noqa: DTZ007
        expected = local.replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
        assert record.modified_at == record.fields["changed_at"] == expected


@pytest.mark.parametrize(("company", "limit"), [("200", 2), ("00000", 1), ("7", 1)])
def test_the_customer_master_of_the_wanted_company(
    empty_ais: Ais, company: str, limit: int
) -> None:
    add_customer(empty_ais, 7001)
    empty_ais.edit("F03012", {"AN8": 7001, "CO": "00000"}, ACL=1)
    empty_ais.insert("F03012", AN8=7001, CO="00200", ACL=2)
    fields = everything(empty_ais.open(company=company))[0][0].fields
    assert fields["ACL"] == limit


def test_a_company_of_its_own_is_better_than_none(empty_ais: Ais) -> None:
    empty_ais.insert("F0101", AN8=7001, AT1="C")
    empty_ais.insert("F03012", AN8=7001, CO="00200", ACL=2)
    empty_ais.insert("F03012", AN8=7001, CO="00300", ACL=3)
    fields = everything(empty_ais.open())[0][0].fields
    assert (fields["CO"], fields["ACL"]) == ("00200", 2)


def only(connector: JdeConnector) -> dict[str, Any]:
    records, _ = everything(connector)
    assert len(records) == 1
    return dict(records[0].fields)


def test_a_customer_with_nothing_but_a_number(empty_ais: Ais) -> None:
    empty_ais.insert("F0101", AN8=7001, AT1="C", touch=False)
    fields = only(empty_ais.open())
    # Empty lists say that there is none; a missing row says nothing.
    assert fields["phone"] == fields["email"] == fields["street"] == fields["TAX"] == ""
    assert fields["ACL"] is fields["MLNM"] is fields["on_hold"] is None
    assert fields["changed_at"] is None


def test_blanks_in_front_and_behind_are_no_part_of_a_value(empty_ais: Ais) -> None:
    add_customer(empty_ais, 7001, ALPH="  Two Blanks", MCU="30", TAX=" 12 34 ")
    fields = only(empty_ais.open())
    assert (fields["ALPH"], fields["MCU"], fields["TAX"]) == (
        "Two Blanks",
        "30",
        "12 34",
    )


@pytest.mark.parametrize(
    ("invoices", "orders", "held"),
    [("N", "", False), ("", "", False), ("Y", "", True), ("N", "A1", True)],
)
def test_on_hold(empty_ais: Ais, invoices: str, orders: str, held: bool) -> None:
    add_customer(empty_ais, 7001)
    key = {"AN8": 7001, "CO": "00000"}
    empty_ais.edit("F03012", key, HDAR=invoices, HOLD=orders)
    assert only(empty_ais.open())["on_hold"] is held


def test_a_hidden_column_is_not_said(ais: Ais) -> None:
    connector = ais.open(username="HSCOLUMN", password="sandbox-2")
    records, cursor = everything(connector)
    assert len(records) == 60
    for record in records:
        for name in ("TAX", "ACL", "email", "website", "domain"):
            assert record.fields[name] is None
        assert record.fields["ALPH"]
    ais.edit("F0101", {"AN8": int(records[0].key)}, RMK="seen")
    again, _ = everything(connector, cursor=cursor)
    assert [(r.key, r.fields["TAX"]) for r in again] == [(records[0].key, None)]


def test_hidden_rows_leave_fields_unsaid_and_nobody_out(ais: Ais) -> None:
    records, _ = everything(ais.open(username="HSROW", password="sandbox-3"))
    assert len(records) == 60
    assert {"00100", "00200"}.isdisjoint({r.fields["CO"] for r in records})


def test_amounts_without_their_decimal_point(ais: Ais) -> None:
    plain = by_key(everything(ais.open())[0])
    scaled = by_key(everything(ais.open(implied_decimals="F03012.ACL=2"))[0])
    for key, record in plain.items():
        limit = record.fields["ACL"]
        if isinstance(limit, Decimal):
            assert scaled[key].fields["ACL"] == limit / 100


def test_the_total_is_told_once(ais: Ais) -> None:
    pages = list(ais.open(page_size=10).read("customers", None))
    assert [page.total for page in pages] == [60] + [None] * (len(pages) - 1)


def test_a_total_that_cannot_be_told_is_left_out(ais: Ais) -> None:
    rule = {"match": {"body": '"COUNT"'}, "do": {"status": 400}}
    ais.control.faults(rule)
    pages = list(ais.open().read("customers", None))
    assert pages[0].total is None
    assert len(pages[0].records) == 60


def test_few_customers_among_many_others(empty_ais: Ais) -> None:
    """Read by number, not by range, once that is seen to be cheaper."""
    for number in range(1, 1200):
        if number % 100:
            empty_ais.insert("F0111", AN8=number, IDLN=0, MLNM=f"Other {number}")
        else:
            add_customer(empty_ais, number)
    records = by_key(everything(empty_ais.open(page_size=10))[0])
    assert len(records) == 11
    for key, record in records.items():
        assert record.fields["MLNM"] == f"Company {key}"
    operators = [
        {one["operator"] for one in body["query"]["condition"]}
        for body in empty_ais.asked("F0111")
    ]
    assert "BETWEEN" in operators[1]
    assert not {"BETWEEN", "EQUAL"}.issubset(operators[-1])


def test_the_catalogue_is_what_is_read(ais: Ais) -> None:
    for name in ("customers", "contacts", "items"):
        named = set(JdeConnector.spec.object(name).fields)
        assert set(everything(ais.open(), name)[0][0].fields) == named


def test_values_have_the_types_that_the_catalogue_names(ais: Ais) -> None:
    types: dict[str, Any] = {
        "string": str,
        "enum": str,
        "reference": str,
        "integer": int,
        "decimal": Decimal,
        "boolean": bool,
        "date": date,
        "datetime": datetime,
    }
    for name in ("customers", "contacts", "items"):
        catalogue = JdeConnector.spec.object(name).fields
        for record in everything(ais.open(), name)[0]:
            for field, value in record.fields.items():
                if value is not None and value != "":
                    assert type(value) is types[catalogue[field].type], field
                    longest = catalogue[field].max_length
                    assert longest is None or len(str(value)) <= longest
