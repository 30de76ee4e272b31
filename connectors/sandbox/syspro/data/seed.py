"""Believable records: customers of the shared world, their invoices and payments."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from connectors.sandbox.core.world import Business, business
from connectors.sandbox.syspro.data.receipts import payment, settle_balance
from connectors.sandbox.syspro.data.store import Database

KEY_LENGTH = 15
TERMS = (
    ("00", "Cash on delivery", 0),
    ("14", "14 days net", 14),
    ("30", "30 days net", 30),
    ("60", "60 days net", 60),
)
CLASSES = (
    ("IN", "Industrial"),
    ("RE", "Retail"),
    ("WH", "Wholesale"),
    ("GO", "Government"),
)
BRANCHES = (("10", "Head office"), ("20", "Western branch"))
SALESPEOPLE = (("100", "House account"), ("200", "Field sales"))
CURRENCIES = (("USD", "US dollar"), ("EUR", "Euro"), ("GBP", "Pound sterling"))
STOCK = (
    ("A100", "15 Speed Mountain Bike Boys", "BIKE"),
    ("A101", "15 Speed Mountain Bike Girls", "BIKE"),
    ("B200", "Tent, two persons – “Alpine”", "CAMP"),
    ("B201", "Sleeping bag -5 °C", "CAMP"),
    ("000000000000000000000000000777", "Gas stove", "CAMP"),
)
# Beyond ASCII, within Windows-1252.
_ACCENTS = (
    ("Müller & Söhne", "Jürgen Köhler"),
    ("Café René “Étoile”", "Zoë Béranger"),
    ("Peñalara €-Markt", "Íñigo Núñez"),
)
_RATES = {"USD": Decimal(1), "EUR": Decimal("1.08"), "GBP": Decimal("1.27")}


def padded(number: int | str) -> str:
    """A numeric key as the tables keep it."""
    return str(number).zfill(KEY_LENGTH)


def seed(database: Database, customers: int, number: int, today: date) -> None:
    """Add so many customers with all that goes with them, after those there are."""
    if not database["TblArTerms"].rows:
        _codes(database)
    first = len(database["ArCustomer"].rows) + 1
    for index in range(first, first + customers):
        dice = random.Random(number * 7_919 + index)
        _customer(database, business(index, number), dice, today)


def _codes(database: Database) -> None:
    for code, text, days in TERMS:
        values = {"TermsCode": code, "Description": text, "DueDays": days}
        database["TblArTerms"].insert(values)
    for table, key, name, rows in (
        ("TblCustomerClass", "Class", "Description", CLASSES),
        ("SalBranch", "Branch", "Description", BRANCHES),
        ("SalSalesperson", "Salesperson", "Name", SALESPEOPLE),
        ("TblCurrency", "Currency", "Description", CURRENCIES),
    ):
        for code, text in rows:
            database[table].insert({key: code, name: text})
    for code, text, group in STOCK:
        values = {"StockCode": code, "Description": text, "ProductClass": group}
        database["InvMaster"].insert({**values, "StockUom": "EA"})


def _named(one: Business) -> tuple[str, str]:
    if one.number % 10 == 3:
        name, contact = _ACCENTS[one.number // 10 % len(_ACCENTS)]
        return f"{name} {one.number}", contact
    return one.name, f"{one.contact_first_name} {one.contact_last_name}"


def customer_code(number: int) -> str:
    """Numeric codes are filled with zeros; every seventh customer has a word."""
    return f"OUT{number:05d}" if number % 7 == 0 else padded(number)


def _customer(
    database: Database, one: Business, dice: random.Random, today: date
) -> None:
    name, contact = _named(one)
    code = customer_code(one.number)
    added = today - timedelta(days=dice.randint(400, 3000))
    database["ArCustomer"].insert(
        {
            "Customer": code,
            "Name": name[:50],
            "ShortName": name[:20],
            "CreditLimit": dice.randint(1, 90) * 1000,
            "CreditStatus": "0",
            "CustomerClass": dice.choice(CLASSES)[0],
            "Branch": dice.choice(BRANCHES)[0],
            "Salesperson": dice.choice(SALESPEOPLE)[0],
            "TermsCode": dice.choice(TERMS)[0],
            "BalanceType": "I",
            "TaxStatus": "N",
            "Telephone": one.phone,
            "Contact": contact if one.number % 9 else "",
            "Email": _email(one),
            "Currency": one.currency,
            "CustomerOnHold": "Y" if one.number % 11 == 0 else "N",
            "DateCustAdded": added.isoformat(),
            "SoldToAddr1": one.street,
            "SoldToAddr3Loc": one.city,
            "SoldToAddr4": one.state,
            "SoldToAddr5": one.country,
            "SoldPostalCode": one.postal_code,
        }
    )
    database["ArCustomerBal"].insert({"Customer": code})
    for position in range(dice.choice((0, 1, 1, 2, 3))):
        _invoice(database, one, position, dice, today)
    settle_balance(database, code)


def _email(one: Business) -> str:
    if one.number % 9 == 0:
        return ""
    second = f"; ap@{one.domain}" if one.number % 4 == 0 else ""
    return one.contact_email + second


@dataclass(frozen=True, slots=True)
class _Document:
    """What the rows of one invoice have in common."""

    customer: str
    number: str
    kind: str
    day: date
    currency: str
    business: int
    position: int

    @property
    def key(self) -> dict[str, str]:
        return {
            "Customer": self.customer,
            "Invoice": self.number,
            "DocumentType": self.kind,
        }


def _invoice(
    database: Database, one: Business, position: int, dice: random.Random, today: date
) -> None:
    # The third is a credit note with the number of the invoice before: only the type
    # tells them apart.
    kind = "C" if position == 2 else "I"
    number = 100_000 + one.number * 10 + min(position, 1)
    document = _Document(
        customer_code(one.number),
        padded(number),
        kind,
        today - timedelta(days=dice.randint(0, 200)),
        one.currency,
        one.number,
        position,
    )
    _rows(database, document, dice, today)


def _rows(
    database: Database, document: _Document, dice: random.Random, today: date
) -> None:
    """The invoice itself with its lines and, often, its payment."""
    sign = -1 if document.kind == "C" else 1
    lines = (
        [] if (document.business + document.position) % 8 == 5 else _lines(dice, sign)
    )
    total = sum((line["NetSalesValue"] for line in lines), Decimal(0))
    net = total or sign * Decimal(480)
    tax = (net * Decimal("0.1")).quantize(Decimal("0.01"))
    paid = dice.random() < 0.4
    database["ArInvoice"].insert(
        {
            **document.key,
            "InvoiceDate": document.day.isoformat(),
            "SalesOrder": padded(document.business * 10 + document.position),
            "CustomerPoNumber": f"PO-{document.business}-{document.position}",
            "TermsCode": "30",
            "Branch": "10",
            "CurrencyValue": net + tax,
            "TaxPortion": tax,
            "InvoiceBal1": 0 if paid else net + tax,
            "PostCurrency": document.currency,
            "ConvRate": _RATES[document.currency],
            "MulDiv": "M",
            "InvoiceYear": document.day.year,
            "InvoiceMonth": document.day.month,
        }
    )
    if paid:
        day = min(today, document.day + timedelta(days=20))
        key = (document.customer, document.number, document.kind)
        payment(database, key, net + tax, day, 1)
    for line, values in enumerate(lines, start=1):
        _line(database, document, line, values)


def _lines(dice: random.Random, sign: int) -> list[dict[str, Any]]:
    lines = []
    for code, _, group in dice.sample(STOCK, dice.randint(1, 3)):
        quantity = Decimal(dice.randint(1, 12))
        price = Decimal(dice.randint(100, 90_000)) / 100
        lines.append(
            {
                "StockCode": code,
                "ProductClass": group,
                "LineType": "1",
                "QtyInvoiced": sign * quantity,
                "NetSalesValue": sign * quantity * price,
            }
        )
    if dice.random() < 0.3:
        freight = {
            "StockCode": "",
            "LineType": "4",
            "NetSalesValue": sign * Decimal(25),
        }
        lines.append(freight | {"QtyInvoiced": Decimal(0)})
    return lines


def _line(
    database: Database, document: _Document, line: int, values: dict[str, Any]
) -> None:
    net: Decimal = values["NetSalesValue"]
    database["ArTrnDetail"].insert(
        {
            **document.key,
            "TrnYear": document.day.year,
            "TrnMonth": document.day.month,
            "Register": 1000 + document.day.month,
            "SummaryLine": 1 if document.kind == "I" else 2,
            "DetailLine": line,
            "InvoiceDate": document.day.isoformat(),
            "Branch": "10",
            "Warehouse": "FG",
            "TaxValue": (net * Decimal("0.1")).quantize(Decimal("0.01")),
            "PostValue": net,
            "PostCurrency": document.currency,
            **values,
        }
    )
