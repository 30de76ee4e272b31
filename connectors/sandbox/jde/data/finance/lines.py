"""Lines of the general ledger, built quickly, and the balances they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from connectors.sandbox.jde.data.columns import BLANK, Row
from connectors.sandbox.jde.data.finance.tables import F0902, F0911
from connectors.sandbox.jde.data.store import Table

_TEMPLATE = F0911.row({"AM": "2", "CTRY": 20})
_AT = F0911.position
_CENT = Decimal("0.01")
_JELN, _ANI, _AID, _MCU, _OBJ, _SUB, _SBL, _SBLT, _AA, _EXA = (
    _AT[one]
    for one in (
        *("JELN", "ANI", "AID", "MCU", "OBJ", "SUB"),
        *("SBL", "SBLT", "AA", "EXA"),
    )
)
POSTED = "P"


@dataclass(frozen=True)
class Account:
    """Where a line goes: internal number, business unit, object and subsidiary; and
    of what in the account it is, as subledger and type."""

    number: str
    unit: str
    object: str
    subsidiary: str = BLANK
    subledger: str = BLANK
    subledger_type: str = BLANK

    @cached_property
    def readable(self) -> str:
        """`unit.object` or `unit.object.subsidiary`."""
        parts = (self.unit.strip(), self.object, self.subsidiary.strip())
        return ".".join(part for part in parts if part)


Posting = tuple[Account, Decimal, str]
"""Where to, how much (debits positive), and the explanation."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the lines of one document have in common, in stored form."""

    document: int
    type: str
    document_company: str
    company: str
    day: str
    batch_type: str
    batch: int
    batch_day: str
    posted: bool
    currency: str
    address: int
    remark: str
    user: str
    program: str
    changed: str
    time: int

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Head:
        """From the header row of a ledger, by alias."""
        return cls(
            document=values["DOC"],
            type=values["DCT"],
            document_company=values["KCO"],
            company=values["CO"],
            day=values["DGJ"],
            batch_type=values["ICUT"],
            batch=values["ICU"],
            batch_day=values["DICJ"],
            posted=values["POST"] == "D",
            currency=values["CRCD"],
            address=values["AN8"],
            remark=values.get("RMK") or BLANK,
            user=values["USER"],
            program=values["PID"],
            changed=values["UPMJ"],
            time=values["UPMT"],
        )


def lines(
    head: Head, postings: Iterable[Posting], ledger: str, first: int, step: int = 1
) -> list[Row]:
    """One line for each posting, numbered from `first`."""
    common = _common(head, ledger)
    found = []
    for number, (account, amount, text) in enumerate(postings):
        row = common.copy()
        row[_JELN] = first + number * step
        row[_ANI], row[_AID] = account.readable, account.number
        row[_MCU], row[_OBJ], row[_SUB] = (
            account.unit,
            account.object,
            account.subsidiary,
        )
        row[_SBL], row[_SBLT] = account.subledger, account.subledger_type
        row[_AA], row[_EXA] = amount.quantize(_CENT), text.rstrip() or BLANK
        found.append(tuple(row))
    return found


def _common(head: Head, ledger: str) -> list[Any]:
    row = list(_TEMPLATE)
    for alias, value in (
        ("DCT", head.type),
        ("DOC", head.document),
        ("KCO", head.document_company),
        ("DGJ", head.day),
        ("LT", ledger),
        ("POST", POSTED if head.posted else BLANK),
        ("ICU", head.batch),
        ("ICUT", head.batch_type),
        ("DICJ", head.batch_day),
        ("CO", head.company),
        ("PN", int(head.day[4:6])),
        ("FY", int(head.day[2:4])),
        ("CRCD", head.currency),
        ("EXR", head.remark),
        ("AN8", head.address),
        ("USER", head.user),
        ("PID", head.program),
        ("UPMJ", head.changed),
        ("UPMT", head.time),
    ):
        row[_AT[alias]] = value
    return row


def balances(lines: Iterable[Row], table: Table) -> list[Row]:
    """The balance rows that posted lines add to `table`; existing ones are taken out.

    Each is net per period; nothing is carried forward.
    """
    names = ("AID", "CTRY", "FY", "LT", "PN", "AA", "POST", "CO", "MCU", "OBJ", "SUB")
    places = tuple(_AT[name] for name in names)
    found: dict[tuple[Any, ...], list[Any]] = {}
    for row in lines:
        *key, period, amount, post, company, unit, account, sub = (
            row[place] for place in places
        )
        if post != POSTED:
            continue
        values = found.get(tuple(key))
        if values is None:
            where = {"CO": company, "MCU": unit, "OBJ": account, "SUB": sub}
            values = found[tuple(key)] = _balance(tuple(key), where, table)
        values[F0902.position[f"AN{period:02d}"]] += amount
    return [tuple(values) for values in found.values()]


def _balance(key: tuple[Any, ...], where: Mapping[str, Any], table: Table) -> list[Any]:
    present = table.find(key)
    if present is not None:
        table.remove(present)
        return list(present)
    aliases = dict(zip(("AID", "CTRY", "FY", "LT"), key, strict=True))
    return list(F0902.row({**aliases, **where}))
