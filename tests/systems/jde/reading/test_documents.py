"""Invoices, vouchers, payments and journals, entered by orchestrations."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    UncertainWriteError,
)
from connectors.sdk.records import Fields, WriteItem
from tests.systems.jde.case import Books, books, writing_box

__all__ = ["books", "writing_box"]

RUN = r"/orchestrator/"
AP = {"invoice_target": "AP"}


def line(amount: str, account: str = "1.5010", **more: Any) -> dict[str, Any]:
    return {"amount": Decimal(amount), "account": account, **more}


def journal(books: Books, reference: str, *lines: dict[str, Any]) -> WriteItem:
    fields = {"DGJ": books.today}
    return WriteItem(key=reference, fields=fields, lines=lines, reference=reference)


def payment(books: Books, reference: str, amount: str, **refs: str) -> WriteItem:
    fields: Fields = {"DMTJ": books.today, "amount": Decimal(amount)}
    return WriteItem(key=reference, fields=fields, refs=refs, reference=reference)


# ----------------------------------------------------------------------- invoices


@pytest.mark.parametrize("form", ["plain", "classic"])
@pytest.mark.parametrize("version", ["v2", "v3"])
def test_an_invoice_is_entered_with_its_lines(
    books: Books, form: str, version: str
) -> None:
    books.control.config(orchestration_input=form)
    lines = [line("100.25", explanation="Pumps"), line("25.25", "1.5020")]
    item = books.invoice(f"I-{form}-{version}", lines=lines, RMK="July", PTC="N60")
    (result,) = books.write(
        "invoices", item, orchestration_input=form, orchestrator_version=version
    )
    assert (result.outcome, result.error) == ("created", None)
    assert result.assigned["key"] == result.target_id
    (found,) = books.open().fetch("invoices", [result.target_id])
    assert found.fields["AG"] == Decimal("125.50")
    assert found.fields["reference"] == item.reference
    assert (found.fields["RMK"], found.fields["PTC"]) == ("July", "N60")
    assert found.fields["AN8"] == books.customer
    booked = [
        one for one in books.rows("F0911") if one["DOC"] == result.assigned["DOC"]
    ]
    sold = {one["OBJ"]: (one["AA"], one["EXA"]) for one in booked}
    assert sold["5010"] == ("-100.25", "Pumps")
    assert sold["5020"][0] == "-25.25"


def test_a_credit_memo_is_negative(books: Books) -> None:
    (result,) = books.write("invoices", books.invoice("I-CREDIT", "-12.00"))
    assert (result.outcome, result.assigned["DCT"]) == ("created", "RM")


def test_the_same_invoice_again_is_the_one_that_is_there(books: Books) -> None:
    item = books.invoice("I-TWICE")
    (first,) = books.write("invoices", item)
    (again,) = books.write("invoices", item)
    assert (again.outcome, again.target_id) == ("unchanged", first.target_id)
    assert again.assigned == first.assigned
    assert books.ledger("F03B11", f"{books.customer}-I-TWICE") == 1


def test_a_reference_with_another_amount_is_another_invoice(books: Books) -> None:
    books.write("invoices", books.invoice("I-OTHER"))
    item = books.invoice("I-OTHER", "99.00")
    assert books.refused("invoices", item) == ("rejected", "reference")


def test_an_invoice_in_the_books_is_not_changed(books: Books) -> None:
    (first,) = books.write("invoices", books.invoice("I-KNOWN"))
    item = replace(books.invoice("I-KNOWN", "1.00"), target_id=first.target_id)
    assert books.refused("invoices", item) == ("rejected", "key")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"AG": Decimal("125.505")}, "AG"),
        ({"AG": Decimal("125.00")}, "AG"),
        ({"DIVJ": None}, "DIVJ"),
        ({"RMK": "x" * 31}, "RMK"),
        ({"lines": []}, "lines"),
        ({"lines": [line("125.505")]}, "lines.amount"),
        ({"lines": [line("125.50", "1.4711")]}, "lines.account"),
        ({"lines": [line("125.50", "1.5000")]}, "lines.account"),
        ({"lines": [line("125.50", "1.8990")]}, "lines.account"),
        ({"lines": [line("125.50", "1.1210")]}, "lines.account"),
        ({"lines": [line("125.50", "")]}, "lines.account"),
        ({"lines": [line("125.50", explanation="x" * 31)]}, "lines.explanation"),
    ],
)
def test_what_is_wrong_here_is_never_sent(
    books: Books, change: dict[str, Any], field: str
) -> None:
    item = books.invoice("I-LOCAL", **change)
    assert books.refused("invoices", item) == ("rejected", field)
    assert not [one for one in books.control.log() if "orchestrator" in one["path"]]


@pytest.mark.parametrize("path", ["orchestration", "ztable"])
def test_a_reference_that_is_too_long_is_not_cut(books: Books, path: str) -> None:
    item = books.invoice("I" * 26)
    assert books.refused("invoices", item, write_path=path) == (
        "rejected",
        "reference",
    )


def test_a_closed_period_is_refused_here_and_there(books: Books) -> None:
    closed = books.today.replace(year=books.today.year - 1)
    item = books.invoice("I-CLOSED", DGJ=closed)
    assert books.refused("invoices", item) == ("rejected", "DGJ")
    assert books.refused("invoices", item, check_period=False) == ("rejected", "DGJ")
    books.control.config(period_check="warning")
    (result,) = books.write("invoices", item, check_period=False)
    assert result.outcome == "created"
    assert "period" in str(result.assigned["message"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"refs": {"AN8": "1"}}, "AN8"),
        ({"CO": "9"}, "CO"),
        ({"PTC": "XXX"}, "PTC"),
        ({"MCU": "77"}, "MCU"),
        ({"lines": [line("125.50", "30.5010")]}, "lines.account"),
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_what_jde_refuses_names_our_field(
    books: Books, change: dict[str, Any], field: str, nested: bool
) -> None:
    books.control.config(continued_as_object=nested)
    item = books.invoice("I-REFUSED", **change)
    assert books.refused("invoices", item) == ("rejected", field)


def test_one_refused_invoice_spares_its_neighbours(books: Books) -> None:
    items = [books.invoice(f"I-ROW-{n}") for n in range(3)]
    items[1] = books.invoice("I-ROW-1", refs={"AN8": "1"})
    results = books.write("invoices", *items)
    assert [one.outcome for one in results] == ["created", "failed", "created"]
    assert results[1].request_id


# ------------------------------------------------------------- vouchers, duplicates


def test_a_voucher_goes_to_the_payables(books: Books) -> None:
    item = books.voucher("V-1", supplier=int(books.supplier), refs={"AN8": "6001"})
    (result,) = books.write("invoices", item, **AP)
    assert (result.outcome, result.assigned["DCT"]) == ("created", "PV")
    (found,) = books.open(**AP).fetch("invoices", [result.target_id])
    assert str(found.fields["supplier"]) == books.supplier
    assert books.ledger("F0411", f"{books.supplier}-V-1") == 1


@pytest.mark.parametrize("level", ["warn", "error"])
@pytest.mark.parametrize("amount", ["80.50", "81.00"])
def test_a_duplicate_supplier_invoice_is_not_entered_twice(
    books: Books, level: str, amount: str
) -> None:
    books.control.config(duplicate_invoice=level)
    reference = f"V-{level}-{amount}"
    (first,) = books.write("invoices", books.voucher(reference), **AP)
    (again,) = books.write("invoices", books.voucher(reference, amount), **AP)
    if amount == "80.50":
        assert (again.outcome, again.target_id) == ("unchanged", first.target_id)
    else:
        assert again.error is not None
        assert again.error.code == "DUPLICATE"
    assert books.ledger("F0411", f"{books.supplier}-{reference}") == 1


def test_jde_itself_can_say_that_it_has_it(books: Books) -> None:
    blind = {**AP, "look_before_write": False}
    books.control.config(duplicate_invoice="error")
    (first,) = books.write("invoices", books.voucher("V-DUP"), **blind)
    (again,) = books.write("invoices", books.voucher("V-DUP"), **blind)
    assert (again.outcome, again.target_id) == ("unchanged", first.target_id)
    (other,) = books.write("invoices", books.voucher("V-DUP", "1.00"), **blind)
    assert other.error is not None
    assert other.error.code == "DUPLICATE"


# ---------------------------------------------------------------- payments, journals


def test_a_receipt_pays_an_invoice(books: Books) -> None:
    (bill,) = books.write("invoices", books.invoice("I-PAID", "40.00"))
    refs = {"AN8": books.customer, "invoice": bill.target_id}
    (paid,) = books.write("payments", payment(books, "R-1", "40.00", **refs))
    assert paid.outcome == "created"
    (found,) = books.open().fetch("invoices", [bill.target_id])
    assert (found.fields["AAP"], found.fields["PST"]) == (Decimal(0), "P")
    (money,) = books.open().find("payments", "reference", ["R-1"])["R-1"]
    assert (money.key, money.fields["invoice"]) == (paid.target_id, bill.target_id)
    again = books.write("payments", payment(books, "R-1", "40.00", **refs))
    assert again[0].outcome == "unchanged"
    over = payment(books, "R-2", "1.00", **refs)
    assert books.refused("payments", over) == ("rejected", "amount")


def test_a_receipt_may_stay_unapplied(books: Books) -> None:
    item = payment(books, "R-FREE", "9.00", AN8=books.customer)
    assert books.write("payments", item)[0].outcome == "created"


def test_a_payment_pays_several_vouchers(books: Books) -> None:
    bills = books.write("invoices", books.voucher("V-P1"), books.voucher("V-P2"), **AP)
    item = payment(books, "P-1", "161.00", AN8=books.supplier)
    lines: list[Fields] = [
        {"invoice": bill.target_id, "amount": Decimal("80.50")} for bill in bills
    ]
    (paid,) = books.write("payments", replace(item, lines=lines), **AP)
    assert paid.outcome == "created"
    (found,) = books.open(**AP).find("payments", "reference", ["P-1"])["P-1"]
    assert (found.key, found.fields["amount"]) == (paid.target_id, Decimal(161))
    assert books.refused(
        "payments", payment(books, "P-2", "1.00", AN8=books.supplier), **AP
    ) == ("rejected", "invoice")


@pytest.mark.parametrize(
    ("amount", "invoice", "field"),
    [("-1.00", "", "amount"), ("1.005", "", "amount"), ("1.00", "RI-1", "invoice")],
)
def test_a_payment_that_makes_no_sense_is_never_sent(
    books: Books, amount: str, invoice: str, field: str
) -> None:
    refs = {"AN8": books.customer} | ({"invoice": invoice} if invoice else {})
    item = payment(books, "R-BAD", amount, **refs)
    assert books.refused("payments", item) == ("rejected", field)


def test_a_journal_is_entered_balanced(books: Books) -> None:
    lines = [line("70.10", "1.8720", explanation="Taxi"), line("-70.10", "1.1110")]
    item = journal(books, "J-1", *lines)
    (result,) = books.write("journals", item)
    assert (result.outcome, result.assigned["DCT"]) == ("created", "JE")
    (found,) = books.open().fetch("journals", [result.target_id])
    booked = {one["account_id"]: one["amount"] for one in found.lines}
    assert sorted(map(str, booked.values())) == ["-70.1", "70.1"]
    (again,) = books.write("journals", item)
    assert (again.outcome, again.target_id) == ("unchanged", result.target_id)
    assert books.ledger("F0911", "J-1") == 1


def test_a_journal_line_goes_into_its_subledger(books: Books) -> None:
    """JD Edwards keeps an address number with eight digits."""
    lines = [line("8.00", "1.8720", SBL=books.customer, SBLT="A"), line("-8.00")]
    (result,) = books.write("journals", journal(books, "J-SUB", *lines))
    assert result.outcome == "created"
    (found,) = books.open().fetch("journals", [result.target_id])
    within = [(one["SBL"], one["SBLT"]) for one in found.lines]
    assert within == [(books.customer.zfill(8), "A"), ("", "")]
    unknown = [line("8.00", "1.8720", SBL="99999999", SBLT="A"), line("-8.00")]
    item = journal(books, "J-NOBODY", *unknown)
    assert books.refused("journals", item) == ("rejected", "lines.SBL")
    assert books.ledger("F0911", "J-NOBODY") == 0


def test_an_entry_of_an_amount_makes_its_own_lines(books: Books) -> None:
    fields: Fields = {
        "DGJ": books.today, "amount": Decimal("12.30"), "account": "1.1110",
        "offset_account": "1.5010", "explanation": "Card",
    }  # fmt: skip
    item = WriteItem(
        key="J-AMT", fields=fields, refs={"AN8": books.customer}, reference="J-AMT"
    )
    (result,) = books.write("journals", item)
    assert (result.outcome, result.error) == ("created", None)
    (found,) = books.open().fetch("journals", [result.target_id])
    told = [(one["amount"], one["SBL"], one["explanation"]) for one in found.lines]
    customer = books.customer.zfill(8)
    assert told == [
        (Decimal("12.30"), customer, "Card"),
        (Decimal("-12.30"), "", "Card"),
    ]
    (again,) = books.write("journals", item)
    assert again.outcome == "unchanged"


def test_an_offset_account_takes_what_the_lines_leave_over(books: Books) -> None:
    lines = [line("7.00", "1.8720"), line("5.00", "1.8720")]
    entry = journal(books, "J-OFF", *lines)
    said = {**entry.fields, "amount": Decimal(12), "offset_account": "1.5010"}
    (result,) = books.write("journals", replace(entry, fields=said))
    (found,) = books.open().fetch("journals", [result.target_id])
    assert [one["amount"] for one in found.lines] == [7, 5, -12]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"amount": Decimal(5), "account": "1.1110"}, "lines"),
        ({"amount": Decimal(5), "offset_account": "1.5010"}, "account"),
        ({"amount": "a lot", "account": "1.1110"}, "amount"),
        ({"amount": Decimal(0), "account": "1.1110"}, "amount"),
    ],
)
def test_an_entry_of_an_amount_names_what_is_wrong(
    books: Books, said: dict[str, Any], field: str
) -> None:
    entry = journal(books, "J-WRONG")
    item = replace(entry, fields={**entry.fields, **said})
    assert books.refused("journals", item) == ("rejected", field)


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ([line("5.00"), line("-4.00")], "lines.amount"),
        ([line("5.00", SBL="6001"), line("-5.00")], "lines.SBL"),
        ([line("5.00", SBLT="A"), line("-5.00")], "lines.SBL"),
        ([line("5.00", SBL="123456789", SBLT="A"), line("-5.00")], "lines.SBL"),
        ([line("0.00")], "lines"),
        ([line("5.00"), line("-5.00", "1.4711")], "lines.account"),
    ],
)
def test_a_journal_that_does_not_balance_is_never_sent(
    books: Books, lines: list[dict[str, Any]], field: str
) -> None:
    item = journal(books, "J-BAD", *lines)
    assert books.refused("journals", item) == ("rejected", field)


# ------------------------------------------------------------------------- in flight


def test_pushes_keep_to_the_parallel_calls_of_the_connection(books: Books) -> None:
    """Each call holds a session thread of the HTML server."""
    assert [books.open(parallel=n).parallel for n in (1, 4)] == [1, 4]
    assert books.open().parallel == books.open().spec.settings["parallel"].default


# -------------------------------------------------------------------- lost answers


@pytest.mark.parametrize("late", [False, True])
def test_a_lost_answer_is_told_and_the_invoice_found(books: Books, late: bool) -> None:
    do = {"delay_s": 1.4, "after": True} if late else {"apply_then_drop": True}
    books.fault(RUN, **do)
    reference = f"I-LOST-{late}"
    item, after = books.invoice(reference), books.invoice(f"{reference}-2")
    first, second = books.write("invoices", item, after, write_timeout=1)
    assert isinstance(first.error, UncertainWriteError)
    assert second.error is not None
    assert second.error.error_class == "unavailable"
    found = books.open().find("invoices", "reference", [reference, after.reference])
    assert len(found[reference]) == 1
    assert found[after.reference] == []
    (again,) = books.write("invoices", item)
    assert (again.outcome, again.target_id) == ("unchanged", found[reference][0].key)
    assert books.ledger("F03B11", f"{books.customer}-{reference}") == 1


def test_a_dead_session_is_renewed_and_the_write_repeated_once(books: Books) -> None:
    do = {"pass": {"kill_sessions": True}}
    books.control.faults({"match": {"path": RUN}, "times": 1, "do": do})
    (result,) = books.write("invoices", books.invoice("I-444"))
    assert result.outcome == "created"
    assert len(books.calls("MLC_AddInvoice")) == 2
    assert books.ledger("F03B11", f"{books.customer}-I-444") == 1


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_balancers_page_leaves_it_open(books: Books, status: int) -> None:
    books.fault(RUN, status=status, html="<html>Bad Gateway</html>")
    (result,) = books.write("invoices", books.invoice(f"I-{status}"))
    assert isinstance(result.error, UncertainWriteError)
    assert len(books.calls("MLC_AddInvoice")) == 1


def test_an_error_with_200_and_nothing_else_leaves_it_open(books: Books) -> None:
    books.control.config(orchestration_in_band_error="JAS is down")
    (result,) = books.write("invoices", books.invoice("I-BAND"))
    assert isinstance(result.error, UncertainWriteError)
    assert "JAS is down" in result.error.message


@pytest.mark.parametrize("result", ["CREATED", "OK"])
def test_an_answer_without_a_number_leaves_it_open(books: Books, result: str) -> None:
    said = {"Result": result, "Messages": [], "jde__status": "SUCCESS"}
    books.fault(RUN, status=200, json=said)
    (one,) = books.write("invoices", books.invoice(f"I-{result}"))
    assert isinstance(one.error, UncertainWriteError)
    assert "docs/jde-orchestrations.md" in one.error.advice


def test_a_failed_step_without_a_result_is_a_refusal(books: Books) -> None:
    said = {"continuedOnError": [{"step": "P03B11", "message": "Held by a user"}]}
    books.fault(RUN, status=200, json=said)
    (one,) = books.write("invoices", books.invoice("I-STEP"))
    assert one.error is not None
    assert (one.error.error_class, "Held by" in str(one.error)) == ("rejected", True)


# -------------------------------------------------------------------- wrong set-up


@pytest.mark.parametrize("status", [200, 500])
def test_inputs_that_jde_does_not_know_are_the_set_ups_fault(
    books: Books, status: int
) -> None:
    books.control.config(missing_input_status=status, orchestration_input="classic")
    with pytest.raises(ConfigurationError, match="MLC_AddInvoice") as caught:
        books.write("invoices", books.invoice("I-FORM"))
    assert "docs/jde-orchestrations.md" in caught.value.advice


def test_an_unknown_orchestration_is_named(books: Books) -> None:
    with pytest.raises(ConfigurationError, match="XX_AddInvoice") as caught:
        books.write(
            "invoices", books.invoice("I-X"), orchestration_invoice="XX_AddInvoice"
        )
    assert "docs/jde-orchestrations.md" in caught.value.advice


def test_a_user_who_may_not_run_it_stops_the_connection(books: Books) -> None:
    said = {"message": "not authorised", "exception": "SecurityException"}
    books.fault(RUN, status=403, json=said)
    with pytest.raises(AuthenticationError):
        books.write("invoices", books.invoice("I-403"))
