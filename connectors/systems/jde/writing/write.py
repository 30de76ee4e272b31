"""One call of `write`, by what is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from connectors.sdk.records import WriteItem, WriteResult
from connectors.sdk.spec import ObjectSpec
from connectors.systems.jde.wire.link import Link
from connectors.systems.jde.writing import bills, money
from connectors.systems.jde.writing.addresses import (
    CONTACT_COLUMNS,
    CUSTOMER_COLUMNS,
    write_contacts,
    write_customers,
)
from connectors.systems.jde.writing.bills import Bill, add_bill, bill_of, form_needed
from connectors.systems.jde.writing.desk import Desk, Reading
from connectors.systems.jde.writing.documents import Enter, Kind, write_documents
from connectors.systems.jde.writing.doors.batch import Batch
from connectors.systems.jde.writing.doors.forms import VoucherForm
from connectors.systems.jde.writing.masters import write_accounts, write_items
from connectors.systems.jde.writing.money import (
    Entry,
    add_journal,
    add_payment,
    journal_of,
    payment_of,
)

Write = Callable[[Desk, Sequence[WriteItem]], list[WriteResult]]


def written(
    link: Link, target: ObjectSpec, reading: Reading, items: Sequence[WriteItem]
) -> list[WriteResult]:
    """Write all items, one result each. Raises as the contract says."""
    if not items:
        return []
    desk = Desk(link, target, reading, _COLUMNS.get(target.name, {}))
    return _WRITERS[target.name](desk, items)


def _bills(desk: Desk, documents: Sequence[Bill]) -> Enter[Bill]:
    """The door that invoices go through."""
    if desk.writing.path == "form":
        form_needed(desk)
        return VoucherForm(desk.link).enter
    if desk.writing.path == "ztable":
        return Batch(desk, documents).enter
    return lambda bill: add_bill(desk, bill)


def _invoices(desk: Desk, items: Sequence[WriteItem]) -> list[WriteResult]:
    return write_documents(desk, items, Kind(bill_of, _bills))


def _payments(desk: Desk, items: Sequence[WriteItem]) -> list[WriteResult]:
    def door(desk: Desk, _all: Sequence[Entry]) -> Enter[Entry]:
        return lambda entry: add_payment(desk, entry)

    kind = Kind(payment_of, door, amount="amount", key="PaymentId")
    return write_documents(desk, items, kind)


def _journals(desk: Desk, items: Sequence[WriteItem]) -> list[WriteResult]:
    def door(desk: Desk, _all: Sequence[Entry]) -> Enter[Entry]:
        return lambda entry: add_journal(desk, entry)

    return write_documents(desk, items, Kind(journal_of, door, amount=""))


_WRITERS: Mapping[str, Write] = {
    "customers": write_customers,
    "contacts": write_contacts,
    "items": write_items,
    "accounts": write_accounts,
    "invoices": _invoices,
    "payments": _payments,
    "journals": _journals,
}
_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "customers": CUSTOMER_COLUMNS,
    "contacts": CONTACT_COLUMNS,
    "invoices": bills.COLUMNS,
    "payments": money.PAYMENT_COLUMNS,
    "journals": money.JOURNAL_COLUMNS,
}
