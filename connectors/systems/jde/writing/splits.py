"""Distribution lines: amounts on accounts, which must balance and be postable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.sdk.errors import ConfigurationError, RejectedError
from connectors.sdk.records import Fields, Scalar, WriteItem
from connectors.systems.jde.wire.codecs import decode_text, parse_date
from connectors.systems.jde.wire.query import Query, one_of
from connectors.systems.jde.wire.service import DataService
from connectors.systems.jde.writing.values import Column, amount, money, written, wrong

# The post program alone uses M; N is a heading, I no longer used, B only for budgets.
_CLOSED = {"N": "is a heading", "I": "is inactive", "M": "is for the system alone"}
_CLOSED["B"] = "is for budgets alone"
_CHUNK = 200
_UNIT, _OBJECT = Column("BusinessUnit", 12, "unit"), Column("ObjectAccount", 6)
_SUB, _ID = Column("Subsidiary", 8), Column("Account", 8)
_WORDS = Column("Explanation", 30)
_LEDGER, _LEDGER_TYPE = Column("Subledger", 8), Column("SubledgerType", 1)


@dataclass(frozen=True, slots=True)
class Split:
    """One line. Either `aid`, or unit (padded), object and subsidiary; a subledger
    with its type, or neither."""

    amount: Decimal
    aid: str
    unit: str
    object: str
    sub: str
    explanation: str
    subledger: str = ""
    subledger_type: str = ""

    @property
    def account(self) -> str:
        """As people write it."""
        parts = (self.unit.strip(), self.object, self.sub)
        return self.aid or ".".join(part for part in parts if part)

    def inputs(self) -> dict[str, str]:
        """As a row of the orchestrations' Lines."""
        found = {
            "Amount": money(self.amount),
            "Account": self.aid,
            "BusinessUnit": self.unit,
            "ObjectAccount": self.object,
            "Subsidiary": self.sub,
            "Explanation": self.explanation,
            "Subledger": self.subledger,
            "SubledgerType": self.subledger_type,
        }
        return {name: value for name, value in found.items() if value}


def splits_of(item: WriteItem, unit: Scalar = None) -> tuple[Split, ...]:
    """The lines of a document; `unit` is for those without one.

    Raises RejectedError that names line and field.
    """
    return tuple(
        _split(line, number, unit) for number, line in enumerate(item.lines or (), 1)
    )


def _split(line: Fields, number: int, unit: Scalar) -> Split:
    try:
        if line.get("amount") in (None, ""):
            raise wrong("amount", "is missing.")
        text = str(line.get("account") or "").strip()
        aid = written("account_id", line.get("account_id"), _ID)
        main, sub = line.get("OBJ"), line.get("SUB")
        unit = line.get("MCU") or unit
        if "." in text:
            unit, _, rest = text.partition(".")
            main, _, sub = rest.partition(".")
        elif text:
            aid = written("account", text, _ID)
        found = Split(
            amount("amount", line["amount"]),
            aid,
            "" if aid else written("MCU", unit, _UNIT),
            "" if aid else written("OBJ", main, _OBJECT),
            "" if aid else written("SUB", sub, _SUB),
            written("explanation", line.get("explanation"), _WORDS),
            written("SBL", line.get("SBL"), _LEDGER),
            written("SBLT", line.get("SBLT"), _LEDGER_TYPE),
        )
        if bool(found.subledger) != bool(found.subledger_type):
            raise wrong("SBL", "a subledger and its type go together.")
        if not aid and not (found.unit and found.object):
            raise wrong("account", "is missing: unit.object.subsidiary, or its id.")
    except RejectedError as error:
        raise RejectedError(
            f"Line {number}: {error.message}",
            field=f"lines.{error.field}",
            code=error.code,
        ) from None
    return found


def balanced(splits: Sequence[Split], total: Decimal, field: str) -> None:
    """Raises RejectedError unless the lines add up to `total`."""
    added = sum((one.amount for one in splits), Decimal(0))
    if added != total:
        raise RejectedError(
            f"The lines add up to {added}, and not to {total}.",
            advice="Correct the amounts; JD Edwards takes only what balances.",
            field=field,
            code="UNBALANCED",
        )


class Chart:
    """The accounts of a batch, looked up once; nothing is known if it cannot be."""

    def __init__(self, service: DataService, splits: Sequence[Split]) -> None:
        self._rows: dict[tuple[str, ...], str] = {}
        self._readable = True
        asked = {
            "AID": sorted({one.aid for one in splits if one.aid}),
            "OBJ": sorted({one.object for one in splits if one.object}),
        }
        try:
            for alias, values in asked.items():
                for start in range(0, len(values), _CHUNK):
                    self._load(service, alias, values[start : start + _CHUNK])
        except ConfigurationError:
            self._readable = False  # not for this user to see: JD Edwards will say

    def _load(self, service: DataService, alias: str, values: Sequence[str]) -> None:
        columns = ("AID", "MCU", "OBJ", "SUB", "PEC")
        where = (one_of(alias, values),)
        query = Query(table="F0901", columns=columns, seek=("AID",), where=where)
        for row in service.rows(query):
            edit = decode_text(row.PEC)
            parts = (row.MCU, row.OBJ, row.SUB)
            self._rows[(decode_text(row.AID),)] = edit
            self._rows[tuple(map(decode_text, parts))] = edit

    def check(self, splits: Sequence[Split]) -> None:
        """Raises RejectedError for an account that is not there or not postable."""
        if not self._readable:
            return
        for number, one in enumerate(splits, 1):
            key = (one.aid,) if one.aid else (one.unit.strip(), one.object, one.sub)
            edit = self._rows.get(key)
            why = "is not in the account master" if edit is None else _CLOSED.get(edit)
            if why:
                raise RejectedError(
                    f"Line {number}: account {one.account} {why}.",
                    advice="Choose an account that can be posted to.",
                    field="lines.account",
                    code="ACCOUNT",
                )


class Periods:
    """The open period of each company, by F0010; nothing is known if it is hidden.

    A period counts as a calendar month from the first of the fiscal year.
    """

    def __init__(self, service: DataService) -> None:
        columns = ("CO", "PNC", "DFYJ")
        query = Query(table="F0010", columns=columns, seek=("CO",))
        try:
            rows: Sequence[Any] = service.rows(query)
        except ConfigurationError:
            rows = ()
        self._open: Mapping[str, tuple[date, int]] = {
            decode_text(row.CO): (begins, int(row.PNC))
            for row in rows
            if row.PNC and row.DFYJ and (begins := parse_date(row.DFYJ))
        }

    def check(self, company: str, day: date, field: str) -> None:
        """Raises RejectedError for a date outside the open period and the next."""
        if company not in self._open:
            return
        begins, current = self._open[company]
        period = (day.year - begins.year) * 12 + day.month - begins.month + 1
        if not current <= period <= current + 1:
            where = "before" if period < current else "more than one after"
            raise RejectedError(
                f"{day} lies {where} the open period of company {company}, which is "
                f"{current} of the fiscal year that began on {begins}.",
                advice="Choose a date in the open period, or let the period be opened; "
                "the setting Check the period switches this off.",
                field=field,
                code="PERIOD",
            )
