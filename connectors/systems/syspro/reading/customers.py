"""Customers with their balance, and the one contact each of them has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

from connectors.sdk.records import Fields, Scalar, SourceRecord
from connectors.systems.syspro.reading.entity import Entity, Heads, number, record, text
from connectors.systems.syspro.wire.query import Compare, Condition, Row

MANUAL_HOLD = "9"


class Customers(Entity):
    """ArCustomer with ArCustomerBal and the texts of its codes."""

    table: ClassVar[str] = "ArCustomer"
    columns: ClassVar[tuple[str, ...]] = (
        "Customer", "Name", "ShortName", "CreditStatus", "CreditLimit", "Salesperson",
        "CustomerClass", "Branch", "TermsCode", "Area", "TaxExemptNumber",
        "DateLastSale", "DateLastPay", "Telephone", "Contact", "AddTelephone", "Fax",
        "Currency", "UserField1", "DateCustAdded", "Nationality", "CustomerOnHold",
        "Email", "CompanyTaxNumber", "LanguageCode", "SoldToAddr1", "SoldToAddr2",
        "SoldToAddr3", "SoldToAddr3Loc", "SoldToAddr4", "SoldToAddr5",
        "SoldPostalCode",
    )  # fmt: skip
    searchable: ClassVar[Mapping[str, str]] = {
        "Name": "Name",
        "ShortName": "ShortName",
        "Email": "Email",
        "CompanyTaxNumber": "CompanyTaxNumber",
    }

    def changed(self, since: date) -> Condition | None:
        """By a column of the site's own, where the connection names one."""
        table, column = self.tables.table(self.table), self.options.changed_column
        if not table.is_date(column):
            return None
        return Compare(column, "ge", since)

    def records(self, heads: Heads) -> list[SourceRecord]:
        """One for each row."""
        balances: Mapping[Scalar, Row] = {}
        if self.wants("balance", "balance_previous"):
            columns = ("CurrentBalance1", "CurrentBalance2")
            balances = self.customers_of(heads, "ArCustomerBal", columns)
        terms = self._texts("TblArTerms", "terms_name")
        classes = self._texts("TblCustomerClass", "class_name")
        found = []
        for row in heads.rows:
            fields = dict(row) | {
                "Currency": text(row, "Currency") or self.options.currency,
                "CustomerOnHold": text(row, "CustomerOnHold").upper() == "Y",
                "status": _status(row),
                "terms_name": terms.get(text(row, "TermsCode"), ""),
                "class_name": classes.get(text(row, "CustomerClass"), ""),
            }
            balance = balances.get(row["Customer"])
            if balance:
                fields["balance"] = number(balance, "CurrentBalance1")
                fields["balance_previous"] = number(balance, "CurrentBalance2")
            found.append(record(text(row, "Customer"), fields))
        return found

    def _texts(self, table: str, field: str) -> dict[str, str]:
        """The descriptions of codes; none where the site does not show the table."""
        if not self.wants(field) or self.tables.shown(table) is None:
            return {}
        query = self.tables.query(table, ("Description",))
        (key,) = query.table.key
        rows = self.tables.all(query)
        return {text(row, key): text(row, "Description") for row in rows}


class Contacts(Entity):
    """The name, addresses and numbers that stand in ArCustomer itself."""

    table: ClassVar[str] = "ArCustomer"
    columns: ClassVar[tuple[str, ...]] = (
        "Customer", "Name", "Contact", "Email", "Telephone", "AddTelephone", "Fax",
    )  # fmt: skip
    searchable: ClassVar[Mapping[str, str]] = {"Contact": "Contact", "Email": "Email"}

    def changed(self, since: date) -> Condition | None:
        """As customers."""
        return Customers(self.tables, self.options).changed(since)

    def records(self, heads: Heads) -> list[SourceRecord]:
        """One for each customer who has a contact's name or an e-mail address."""
        return [
            record(text(row, "Customer"), contact_fields(row))
            for row in heads.rows
            if has_contact(row)
        ]


def has_contact(row: Mapping[str, Scalar]) -> bool:
    """Whether a customer names anybody to speak to."""
    return bool(text(row, "Contact").strip() or text(row, "Email").strip())


def contact_fields(row: Mapping[str, Scalar]) -> Fields:
    """The contact of a customer; several addresses stand with semicolons between."""
    name = text(row, "Contact").strip()
    given, _, family = name.rpartition(" ")
    addresses = [one.strip() for one in text(row, "Email").split(";") if one.strip()]
    return {
        "Customer": row["Customer"],
        "company": row["Customer"],
        "Contact": name,
        "first_name": given,
        "last_name": family,
        "Email": addresses[0] if addresses else "",
        "other_emails": "; ".join(addresses[1:]),
        "Telephone": row.get("Telephone"),
        "AddTelephone": row.get("AddTelephone"),
        "Fax": row.get("Fax"),
        "company_name": row.get("Name"),
    }


def _status(row: Mapping[str, Scalar]) -> str:
    """What a salesperson should know: held, overdue by how much, or in order."""
    credit = text(row, "CreditStatus").strip()
    if text(row, "CustomerOnHold").upper() == "Y":
        return "On hold"
    if credit == MANUAL_HOLD:
        return "Credit hold"
    if credit.isdigit() and credit != "0":
        return f"Overdue {int(credit) * 30} days or more"
    return "In order"
