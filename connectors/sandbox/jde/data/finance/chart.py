"""The chart of accounts: what every business unit has, and what the system uses."""

from __future__ import annotations

from connectors.sandbox.jde.data.addresses import BUSINESS_UNITS, COMPANIES

BANK, RECEIVABLES, PAYABLES = "1110", "1210", "4110"
SALES, GOODS = "5010", "6010"
FIRST_ACCOUNTS = (
    (BANK, "Bank"),
    (RECEIVABLES, "Trade Receivables"),
    (PAYABLES, "Trade Payables"),
    (SALES, "Sales"),
    ("5020", "Freight Revenue"),
    (GOODS, "Cost of Goods"),
    ("8110", "Salaries"),
)
FURTHER_ACCOUNTS = (
    ("1410", "Inventory", ""),
    ("4433", "Sales Tax Payable", ""),
    ("4910", "Retained Earnings", ""),
    ("5000", "Revenue", "N"),
    ("8720", "Travel", ""),
    ("8740", "Office Supplies", ""),
    ("8990", "Former Suspense", "I"),
)
"""Object, description and posting edit: N is a heading, I is no longer used."""
MACHINE = frozenset({RECEIVABLES, PAYABLES})
"""Control accounts: only the system posts to them."""
ALWAYS_OPEN = frozenset({BANK, SALES, GOODS})


def units() -> list[tuple[str, str]]:
    """Every business unit (without padding) with its company."""
    return [
        (unit.strip(), COMPANIES[1 + n % 3][0]) for n, unit in enumerate(BUSINESS_UNITS)
    ]


HOME_UNITS: dict[str, str] = {company: unit for unit, company in reversed(units())}
"""The unit of each company that holds its bank and control accounts."""
