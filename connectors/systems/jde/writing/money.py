"""Receipts of customers, payments to suppliers, and journal entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from connectors.sdk.errors import RejectedError
from connectors.sdk.records import Fields, WriteItem
from connectors.systems.jde.writing.bills import company_of, needed_day, party_of
from connectors.systems.jde.writing.desk import Desk, reference_of
from connectors.systems.jde.writing.doors.answer import Answer
from connectors.systems.jde.writing.splits import Split, balanced, splits_of
from connectors.systems.jde.writing.values import (
    Column,
    amount,
    inputs,
    money,
    written,
    wrong,
)

_OPTIONAL = {
    "DGJ": Column("GLDate", 10, "date"),
    "GLBA": Column("BankAccount", 8),
    "remark": Column("Remark", 30),
}
_RECEIPT, _PAYMENT = Column("ReceiptNumber", 25), Column("Reference", 25)
_JOURNAL = Column("Reference", 30)
_NOTHING: Fields = {}
PAYMENT_COLUMNS = {
    "CKAM": "amount",
    "PAAP": "amount",
    "CKNU": "reference",
    "RMK": "reference",
    "EXR": "remark",
    "DOC": "invoice",
    "DCT": "invoice",
    "KCO": "invoice",
    "SFX": "invoice",
}
JOURNAL_COLUMNS = {
    "EXR": "reference",
    "AA": "lines.amount",
    "EXA": "lines.explanation",
    "SBL": "lines.SBL",
    "SBLT": "lines.SBLT",
    "KCO": "CO",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What an orchestration is sent for one item, and what is checked before."""

    item: WriteItem
    party: str
    company: str
    gl_date: date
    gross: Decimal
    reference: str
    inputs: Mapping[str, str]
    lines: tuple[Mapping[str, str], ...]
    splits: tuple[Split, ...] = ()


def payment_of(desk: Desk, item: WriteItem) -> Entry:
    """A receipt or payment; raises RecordError that names the field."""
    payable, fields = desk.writing.payable, item.fields
    paid = needed_day("DMTJ", fields)
    if fields.get("amount") in (None, ""):
        raise wrong("amount", "is missing.")
    total = amount("amount", fields["amount"])
    if total <= 0:
        raise wrong("amount", f"{total} is not money that was paid.")
    more = {n: text for n, text in inputs(_OPTIONAL, fields).items() if text}
    column = _PAYMENT if payable else _RECEIPT
    reference = written("reference", reference_of(desk.target, item), column)
    company, party = company_of(desk, fields), party_of(desk, item)
    lines = _applied(item, total)
    if payable and not lines:
        raise wrong("invoice", "a payment has to name what it pays.")
    given = {
        "SupplierNumber" if payable else "CustomerNumber": party,
        "Company": company,
        "PaymentDate" if payable else "ReceiptDate": paid.isoformat(),
        "Amount": money(total),
        **more,
    }
    if reference:
        given[column.input] = reference
    gl_date = date.fromisoformat(more["GLDate"]) if "GLDate" in more else paid
    return Entry(item, party, company, gl_date, total, reference, given, lines)


def _applied(item: WriteItem, total: Decimal) -> tuple[Mapping[str, str], ...]:
    """The documents that are paid, each with its share."""
    if item.lines:
        found = tuple(_share(line) for line in item.lines)
        shared = sum((Decimal(one["Amount"]) for one in found), Decimal(0))
        if shared > total:
            raise wrong("amount", f"{shared} is laid on documents, {total} was paid.")
        return found
    invoice = item.refs.get("invoice") or str(item.fields.get("invoice") or "")
    return (
        (_document(invoice, "invoice") | {"Amount": money(total)},) if invoice else ()
    )


def _share(line: Fields) -> dict[str, str]:
    share = amount("lines.amount", line.get("amount") or "")
    found = _document(str(line.get("invoice") or ""), "lines.invoice")
    item = written("lines.pay_item", line.get("pay_item"), Column("PayItem", 3))
    return found | {"Amount": money(share)} | ({"PayItem": item} if item else {})


def _document(key: str, field: str) -> dict[str, str]:
    parts = key.strip().split("-")
    if len(parts) != 3 or not all(parts) or not parts[2].isdecimal():
        raise wrong(field, f"“{key}” is not company-type-number of a document.")
    names = ("DocumentCompany", "DocumentType", "DocumentNumber")
    return dict(zip(names, parts, strict=True))


def journal_of(desk: Desk, item: WriteItem) -> Entry:
    """A journal entry, debit + and credit -; raises RejectedError."""
    fields, splits = item.fields, _entered_lines(item)
    if len(splits) < 2:
        raise wrong("lines", "a journal entry has two lines or more.")
    balanced(splits, Decimal(0), "lines.amount")
    reference = written("reference", reference_of(desk.target, item), _JOURNAL)
    company, gl_date = company_of(desk, fields), needed_day("DGJ", fields)
    debits = sum((one.amount for one in splits if one.amount > 0), Decimal(0))
    given = {"Company": company, "GLDate": gl_date.isoformat()}
    if reference:
        given["Reference"] = reference
    lines = tuple(one.inputs() for one in splits)
    return Entry(item, "", company, gl_date, debits, reference, given, lines, splits)


def _entered_lines(item: WriteItem) -> tuple[Split, ...]:
    """The lines of an entry: its own or its amount's, and the offset account's."""
    fields, splits = item.fields, splits_of(item)
    said, offset = fields.get("amount"), fields.get("offset_account")
    if not splits and said == 0:
        raise wrong("amount", "is nought.")
    if not splits and said not in (None, ""):
        customer = str(item.refs.get("AN8") or fields.get("AN8") or "")
        within = {"SBL": customer, "SBLT": "A"} if customer else {}
        splits = (_made(item, "account", amount("amount", said), within),)
    elif said not in (None, ""):
        balanced(splits, amount("amount", said), "amount")
    left = sum((one.amount for one in splits), Decimal(0))
    if offset and left:
        splits = (*splits, _made(item, "offset_account", -left))
    return splits


def _made(
    item: WriteItem, field: str, value: Decimal, more: Fields = _NOTHING
) -> Split:
    """A line on an account that the entry itself names."""
    named = {"account": item.fields.get(field), "amount": value, **more}
    line = {**named, "explanation": item.fields.get("explanation")}
    try:
        (split,) = splits_of(replace(item, lines=[line]))
    except RejectedError as error:
        _, _, why = error.message.partition(": ")
        told = field if error.field == "lines.account" else error.field
        raise RejectedError(
            f"{field}: {why}", field=told.removeprefix("lines."), code=error.code
        ) from None
    return split


def add_payment(desk: Desk, entry: Entry) -> Answer:
    """Enter it by MLC_AddReceipt or MLC_AddPayment."""
    return desk.orchestrator.run(
        "payment" if desk.writing.payable else "receipt",
        entry.inputs,
        {"Lines": entry.lines} if entry.lines else {},
        repeatable=False,
    )


def add_journal(desk: Desk, entry: Entry) -> Answer:
    """Enter it by MLC_AddJournal."""
    lists = {"Lines": entry.lines}
    return desk.orchestrator.run("journal", entry.inputs, lists, repeatable=False)
