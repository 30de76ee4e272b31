"""Invoices to customers (F03B11) and vouchers from suppliers (F0411)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.sandbox.jde.books.desk.checks import Caller
from connectors.sandbox.jde.books.desk.desk import Desk, Prepared, Values, balanced
from connectors.sandbox.jde.books.desk.messages import (
    BAD_DATE,
    BAD_VALUE,
    DUPLICATE_INVOICE,
    DUPLICATE_NUMBER,
    Findings,
)
from connectors.sandbox.jde.books.entries import Bill, Document
from connectors.sandbox.jde.config import JdeConfig
from connectors.sandbox.jde.data.finance.chart import PAYABLES, RECEIVABLES
from connectors.sandbox.jde.data.finance.lines import Account

NOT_CHECKED = "NO"
"""The document type whose supplier invoice numbers may repeat."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs between the two ledgers. `sign` is that of the control line."""

    table: str
    types: tuple[str, str]
    batch: str
    control: str
    sign: int
    reference: str
    terms: str
    program: str


INVOICE = Kind("F03B11", ("RI", "RM"), "IB", RECEIVABLES, 1, "VR01", "TRAR", "P03B11")
VOUCHER = Kind("F0411", ("PV", "PM"), "V", PAYABLES, -1, "VINV", "TRAP", "P0411")


@dataclass(frozen=True, slots=True)
class Costs:
    """The accounts of the splits, in order, and the rate of a foreign currency."""

    rate: Decimal | None
    accounts: tuple[Account | None, ...]


class Bills:
    """Enters documents with pay items and their distribution.

    The line of the control account is written with the entry; a real server adds
    it when the batch is posted. So the ledger balances at every moment.
    """

    def __init__(self, desk: Desk, config: JdeConfig):
        self._desk = desk
        self._config = config

    def prepare(self, kind: Kind, bill: Bill, caller: Caller) -> Prepared:
        """All checks; RefusedError if one fails. Warnings are in the document."""
        found, changes = self._desk.begin(caller, bill.program or kind.program)
        checks = self._desk.checks
        company = checks.company(bill.company, caller, found)
        number = company.get("CO", bill.company)
        if kind is INVOICE:
            party = checks.customer(bill.address, number, found)
        else:
            party = checks.supplier(bill.address, caller, found)
            self._duplicate(bill, found)
        accounts = [checks.account(one, number, caller, found) for one in bill.splits]
        rate = self._rate(bill, company, found)
        self._facts(kind, bill, company, found)
        found.stop()
        type_ = bill.type or kind.types[bill.gross < 0]
        document = self._number(kind, bill, type_, number, found)
        batch = self._desk.batch(changes, kind.batch, _own(bill.gross, rate))
        values = {
            **_common(bill, company),
            **batch,
            "DOC": document,
            "DCT": type_,
            "PTC": bill.terms or party[kind.terms].strip(),
            "CRRM": "F" if rate else "D",
            "MCU": checks.unit(bill.unit, found),
            kind.reference: bill.reference,
            **_only(kind, bill),
        }
        notes = self._items(kind, bill, values, changes, rate)
        self._distribute(kind, bill, values, changes, Costs(rate, tuple(accounts)))
        warnings = [one for one in found.messages if one.warning]
        result = Document(
            number, type_, document, kind.batch, batch["ICU"], warnings=warnings
        )
        return Prepared(result, changes, notes)

    def _facts(
        self, kind: Kind, bill: Bill, company: dict[str, Any], found: Findings
    ) -> None:
        checks = self._desk.checks
        checks.period(bill.gl_date, company, found)
        if not bill.dated:
            found.error(BAD_DATE, "Invoice date is missing", "DIVJ")
        checks.unit(bill.unit, found)
        checks.terms(bill.terms, found)
        definition = self._desk.database[kind.table].definition
        remarks = [bill.remark, *(one.remark for one in bill.items)]
        for remark in remarks:
            found.fits(definition, {"RMK": remark})
        words = {kind.reference: bill.reference, "DCT": bill.type, "PO": bill.order}
        found.fits(definition, words | {"CRCD": bill.currency, "DOC": bill.number})
        for amount in (one.amount for one in bill.items):
            found.fits(definition, {"AG": amount})
        lines = self._desk.database["F0911"].definition
        for one in bill.splits:
            found.fits(lines, {"AA": one.amount, "EXA": one.explanation})
        if not bill.gross:
            found.error(BAD_VALUE, "Gross amount is missing", "AG")
        if not bill.splits:
            found.error(BAD_VALUE, "There are no distribution lines", "AA")
        balanced(bill.gross, (one.amount for one in bill.splits), found)

    def _duplicate(self, bill: Bill, found: Findings) -> None:
        """The same supplier and invoice number; a blank one is a number too."""
        level = self._config.duplicate_invoice
        if level == "off" or bill.type == NOT_CHECKED:
            return
        table = self._desk.database["F0411"]
        place = table.definition.position
        wanted = bill.reference.rstrip() or " "
        spans = [(bill.address, bill.address + 1)]
        for bucket in table.index("AN8").buckets(spans):
            for row in bucket:
                same = row[place["VINV"]] == wanted
                if same and row[place["DCT"]] != NOT_CHECKED:
                    text = f"Duplicate invoice number {bill.reference!r}"
                    found.say(level, DUPLICATE_INVOICE, text, "VINV")
                    return

    def _rate(
        self, bill: Bill, company: dict[str, Any], found: Findings
    ) -> Decimal | None:
        own = company.get("CRCD", "")
        if not bill.currency or bill.currency == own:
            return None
        if bill.rate is None or bill.rate <= 0:
            text = f"{bill.currency} is not the company's currency: no exchange rate"
            found.error(BAD_VALUE, text, "CRR")
        return bill.rate

    def _number(
        self, kind: Kind, bill: Bill, type_: str, company: str, found: Findings
    ) -> int:
        if not bill.number:
            return self._desk.document_number(kind.table, kind.table, type_, company)
        wanted = (bill.number, type_, company)
        if self._desk.database[kind.table].with_prefix(wanted):
            text = f"Document {bill.number} {type_} {company} exists already"
            found.error(DUPLICATE_NUMBER, text, "DOC")
            found.stop()
        return bill.number

    def _items(
        self,
        kind: Kind,
        bill: Bill,
        values: Values,
        changes: Any,
        rate: Decimal | None,
    ) -> list[tuple[str, str, Values, bool]]:
        """The pay items; domestic amounts sum to those of the lines."""
        left = sum((_own(one.amount, rate) for one in bill.splits), Decimal(0))
        words: Values = {}
        definition = self._desk.database[kind.table].definition
        for place, item in enumerate(bill.items, start=1):
            last = place == len(bill.items)
            amount = left if last else _own(item.amount, rate)
            left -= amount
            foreign = item.amount if rate else 0
            money = {"AG": amount, "AAP": amount, "ACR": foreign, "FAP": foreign}
            due = item.due or self._due(bill, values["PTC"])
            words = {**values, **money, "SFX": f"{place:03d}", "DDJ": due}
            words |= {"RMK": item.remark or bill.remark}
            if kind is VOUCHER:
                words["DDNJ"] = due
            words = definition.plain(changes.insert(kind.table, words))
        key = f"{bill.address}-{bill.reference}" if bill.reference.strip() else ""
        key = key or f"{values['KCO']}-{values['DCT']}-{values['DOC']}"
        return [(kind.table, key, words, True)]

    def _due(self, bill: Bill, terms: str) -> str:
        row = self._desk.database["F0014"].find((terms or " ",))
        days = row[2] if row else 0
        day = datetime.strptime(bill.dated, "%Y%m%d")  # noqa: DTZ007 (a day)
        return f"{day + timedelta(days=days):%Y%m%d}"

    def _distribute(
        self,
        kind: Kind,
        bill: Bill,
        values: Values,
        changes: Any,
        costs: Costs,
    ) -> None:
        control = self._desk.checks.control_account(values["CO"], kind.control)
        head = {**values, "RMK": bill.reference[:30]}
        # In the company's own currency, and besides in a foreign one.
        for ledger, factor in (("AA", costs.rate), ("CA", None)):
            if ledger == "CA" and not costs.rate:
                continue
            amounts = [_own(one.amount, factor) for one in bill.splits]
            postings = [(control, kind.sign * sum(amounts, Decimal(0)), bill.remark)]
            for account, split, amount in zip(
                costs.accounts, bill.splits, amounts, strict=True
            ):
                if account is not None:
                    text = split.explanation
                    postings.append((account, -kind.sign * amount, text))
            self._desk.lines(changes, head, postings, ledger)


def _common(bill: Bill, company: Values) -> Values:
    """What both ledgers have, whatever the number."""
    return {
        "KCO": company["CO"],
        "CO": company["CO"],
        "AN8": bill.address,
        "DGJ": bill.gl_date,
        "DIVJ": bill.dated,
        "CTRY": 20,
        "FY": int(bill.gl_date[2:4]),
        "PN": int(bill.gl_date[4:6]),
        "POST": "",
        "PST": "A",
        "GLC": "TRAD",
        "CRCD": bill.currency or company["CRCD"],
    }


def _only(kind: Kind, bill: Bill) -> Values:
    """What only one of the two ledgers has, or calls differently."""
    if kind is INVOICE:
        party = {"PYR": bill.address, "PA8": bill.address, "AN8J": bill.address}
        return {**party, "PO": bill.order}
    return {"PYE": bill.address, "DSVJ": bill.dated, "PO": bill.order, "PYIN": "C"}


def _own(amount: Decimal, rate: Decimal | None) -> Decimal:
    exact = amount if rate is None else amount * rate
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
