"""What the batch programs do with the rows that wait for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connectors.sandbox.jde.batch.posting import post_batches
from connectors.sandbox.jde.books.books import Books
from connectors.sandbox.jde.books.desk.checks import Caller, Split
from connectors.sandbox.jde.books.desk.messages import BAD_VALUE, Message, RefusedError
from connectors.sandbox.jde.books.entries import (
    Bill,
    Document,
    Journal,
    Match,
    PayItem,
    Payment,
)
from connectors.sandbox.jde.data.columns import Row
from connectors.sandbox.jde.data.database import Database

FINAL, PROOF = "XJDE0001", "XJDE0002"
POST = "R09801"
LINES = "F0911Z1"
Values = dict[str, Any]
Chosen = dict[str, list[str]]
"""Data selection: values allowed by alias."""


@dataclass(frozen=True, slots=True)
class Program:
    """Which table a program reads, and the transaction type it looks for."""

    table: str
    type: str


PROGRAMS: dict[str, Program] = {
    "R04110ZA": Program("F0411Z1", "V"),
    "R03B11Z1A": Program("F03B11Z1", "I"),
    "R09110Z": Program("F0911Z1", "J"),
    "R03B13Z1": Program("F03B13Z1", "R"),
    POST: Program("F0011", ""),
}


@dataclass(slots=True)
class Group:
    """One transaction: the rows of a document and its ledger lines, by alias."""

    rows: list[tuple[Row, Values]]
    lines: list[tuple[Row, Values]]

    @property
    def head(self) -> Values:
        return self.rows[0][1]


class Programs:
    """Runs a program to its end; what it refuses stays as it was."""

    def __init__(self, books: Books, database: Database):
        self._books = books
        self._database = database
        self._enter: dict[str, Callable[[Group, Caller, str], Document]] = {
            "R04110ZA": self._voucher,
            "R03B11Z1A": self._invoice,
            "R09110Z": self._journal,
            "R03B13Z1": self._receipt,
        }

    def run(self, report: str, version: str, chosen: Chosen, by: Caller) -> list[str]:
        """The lines of the printed report: one for each refused transaction."""
        if report == POST:
            wanted = {int(n) for n in chosen.get("ICU", chosen.get("EDBT", []))}
            _, changes = self._books.begin(by, report)
            post_batches(self._database, changes, wanted)
            return []
        complaints = []
        for key, group in self._groups(PROGRAMS[report], chosen).items():
            try:
                if version == PROOF:
                    continue
                document = self._enter[report](group, by, report)
            except RefusedError as error:
                complaints.append(f"{'/'.join(key)}: {error}")
                continue
            self._processed(PROGRAMS[report], group, document, by, report)
        return complaints

    def _groups(self, program: Program, chosen: Chosen) -> dict[tuple[str, ...], Group]:
        """Waiting transactions by user, batch and transaction number."""
        found: dict[tuple[str, ...], Group] = {}
        for row, values in self._waiting(program.table, program.type):
            if all(str(values[n]).strip() in allowed for n, allowed in chosen.items()):
                found.setdefault(row[:3], Group([], [])).rows.append((row, values))
        if program.table != LINES:
            for row, values in self._waiting(LINES, program.type):
                if row[:3] in found:
                    found[row[:3]].lines.append((row, values))
        return found

    def _waiting(self, name: str, type_: str) -> list[tuple[Row, Values]]:
        """Rows to be added that were not processed; all others are passed over."""
        table = self._database[name]
        found = []
        for row in table.rows:
            one = dict(zip(table.definition.position, row, strict=True))
            fresh = one["EDSP"].strip() in {"", "0"}
            if fresh and one["EDTC"] == "A" and one["EDTR"] == type_:
                found.append((row, one))
        return found

    def _processed(
        self, program: Program, group: Group, document: Document, by: Caller, pid: str
    ) -> None:
        _, changes = self._books.begin(by, pid)
        done = {"EDSP": "1", "DOC": document.number, "DCT": document.type}
        done |= {"KCO": document.company, "ICU": document.batch}
        for row, _ in group.rows:
            changes.update(program.table, row, done)
        for row, _ in group.lines:
            changes.update(LINES, row, done)
        changes.commit()

    def _voucher(self, group: Group, by: Caller, pid: str) -> Document:
        return self._books.voucher(_bill(group, "VINV", 1, pid), by)

    def _invoice(self, group: Group, by: Caller, pid: str) -> Document:
        return self._books.invoice(_bill(group, "VR01", -1, pid), by)

    def _journal(self, group: Group, by: Caller, pid: str) -> Document:
        head = group.head
        journal = Journal(
            company=head["CO"],
            gl_date=head["DGJ"],
            splits=tuple(_split(one, 1) for _, one in group.rows),
            reference=head["EXR"].strip(),
            number=head["DOC"],
            program=pid,
        )
        return self._books.journal(journal, by)

    def _receipt(self, group: Group, by: Caller, pid: str) -> Document:
        head = group.head
        matches = tuple(
            Match(
                document=one["ADOC"],
                type=one["ADCT"],
                company=one["AKCO"],
                item=one["ASFX"].strip() or "001",
                amount=one["PAAP"],
            )
            for _, one in group.rows
            if one["ADOC"]
        )
        payment = Payment(
            address=head["AN8"],
            company=head["CO"],
            dated=head["DMTJ"],
            gl_date=head["DGJ"] or head["DMTJ"],
            amount=head["CKAM"],
            matches=matches,
            reference=head["CKNU"].strip(),
            remark=head["RMK"].strip(),
            bank=head["AID"].strip(),
            program=pid,
        )
        return self._books.receipt(payment, by)


def _bill(group: Group, reference: str, sign: int, program: str) -> Bill:
    """A document of a header row per pay item; `sign` turns its ledger lines."""
    head = group.head
    for _, line in group.lines:
        given = (line["DOC"], line["KCO"].strip())
        if line["DOC"] and given != (head["DOC"], head["KCO"].strip()):
            text = f"Line {line['EDLN']} names another document than its header"
            raise RefusedError([Message(BAD_VALUE, text, "DOC")])
    items = tuple(PayItem(one["AG"], one["DDJ"]) for _, one in group.rows)
    return Bill(
        address=head["AN8"],
        company=head["CO"],
        dated=head["DIVJ"],
        gl_date=head["DGJ"],
        items=items,
        splits=tuple(_split(one, sign) for _, one in group.lines),
        reference=head[reference].strip(),
        remark=head["RMK"].strip(),
        terms=head["PTC"].strip(),
        currency=head["CRCD"].strip(),
        unit=head["MCU"].strip(),
        type=head["DCT"].strip(),
        number=head["DOC"],
        program=program,
    )


def _split(line: Values, sign: int) -> Split:
    amount: Decimal = line["AA"]
    return Split(
        amount=sign * amount,
        account=line["AID"].strip(),
        unit=line["MCU"],
        object=line["OBJ"],
        subsidiary=line["SUB"],
        explanation=line["EXA"].strip(),
    )
