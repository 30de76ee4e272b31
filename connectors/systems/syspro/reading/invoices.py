"""Invoices, credit and debit notes with their lines and open balances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from connectors.sdk.records import Fields, Scalar, SourceRecord
from connectors.systems.syspro.reading.customers import has_contact
from connectors.systems.syspro.reading.entity import Entity, Heads, number, record, text
from connectors.systems.syspro.wire.query import (
    Compare,
    Condition,
    Keys,
    Row,
    Tables,
    beyond,
    every,
    some,
)

KEY = ("Customer", "Invoice", "DocumentType")
_DOCUMENT = ("Invoice", "DocumentType")
_KINDS = {"I": "Invoice", "C": "Credit note", "D": "Debit note"}
_CENT_FRACTION = Decimal("0.000001")


class Invoices(Entity):
    """ArInvoice with ArTrnDetail; a document without detail gets one line in sum."""

    table: ClassVar[str] = "ArInvoice"
    columns: ClassVar[tuple[str, ...]] = (
        *KEY, "InvoiceDate", "SalesOrder", "CustomerPoNumber", "Salesperson", "Branch",
        "TermsCode", "InvoiceBal1", "CurrencyValue", "TaxPortion", "PostCurrency",
        "ConvRate", "MulDiv",
    )  # fmt: skip
    searchable: ClassVar[Mapping[str, str]] = {
        "Invoice": "Invoice",
        "SalesOrder": "SalesOrder",
        "CustomerPoNumber": "CustomerPoNumber",
    }

    def __init__(
        self, tables: Tables, options: Any, wanted: Sequence[str] = ()
    ) -> None:
        super().__init__(tables, options, wanted)
        self._days: dict[str, int] | None = None
        self._stock: dict[str, str] = {}

    @property
    def where(self) -> Condition | None:
        """The document types that are wanted, from the day that is wanted."""
        kinds = [
            Compare("DocumentType", "eq", one) for one in self.options.invoice_types
        ]
        first, column = self.options.invoices_from, self.options.invoice_date_column
        return every(some(*kinds), Compare(column, "ge", first) if first else None)

    def changed(self, since: date) -> Condition | None:
        """New ones by their date; balances change without one, so the open ones too."""
        table, column = self.tables.table(self.table), self.options.invoice_date_column
        if not table.is_date(column):
            return None
        unpaid = Compare("InvoiceBal1", "ne", 0) if self.options.reread_open else None
        return some(Compare(column, "ge", since), unpaid)

    def also_changed(self, since: date) -> list[Keys]:
        """What was paid since: it is open no longer, and its date is old."""
        payments = self.tables.shown("ArInvoicePay")
        if not (
            self.options.reread_paid and payments and payments.is_date("JournalDate")
        ):
            return []
        day = Compare("JournalDate", "ge", since)
        query = self.tables.query("ArInvoicePay", KEY, day)
        keys = {
            tuple(row[name] for name in KEY)
            for page in self.tables.pages(query)
            for row in page
            if row["DocumentType"] in self.options.invoice_types
        }
        return sorted(keys, key=str)

    def keys_of(self, key: str) -> Keys:
        """The three parts of a key; () for what is none."""
        parts = tuple(unquote(part) for part in key.split("/"))
        return parts if len(parts) == len(KEY) and all(parts) else ()

    def records(self, heads: Heads) -> list[SourceRecord]:
        """One for each row."""
        lines = self._lines(heads)
        columns = ("Name", "Contact", "Email")
        customers = self.customers_of(heads, "ArCustomer", columns)
        due = self._days_of_terms()
        found = []
        for row in heads.rows:
            own = lines.get(document_of(row), [])
            fields = self._fields(row, customers.get(row["Customer"], {}), due)
            fields["lines_source"] = "ArTrnDetail" if own else "Total"
            made = list(self._made(own)) if own else [self._total(row)]
            found.append(record(key_of(row), fields, made))
        return found

    def _fields(
        self, row: Row, customer: Mapping[str, Scalar], due: Mapping[str, int]
    ) -> dict[str, Scalar]:
        kind, balance = text(row, "DocumentType"), number(row, "InvoiceBal1")
        day, terms = row.get("InvoiceDate"), text(row, "TermsCode")
        amount = number(row, "CurrencyValue")
        fields: dict[str, Scalar] = dict(row) | {
            "key": key_of(row),
            "company": row["Customer"],
            "contact": row["Customer"] if has_contact(customer) else None,
            "number": text(row, "Invoice").lstrip("0") or text(row, "Invoice"),
            "title": f"{_KINDS.get(kind, kind)} for {text(customer, 'Name')}".strip(),
            "PostCurrency": text(row, "PostCurrency") or self.options.currency,
            "status": "paid" if balance == 0 else "open",
            "paid": amount - balance,
        }
        if isinstance(day, date) and terms in due:
            fields["due_date"] = day + timedelta(days=due[terms])
        return fields

    # ------------------------------------------------------------------- lines

    def _lines(self, heads: Heads) -> dict[Keys, list[Row]]:
        if not heads.rows or self.tables.shown("ArTrnDetail") is None:
            return {}
        columns = (
            *KEY, "DetailLine", "SummaryLine", "LineType", "StockCode", "QtyInvoiced",
            "NetSalesValue", "TaxValue", "PostValue", "PostCurrency", "SalesOrder",
        )  # fmt: skip
        query = self.tables.query("ArTrnDetail", columns)
        if heads.whole and len(heads.rows) > 1:
            rows = self.tables.all(query.also(_between(heads)))
        else:
            wanted = [[row[name] for name in _DOCUMENT] for row in heads.rows]
            span = _between(heads) if heads.ordered else None
            rows = self.tables.spread(query, span, _DOCUMENT, wanted)
        self._describe(rows)
        found: dict[Keys, list[Row]] = {}
        for row in rows:
            found.setdefault(document_of(row), []).append(row)
        return found

    def _made(self, rows: Sequence[Row]) -> Iterator[Fields]:
        """Lines as they are on the invoice; what is no stock code is said in words."""
        for position, row in enumerate(rows, start=1):
            code, net = text(row, "StockCode"), self._value(row)
            quantity = number(row, "QtyInvoiced") or _one(net)
            yield {
                "line": position,
                "StockCode": code,
                "description": self._stock.get(code) or code or _charge(row),
                "quantity": quantity,
                "price": unit_price(net, quantity),
                "net": net,
                "TaxValue": number(row, "TaxValue"),
                "currency": text(row, "PostCurrency") or self.options.currency,
            }

    def _value(self, row: Row) -> Decimal:
        """The net value in the document's currency, where that is not the company's."""
        foreign = text(row, "PostCurrency") not in ("", self.options.currency)
        posted = number(row, "PostValue")
        return posted if foreign and posted else number(row, "NetSalesValue")

    def _total(self, row: Row) -> Fields:
        """The line of a document that has no detail: its net amount."""
        tax = number(row, "TaxPortion")
        net = number(row, "CurrencyValue") - tax
        return {
            "line": 1,
            "StockCode": "",
            "description": f"Total of {text(row, 'Invoice').lstrip('0')} (no lines)",
            "quantity": _one(net),
            "price": abs(net),
            "net": net,
            "TaxValue": tax,
            "currency": text(row, "PostCurrency") or self.options.currency,
        }

    def _describe(self, rows: Sequence[Row]) -> None:
        """Learn the descriptions of stock codes that were not seen before."""
        codes = {text(row, "StockCode") for row in rows} - self._stock.keys() - {""}
        if not codes or self.tables.shown("InvMaster") is None:
            return
        query = self.tables.query("InvMaster", ("Description",))
        named = [(code,) for code in sorted(codes)]
        self._stock |= dict.fromkeys(codes, "")
        for row in self.tables.named(query, ("StockCode",), named):
            self._stock[text(row, "StockCode")] = text(row, "Description")

    def _days_of_terms(self) -> Mapping[str, int]:
        """Days to pay by terms code; none where no column is named for them."""
        if self._days is None:
            column, terms = self.options.due_days_column, {}
            table = self.tables.shown("TblArTerms")
            if column and table and column in table.columns:
                query = self.tables.query("TblArTerms", ("TermsCode", column))
                for row in self.tables.all(query):
                    terms[text(row, "TermsCode")] = int(number(row, column))
            self._days = terms
        return self._days


def key_of(row: Mapping[str, Scalar]) -> str:
    """Customer, invoice and type: only together they name one document."""
    return "/".join(quote(text(row, name), safe=" ") for name in KEY)


def document_of(row: Mapping[str, Scalar]) -> Keys:
    """What a line is joined by; the customer is folded in, for numbers may repeat."""
    return tuple(text(row, name).casefold() for name in KEY)


def unit_price(net: Decimal, quantity: Decimal) -> Decimal:
    """What one unit costs, to six decimals; SYSPRO keeps only the line's value."""
    price = net / quantity
    cents = price.quantize(Decimal("0.01"))
    if cents * quantity == net:
        return cents
    return price.quantize(_CENT_FRACTION, rounding=ROUND_HALF_EVEN)


def _one(net: Decimal) -> Decimal:
    """The quantity of what has none: credits count down."""
    return Decimal(-1 if net < 0 else 1)


def _charge(row: Row) -> str:
    return {"4": "Freight", "5": "Miscellaneous charge", "6": "Comment"}.get(
        text(row, "LineType"), "Charge"
    )


def _between(heads: Heads) -> Condition | None:
    """From the first document of a page to its last, in the order of their keys."""
    table = heads.query.table
    first, last = (
        heads.query.key(heads.rows[0])[:2],
        heads.query.key(heads.rows[-1])[:2],
    )
    return every(beyond(table, first, "ge"), beyond(table, last, "le"))
