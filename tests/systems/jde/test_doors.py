"""Vouchers by the form P0411, and documents by batch input."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from connectors.sdk.errors import (
    ConfigurationError,
    UnavailableError,
    UncertainWriteError,
)
from tests.systems.jde.case import Books, books, writing_box

__all__ = ["books", "writing_box"]

STACK = r"/appstack"
FORM = {"invoice_target": "AP", "write_path": "form"}
BATCH = {"write_path": "ztable"}
PAYABLE = {"write_path": "ztable", "invoice_target": "AP"}


def line(amount: str, account: str = "1.8720") -> dict[str, Any]:
    return {"amount": Decimal(amount), "account": account}


def verbs(books: Books) -> list[str]:
    """What was done with the stack, in order."""
    bodies = [json.loads(one["request_body"]) for one in books.calls(STACK)]
    return [body["action"] for body in bodies]


# -------------------------------------------------------------------------- the form


def test_a_voucher_is_entered_by_the_form(books: Books) -> None:
    lines = [line("80.00"), line("0.50", "1.8740")]
    item = books.voucher("F-1", lines=lines, RMK="Taxi")
    (result,) = books.write("invoices", item, **FORM)
    assert (result.outcome, result.assigned["DCT"]) == ("created", "PV")
    (found,) = books.open(**FORM).fetch("invoices", [result.target_id])
    assert (found.fields["AG"], found.fields["reference"]) == (Decimal("80.5"), "F-1")
    assert found.fields["RMK"] == "Taxi"
    assert verbs(books)[-1] == "close"
    (again,) = books.write("invoices", item, **FORM)
    assert (again.outcome, again.target_id) == ("unchanged", result.target_id)


def test_a_warning_of_the_form_is_accepted_once(books: Books) -> None:
    books.control.config(period_check="warning")
    old = books.today.replace(year=books.today.year - 1)
    item = books.voucher("F-WARN", DGJ=old)
    (result,) = books.write("invoices", item, **FORM, check_period=False)
    assert result.outcome == "created"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"refs": {"AN8": "1"}}, "AN8"),
        ({"CO": "9"}, "CO"),
        ({"PTC": "XXX"}, "PTC"),
        ({"lines": [line("80.50", "30.8720")]}, "lines.account"),
        ({"CRCD": "EUR"}, "CRCD"),
        ({"lines": [line("80.50", "00012001")]}, "lines.account"),
    ],
)
def test_what_the_form_refuses_is_told_and_the_stack_closed(
    books: Books, change: dict[str, Any], field: str
) -> None:
    item = books.voucher("F-BAD", **change)
    assert books.refused("invoices", item, **FORM) == ("rejected", field)
    told = verbs(books)
    assert not told or told[-1] == "close"
    # The supplier's record is free again.
    assert books.write("invoices", books.voucher(f"F-{field}"), **FORM)[0].target_id


def test_dates_and_amounts_are_written_as_the_user_writes_them(books: Books) -> None:
    user = {"username": "HSCOLUMN", "password": "sandbox-2"}
    (result,) = books.write("invoices", books.voucher("F-DE"), **FORM, **user)
    assert result.outcome == "created", result
    (found,) = books.open(**FORM).fetch("invoices", [result.target_id])
    assert found.fields["AG"] == Decimal("80.5")
    assert found.fields["DIVJ"] == books.today


@pytest.mark.parametrize("step", [1, 2])
def test_an_answer_lost_before_the_last_ok_saved_nothing(
    books: Books, step: int
) -> None:
    books.fault(STACK, skip=step, apply_then_drop=True)
    item = books.voucher(f"F-EARLY-{step}")
    with pytest.raises(UnavailableError):
        books.write("invoices", item, **FORM)
    assert books.write("invoices", item, **FORM)[0].outcome == "created"
    assert books.ledger("F0411", f"{books.supplier}-{item.reference}") == 1


def test_an_answer_lost_at_the_last_ok_leaves_it_open(books: Books) -> None:
    books.fault(STACK, skip=3, apply_then_drop=True)
    item = books.voucher("F-LATE")
    (lost,) = books.write("invoices", item, **FORM)
    assert isinstance(lost.error, UncertainWriteError)
    found = books.open(**FORM).find("invoices", "reference", ["F-LATE"])["F-LATE"]
    assert len(found) == 1
    (again,) = books.write("invoices", item, **FORM)
    assert (again.outcome, again.target_id) == ("unchanged", found[0].key)


def test_wrong_control_ids_are_not_taken_for_a_refusal(books: Books) -> None:
    with pytest.raises(UnavailableError):
        books.write(
            "invoices",
            books.voucher("F-IDS"),
            **FORM,
            voucher_form_controls="SUPPLIER=999",
        )
    with pytest.raises(ConfigurationError, match="Control ids"):
        books.write(
            "invoices", books.voucher("F-IDS"), **FORM, voucher_form_controls="NOPE=1"
        )


def test_the_form_enters_payables_only(books: Books) -> None:
    with pytest.raises(ConfigurationError, match="receivables"):
        books.write("invoices", books.invoice("F-AR"), write_path="form")


# ----------------------------------------------------------------------- batch input


@pytest.mark.parametrize("start", ["orchestration", "report"])
@pytest.mark.parametrize("payable", [False, True])
def test_batch_input_makes_the_documents(
    books: Books, start: str, payable: bool
) -> None:
    books.control.config(job_pace="calls")
    settings = (PAYABLE if payable else BATCH) | {"batch_start": start}
    make = books.voucher if payable else books.invoice
    account = "1.8720" if payable else "1.5010"
    lines = [line("60.25", account), line("39.75", account)]
    names = [f"Z-{start[:3]}-{payable}-{n}" for n in range(2)]
    items = [make(name, "100.00", lines=lines) for name in names]
    results = books.write("invoices", *items, **settings)
    assert [one.outcome for one in results] == ["created", "created"]
    keys = [one.target_id for one in results]
    found = books.open(**settings).fetch("invoices", keys)
    assert {one.fields["reference"] for one in found} == set(names)
    assert {one.fields["AG"] for one in found} == {Decimal(100)}
    again = books.write("invoices", *items, **settings)
    assert [one.outcome for one in again] == ["unchanged", "unchanged"]
    assert [one.target_id for one in again] == keys


def test_a_program_that_has_not_ended_is_looked_at_again(books: Books) -> None:
    item = books.voucher("Z-SLOW")
    with pytest.raises(UnavailableError, match="not ended"):
        books.write("invoices", item, **PAYABLE, batch_wait=0)
    books.control.clock(advance_s=60)
    (result,) = books.write("invoices", item, **PAYABLE, look_before_write=False)
    assert result.outcome == "created"
    assert books.ledger("F0411", f"{books.supplier}-Z-SLOW") == 1
    books.control.clock(offset_s=0)


def test_a_row_that_the_program_leaves_is_a_refusal(books: Books) -> None:
    books.control.config(job_pace="calls")
    item = books.voucher("Z-BAD", refs={"AN8": "1"})
    good = books.voucher("Z-GOOD")
    bad, fine = books.write("invoices", item, good, **PAYABLE)
    assert fine.outcome == "created"
    assert bad.error is not None
    assert bad.error.error_class == "rejected"
    assert "F0411Z1" in bad.error.message
    assert "work center" in bad.error.advice
    (again,) = books.write("invoices", books.voucher("Z-BAD", "9.00"), **PAYABLE)
    assert again.error is not None
    assert "older row" in again.error.message


@pytest.mark.parametrize("skip", [0, 1])
def test_a_lost_load_is_sent_again_and_collides(books: Books, skip: int) -> None:
    books.control.config(job_pace="calls")
    books.fault(r"MLC_LoadZ", skip=skip, apply_then_drop=True)
    reference = f"Z-LOST-{skip}"
    (result,) = books.write("invoices", books.invoice(reference), **BATCH)
    assert result.outcome == "created"
    assert books.ledger("F03B11", f"{books.customer}-{reference}") == 1


def test_a_lost_start_of_the_program_doubles_nothing(books: Books) -> None:
    books.control.config(job_pace="calls")
    books.fault(r"MLC_RunBatch", apply_then_drop=True)
    item = books.invoice("Z-START")
    (lost,) = books.write("invoices", item, **BATCH)
    assert isinstance(lost.error, UncertainWriteError)
    (result,) = books.write("invoices", item, **BATCH)
    assert result.outcome == "created"
    assert books.ledger("F03B11", f"{books.customer}-Z-START") == 1


def test_an_unknown_program_is_named(books: Books) -> None:
    with pytest.raises(UncertainWriteError, match="R999"):
        raise_first(
            books.write(
                "invoices", books.invoice("Z-PROG"), **BATCH, batch_program="R999"
            )
        )


def raise_first(results: Any) -> None:
    raise results[0].error
