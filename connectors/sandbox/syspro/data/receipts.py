"""Receipts: they change balances, and no date of an invoice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from connectors.sandbox.syspro.data.store import Database


def payment(
    database: Database, key: tuple[str, str, str], value: Decimal, day: date, entry: int
) -> None:
    """One entry of the payments of an invoice; changes nothing else."""
    database["ArInvoicePay"].insert(
        {
            "Customer": key[0],
            "Invoice": key[1],
            "DocumentType": key[2],
            "EntryNumber": entry,
            "TrnType": "P",
            "JournalDate": day.isoformat(),
            "Reference": "Receipt",
            "TrnValue": -value,
        }
    )


def pay(
    database: Database, key: tuple[str, str, str], value: Decimal, day: date
) -> None:
    """A receipt: balances change, and no date of the invoice does."""
    table = database["ArInvoice"]
    row = table.get(*key)
    if row is None:
        message = f"there is no invoice {key}"
        raise KeyError(message)
    entry = 1 + sum(
        1 for one in database["ArInvoicePay"].rows if one[:3] == table.key(row)
    )
    stored = (row["Customer"], row["Invoice"], row["DocumentType"])
    payment(database, stored, value, day, entry)
    table.update(row, {"InvoiceBal1": row["InvoiceBal1"] - value})
    settle_balance(database, row["Customer"])


def settle_balance(database: Database, code: str) -> None:
    """The customer's balance is the sum of the open items, in the own currency."""
    total = Decimal(0)
    for row in database["ArInvoice"].ordered(code, code):
        total += row["InvoiceBal1"] * row["ConvRate"]
    balance = database["ArCustomerBal"].get(code)
    if balance is not None:
        rounded = total.quantize(Decimal("0.01"))
        database["ArCustomerBal"].update(balance, {"CurrentBalance1": rounded})
