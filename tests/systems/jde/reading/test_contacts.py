"""Contacts: the people behind a customer, each with phones and e-mail of their own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.systems.jde.joins.contacts import split_name
from connectors.systems.jde.joins.reachable import domain_of
from tests.systems.jde.case import (
    Ais,
    add_customer,
    ais,
    by_key,
    empty_ais,
    everything,
)

__all__ = ["ais", "empty_ais"]
NAMES = ("name", "first_name", "middle_name", "last_name")


def test_the_people_of_customers_and_nobody_elses(ais: Ais) -> None:
    records = by_key(everything(ais.open(page_size=10), "contacts")[0])
    customers = {row["AN8"] for row in ais.rows("F0101") if row["AT1"] == "C"}
    people = [row for row in ais.rows("F0111") if row["IDLN"] > 0]
    assert set(records) == {
        f"{row['AN8']}-{row['IDLN']}" for row in people if row["AN8"] in customers
    }
    assert len(people) > len(records)


def test_a_contact_points_to_its_customer(ais: Ais) -> None:
    customers = by_key(everything(ais.open())[0])
    for record in everything(ais.open(), "contacts")[0]:
        assert record.fields["AN8"] in customers
        assert record.key == f"{record.fields['AN8']}-{record.fields['IDLN']}"


def test_everyone_has_their_own_phone_and_mail(ais: Ais) -> None:
    records = by_key(everything(ais.open(page_size=10), "contacts")[0])
    seen = 0
    for row in ais.rows("F01151"):
        record = records.get(f"{row['AN8']}-{row['IDLN']}")
        if record and row["RCK7"] == 1:
            assert record.fields["email"] == row["EMAL"].strip()
            seen += 1
    assert seen
    for row in ais.rows("F0115"):
        record = records.get(f"{row['AN8']}-{row['IDLN']}")
        if record and row["PHTP"].strip() == "CAR":
            assert str(record.fields["mobile"]).endswith(row["PH1"].strip())


def person(ais: Ais, **columns: Any) -> None:
    add_customer(ais, 7001)
    ais.insert("F0111", AN8=7001, IDLN=1, **columns)


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (
            {"MLNM": "Kei Ito", "GNNM": "Kei", "SRNM": "Ito"},
            ("Kei Ito", "Kei", "", "Ito"),
        ),
        ({"MLNM": "Ito, Kei"}, ("Kei Ito", "Kei", "", "Ito")),
        ({"ALPH": "Ito, Kei"}, ("Kei Ito", "Kei", "", "Ito")),
        ({"ALPH": "Kei Ito"}, ("Kei Ito", "Kei", "", "Ito")),
        ({"ALPH": "Ito"}, ("Ito", "", "", "Ito")),
        (
            {"GNNM": "Ana", "MDNM": "M.", "SRNM": "Sol"},
            ("Ana M. Sol", "Ana", "M.", "Sol"),
        ),
        ({"ALPH": "Ito, Kei", "SRNM": "Itō"}, ("Itō", "", "", "Itō")),
    ],
)
def test_names(empty_ais: Ais, columns: dict[str, str], names: tuple[str, ...]) -> None:
    person(empty_ais, **columns)
    [record], _ = everything(empty_ais.open(), "contacts")
    assert tuple(record.fields[name] for name in NAMES) == names


def test_without_name_and_mail_it_is_nobody(empty_ais: Ais) -> None:
    person(empty_ais, ATTL="Front desk")
    empty_ais.insert("F0111", AN8=7001, IDLN=2, ATTL="Sales")
    empty_ais.insert("F01151", AN8=7001, IDLN=2, RCK7=1, ETP="E", EMAL="s@example.com")
    [record], _ = everything(empty_ais.open(), "contacts")
    assert (record.key, record.fields["email"]) == ("7001-2", "s@example.com")


def test_hidden_mail_is_not_said(ais: Ais) -> None:
    connector = ais.open(username="HSCOLUMN", password="sandbox-2")
    records, _ = everything(connector, "contacts")
    assert records
    assert {record.fields["email"] for record in records} == {None}


@given(st.text(), st.text())
def test_any_name_splits(given_name: str, surname: str) -> None:
    first, last = split_name(f"{surname}, {given_name}")
    assert f"{last} {first}".replace(",", " ").split() == (
        f"{surname} {given_name}".replace(",", " ").split()
    )


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.Example.com/about?x=1", "example.com"),
        ("example.com", "example.com"),
        ("http://shop.example.com:8080", "shop.example.com"),
        ("www.example.com#top", "example.com"),
        ("see reception", ""),
        ("", ""),
    ],
)
def test_domains(url: str, domain: str) -> None:
    assert domain_of(url) == domain
