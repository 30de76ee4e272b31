"""The tables that are read, where nothing describes them: COMFND has no $metadata.

Names and types are those of a SYSPRO 7 company database; what is not named as a number
or a date is text. A site's own columns are learned from a row.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.systems.syspro.wire.schema import Table

_NUMBERS = (
    "CreditLimit InvoiceCount OutstOrdVal NumOutstOrd UserField2 HighestBalance "
    "RelOrdOsValue MinimumOrderValue HighInvDays SoldToGpsLat SoldToGpsLong "
    "CurrentBalance1 CurrentBalance2 CurrentBalance3 YtdSales ValFutureInv "
    "ValCurrentInv Val30daysInv Val60daysInv Val90daysInv Val120daysInv "
    "NextPaymEntry OrigDiscValue InvoiceBal1 InvoiceBal2 InvoiceBal3 InvoiceYear "
    "InvoiceMonth CurrencyValue ConvRate TaxPortion DiscBal EntryNumber TrnValue "
    "DiscValue TrnYear TrnMonth Register SummaryLine DetailLine QtyInvoiced "
    "NetSalesValue TaxValue CostValue SalesOrderLine PostValue"
)
_DATES = "DateLastSale DateLastPay DateCustAdded InvoiceDate PodEntryDate JournalDate"
_SOLD_TO = "SoldToAddr1 SoldToAddr2 SoldToAddr3 SoldToAddr3Loc SoldToAddr4 SoldToAddr5"


def typed(column: str) -> str:
    """The EDM type of a column, by its name."""
    if column in _DATES.split():
        return "Edm.Date"
    return "Edm.Decimal" if column in _NUMBERS.split() else "Edm.String"


def described(name: str, key: tuple[str, ...], columns: list[str]) -> Table:
    """A table with these columns, and those of its key first."""
    return Table(name, {one: typed(one) for one in (*key, *columns)}, key)


def _table(name: str, key: str, columns: str) -> Table:
    return described(name, tuple(key.split()), columns.split())


KNOWN: Mapping[str, Table] = {
    one.name: one
    for one in (
        _table(
            "ArCustomer",
            "Customer",
            "Name ShortName CreditStatus CreditLimit Salesperson CustomerClass Branch "
            "TermsCode Area TaxExemptNumber DateLastSale DateLastPay Telephone Contact "
            "AddTelephone Fax Currency UserField1 DateCustAdded Nationality "
            "CustomerOnHold Email CompanyTaxNumber LanguageCode SoldPostalCode "
            f"{_SOLD_TO}",
        ),
        _table("ArCustomerBal", "Customer", "CurrentBalance1 CurrentBalance2"),
        _table(
            "ArInvoice",
            "Customer Invoice DocumentType",
            "InvoiceDate SalesOrder CustomerPoNumber Salesperson Branch TermsCode "
            "InvoiceBal1 CurrencyValue TaxPortion PostCurrency ConvRate MulDiv",
        ),
        _table(
            "ArInvoicePay",
            "Customer Invoice DocumentType EntryNumber",
            "JournalDate TrnValue",
        ),
        _table(
            "ArTrnDetail",
            "TrnYear TrnMonth Register Invoice SummaryLine DetailLine",
            "Customer DocumentType LineType StockCode QtyInvoiced NetSalesValue "
            "TaxValue PostValue PostCurrency SalesOrder",
        ),
        _table("InvMaster", "StockCode", "Description"),
        _table("TblArTerms", "TermsCode", "Description"),
        _table("TblCustomerClass", "Class", "Description"),
    )
}
