"""Invoices to customers and vouchers of suppliers, by the door the settings name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connectors.sdk.errors import (
    ConfigurationError,
    ConnectorError,
    OrphanError,
    RejectedError,
)
from connectors.sdk.records import Fields, Scalar, WriteItem
from connectors.systems.jde.writing.desk import Desk, reference_of
from connectors.systems.jde.writing.doors.answer import Answer
from connectors.systems.jde.writing.splits import Split, balanced, splits_of
from connectors.systems.jde.writing.values import (
    Column,
    amount,
    day,
    inputs,
    money,
    written,
    wrong,
)

_COMPANY = Column("Company", 5, "company")
OPTIONAL = {
    "DGJ": Column("GLDate", 10, "date"),
    "DDJ": Column("DueDate", 10, "date"),
    "CRCD": Column("Currency", 3),
    "exchange_rate": Column("ExchangeRate", 15, "rate"),
    "PTC": Column("PaymentTerms", 3),
    "MCU": Column("BusinessUnit", 12, "unit"),
    "RMK": Column("Remark", 30),
    "PO": Column("PurchaseOrder", 8),
}
REFERENCE = Column("Reference", 25)
COLUMNS = {
    "VR01": "reference",
    "VINV": "reference",
    "AA": "lines.amount",
    "EXA": "lines.explanation",
    "KCO": "CO",
}


@dataclass(frozen=True, slots=True)
class Bill:
    """One document, checked. `more` are the optional inputs that were said."""

    item: WriteItem
    party: str
    company: str
    dated: date
    gross: Decimal
    reference: str
    more: Mapping[str, str]
    splits: tuple[Split, ...]

    @property
    def gl_date(self) -> date:
        """The document's own date where none was given."""
        text = self.more.get("GLDate")
        return date.fromisoformat(text) if text else self.dated


def bill_of(desk: Desk, item: WriteItem) -> Bill:
    """The document an item is; raises RecordError that names the field."""
    fields = item.fields
    splits = splits_of(item, fields.get("MCU"))
    if not splits:
        raise wrong("lines", "there is not one to distribute the amount to.")
    added = sum((one.amount for one in splits), Decimal(0))
    gross = amount("AG", fields["AG"]) if fields.get("AG") not in (None, "") else added
    balanced(splits, gross, "AG")
    if not gross:
        raise wrong("AG", "is nought.")
    more = {name: text for name, text in inputs(OPTIONAL, fields).items() if text}
    return Bill(
        item,
        party_of(desk, item),
        company_of(desk, fields),
        needed_day("DIVJ", fields),
        gross,
        written("reference", reference_of(desk.target, item), REFERENCE),
        more,
        splits,
    )


def party_of(desk: Desk, item: WriteItem) -> str:
    """The address number of the customer, or of the supplier in payables."""
    supplier = item.fields.get("supplier") if desk.writing.payable else None
    found = str(supplier or item.refs.get("AN8") or item.fields.get("AN8") or "")
    if not found:
        who = "supplier" if desk.writing.payable else "customer"
        raise OrphanError(f"The document has no {who}.", field="AN8")
    if not found.isdecimal():
        raise wrong("AN8", f"“{found}” is not an address number.")
    return found


def company_of(desk: Desk, fields: Fields) -> str:
    """The company of a document: its own, or the one of the settings."""
    found = written("CO", fields.get("CO") or desk.writing.company, _COMPANY)
    if not found:
        raise wrong("CO", "the document has no company, and the connection none.")
    return found


def needed_day(field: str, fields: Fields) -> date:
    """A date that has to be there; raises RejectedError."""
    value: Scalar = fields.get(field)
    if value in (None, ""):
        raise wrong(field, "is missing.")
    return day(field, value)


def add_bill(desk: Desk, bill: Bill) -> Answer:
    """Enter it by MLC_AddInvoice or MLC_AddVoucher."""
    payable = desk.writing.payable
    given = {
        "SupplierNumber" if payable else "CustomerNumber": bill.party,
        "Company": bill.company,
        "InvoiceDate": bill.dated.isoformat(),
        "SupplierInvoice" if payable else "Reference": bill.reference,
        "GrossAmount": money(bill.gross),
        **bill.more,
    }
    lines = {"Lines": [one.inputs() for one in bill.splits]}
    return desk.orchestrator.run(
        "voucher" if payable else "invoice",
        {name: value for name, value in given.items() if value},
        lines,
        repeatable=False,
    )


def document_key(answer: Answer) -> str:
    """The key of the document that was made; "" where none is told."""
    names = ("DocumentCompany", "DocumentType", "DocumentNumber")
    parts = [answer.text(name) for name in names]
    return "-".join(parts) if all(parts) else ""


def document_fields(answer: Answer) -> dict[str, Scalar]:
    """What the document was given, by our fields."""
    found: dict[str, Scalar] = {"key": document_key(answer)}
    for name, field in (("DocumentNumber", "DOC"), ("BatchNumber", "ICU")):
        text = answer.text(name)
        if text.isdecimal():
            found[field] = int(text)
    for name, field in (("DocumentType", "DCT"), ("DocumentCompany", "KCO")):
        found[field] = answer.text(name)
    return found


def not_changed(desk: Desk, item: WriteItem) -> ConnectorError:
    """Documents of a ledger are entered once; a known one is left alone."""
    return RejectedError(
        f"{desk.target.label} {item.target_id} is in JD Edwards' books already.",
        advice="JD Edwards corrects a document by another one; nothing was written.",
        field=desk.target.key,
        code="ENTERED",
    )


def form_needed(desk: Desk) -> None:
    """Raises ConfigurationError where the form cannot be used."""
    if not desk.writing.payable:
        raise ConfigurationError(
            "The voucher form P0411 enters accounts payable, not receivables.",
            advice="Choose orchestrations for writing, or AP as target of invoices.",
            field="write_path",
        )
