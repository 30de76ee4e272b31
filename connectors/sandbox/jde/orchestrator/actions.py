"""What each orchestration does with its inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.sandbox.jde.batch.jobs import Jobs
from connectors.sandbox.jde.batch.loader import load_rows
from connectors.sandbox.jde.books.addresses import BUSINESS, MOBILE, Address, Kept
from connectors.sandbox.jde.books.books import Books
from connectors.sandbox.jde.books.desk.checks import Caller, Split
from connectors.sandbox.jde.books.entries import (
    Bill,
    Document,
    Journal,
    Match,
    PayItem,
    Payment,
)
from connectors.sandbox.jde.books.references import known
from connectors.sandbox.jde.config import JdeConfig
from connectors.sandbox.jde.data.database import Database
from connectors.sandbox.jde.orchestrator.inputs import Given

Output = dict[str, Any]
_BOOK = {
    "Name": "ALPH",
    "LongAddressNumber": "ALKY",
    "TaxId": "TAX",
    "BusinessUnit": "MCU",
    "Industry": "SIC",
    "ParentNumber": "AN81",
    "Remark": "RMK",
}
_PLACE = {
    "AddressLine1": "ADD1",
    "AddressLine2": "ADD2",
    "City": "CTY1",
    "State": "ADDS",
    "PostalCode": "ADDZ",
    "Country": "CTR",
}
_MASTER = {
    "CreditLimit": "ACL",
    "PaymentTerms": "TRAR",
    "Currency": "CRCD",
    "HoldCode": "HOLD",
}
_PERSON = {
    "GivenName": "GNNM",
    "MiddleName": "MDNM",
    "Surname": "SRNM",
    "Title": "ATTL",
    "Reference": "REM1",
}
_ITEM = {
    "SecondItemNumber": "LITM",
    "ThirdItemNumber": "AITM",
    "Description1": "DSC1",
    "Description2": "DSC2",
    "SearchText": "SRTX",
    "UnitOfMeasure": "UOM1",
    "StockingType": "STKT",
    "LineType": "LNTY",
    "GLClass": "GLPT",
    "UPC": "UPCN",
}
_ACCOUNT = {
    "BusinessUnit": "MCU",
    "ObjectAccount": "OBJ",
    "Subsidiary": "SUB",
    "Description": "DL01",
    "ThirdAccountNumber": "ANS",
    "LevelOfDetail": "LDA",
    "PostingEdit": "PEC",
}


class Actions:
    """Runs one orchestration by name; RefusedError if the books refuse."""

    def __init__(self, books: Books, database: Database, jobs: Jobs, config: JdeConfig):
        self._books = books
        self._database = database
        self._jobs = jobs
        self._config = config
        self._by_name: dict[str, Callable[[Given, Caller], Output]] = {
            "MLC_AddInvoice": self._invoice,
            "MLC_AddVoucher": self._voucher,
            "MLC_AddReceipt": self._receipt,
            "MLC_AddPayment": self._payment,
            "MLC_AddJournal": self._journal,
            "MLC_UpsertCustomer": self._customer,
            "MLC_UpsertContact": self._contact,
            "MLC_UpsertItem": self._item,
            "MLC_UpsertAccount": self._account,
            "MLC_LoadZ": self._load,
            "MLC_RunBatch": self._run,
        }

    def run(self, name: str, given: Given, caller: Caller) -> Output:
        return self._by_name[name](given, caller)

    @property
    def _strict(self) -> bool:
        return self._config.orchestration_stops_on_warning

    def _invoice(self, given: Given, caller: Caller) -> Output:
        bill = _bill(given, given["CustomerNumber"], given.get("Reference", ""))
        return self._document(
            ("invoice", bill.address, bill.reference),
            lambda: self._books.invoice(bill, caller, strict=self._strict),
        )

    def _voucher(self, given: Given, caller: Caller) -> Output:
        bill = _bill(given, given["SupplierNumber"], given.get("SupplierInvoice", ""))
        return self._document(
            ("voucher", bill.address, bill.reference),
            lambda: self._books.voucher(bill, caller, strict=self._strict),
        )

    def _receipt(self, given: Given, caller: Caller) -> Output:
        reference = given.get("ReceiptNumber", "")
        wish = _payment(given, given["CustomerNumber"], "ReceiptDate", reference)
        return self._document(
            ("receipt", wish.address, reference),
            lambda: self._books.receipt(wish, caller, strict=self._strict),
        )

    def _payment(self, given: Given, caller: Caller) -> Output:
        reference = given.get("Reference", "")
        wish = _payment(given, given["SupplierNumber"], "PaymentDate", reference)
        return self._document(
            ("payment", wish.address, reference),
            lambda: self._books.payment(wish, caller, strict=self._strict),
        )

    def _journal(self, given: Given, caller: Caller) -> Output:
        journal = Journal(
            company=given["Company"],
            gl_date=given["GLDate"],
            splits=_splits(given["Lines"]),
            reference=given.get("Reference", ""),
        )
        return self._document(
            ("journal", 0, journal.reference),
            lambda: self._books.journal(journal, caller, strict=self._strict),
        )

    def _document(
        self, reference: tuple[str, int, str], enter: Callable[[], Document]
    ) -> Output:
        if self._config.orchestration_checks_reference:
            found = known(self._database, *reference)
            if found is not None:
                return {"Result": "DUPLICATE", **document_output(found)}
        return {"Result": "CREATED", **document_output(enter())}

    def _customer(self, given: Given, caller: Caller) -> Output:
        wish = Address(
            number=given.get("CustomerNumber") or 0,
            company=(given.get("Company") or "").strip() or "00000",
            book=_renamed(given, _BOOK),
            master=_renamed(given, _MASTER),
            place=_renamed(given, _PLACE),
            phones=_phones(given, {BUSINESS: ("PhonePrefix", "Phone")}),
            mails=_renamed(given, {"Email": "E", "Website": "I"}),
            seen=given.get("ExpectedUpdated", "").strip(),
        )
        kept = self._books.customer(wish, caller)
        return {**self._address(kept), "CustomerNumber": kept.number}

    def _contact(self, given: Given, caller: Caller) -> Output:
        kinds = {
            BUSINESS: ("PhonePrefix", "Phone"),
            MOBILE: ("MobilePrefix", "Mobile"),
        }
        wish = Address(
            number=given["CustomerNumber"],
            line=given.get("ContactLine") or 0,
            names=_renamed(given, _PERSON),
            phones=_phones(given, kinds),
            mails=_renamed(given, {"Email": "E"}),
            seen=given.get("ExpectedUpdated", "").strip(),
        )
        kept = self._books.contact(wish, caller)
        found = {"CustomerNumber": kept.number, "ContactLine": kept.line}
        return {**self._address(kept), **found}

    def _address(self, kept: Kept) -> Output:
        newest = self._books.addresses.newest(kept.number, kept.line)
        return {"Result": "CREATED" if kept.new else "UPDATED", "Updated": newest}

    def _item(self, given: Given, caller: Caller) -> Output:
        number = given.get("ItemNumber") or 0
        key, new = self._books.item(number, _renamed(given, _ITEM), caller)
        return {"Result": "CREATED" if new else "UPDATED", "ItemNumber": key}

    def _account(self, given: Given, caller: Caller) -> Output:
        key, new = self._books.account(_renamed(given, _ACCOUNT), caller)
        return {"Result": "CREATED" if new else "UPDATED", "AccountId": key}

    def _load(self, given: Given, caller: Caller) -> Output:
        count = load_rows(self._books, given["Table"], given["Rows"], caller)
        return {"Result": "LOADED", "RowsLoaded": count}

    def _run(self, given: Given, caller: Caller) -> Output:
        wanted = {"EDUS": given.get("UserId", ""), "EDBT": given.get("Batch", "")}
        chosen = {alias: [text] for alias, text in wanted.items() if text.strip()}
        job = self._jobs.submit(given["Report"], given["Version"], chosen, caller.user)
        found = {"JobNumber": job.number, "ExecutionServer": job.server}
        return {"Result": "SUBMITTED", **found, "JobStatus": job.status}


def document_output(document: Document) -> Output:
    """The outputs of a document; warnings are messages."""
    return {
        "DocumentCompany": document.company,
        "DocumentType": document.type,
        "DocumentNumber": document.number,
        "BatchType": document.batch_type,
        "BatchNumber": document.batch,
        "PaymentId": document.payment,
        "Messages": [one.plain() for one in document.warnings],
    }


def _bill(given: Given, address: int, reference: str) -> Bill:
    gross, splits = given["GrossAmount"], _splits(given["Lines"])
    return Bill(
        address=address,
        company=given["Company"],
        dated=given["InvoiceDate"],
        gl_date=given.get("GLDate") or given["InvoiceDate"],
        items=(PayItem(gross, given.get("DueDate", "")),),
        splits=splits,
        reference=reference,
        remark=given.get("Remark", ""),
        terms=given.get("PaymentTerms", ""),
        currency=given.get("Currency", "").strip(),
        rate=given.get("ExchangeRate"),
        unit=given.get("BusinessUnit", ""),
        order=given.get("PurchaseOrder", ""),
    )


def _payment(given: Given, address: int, date: str, reference: str) -> Payment:
    return Payment(
        address=address,
        company=given["Company"].strip(),
        dated=given[date],
        gl_date=given.get("GLDate") or given[date],
        amount=given["Amount"],
        matches=tuple(
            Match(
                document=one["DocumentNumber"],
                type=one["DocumentType"],
                company=one["DocumentCompany"].strip(),
                item=one.get("PayItem", "").strip() or "001",
                amount=one["Amount"],
            )
            for one in given["Lines"]
        ),
        reference=reference,
        remark=given.get("Remark", ""),
        bank=given.get("BankAccount", "").strip(),
        number=given.get("PaymentNumber") or 0,
    )


def _splits(lines: list[Given]) -> tuple[Split, ...]:
    return tuple(
        Split(
            amount=one["Amount"],
            account=one.get("Account", "").strip(),
            unit=one.get("BusinessUnit", ""),
            object=one.get("ObjectAccount", ""),
            subsidiary=one.get("Subsidiary", ""),
            explanation=one.get("Explanation", ""),
            subledger=one.get("Subledger", ""),
            subledger_type=one.get("SubledgerType", ""),
        )
        for one in lines
    )


def _renamed(given: Given, names: dict[str, str]) -> Given:
    return {alias: given[name] for name, alias in names.items() if name in given}


def _phones(
    given: Given, kinds: dict[str, tuple[str, str]]
) -> dict[str, tuple[str, str]]:
    return {
        kind: (given.get(prefix, ""), given[number])
        for kind, (prefix, number) in kinds.items()
        if number in given
    }
