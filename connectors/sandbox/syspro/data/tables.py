"""The tables of the company database, as far as they are needed.

`cN` is text of N characters, `nP.S` a decimal, `d` a date that may be missing and `t`
the row version. Everything but dates is never null.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `kind` is c, n, d or t; `size` characters or digits."""

    name: str
    kind: str
    size: int = 0
    scale: int = 0

    @property
    def empty(self) -> Any:
        """What it holds when nothing was said."""
        return {"c": "", "n": self.number(0), "d": None, "t": 0}[self.kind]

    def number(self, value: Any) -> Decimal:
        """A decimal of this column's scale."""
        return Decimal(value).quantize(Decimal(1).scaleb(-self.scale))

    def store(self, value: Any) -> Any:
        """What is kept of a value from outside; ValueError if it does not fit."""
        if self.kind == "n":
            return self.number(str(value))
        if self.kind == "d":
            return date.fromisoformat(str(value)) if value else None
        return value if self.kind == "t" else str(value).rstrip()


@dataclass(frozen=True, slots=True)
class Definition:
    """One table: its key is the first columns named."""

    name: str
    key: tuple[str, ...]
    columns: dict[str, Column]

    def row(self, values: dict[str, Any]) -> Row:
        """A whole row; KeyError for a column there is not."""
        row = {name: column.empty for name, column in self.columns.items()}
        for name, value in values.items():
            row[name] = self.columns[name].store(value)
        return row


def _table(name: str, key: str, columns: str) -> Definition:
    found = {}
    for entry in columns.split():
        column, _, kind = entry.partition(":")
        size, _, scale = kind[1:].partition(".")
        found[column] = Column(column, kind[0], int(size or 0), int(scale or 0))
    found["TimeStamp"] = Column("TimeStamp", "t")
    return Definition(name, tuple(key.split()), found)


_ADDRESS = " ".join(
    f"{kind}ToAddr{part}:c40"
    for kind in ("Sold", "Ship")
    for part in ["1", "2", "3", "3Loc", "4", "5"]
)

TABLES: dict[str, Definition] = {
    one.name: one
    for one in (
        _table(
            "ArCustomer",
            "Customer",
            "Customer:c15 Name:c50 ShortName:c20 CreditStatus:c1 CreditLimit:n12.0 "
            "InvoiceCount:n10.0 Salesperson:c20 PriceCode:c10 CustomerClass:c10 "
            "Branch:c10 TermsCode:c2 BalanceType:c1 Area:c10 TaxStatus:c1 "
            "TaxExemptNumber:c30 SpecialInstrs:c30 DateLastSale:d DateLastPay:d "
            "OutstOrdVal:n14.2 NumOutstOrd:n10.0 Telephone:c20 Contact:c50 "
            "AddTelephone:c20 Fax:c20 TelephoneExtn:c5 Currency:c3 UserField1:c10 "
            "UserField2:n14.2 CreditCheckFlag:c1 DateCustAdded:d Nationality:c3 "
            "HighestBalance:n14.2 CustomerOnHold:c1 Email:c255 SoldPostalCode:c10 "
            f"ShipPostalCode:c10 CompanyTaxNumber:c15 LanguageCode:c2 {_ADDRESS}",
        ),
        _table(
            "ArCustomerBal",
            "Customer",
            "Customer:c15 CurrentBalance1:n14.2 CurrentBalance2:n14.2 "
            "ValCurrentInv:n14.2 Val30daysInv:n14.2 Val60daysInv:n14.2 "
            "Val90daysInv:n14.2 YtdSales:n14.2",
        ),
        _table(
            "ArInvoice",
            "Customer Invoice DocumentType",
            "Customer:c15 Invoice:c20 DocumentType:c1 NextPaymEntry:n10.0 "
            "InvoiceDate:d SalesOrder:c20 CustomerPoNumber:c30 Salesperson:c20 "
            "Branch:c10 Area:c10 TermsCode:c2 InvoiceBal1:n14.2 InvoiceBal2:n14.2 "
            "InvoiceBal3:n14.2 InvoiceYear:n4.0 InvoiceMonth:n2.0 CurrencyValue:n14.2 "
            "PostCurrency:c3 ConvRate:n12.6 MulDiv:c1 TaxPortion:n14.2 TaxStatus:c1",
        ),
        _table(
            "ArInvoicePay",
            "Customer Invoice DocumentType EntryNumber",
            "Customer:c15 Invoice:c20 DocumentType:c1 EntryNumber:n10.0 TrnType:c1 "
            "JournalDate:d Journal:n10.0 Reference:c30 TrnValue:n14.2 DiscValue:n14.2",
        ),
        _table(
            "ArTrnDetail",
            "TrnYear TrnMonth Register Invoice SummaryLine DetailLine",
            "TrnYear:n4.0 TrnMonth:n2.0 Register:n10.0 Invoice:c20 SummaryLine:n10.0 "
            "DetailLine:n10.0 InvoiceDate:d Branch:c10 Customer:c15 OrderType:c1 "
            "StockCode:c30 Warehouse:c10 ProductClass:c20 TaxCode:c3 QtyInvoiced:n18.6 "
            "NetSalesValue:n14.2 TaxValue:n14.2 DiscValue:n14.2 LineType:c1 "
            "DocumentType:c1 SalesOrder:c20 SalesOrderLine:n4.0 PostValue:n14.2 "
            "PostCurrency:c3 CustomerPoNumber:c30",
        ),
        _table(
            "InvMaster",
            "StockCode",
            "StockCode:c30 Description:c50 LongDesc:c100 StockUom:c10 ProductClass:c20",
        ),
        _table(
            "TblArTerms",
            "TermsCode",
            "TermsCode:c2 Description:c50 DueDays:n3.0 DiscPct:n5.2",
        ),
        _table("TblCustomerClass", "Class", "Class:c10 Description:c50"),
        _table("TblCurrency", "Currency", "Currency:c3 Description:c50"),
        _table("SalBranch", "Branch", "Branch:c10 Description:c50"),
        _table("SalSalesperson", "Salesperson", "Salesperson:c20 Name:c50"),
    )
}
