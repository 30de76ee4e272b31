"""What entering any document needs: numbers, a batch, lines, and the commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.sandbox.core.ledger import Ledger
from connectors.sandbox.jde.books.desk.changes import Changes, Stamp, note
from connectors.sandbox.jde.books.desk.checks import Caller, Checks
from connectors.sandbox.jde.books.desk.messages import UNBALANCED, Findings
from connectors.sandbox.jde.books.desk.numbers import NextNumbers
from connectors.sandbox.jde.books.entries import Document
from connectors.sandbox.jde.data.database import Database
from connectors.sandbox.jde.data.finance.lines import Head, Posting, lines

FIRST_BATCH, FIRST_JOURNAL, FIRST_CHECK = 500000, 700000, 900000
Values = dict[str, Any]


@dataclass(slots=True)
class Prepared:
    """An entry that passed its checks; nothing is written before `commit`."""

    document: Document
    changes: Changes
    notes: list[tuple[str, str, Values, bool]] = field(default_factory=list)

    def commit(self, book: Ledger) -> Document:
        self.changes.commit()
        for name, key, values, new in self.notes:
            note(book, name, key, values, new=new)
        return self.document


class Desk:
    """Shared by the programs that enter documents."""

    def __init__(
        self,
        database: Database,
        checks: Checks,
        numbers: NextNumbers,
        local_time: Callable[[], datetime],
    ):
        self.database = database
        self.checks = checks
        self.numbers = numbers
        self._local_time = local_time

    def begin(self, caller: Caller, program: str) -> tuple[Findings, Changes]:
        stamp = Stamp(caller.user.name, program, self._local_time())
        return Findings(), Changes(self.database, stamp)

    def document_number(self, name: str, table: str, type_: str, company: str) -> int:
        """The next number of a ledger whose key begins with the number."""
        rows = self.database[table]

        def taken(number: int) -> bool:
            return any(r[1:3] == (type_, company) for r in rows.with_prefix((number,)))

        return self.numbers.take(name, lambda: _last(rows.rows), taken)

    def payment_id(self, table: str) -> int:
        rows = self.database[table]
        return self.numbers.take(
            table, lambda: _last(rows.rows), lambda n: rows.find((n,)) is not None
        )

    def journal_number(self, name: str, type_: str, start: int) -> int:
        """The next number of documents that only the general ledger knows."""
        rows = self.database["F0911"]
        return self.numbers.take(
            name, lambda: start, lambda n: bool(rows.with_prefix((type_, n)))
        )

    def batch(self, changes: Changes, kind: str, amount: Decimal) -> Values:
        """A pending batch of its own for one document."""
        rows = self.database["F0011"]
        number = self.numbers.take(
            "batch", lambda: FIRST_BATCH, lambda n: rows.find((kind, n)) is not None
        )
        day = changes.stamp.day
        found = {"ICUT": kind, "ICU": number, "DICJ": day}
        header = {"IST": "", "IAPP": "", "AICU": abs(amount)}
        changes.insert("F0011", {**found, **header})
        return found

    def lines(
        self,
        changes: Changes,
        values: Mapping[str, Any],
        postings: Iterable[Posting],
        ledger: str = "AA",
    ) -> None:
        """General ledger lines of the document in `values`, unposted."""
        stamp = changes.stamp.values(self.database["F0911"].definition)
        head = Head.of({"RMK": "", "AN8": 0, **values, **stamp, "POST": ""})
        for row in lines(head, postings, ledger, 10, 10):
            changes.insert_row("F0911", row)


def balanced(
    total: Decimal, splits: Iterable[Decimal], found: Findings, alias: str = "AA"
) -> None:
    """An error unless the splits sum to the total."""
    distributed = sum(splits, Decimal(0))
    if distributed != total:
        text = f"The distribution is {distributed}, not {total}: it does not balance"
        found.error(UNBALANCED, text, alias)


def _last(rows: list[tuple[Any, ...]]) -> int:
    return int(rows[-1][0]) if rows else 0
