"""Journal entries (F0911)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connectors.sandbox.jde.books.desk.checks import Caller, Split
from connectors.sandbox.jde.books.desk.desk import (
    FIRST_JOURNAL,
    Desk,
    Prepared,
    balanced,
)
from connectors.sandbox.jde.books.desk.messages import BAD_VALUE, DUPLICATE_NUMBER
from connectors.sandbox.jde.books.entries import Document, Journal

TYPE, BATCH = "JE", "G"


class Journals:
    """Enters balanced lines in the actual amounts ledger."""

    def __init__(self, desk: Desk):
        self._desk = desk

    def prepare(self, journal: Journal, caller: Caller) -> Prepared:
        """All checks; RefusedError if one fails."""
        found, changes = self._desk.begin(caller, journal.program or "P0911")
        checks, splits = self._desk.checks, journal.splits
        company = checks.company(journal.company, caller, found)
        number = company.get("CO", journal.company)
        checks.period(journal.gl_date, company, found)
        accounts = [checks.account(one, number, caller, found) for one in splits]
        definition = self._desk.database["F0911"].definition
        found.fits(definition, {"EXR": journal.reference})
        for one in splits:
            found.fits(definition, _said(one))
        if len(splits) < 2:
            found.error(BAD_VALUE, "A journal has two lines or more", "AA")
        balanced(Decimal(0), (one.amount for one in splits), found)
        rows = self._desk.database["F0911"]
        if journal.number and rows.with_prefix((TYPE, journal.number)):
            text = f"Document {journal.number} {TYPE} exists already"
            found.error(DUPLICATE_NUMBER, text, "DOC")
        found.stop()
        document = journal.number or self._desk.journal_number(
            "journal", TYPE, FIRST_JOURNAL
        )
        debits = sum((one.amount for one in splits if one.amount > 0), Decimal(0))
        batch = self._desk.batch(changes, BATCH, debits)
        values = {"DOC": document, "DCT": TYPE, "KCO": number, "CO": number, **batch}
        values |= {"DGJ": journal.gl_date, "CRCD": company["CRCD"]}
        values["RMK"] = journal.reference.rstrip()
        postings = [
            (account, one.amount, one.explanation)
            for account, one in zip(accounts, splits, strict=True)
            if account is not None
        ]
        self._desk.lines(changes, values, postings)
        warnings = [one for one in found.messages if one.warning]
        result = Document(
            number, TYPE, document, BATCH, batch["ICU"], warnings=warnings
        )
        key = journal.reference.strip() or f"{number}-{TYPE}-{document}"
        return Prepared(result, changes, [("F0911", key, values, True)])


def _said(split: Split) -> dict[str, Any]:
    """What a line itself fills, by alias."""
    within = {"SBL": split.subledger, "SBLT": split.subledger_type}
    return {"AA": split.amount, "EXA": split.explanation, **within}
