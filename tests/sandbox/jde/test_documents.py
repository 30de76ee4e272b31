"""Checklist 34 to 36 and 40 to 42: what the edit programs let through."""

from __future__ import annotations

import pickle
import random
from decimal import Decimal
from typing import Any

import pytest

from connectors.sandbox.jde.data.finance.tables import DRAWN_UP
from connectors.sandbox.jde.data.seed import AT_ONCE
from connectors.sandbox.jde.standin import JdeStandIn
from tests.sandbox.jde.conftest import Ais
from tests.sandbox.jde.writing import (
    balanced,
    created,
    customer,
    invoice,
    line,
    lines_of,
    rejected,
    run,
    supplier,
    today,
    voucher,
)


def test_the_seeded_books_balance(fresh: Ais) -> None:
    for company in balanced(fresh).values():
        assert Decimal(company["receivables"]) > 0
    lines = fresh.control.records("F0911")
    known = {(row["DCT"], row["DOC"], row["KCO"]) for row in lines}
    for table in ("F03B11", "F0411"):
        rows = fresh.control.records(table)
        assert rows
        assert {(row["DCT"], row["DOC"], row["KCO"]) for row in rows} <= known
    assert {row["IST"] for row in fresh.control.records("F0011")} <= {"A", "D"}


def test_drawn_up_late_the_books_are_the_same() -> None:
    """Many customers: the ledgers are drawn up when asked for, even after a restart."""
    first, second = JdeStandIn(), JdeStandIn()
    first.seed(AT_ONCE + 1, 1)
    kept = pickle.dumps(first.state())
    assert "F0911" not in first.describe()["tables"]
    second.restore(pickle.loads(kept))  # noqa: S301 (written two lines above)
    for name in sorted(DRAWN_UP):
        table = second.database[name]
        assert table.rows == first.database[name].rows
        plain = table.definition.position
        for row in table.rows[:50]:
            values = dict(zip(plain, row, strict=True))
            assert table.definition.row(values) == row
    assert second.edit({"action": "books"})["balances"]


def test_a_second_seed_adds_to_the_books(fresh: Ais) -> None:
    before = len(fresh.control.records("F0911"))
    created(fresh, "MLC_AddInvoice", invoice(fresh))
    fresh.control.seed(30, 5)
    assert len(fresh.control.records("F0911")) > before + 2
    created(fresh, "MLC_AddInvoice", invoice(fresh))
    balanced(fresh)


def test_an_invoice_is_entered_whole(fresh: Ais) -> None:
    found = created(fresh, "MLC_AddInvoice", invoice(fresh))
    number = found["DocumentNumber"]
    (row,) = fresh.control.records("F03B11", [str(number)])
    assert (row["AG"], row["AAP"], row["VR01"]) == ("125.50", "125.50", "HS-1")
    assert (row["POST"], row["PST"], row["DCT"]) == (" ", "A", "RI")
    assert row["UPMJ"] == today(fresh).replace("-", "")
    lines = lines_of(fresh, found)
    assert {(one["OBJ"], one["AA"]) for one in lines} == {
        ("1210", "125.50"),
        ("5010", "-125.50"),
    }
    assert {one["POST"] for one in lines} == {" "}
    (batch,) = fresh.control.records("F0011", [f"IB-{found['BatchNumber']}"])
    assert (batch["IST"], batch["AICU"]) == (" ", "125.50")
    balanced(fresh)


def test_next_numbers_have_gaps_and_are_lost_by_nobody(fresh: Ais) -> None:
    numbers = [
        created(fresh, "MLC_AddInvoice", invoice(fresh))["DocumentNumber"]
        for _ in range(9)
    ]
    assert numbers == sorted(set(numbers))
    assert not [one for one in numbers if one % 7 == 0]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"CustomerNumber": 1}, "AN8"),
        ({"Company": "00009"}, "CO"),
        ({"Company": "00000"}, "CO"),
        ({"InvoiceDate": "2019-01-15"}, "DGJ"),
        ({"GLDate": "2099-01-15"}, "DGJ"),
        ({"GrossAmount": "125.505"}, "AG"),
        ({"GrossAmount": "125.49"}, "AA"),
        ({"Lines": [line("125.50", "9999")]}, "OBJ"),
        ({"Lines": [line("125.50", "5000")]}, "ANI"),
        ({"Lines": [line("125.50", "8990")]}, "ANI"),
        ({"Lines": [line("125.50", "1210")]}, "ANI"),
        ({"Lines": [line("125.50", BusinessUnit="30")]}, "ANI"),
        ({"Lines": [line("125.50", BusinessUnit="77")]}, "MCU"),
        ({"Lines": [line("125.50", Explanation="x" * 31)]}, "EXA"),
        ({"Reference": "x" * 26}, "VR01"),
        ({"Remark": "x" * 31}, "RMK"),
        ({"PaymentTerms": "XXX"}, "PTC"),
        ({"Currency": "EUR"}, "CRR"),
        ({"GrossAmount": "0", "Lines": [line("0")]}, "AG"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(
    fresh: Ais, change: dict[str, Any], field: str
) -> None:
    assert field in rejected(fresh, "MLC_AddInvoice", invoice(fresh, **change))
    balanced(fresh)


def test_a_date_outside_the_period_can_be_a_warning(fresh: Ais) -> None:
    fresh.control.config(period_check="warning")
    late = invoice(fresh, InvoiceDate="2019-01-15")
    found = created(fresh, "MLC_AddInvoice", late)
    assert [one["Severity"] for one in found["Messages"]] == ["WARNING"]
    fresh.control.config(orchestration_stops_on_warning=True)
    assert run(fresh, "MLC_AddInvoice", late)["Result"] == "REJECTED"


def test_a_foreign_invoice_has_a_second_ledger(fresh: Ais) -> None:
    wish = invoice(fresh, "10.01", Currency="GBP", ExchangeRate="1.25")
    wish["Lines"] = [line("3.34"), line("3.33"), line("3.34")]
    found = created(fresh, "MLC_AddInvoice", wish)
    (row,) = fresh.control.records("F03B11", [str(found["DocumentNumber"])])
    assert (row["ACR"], row["FAP"], row["CRRM"]) == ("10.01", "10.01", "F")
    assert row["AG"] == "12.52"
    assert {one["LT"] for one in lines_of(fresh, found)} == {"AA", "CA"}
    balanced(fresh)


def test_receivables_have_no_check_for_duplicates(fresh: Ais) -> None:
    for _ in range(2):
        created(fresh, "MLC_AddInvoice", invoice(fresh))
    twice = fresh.control.ledger("F03B11")["types"]["F03B11"]["created_twice"]
    assert twice == [f"{customer(fresh)}-HS-1"]
    fresh.control.config(orchestration_checks_reference=True)
    assert run(fresh, "MLC_AddInvoice", invoice(fresh))["Result"] == "DUPLICATE"


@pytest.mark.parametrize("reference", ["S-77", ""])
def test_a_suppliers_number_twice_is_what_the_constant_says(
    fresh: Ais, reference: str
) -> None:
    wish = voucher(fresh, SupplierInvoice=reference)
    created(fresh, "MLC_AddVoucher", wish)
    warned = created(fresh, "MLC_AddVoucher", wish)
    assert [one["Field"] for one in warned["Messages"]] == ["VINV"]
    fresh.control.config(duplicate_invoice="error")
    assert run(fresh, "MLC_AddVoucher", wish)["Result"] == "DUPLICATE"
    other = {**wish, "SupplierInvoice": "S-78"}
    created(fresh, "MLC_AddVoucher", other)
    fresh.control.config(duplicate_invoice="off")
    assert created(fresh, "MLC_AddVoucher", wish)["Messages"] == []
    balanced(fresh)


def test_a_voucher_needs_a_supplier(fresh: Ais) -> None:
    wish = voucher(fresh, SupplierNumber=customer(fresh))
    assert rejected(fresh, "MLC_AddVoucher", wish) == {"AN8"}


def match(found: dict[str, Any], amount: str) -> dict[str, Any]:
    names = ("DocumentNumber", "DocumentType", "DocumentCompany")
    return {**{name: found[name] for name in names}, "Amount": amount}


def receipt(ais: Ais, amount: str, *lines: dict[str, Any]) -> dict[str, Any]:
    return {
        "CorrelationId": "test-2",
        "CustomerNumber": customer(ais),
        "Company": "00001",
        "ReceiptDate": today(ais),
        "ReceiptNumber": "HS-P-1",
        "Amount": amount,
        "Lines": list(lines),
    }


def test_a_receipt_lowers_what_is_open_and_pays_it_at_nought(fresh: Ais) -> None:
    entered = created(fresh, "MLC_AddInvoice", invoice(fresh))
    number = [str(entered["DocumentNumber"])]
    fresh.control.clock(advance_s=60)
    created(fresh, "MLC_AddReceipt", receipt(fresh, "100", match(entered, "100.00")))
    (row,) = fresh.control.records("F03B11", number)
    assert (row["AAP"], row["PST"]) == ("25.50", "A")
    before = row["UPMJ"], row["UPMT"]
    fresh.control.clock(advance_s=60)
    rest = receipt(fresh, "30.00", match(entered, "25.50"))
    found = created(fresh, "MLC_AddReceipt", rest)
    (row,) = fresh.control.records("F03B11", number)
    assert (row["AAP"], row["PST"]) == ("0.00", "P")
    assert (row["UPMJ"], row["UPMT"]) != before
    (header,) = fresh.control.records("F03B13", [str(found["PaymentId"])])
    (detail,) = fresh.control.records("F03B14", [str(found["PaymentId"])])
    assert (header["CKNU"], header["CKAM"]) == ("HS-P-1", "30.00")
    assert (detail["DOC"], detail["PAAP"]) == (entered["DocumentNumber"], "25.50")
    unapplied = [r for r in fresh.control.records("F03B11") if r["DCT"] == "RU"]
    assert [row["AAP"] for row in unapplied] == ["-4.50"]
    balanced(fresh)


def test_no_more_can_be_paid_than_is_open(fresh: Ais) -> None:
    entered = created(fresh, "MLC_AddInvoice", invoice(fresh))
    too_much = receipt(fresh, "126", match(entered, "126.00"))
    stranger = receipt(fresh, "1", match({**entered, "DocumentNumber": 1}, "1"))
    twice = receipt(fresh, "2", match(entered, "1"), match(entered, "1"))
    for wish in (too_much, stranger, twice):
        assert run(fresh, "MLC_AddReceipt", wish)["Result"] == "REJECTED"
    (row,) = fresh.control.records("F03B11", [str(entered["DocumentNumber"])])
    assert row["AAP"] == "125.50"
    balanced(fresh)


def test_a_payment_closes_a_voucher(fresh: Ais) -> None:
    entered = created(fresh, "MLC_AddVoucher", voucher(fresh))
    wish = {
        "CorrelationId": "test-3",
        "SupplierNumber": supplier(fresh),
        "Company": "00001",
        "PaymentDate": today(fresh),
        "PaymentNumber": 5551,
        "Amount": "80",
        "Reference": "HS-PAY-1",
        "Lines": [match(entered, "80")],
    }
    found = created(fresh, "MLC_AddPayment", wish)
    assert found["DocumentNumber"] == 5551
    (row,) = fresh.control.records("F0411", [str(entered["DocumentNumber"])])
    assert (row["AAP"], row["PST"]) == ("0.00", "P")
    (detail,) = fresh.control.records("F0414", [str(found["PaymentId"])])
    assert detail["RMK"] == "HS-PAY-1"
    assert run(fresh, "MLC_AddPayment", wish)["Result"] == "REJECTED"
    balanced(fresh)


def test_a_journal_balances_or_is_refused(fresh: Ais) -> None:
    wish = {"CorrelationId": "j", "Company": "00001", "GLDate": today(fresh)}
    wish |= {"Reference": "HS-J-1"}
    lines = [line("10.00", "8720"), line("-10.01", "1110")]
    assert rejected(fresh, "MLC_AddJournal", {**wish, "Lines": lines}) == {"AA"}
    lines[1]["Amount"] = "-10.00"
    found = created(fresh, "MLC_AddJournal", {**wish, "Lines": lines})
    assert [one["AA"] for one in lines_of(fresh, found)] == ["10.00", "-10.00"]
    assert {one["EXR"] for one in lines_of(fresh, found)} == {"HS-J-1"}
    balanced(fresh)


@pytest.mark.parametrize(
    ("within", "field"),
    [
        ({"Subledger": "6001"}, "SBL"),
        ({"Subledger": "6001", "SubledgerType": "Q"}, "SBLT"),
        ({"Subledger": "99999999", "SubledgerType": "A"}, "SBL"),
    ],
)
def test_a_subledger_is_of_a_type_and_there(
    fresh: Ais, within: dict[str, str], field: str
) -> None:
    wish = {"CorrelationId": "j", "Company": "00001", "GLDate": today(fresh)}
    lines = [line("10.00", "8720") | within, line("-10.00", "1110")]
    assert rejected(fresh, "MLC_AddJournal", {**wish, "Lines": lines}) == {field}


@pytest.mark.parametrize("seed", [1, 2])
def test_the_ledgers_balance_whatever_is_sent(fresh: Ais, seed: int) -> None:
    """Random documents, half of them wrong somewhere, from every way in."""
    rng = random.Random(seed)
    entered: list[dict[str, Any]] = []
    for _ in range(25):
        amounts = [str(Decimal(rng.randint(1, 99999)).scaleb(-2)) for _ in range(2)]
        total = str(sum(map(Decimal, amounts)))
        lines = [line(amounts[0]), line(rng.choice([amounts[1], "1.00", "0.001"]))]
        lines[1]["ObjectAccount"] = rng.choice(["5010", "8720", "1210", "nope"])
        kind = rng.choice(["Invoice", "Voucher", "Journal", "Receipt"])
        if kind == "Receipt" and entered:
            part = match(rng.choice(entered), amounts[0])
            wish = receipt(fresh, rng.choice(amounts), part)
        elif kind == "Journal":
            wish = {"CorrelationId": "r", "Company": "00001", "Lines": lines}
            lines.append(line(f"-{total}", "1110"))
            wish["GLDate"] = today(fresh)
        elif kind == "Voucher":
            wish = voucher(fresh, total, Lines=lines, SupplierInvoice="")
        else:
            kind = "Invoice"
            money = {"Currency": "GBP", "ExchangeRate": "1.2345"}
            more = money if rng.random() < 0.5 else {}
            wish = invoice(fresh, total, Lines=lines, **more)
        found = run(fresh, f"MLC_Add{kind}", wish)
        if found["Result"] == "CREATED" and kind == "Invoice":
            entered.append(found)
    balanced(fresh)
    assert fresh.control.ledger(detail=False)["totals"]["created"] > 2


def test_a_user_writes_only_where_he_may_look(fresh: Ais) -> None:
    fresh.login("HSROW")
    wish = invoice(fresh, Company="00100")
    assert "CO" in rejected(fresh, "MLC_AddInvoice", wish)
