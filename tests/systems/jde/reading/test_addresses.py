"""Customers, contacts, items and accounts, written by orchestrations."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connectors.sdk.errors import NotFoundError, UncertainWriteError
from connectors.sdk.records import Scalar, WriteItem
from tests.systems.jde.case import Books, books, writing_box

__all__ = ["books", "writing_box"]

FOUNDRY: dict[str, Scalar] = {
    "ALPH": "Foundry Ltd",
    "TAX": "GB-77",
    "MCU": "30",
    "street": "1 Kiln Lane",
    "postal_code": "LS1 4AP",
    "city": "Leeds",
    "country": "GB",
    "website": "https://www.foundry.example.com/about",
    "email": "info@foundry.example.com",
    "phone": "0113 555 010",
    "ACL": Decimal(5000),
    "TRAR": "N30",
    "CRCD": "GBP",
}


def item(reference: str, fields: dict[str, Scalar], **more: Any) -> WriteItem:
    return WriteItem(key=reference, fields=fields, reference=reference, **more)


def known(key: str, **fields: Scalar) -> WriteItem:
    return WriteItem(key=key, fields=fields, target_id=key)


# ---------------------------------------------------------------------- customers


@pytest.mark.parametrize("form", ["plain", "classic"])
def test_a_customer_is_created_with_all_that_was_said(books: Books, form: str) -> None:
    books.control.config(orchestration_input=form)
    wish = item(f"C-{form}", FOUNDRY)
    (result,) = books.write("customers", wish, orchestration_input=form)
    assert result.outcome == "created"
    assert str(result.assigned["AN8"]) == result.target_id
    (found,) = books.open().fetch("customers", [result.target_id])
    assert {name: found.fields[name] for name in FOUNDRY} == FOUNDRY
    assert found.fields["ALKY"] == wish.reference
    assert found.fields["CO"] == "00000"


def test_only_what_is_said_is_changed(books: Books) -> None:
    (made,) = books.write("customers", item("C-PART", FOUNDRY))
    change = known(made.target_id, city="York", phone="", ALPH="Foundry Group")
    (result,) = books.write("customers", change)
    assert (result.outcome, result.target_id) == ("updated", made.target_id)
    (found,) = books.open().fetch("customers", [made.target_id])
    expected = FOUNDRY | {"city": "York", "phone": "", "ALPH": "Foundry Group"}
    assert {name: found.fields[name] for name in FOUNDRY} == expected
    assert found.fields["ALKY"] == "C-PART"


def test_a_customer_of_one_company_gets_no_row_for_all(books: Books) -> None:
    rows = books.rows("F03012")
    general = {row["AN8"] for row in rows if row["CO"] == "00000"}
    own = next(row for row in rows if row["AN8"] not in general)
    (result,) = books.write("customers", known(str(own["AN8"]), ALPH="Renamed"))
    assert result.outcome == "updated"
    assert len(books.rows("F03012")) == len(rows)


def test_a_customer_known_by_our_reference_is_not_made_twice(books: Books) -> None:
    (first,) = books.write("customers", item("C-TWICE", {"ALPH": "Twice"}))
    (again,) = books.write("customers", item("C-TWICE", {"ALPH": "Twice Ltd"}))
    assert (again.outcome, again.target_id) == ("updated", first.target_id)


@pytest.mark.parametrize("key", ["999999", "not-a-number"])
def test_a_customer_that_is_gone_is_not_found(books: Books, key: str) -> None:
    (result,) = books.write("customers", known(key, ALPH="Nobody"))
    assert isinstance(result.error, NotFoundError)


def test_nothing_said_is_nothing_sent(books: Books) -> None:
    (result,) = books.write("customers", known(books.customer))
    assert result.outcome == "unchanged"
    assert books.calls("MLC_UpsertCustomer") == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ALPH": "x" * 41}, "ALPH"),
        ({"ALPH": ""}, "ALPH"),
        ({"ACL": Decimal("10.5")}, "ACL"),
        ({"MCU": "77"}, "MCU"),
        ({"TRAR": "XXX"}, "TRAR"),
        ({"phone": "1" * 21}, "phone"),
        ({"email": "x" * 257}, "email"),
    ],
)
def test_a_customer_that_does_not_fit_is_refused(
    books: Books, change: dict[str, Scalar], field: str
) -> None:
    wish = item("C-BAD", FOUNDRY | change)
    assert books.refused("customers", wish) == ("rejected", field)


def test_a_long_phone_number_is_cut_at_its_prefix(books: Books) -> None:
    number = "+44113 555 010 2020 30405"
    (made,) = books.write("customers", item("C-FON", {"ALPH": "Fon", "phone": number}))
    (found,) = books.open().fetch("customers", [made.target_id])
    assert found.fields["phone"] == number


def test_a_lost_customer_is_found_by_its_reference(books: Books) -> None:
    books.fault(r"/orchestrator/", apply_then_drop=True)
    (result,) = books.write("customers", item("C-LOST", {"ALPH": "Lost"}))
    assert isinstance(result.error, UncertainWriteError)
    assert len(books.calls("MLC_UpsertCustomer")) == 1
    (found,) = books.open().find("customers", "ALKY", ["c-lost"])["c-lost"]
    assert found.fields["ALPH"] == "Lost"


def test_a_lost_change_is_simply_sent_again(books: Books) -> None:
    (made,) = books.write("customers", item("C-AGAIN", {"ALPH": "Again"}))
    books.fault(r"/orchestrator/", apply_then_drop=True)
    (result,) = books.write("customers", known(made.target_id, city="Hull"))
    assert result.outcome == "updated"


def test_customers_are_found_by_what_matching_asks_for(books: Books) -> None:
    fields = FOUNDRY | {
        "ALPH": "Match & Co",
        "TAX": "GB-M-1",
        "website": "https://www.Match.example.com/about",
        "postal_code": "M4 1TC",
        "email": "hello@match.example.com",
    }
    (made,) = books.write("customers", item("C-MATCH", fields))
    wanted = {
        "ALPH": "match & co",
        "TAX": "gb-m-1",
        "postal_code": "m4 1tc",
        "email": "HELLO@match.example.com",
    }
    connector = books.open()
    for name, value in wanted.items():
        stored = value.upper() if name in ("TAX", "postal_code") else fields[name]
        found = connector.find("customers", name, [str(stored)])
        assert [one.key for one in found[str(stored)]] == [made.target_id], name
    books.write(
        "customers", known(made.target_id, website="https://www.match.example.com")
    )
    found = connector.find("customers", "domain", ["match.example.com", "x.example"])
    assert [one.key for one in found["match.example.com"]] == [made.target_id]
    assert found["x.example"] == []


def test_keys_tell_who_was_deleted(books: Books) -> None:
    connector = books.open(page_size=10)
    (made,) = books.write("customers", item("C-GONE", {"ALPH": "Gone"}))
    before = {key for page in connector.keys("customers") for key in page}
    assert made.target_id in before
    number = {"AN8": int(made.target_id)}
    books.control.edit(action="delete", table="F0101", key=number)
    after = {key for page in connector.keys("customers") for key in page}
    assert before - after == {made.target_id}


# ----------------------------------------------------------------------- contacts


def test_a_person_is_added_to_a_customer_and_changed(books: Books) -> None:
    fields: dict[str, Scalar] = {
        "first_name": "Ada",
        "last_name": "Mill",
        "ATTL": "Buyer",
        "email": "ada@foundry.example.com",
        "phone": "0113 555 011",
        "mobile": "0777 555 012",
    }
    refs = {"AN8": books.customer}
    (made,) = books.write("contacts", item("P-1", fields, refs=refs))
    assert made.outcome == "created"
    assert made.assigned["key"] == made.target_id
    (changed,) = books.write("contacts", known(made.target_id, last_name="Lake"))
    assert changed.outcome == "updated"
    (found,) = books.open().fetch("contacts", [made.target_id])
    expected = fields | {"last_name": "Lake", "name": "Ada Lake", "REM1": "P-1"}
    assert {name: found.fields[name] for name in expected} == expected
    (same,) = books.open().find("contacts", "name", ["Ada Lake"])["Ada Lake"]
    assert same.key == made.target_id


def test_a_person_with_our_reference_is_not_added_again(books: Books) -> None:
    fields: dict[str, Scalar] = {"first_name": "Kei", "last_name": "Ito"}
    wish = item("P-TWICE", fields, refs={"AN8": books.customer})
    books.fault(r"/orchestrator/", apply_then_drop=True)
    (lost,) = books.write("contacts", wish)
    assert isinstance(lost.error, UncertainWriteError)
    (again,) = books.write("contacts", wish)
    assert again.outcome == "updated"
    found = books.open().find("contacts", "REM1", ["P-TWICE"])["P-TWICE"]
    assert [one.key for one in found] == [again.target_id]


@pytest.mark.parametrize("key", ["6001-999", "999999-1", "6001"])
def test_a_person_who_is_gone_is_not_found(books: Books, key: str) -> None:
    (result,) = books.write("contacts", known(key, last_name="Nobody"))
    assert isinstance(result.error, NotFoundError)


@pytest.mark.parametrize(
    ("fields", "refs", "expected"),
    [
        ({"last_name": "x" * 26}, True, ("rejected", "last_name")),
        ({"first_name": "", "last_name": ""}, True, ("rejected", "last_name")),
        ({"last_name": "Mill"}, False, ("orphan", "AN8")),
    ],
)
def test_a_person_that_does_not_fit_is_refused(
    books: Books, fields: dict[str, Scalar], refs: bool, expected: tuple[str, str]
) -> None:
    wish = item("P-BAD", fields, refs={"AN8": books.customer} if refs else {})
    (result,) = books.write("contacts", wish)
    assert result.error is not None
    assert (result.error.error_class, result.error.field) == expected


# ------------------------------------------------------------- items and accounts


def test_an_item_is_known_by_its_second_number(books: Books) -> None:
    wish = WriteItem(key="1", fields={"LITM": "PUMP-1", "DSC1": "Pump", "UOM1": "EA"})
    (made,) = books.write("items", wish)
    (again,) = books.write("items", wish)
    assert (made.outcome, again.outcome) == ("created", "updated")
    assert again.target_id == made.target_id
    (result,) = books.write("items", known(made.target_id, DSC1="Pump 2", LITM=""))
    assert result.outcome == "updated"
    (found,) = books.open().fetch("items", [made.target_id])
    assert (found.fields["LITM"], found.fields["DSC1"]) == ("PUMP-1", "Pump 2")


def test_an_item_without_a_number_is_never_sent(books: Books) -> None:
    wish = WriteItem(key="1", fields={"DSC1": "Pump"})
    assert books.refused("items", wish) == ("rejected", "LITM")


def test_an_account_is_its_parts(books: Books) -> None:
    fields: dict[str, Scalar] = {"account": "1.8777.TRAIN", "DL01": "Training"}
    (made,) = books.write("accounts", WriteItem(key="1", fields=fields))
    assert made.outcome == "created"
    found = books.open().find("accounts", "account", ["1.8777.train"])["1.8777.train"]
    assert [one.key for one in found] == [made.target_id]
    (closed,) = books.write("accounts", known(made.target_id, PEC="I"))
    assert closed.outcome == "updated"
    line = {"amount": Decimal("125.50"), "account_id": made.target_id}
    wish = books.invoice("A-CLOSED", lines=[line])
    assert books.refused("invoices", wish) == ("rejected", "lines.account")
    moved = known(made.target_id, account="1.8778", DL01="Moved")
    assert books.refused("accounts", moved) == ("rejected", "account")


def test_an_account_of_an_unknown_unit_is_refused(books: Books) -> None:
    wish = WriteItem(key="1", fields={"account": "77.8777", "DL01": "Nowhere"})
    assert books.refused("accounts", wish) == ("rejected", "MCU")
