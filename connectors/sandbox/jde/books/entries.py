"""What can be entered: plain facts, dates as YYYYMMDD text, amounts as Decimal."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from connectors.sandbox.jde.books.desk.checks import Split
from connectors.sandbox.jde.books.desk.messages import Message


@dataclass(frozen=True, slots=True)
class PayItem:
    """One instalment of a document; without a day the payment terms give it."""

    amount: Decimal
    due: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice to a customer or a voucher from a supplier.

    `address` is the customer or supplier. Pay items and splits both sum to the
    gross amount and are positive where it is: an invoice credits its splits, a
    voucher debits them. `reference` is VR01 of an invoice, VINV of a voucher.
    Without a `type` it is an invoice or credit memo by the sign; `rate` turns a
    foreign currency into the company's. A `number` of nought takes the next one.
    """

    address: int
    company: str
    dated: str
    gl_date: str
    items: tuple[PayItem, ...]
    splits: tuple[Split, ...]
    reference: str = ""
    remark: str = ""
    terms: str = ""
    currency: str = ""
    rate: Decimal | None = None
    unit: str = ""
    order: str = ""
    type: str = ""
    number: int = 0
    program: str = ""

    @property
    def gross(self) -> Decimal:
        return sum((one.amount for one in self.items), Decimal(0))


@dataclass(frozen=True, slots=True)
class Match:
    """A part of a payment laid on one pay item of an open document."""

    document: int
    type: str
    company: str
    item: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Payment:
    """A receipt from a customer or a payment to a supplier.

    `reference` is CKNU of a receipt; a payment keeps it as remark (RMK) and has a
    payment number (`number`, nought takes the next of the bank account). What a
    receipt does not match stays as an unapplied receipt of the customer; a payment
    is matched in full.
    """

    address: int
    company: str
    dated: str
    gl_date: str
    amount: Decimal
    matches: tuple[Match, ...]
    reference: str = ""
    remark: str = ""
    bank: str = ""
    number: int = 0
    program: str = ""


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal entry; splits are signed, debits positive, and sum to nought."""

    company: str
    gl_date: str
    splits: tuple[Split, ...]
    reference: str = ""
    number: int = 0
    program: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """What an entry became; `payment` is the PYID of a receipt or payment."""

    company: str
    type: str
    number: int
    batch_type: str
    batch: int
    payment: int = 0
    warnings: list[Message] = field(default_factory=list)
