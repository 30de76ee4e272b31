"""Receipts of customers (F03B13, F03B14) and payments to suppliers (F0413, F0414)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connectors.sandbox.jde.books.desk.changes import Changes
from connectors.sandbox.jde.books.desk.checks import Caller, Split
from connectors.sandbox.jde.books.desk.desk import FIRST_CHECK, Desk, Prepared, Values
from connectors.sandbox.jde.books.desk.messages import (
    BAD_DATE,
    BAD_VALUE,
    DUPLICATE_NUMBER,
    NOT_FOUND,
    OVERPAID,
    UNBALANCED,
    Findings,
)
from connectors.sandbox.jde.books.entries import Document, Match, Payment
from connectors.sandbox.jde.data.columns import Row
from connectors.sandbox.jde.data.finance.chart import BANK, PAYABLES, RECEIVABLES
from connectors.sandbox.jde.data.finance.lines import Account

UNAPPLIED = "RU"


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs. `ledger` is where the open documents are; `sign` of the bank."""

    ledger: str
    header: str
    detail: str
    type: str
    batch: str
    control: str
    sign: int
    program: str


RECEIPT = Kind("F03B11", "F03B13", "F03B14", "RC", "RB", RECEIVABLES, 1, "P03B102")
PAYMENT = Kind("F0411", "F0413", "F0414", "PN", "M", PAYABLES, -1, "P0413M")


@dataclass(frozen=True, slots=True)
class Checked:
    """A payment that passed: the company, the bank and the pay items it lowers."""

    company: dict[str, Any]
    bank: Account
    rows: tuple[tuple[Match, Row], ...]


class Payments:
    """Lays money on open documents."""

    def __init__(self, desk: Desk):
        self._desk = desk

    def prepare(self, kind: Kind, payment: Payment, caller: Caller) -> Prepared:
        """All checks; RefusedError if one fails."""
        found, changes = self._desk.begin(caller, payment.program or kind.program)
        checked = self._checked(kind, payment, caller, found)
        number = self._desk.payment_id(kind.header)
        document = number
        if kind is PAYMENT:
            document = payment.number or self._desk.journal_number(
                "payment", kind.type, FIRST_CHECK
            )
        company = checked.company["CO"]
        batch = self._desk.batch(changes, kind.batch, payment.amount)
        header = {**batch, "CO": company, "PYID": number, "AN8": payment.address}
        header |= {"DOC": document, "DCT": kind.type, "KCO": company}
        header |= {"DGJ": payment.gl_date, "CRCD": checked.company["CRCD"]}
        last = self._header(kind, payment, checked, header, changes)
        for line, applied in enumerate(checked.rows, start=1):
            self._apply(kind, payment, applied, {**header, "RC5": line}, changes)
        if kind is RECEIPT:
            self._leave(payment, header, changes)
        self._book(kind, payment, checked, header, changes)
        warnings = [one for one in found.messages if one.warning]
        result = Document(
            company, kind.type, document, kind.batch, batch["ICU"], number, warnings
        )
        key = f"{payment.address}-{payment.reference or number}"
        return Prepared(result, changes, [(kind.header, key, last, True)])

    def _checked(
        self, kind: Kind, payment: Payment, caller: Caller, found: Findings
    ) -> Checked:
        checks = self._desk.checks
        company = checks.company(payment.company, caller, found)
        number = company.get("CO", payment.company)
        if kind is RECEIPT:
            checks.customer(payment.address, number, found)
        else:
            checks.supplier(payment.address, caller, found)
        checks.period(payment.gl_date, company, found)
        if not payment.dated:
            found.error(BAD_DATE, "Payment date is missing", "DMTJ")
        self._amounts(kind, payment, found)
        bank = self._bank(payment, number, caller, found) if company else None
        rows = [self._open(kind, payment, one, found) for one in payment.matches]
        if kind is PAYMENT and payment.number:
            self._unused(payment.number, found)
        found.stop()
        if bank is None:
            raise LookupError("a bank account passed its check and is not there")
        open_rows = tuple(
            (m, r) for m, r in zip(payment.matches, rows, strict=True) if r
        )
        return Checked(company, bank, open_rows)

    def _amounts(self, kind: Kind, payment: Payment, found: Findings) -> None:
        header = self._desk.database[kind.header].definition
        alias = "CKAM" if kind is RECEIPT else "PAAP"
        found.fits(header, {alias: payment.amount})
        lines = self._desk.database["F0911"].definition
        found.fits(lines, {"EXR": payment.remark})
        if kind is RECEIPT:
            found.fits(header, {"CKNU": payment.reference, "EXR": payment.remark})
        else:
            detail = self._desk.database[kind.detail].definition
            found.fits(detail, {"RMK": payment.reference})
        for match in payment.matches:
            found.fits(header, {alias: match.amount})
        if payment.amount <= 0:
            found.error(BAD_VALUE, "The amount of a payment is positive", alias)
        matched = sum((one.amount for one in payment.matches), Decimal(0))
        if matched > payment.amount:
            text = f"{matched} is applied of a payment of {payment.amount}"
            found.error(UNBALANCED, text, "PAAP")
        if kind is PAYMENT and matched != payment.amount:
            text = f"Vouchers of {matched} are matched, not {payment.amount}"
            found.error(UNBALANCED, text, "PAAP")
        keys = [(m.document, m.type, m.company, m.item) for m in payment.matches]
        if len(set(keys)) != len(keys):
            found.error(UNBALANCED, "A pay item is matched twice", "DOC")

    def _bank(
        self, payment: Payment, company: str, caller: Caller, found: Findings
    ) -> Account | None:
        if not payment.bank:
            return self._desk.checks.control_account(company, BANK)
        line = Split(payment.amount, payment.bank)
        return self._desk.checks.account(line, company, caller, found)

    def _open(
        self, kind: Kind, payment: Payment, match: Match, found: Findings
    ) -> Row | None:
        """The pay item that a match names; an error unless it is open enough."""
        key = (match.document, match.type, match.company.rjust(5, "0"), match.item)
        name = f"{match.document} {match.type} {match.company} {match.item}"
        rows = self._desk.database[kind.ledger].with_prefix(key)
        one = self._desk.checks.values(kind.ledger, rows[0]) if rows else {}
        if not one or one["AN8"] != payment.address:
            text = f"{name} is no document of address number {payment.address}"
            found.error(NOT_FOUND, text, "DOC")
            return None
        if one["CO"] != payment.company.rjust(5, "0"):
            text = f"{name} is not of company {payment.company}"
            found.error(NOT_FOUND, text, "KCO")
        left = one["AAP"] - match.amount
        if not match.amount or left * one["AAP"] < 0 or abs(left) > abs(one["AAP"]):
            text = f"{name} has {one['AAP']} open: {match.amount} cannot be applied"
            found.error(OVERPAID, text, "PAAP")
        return rows[0]

    def _unused(self, number: int, found: Findings) -> None:
        if self._desk.database["F0911"].with_prefix((PAYMENT.type, number)):
            text = f"Payment number {number} exists already"
            found.error(DUPLICATE_NUMBER, text, "DOCM")

    def _header(
        self,
        kind: Kind,
        payment: Payment,
        checked: Checked,
        header: Values,
        changes: Changes,
    ) -> Values:
        values = {n: header[n] for n in ("PYID", "CO", "CRCD", "ICUT", "ICU")}
        values |= {"DMTJ": payment.dated, "GLBA": checked.bank.number}
        if kind is RECEIPT:
            values |= {"CKNU": payment.reference, "CKAM": payment.amount}
            values |= {"AN8": payment.address, "PYR": payment.address}
            values |= {"EXR": payment.remark, "DGJ": payment.gl_date, "POST": ""}
        else:
            values |= {"DCTM": kind.type, "DOCM": header["DOC"]}
            values |= {"PYE": payment.address, "PAAP": payment.amount}
        definition = self._desk.database[kind.header].definition
        return definition.plain(changes.insert(kind.header, values))

    def _apply(
        self,
        kind: Kind,
        payment: Payment,
        applied: tuple[Match, Row],
        header: Values,
        changes: Changes,
    ) -> None:
        match, row = applied
        one = self._desk.checks.values(kind.ledger, row)
        left = one["AAP"] - match.amount
        # The foreign open amount goes down by the same share.
        foreign = (one["FAP"] * left / one["AAP"]).quantize(left) if one["AAP"] else 0
        state: Values = {"AAP": left, "FAP": foreign}
        if not left:
            state["PST"] = "P"
            if kind is RECEIPT:
                state["JCL"] = payment.gl_date
        changes.update(kind.ledger, row, state)
        document = {n: one[n] for n in ("DOC", "DCT", "KCO", "SFX", "AN8")}
        values = {**document, "PYID": header["PYID"], "RC5": header["RC5"]}
        values["PAAP"] = match.amount
        if kind is RECEIPT:
            values |= {"CKNU": payment.reference, "CO": header["CO"]}
            values["DGJ"] = payment.gl_date
        else:
            values |= {"DCTM": kind.type, "RMK": payment.reference}
            values["SFXE"] = one["SFXE"]
        changes.insert(kind.detail, values)

    def _leave(self, payment: Payment, header: Values, changes: Changes) -> None:
        """What is not applied stays open as a credit of the customer."""
        rest = payment.amount - sum((m.amount for m in payment.matches), Decimal(0))
        if not rest:
            return
        names = ("KCO", "CO", "AN8", "DGJ", "ICUT", "ICU", "DICJ", "CRCD")
        values = {name: header[name] for name in names}
        number = self._desk.document_number("F03B11", "F03B11", UNAPPLIED, header["CO"])
        changes.insert(
            "F03B11",
            {
                **values,
                "DOC": number,
                "DCT": UNAPPLIED,
                "SFX": "001",
                "PST": "A",
                "AG": -rest,
                "AAP": -rest,
                "CRRM": "D",
                "GLC": "UC",
                "DIVJ": payment.dated,
                "DDJ": payment.dated,
                "CTRY": 20,
                "FY": int(header["DGJ"][2:4]),
                "PN": int(header["DGJ"][4:6]),
                "PYR": payment.address,
                "RMK": payment.remark,
                "VR01": payment.reference,
            },
        )

    def _book(
        self,
        kind: Kind,
        payment: Payment,
        checked: Checked,
        header: Values,
        changes: Changes,
    ) -> None:
        company = header["CO"]
        control = self._desk.checks.control_account(company, kind.control)
        amount, text = kind.sign * payment.amount, payment.remark
        head = {**header, "RMK": payment.reference}
        lines = [(checked.bank, amount, text), (control, -amount, text)]
        self._desk.lines(changes, head, lines)
