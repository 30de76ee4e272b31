"""Sales orders: what the site takes, by whichever face they come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.sandbox.core.ledger import Ledger
from connectors.sandbox.qad.config import QadConfig
from connectors.sandbox.qad.data import seed
from connectors.sandbox.qad.data.store import Row, Store, money
from connectors.sandbox.qad.errors import Refusals

MANDATORY = (
    "soldToCustomerCode", "siteCode", "currencyCode", "creditTermsCode",
    "daybookSetCode",
)  # fmt: skip
# All fields of a header that a client may give; others are dropped without a word.
HEADER = (
    "domainCode", "salesOrderNumber", "soldToCustomerCode", "billToCustomerCode",
    "shipToCustomerCode", "siteCode", "currencyCode", "creditTermsCode",
    "daybookSetCode", "languageCode", "orderDate", "dueDate", "purchaseOrder",
    "remarks", "shipVia", "exchangeRate", "exchangeRate2", "isConfirmed",
    "isFixedPrice", "isTaxable", "isPartialOK",
)  # fmt: skip
LENGTHS = {"salesOrderNumber": 8, "purchaseOrder": 22, "remarks": 40}
LINE_MANDATORY = ("itemCode", "siteCode", "quantityOrdered", "unitOfMeasure", "dueDate")
_CODES = (
    ("siteCode", seed.SITES, "Site does not exist", "712"),
    ("currencyCode", seed.CURRENCIES, "Currency does not exist", "3007"),
    ("creditTermsCode", seed.TERMS, "Credit terms do not exist", "840"),
    ("daybookSetCode", seed.DAYBOOKS, "Daybook set does not exist", "6006"),
)


@dataclass
class OrderBook:
    """Checks and keeps the orders of one site."""

    store: Store
    config: QadConfig
    book: Callable[[], Ledger]

    def check(self, row: Row, said: Refusals) -> None:
        """What is wrong with a header."""
        for name in MANDATORY:
            if row.get(name) in (None, ""):
                said.add(name, "", f"Field is mandatory. ({name})", "9")
        for name, longest in LENGTHS.items():
            if len(str(row.get(name) or "")) > longest:
                said.add(name, row[name], f"Value is longer than {longest}", "11")
        for name, known, text, code in _CODES:
            if row.get(name) and row[name] not in known:
                said.add(name, row[name], text, code)
        for name in ("orderDate", "dueDate"):
            if row.get(name) and not _is_date(row[name]):
                said.add(name, row[name], "Date is not valid", "27")
        self._check_customer(row, said)

    def _check_customer(self, row: Row, said: Refusals) -> None:
        code = row.get("soldToCustomerCode")
        if not code:
            return
        shared = _shared_of(row["domainCode"])
        customer = self.store.get("customers", shared, code)
        if customer is None:
            said.add("soldToCustomerCode", code, "Customer does not exist", "3")
        elif not customer["isActive"]:
            said.add("soldToCustomerCode", code, "Customer is inactive", "4")
        elif self.store.get("mfg_customers", row["domainCode"], code) is None:
            text = f"Customer is not available in domain {row['domainCode']}"
            said.add("soldToCustomerCode", code, text, "5")

    def check_line(self, order: Row, line: Row, said: Refusals, at: str = "") -> None:
        """What is wrong with a line; `at` goes before the names of its fields."""
        for name in LINE_MANDATORY:
            if line.get(name) in (None, ""):
                said.add(at + name, "", f"Field is mandatory. ({name})", "9")
        code = line.get("itemCode")
        item = self.store.get("items", order["domainCode"], code) if code else None
        if code and item is None:
            said.add(at + "itemCode", code, "Item number does not exist. Please "
                     "re-enter.", "16")  # fmt: skip
        elif item and item["itemStatus"] == "OBS":
            said.add(at + "itemCode", code, "Item status OBS restricts sales", "358")
        if line.get("siteCode") and line["siteCode"] not in seed.SITES:
            said.add(at + "siteCode", line["siteCode"], "Site does not exist", "712")
        if money(line.get("quantityOrdered")) <= 0 and "quantityOrdered" in line:
            said.add(at + "quantityOrdered", line["quantityOrdered"],
                     "Quantity must be greater than zero", "7")  # fmt: skip
        if item and line.get("unitOfMeasure") not in ("", None, item["unitOfMeasure"]):
            said.add(at + "unitOfMeasure", line["unitOfMeasure"],
                     "Unit of measure conversion does not exist", "33")  # fmt: skip

    def price(self, order: Row, line: Row) -> Decimal:
        """The list's price for the line's quantity: ten percent off from a hundred."""
        item = self.store.get("items", order["domainCode"], str(line.get("itemCode")))
        listed = money(item["listPrice"]) if item else Decimal(0)
        if money(line.get("quantityOrdered")) >= 100:
            listed = (listed * Decimal("0.9")).quantize(Decimal("0.01"))
        return listed

    def next_number(self, domain: str) -> str:
        """The next number of the site's own sequence that is free."""
        while True:
            self.store.sequence += 1
            number = f"SO{self.store.sequence:06d}"
            if self.store.get("orders", domain, number) is None:
                return number

    def create(self, row: Row) -> Row:
        """Keep a checked header."""
        row.setdefault("lines", [])
        self.total(row)
        self.store.put("orders", row)
        self.book().created("orders", row["salesOrderNumber"], row)
        return row

    def changed(self, row: Row) -> None:
        """A header or its lines are others now."""
        self.total(row)
        self.store.put("orders", row)
        self.book().updated("orders", row["salesOrderNumber"], row)

    def total(self, row: Row) -> None:
        """Work the total out, and whether the customer's credit covers it."""
        lines = row["lines"]
        amount = sum(
            (money(one["quantityOrdered"]) * money(one["netPrice"]) for one in lines),
            Decimal(0),
        )
        row["totalAmount"] = amount + (money(self.config.cents_off) if lines else 0)
        limit = self.config.credit_hold_over
        row["orderStatus"] = "HD" if limit and amount > limit else ""

    def warnings(self, row: Row) -> list[dict[str, Any]]:
        """What the site says of an order it has taken."""
        if row["orderStatus"] != "HD":
            return []
        text = "Sales order placed on credit hold"
        return [{"severity": "warning", "code": "616", "message": text}]


def _is_date(value: Any) -> bool:
    try:
        date.fromisoformat(str(value)[:10])
    except ValueError:
        return False
    return True


def _shared_of(domain: str) -> str:
    held = dict(seed.WORKSPACES.values())
    return held.get(domain, "")
