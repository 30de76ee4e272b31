"""The ledgers behind the seeded invoices and suppliers, drawn up in one pass.

Every value follows from the row it belongs to, not from dice: drawn up late or
early, the ledgers are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.sandbox.jde.data.columns import BLANK, Row
from connectors.sandbox.jde.data.finance.chart import (
    BANK,
    GOODS,
    HOME_UNITS,
    PAYABLES,
    RECEIVABLES,
    SALES,
)
from connectors.sandbox.jde.data.finance.lines import Account, Head, balances, lines
from connectors.sandbox.jde.data.finance.tables import (
    FINANCE_TABLES,
)
from connectors.sandbox.jde.data.ledger_tables import F03B11
from connectors.sandbox.jde.data.store import Table

FIRST_VOUCHER = 30001
_EMPTY = {one.name: (one.row({}), one.position) for one in FINANCE_TABLES}
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The highest numbers before a seeding: what is above them is to be drawn up."""

    invoice: int = 0
    supplier: int = 0
    voucher: int = FIRST_VOUCHER - 1
    receipt: int = 0
    payment: int = 0

    @classmethod
    def before(cls, tables: Mapping[str, Table]) -> Drawn:
        """As the tables stand, drawn up or entered."""
        names = ("F03B11", "F0401", "F0411", "F03B13", "F0413")
        invoice, supplier, voucher, receipt, payment = (
            tables[name].rows[-1][0] if len(tables[name]) else 0 for name in names
        )
        voucher = max(voucher, FIRST_VOUCHER - 1)
        return cls(invoice, supplier, voucher, receipt, payment)


def draw_up(tables: Mapping[str, Table], day: str, since: Drawn) -> None:
    """Add the ledgers of what was seeded after `since`, on `day` (YYYYMMDD)."""
    if not len(tables["F0901"]):
        return
    opening = Opening(tables, day, since)
    opening.receivables()
    opening.payables()
    opening.headers()
    for name, rows in opening.rows.items():
        tables[name].extend(rows)
    posted = opening.rows["F0911"]
    tables["F0902"].extend(balances(posted, tables["F0902"]))


class Opening:
    """One pass over the new invoices and suppliers."""

    def __init__(self, tables: Mapping[str, Table], day: str, since: Drawn):
        self._tables = tables
        self._day = day
        self._since = since
        self.rows: dict[str, list[Row]] = {one.name: [] for one in FINANCE_TABLES}
        self._batches: dict[tuple[str, int], Values] = {}
        self._receipt, self._payment = since.receipt, since.payment
        self._voucher = since.voucher
        self._accounts = _accounts(tables["F0901"])

    def receivables(self) -> None:
        """Invoice lines and, for what is paid, receipt and its lines."""
        table = self._tables["F03B11"]
        read = _reader(F03B11.position)
        for row in table.rows[table.places((self._since.invoice + 1,), ()).start :]:
            one = read(row)
            head = Head.of(one)
            self._lines(head, (RECEIVABLES, SALES), one["AG"], one["ACR"], one["SFX"])
            if one["PST"] == "P":
                self._receive(one)

    def _receive(self, invoice: Values) -> None:
        self._receipt += 1
        number, company = self._receipt, invoice["CO"]
        paid = max(invoice["UPMJ"], invoice["DGJ"])
        values = {
            "PYID": number,
            "CKNU": f"R-{number:06d}",
            **{name: invoice[name] for name in ("AN8", "CO", "CRCD", "USER", "UPMJ")},
            "UPMT": invoice["UPMT"],
            "PID": "P03B102",
            "DGJ": paid,
        }
        ledger: Values = {"ICUT": "RB", "ICU": 200000 + number // 20, "POST": "D"}
        header = {"PYR": invoice["AN8"], "DMTJ": paid, "CKAM": invoice["AG"]}
        bank = {"GLBA": self._accounts[company, BANK].number}
        self._add("F03B13", {**values, **header, **bank, **ledger})
        document = {name: invoice[name] for name in ("DOC", "DCT", "KCO", "SFX")}
        detail = {**values, **document, "RC5": 1, "PAAP": invoice["AG"]}
        self._add("F03B14", _without(detail, "CRCD"))
        head = Head.of(
            {**invoice, **ledger, "DCT": "RC", "DOC": number, "KCO": company}
            | {"DGJ": paid, "DICJ": paid, "PID": "P03B102"}
        )
        self._lines(head, (BANK, RECEIVABLES), invoice["AG"], invoice["ACR"])

    def payables(self) -> None:
        """Up to two vouchers of each supplier, one in three of them paid."""
        table = self._tables["F0401"]
        start = table.places((self._since.supplier + 1,), ()).start
        for row in table.rows[start:]:
            for turn in range(row[0] % 3):
                self._vouch(row[0], turn)

    def _vouch(self, supplier: int, turn: int) -> None:
        self._voucher += 1
        number = self._voucher
        voucher = _voucher(number, supplier, turn, self._day)
        account = self._accounts[voucher["CO"], GOODS]
        where = {"AID": account.number, "MCU": account.unit, "OBJ": GOODS}
        paid = number % 4 == 0
        money: Values = {"PST": "P" if paid else "A", "AAP": voucher["AG"]}
        if paid:
            money["AAP"] = Decimal("0.00")
        self._add("F0411", {**voucher, **where, **money})
        head = Head.of({**voucher, "RMK": voucher["VINV"]})
        self._lines(head, (GOODS, PAYABLES), voucher["AG"], Decimal(0))
        if paid:
            self._pay(voucher)

    def _pay(self, voucher: Values) -> None:
        self._payment += 1
        number, company = self._payment, voucher["CO"]
        batch: Values = {"ICUT": "M", "ICU": 400000 + number // 20}
        audit = {name: voucher[name] for name in ("USER", "UPMJ", "UPMT")}
        audit["PID"] = "P0413M"
        values = {"PYID": number, "DCTM": "PN", "PAAP": voucher["AG"], **audit}
        header = {"DOCM": 100000 + number, "PYE": voucher["AN8"], "CO": company}
        header |= {"DMTJ": voucher["DGJ"], "CRCD": voucher["CRCD"]}
        header |= {"GLBA": self._accounts[company, BANK].number, **batch}
        self._add("F0413", {**values, **header})
        document = {n: voucher[n] for n in ("DOC", "DCT", "KCO", "SFX", "AN8")}
        self._add("F0414", {**values, **document, "RC5": 1})
        head = Head.of({**voucher, **batch, "DCT": "PN", "DOC": header["DOCM"]})
        self._lines(head, (PAYABLES, BANK), voucher["AG"], Decimal(0))

    def headers(self) -> None:
        """One header for each batch that the lines name."""
        for (kind, number), found in sorted(self._batches.items()):
            state = "D" if found.pop("posted") else "A"
            values = {"ICUT": kind, "ICU": number, "IST": state, "IAPP": "1", **found}
            if self._tables["F0011"].find((kind, number)) is None:
                self._add("F0011", values)

    def _lines(
        self,
        head: Head,
        accounts: tuple[str, str],
        amount: Decimal,
        foreign: Decimal,
        item: str = "001",
    ) -> None:
        debit, credit = (self._accounts[head.company, one] for one in accounts)
        first = int(item) * 10
        for ledger, sum_ in (("AA", amount), ("CA", foreign)):
            if sum_:
                pair = ((debit, sum_, ""), (credit, -sum_, ""))
                self.rows["F0911"] += lines(head, pair, ledger, first)
        batch = self._batches.setdefault(
            (head.batch_type, head.batch),
            {"AICU": Decimal("0.00"), "DICJ": head.batch_day, "USER": head.user}
            | {"UPMJ": head.batch_day, "PID": "P0011", "posted": True},
        )
        batch["AICU"] += amount
        batch["posted"] = batch["posted"] and head.posted

    def _add(self, name: str, values: Values) -> None:
        """A row of ready stored values; quicker than checking each."""
        empty, position = _EMPTY[name]
        row = list(empty)
        for alias, value in values.items():
            row[position[alias]] = value
        self.rows[name].append(tuple(row))


def _accounts(table: Table) -> dict[tuple[str, str], Account]:
    """The accounts of the home units by company and object."""
    read = _reader(table.definition.position)
    found = {}
    for row in table.rows:
        one = read(row)
        if HOME_UNITS.get(one["CO"]) == one["MCU"].strip() and one["SUB"] == " ":
            found[one["CO"], one["OBJ"]] = Account(
                one["AID"], one["MCU"], one["OBJ"], one["SUB"]
            )
    return found


def _voucher(number: int, supplier: int, turn: int, day: str) -> Values:
    company, unit = list(HOME_UNITS.items())[number % 3]
    today = datetime.strptime(day, "%Y%m%d")  # noqa: DTZ007 (a day)
    entered = f"{today - timedelta(days=1 + supplier * 7 % 180):%Y%m%d}"
    due = f"{today + timedelta(days=29 - supplier * 7 % 180):%Y%m%d}"
    currency = {"00001": "USD", "00100": "EUR", "00200": "GBP"}[company]
    return {
        "DOC": number,
        "DCT": "PV",
        "KCO": company,
        "SFX": "001",
        "CO": company,
        "AN8": supplier,
        "PYE": supplier,
        "VINV": f"INV-{supplier}-{turn + 1}",
        **dict.fromkeys(("DIVJ", "DSVJ", "DGJ", "DICJ", "UPMJ"), entered),
        "DDJ": due,
        "DDNJ": due,
        "CTRY": 20,
        "GLC": "TRAD",
        "CRRM": "D",
        "FY": int(entered[2:4]),
        "PN": int(entered[4:6]),
        "CRCD": currency,
        "ICUT": "V",
        "ICU": 300000 + number // 20,
        "MCU": unit.rjust(12),
        "PTC": "N30",
        "AG": Decimal(supplier * 7919 % 900000 + 1000 + turn).scaleb(-2),
        "POST": "D" if number % 10 else BLANK,
        "PYIN": "C",
        "USER": "APCLERK1",
        "PID": "P0411",
        "JOBN": "E1WEB01",
        "UPMT": 80000 + number % 60,
    }


def _reader(position: Mapping[str, int]) -> Callable[[Row], Values]:
    names = tuple(position)
    return lambda row: dict(zip(names, row, strict=True))


def _without(values: Values, *names: str) -> Values:
    return {name: value for name, value in values.items() if name not in names}
