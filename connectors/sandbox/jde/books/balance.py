"""Whether the books are in order: what an auditor would add up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.sandbox.jde.data.finance.chart import PAYABLES, RECEIVABLES
from connectors.sandbox.jde.data.store import Table

NIL = Decimal("0.00")


def trial_balance(tables: Mapping[str, Table]) -> dict[str, Any]:
    """Sums per company; all amounts are text with two decimals.

    {"companies": {co: {"ledgers": {lt: sum of AA}, "receivables", "open_invoices",
    "payables", "open_vouchers"}}, "unbalanced": [documents whose lines of a ledger
    do not sum to nought], "balances": whether all of it agrees}. The control account
    of receivables must be what is open in F03B11, that of payables less what is open
    in F0411.
    """
    found: dict[str, dict[str, Any]] = {}
    documents = _add_lines(tables["F0911"], found)
    for name, member in (("F03B11", "open_invoices"), ("F0411", "open_vouchers")):
        place = tables[name].definition.position
        for row in tables[name].rows:
            _of(found, row[place["CO"]])[member] += row[place["AAP"]]
    wrong = ["-".join(map(str, key)) for key, amount in documents.items() if amount]
    agrees = not wrong and all(
        one["receivables"] == one["open_invoices"]
        and one["payables"] == -one["open_vouchers"]
        for one in found.values()
    )
    return {
        "companies": {company: _plain(one) for company, one in sorted(found.items())},
        "unbalanced": sorted(wrong),
        "balances": agrees,
    }


def _add_lines(
    table: Table, found: dict[str, dict[str, Any]]
) -> dict[tuple[Any, ...], Decimal]:
    place = table.definition.position
    documents: dict[tuple[Any, ...], Decimal] = defaultdict(lambda: NIL)
    for row in table.rows:
        company, ledger, amount = row[place["CO"]], row[place["LT"]], row[place["AA"]]
        one = _of(found, company)
        one["ledgers"][ledger] = one["ledgers"].get(ledger, NIL) + amount
        documents[row[0], row[1], row[2], ledger] += amount
        account = {RECEIVABLES: "receivables", PAYABLES: "payables"}
        member = account.get(row[place["OBJ"]])
        if member and ledger == "AA":
            one[member] += amount
    return documents


def _of(found: dict[str, dict[str, Any]], company: str) -> dict[str, Any]:
    names = ("receivables", "open_invoices", "payables", "open_vouchers")
    return found.setdefault(company, {"ledgers": {}, **dict.fromkeys(names, NIL)})


def _plain(one: dict[str, Any]) -> dict[str, Any]:
    ledgers = {name: str(amount) for name, amount in one["ledgers"].items()}
    rest = {name: str(value) for name, value in one.items() if name != "ledgers"}
    return {"ledgers": ledgers, **rest}
