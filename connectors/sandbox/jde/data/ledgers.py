"""Invoices, items, accounts and the small tables that the others refer to."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from connectors.sandbox.jde.data.addresses import COMPANIES
from connectors.sandbox.jde.data.columns import Row
from connectors.sandbox.jde.data.finance.chart import (
    ALWAYS_OPEN,
    FIRST_ACCOUNTS,
    FURTHER_ACCOUNTS,
    HOME_UNITS,
    MACHINE,
    units,
)
from connectors.sandbox.jde.data.ledger_tables import F03B11, F0901, F4101
from connectors.sandbox.jde.data.moments import AUDITS, Moments
from connectors.sandbox.jde.data.pools import TRADES

AUDIT_NAMES = ("USER", "PID", "JOBN", "UPMJ", "UPMT")
CENT = Decimal("0.01")
_OWN_CURRENCY = {company: currency for company, _, currency in COMPANIES}
_OF_DOCUMENT = (
    *("KCO", "CO", "DGJ", "DIVJ", "DDJ", "DICJ", "ICU", "POST", "MCU", "VR01"),
)
"""What the pay items of one document have in common."""

CODES = (
    ("01", "ST", "C", "Customers"),
    ("01", "ST", "V", "Suppliers"),
    ("01", "ST", "E", "Employees"),
    ("01", "ST", "O", "Companies"),
    ("01", "PH", "", "Business"),
    ("01", "PH", "FAX", "Fax"),
    ("01", "PH", "HOM", "Home"),
    ("01", "PH", "CAR", "Mobile"),
    ("01", "EA", "E", "E-Mail"),
    ("01", "EA", "I", "Internet Address"),
    ("00", "DT", "RI", "Invoice"),
    ("00", "DT", "RM", "Credit Memo"),
    ("42", "HC", "C1", "Credit Hold"),
    ("42", "HC", "A1", "Address Check"),
    ("42", "HC", "Q2", "Quality Complaint"),
)
PAYMENT_TERMS = (
    ("", "Due on Receipt", 0),
    ("001", "Net 30, 1% 10", 30),
    ("N30", "Net 30 Days", 30),
    ("N60", "Net 60 Days", 60),
    ("210", "2/10 Net 30", 30),
)


def small_tables(moments: Moments) -> dict[str, list[dict[str, Any]]]:
    """Codes, terms, companies and business units, as values by alias."""
    audit = {"USER": "CONVERSION", "PID": "EP0005", "UPMJ": moments.day(-400)}
    return {
        "F0005": [
            {"SY": sy, "RT": rt, "KY": key, "DL01": text, **audit}
            for sy, rt, key, text in CODES
        ],
        "F0014": [
            {"PTC": code, "PTD": text, "NDTP": days, **audit}
            for code, text, days in PAYMENT_TERMS
        ],
        "F0010": [
            {"CO": co, "NAME": name, "CRCD": currency, **_period(moments)}
            for co, name, currency in COMPANIES
        ],
        "F0006": [
            {"MCU": unit, "STYL": "IS", "CO": company, "DL01": f"Branch {unit}"}
            for unit, company in units()
        ],
    }


def _period(moments: Moments) -> dict[str, Any]:
    """The open period: the month of seeding in a year that begins in January."""
    today = moments.day(0)
    return {"PNC": int(today[4:6]), "DFYJ": f"{today[:4]}0101"}


def accounts(rng: random.Random, moments: Moments) -> list[Row]:
    """The chart of accounts of each business unit; some cannot be posted to."""
    audit = moments.audits("P0901")
    found = []
    number = 12000
    for unit, company in units():
        for account, text in FIRST_ACCOUNTS:
            number += 1
            edit = "N" if rng.random() < 0.1 and account not in ALWAYS_OPEN else ""
            edit = "M" if account in MACHINE else edit
            ending = _audit(audit[int(rng.random() * AUDITS)])
            values = _account(number, (unit, company), (account, text, edit))
            found.append(F0901.row(values | ending))
    for unit, company in units():
        for kind in FURTHER_ACCOUNTS:
            number += 1
            values = _account(number, (unit, company), kind)
            found.append(F0901.row(values | _audit(audit[number % AUDITS])))
    return found


def _account(
    number: int, unit: tuple[str, str], kind: tuple[str, str, str]
) -> dict[str, Any]:
    values = {"AID": f"{number:08d}", "MCU": unit[0], "CO": unit[1], "LDA": "6"}
    return {**values, "OBJ": kind[0], "DL01": kind[1], "PEC": kind[2]}


def items(rng: random.Random, moments: Moments, count: int) -> Iterator[Row]:
    """Stock, service and obsolete items."""
    audit = moments.audits("P4101")
    for number in range(60001, 60001 + count):
        user, program, station, day, time = audit[int(rng.random() * AUDITS)]
        trade = TRADES[int(rng.random() * len(TRADES))]
        values = {
            "ITM": number,
            "LITM": f"{trade[:3].upper()}-{number}",
            "AITM": f"{number}/{trade[:2].upper()}",
            "DSC1": f"{trade} part no. {number % 900}",
            "SRTX": trade.upper(),
            "UOM1": "EA",
            "STKT": "O" if rng.random() < 0.05 else "P",
            "LNTY": "S",
            "GLPT": "IN20",
            "URAT": f"{rng.random() * 900:.2f}",
            **_audit((user, program, station, day, time)),
        }
        values["TDAY"] = values.pop("UPMT")
        yield F4101.row(values)


def invoices(
    rng: random.Random,
    moments: Moments,
    customers: Sequence[tuple[int, str]],
    first: int,
) -> Iterator[Row]:
    """Receivables of every second customer, some paid, some in two pay items."""
    audit = moments.audits("P03B11")
    template = F03B11.row({"ICUT": "IB", "CTRY": 20, "GLC": "TRAD", "DCT": "RI"})
    document = first
    for an8, currency in customers:
        if rng.random() < 0.5:
            continue
        document += 1 + int(rng.random() * 1.3)
        parts = 2 if rng.random() < 0.08 else 1
        head: dict[str, Any] = {}
        for part in range(1, parts + 1):
            values = _invoice(rng, moments, an8, currency)
            head = head or {alias: values[alias] for alias in _OF_DOCUMENT}
            values |= head
            values |= _foreign(values)
            values |= {"DOC": document, "SFX": f"{part:03d}"}
            values |= _audit(audit[int(rng.random() * AUDITS)])
            yield _filled(template, values)


def _invoice(
    rng: random.Random, moments: Moments, an8: int, currency: str
) -> dict[str, Any]:
    age = int(rng.random() * 200)
    company = COMPANIES[1 + int(rng.random() * 3)][0]
    gross = Decimal(int(rng.random() * 5_000_000) + 100) * CENT
    paid = rng.random() < 0.3
    opened = 0 * gross if paid else gross
    return {
        "KCO": company,
        "CO": company,
        "AN8": an8,
        "DGJ": moments.day(-age),
        "DIVJ": moments.day(-age),
        "DDJ": moments.day(30 - age),
        "DICJ": moments.day(-age),
        "ICU": 4000 + age,
        "PYR": an8,
        "PA8": an8,
        "POST": "D" if rng.random() < 0.9 else " ",
        "PST": "P" if paid else "A",
        "AG": gross,
        "AAP": opened,
        "ATXA": gross,
        "CRCD": currency,
        "MCU": HOME_UNITS[company].rjust(12),
        "PTC": "N30",
        "VR01": f"PO {int(rng.random() * 90000)}",
    }


def _foreign(values: dict[str, Any]) -> dict[str, Any]:
    """The amounts in the customer's currency, where the company has another."""
    gross, opened = values["AG"], values["AAP"]
    if values["CRCD"] == _OWN_CURRENCY[values["CO"]]:
        return {"CRRM": "D", "ACR": 0 * gross, "FAP": 0 * gross}
    return {"CRRM": "F", "ACR": 2 * gross, "FAP": 2 * opened}


def _filled(template: Row, values: dict[str, Any]) -> Row:
    """The template with ready stored values put in; quicker than checking each."""
    row, position = list(template), F03B11.position
    for alias, value in values.items():
        row[position[alias]] = value
    return tuple(row)


def _audit(ending: tuple[str, str, str, str, int]) -> dict[str, Any]:
    return dict(zip(AUDIT_NAMES, ending, strict=True))
