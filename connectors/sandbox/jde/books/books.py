"""The posting service: one call enters one thing, wholly or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from connectors.sandbox.core.ledger import Ledger
from connectors.sandbox.jde.books.addresses import Address, Addresses, Kept
from connectors.sandbox.jde.books.bills import INVOICE, VOUCHER, Bills
from connectors.sandbox.jde.books.desk.changes import Changes, note
from connectors.sandbox.jde.books.desk.checks import Caller, Checks
from connectors.sandbox.jde.books.desk.desk import Desk, Prepared
from connectors.sandbox.jde.books.desk.locks import Locks
from connectors.sandbox.jde.books.desk.messages import RefusedError
from connectors.sandbox.jde.books.desk.numbers import NextNumbers
from connectors.sandbox.jde.books.entries import Bill, Document, Journal, Payment
from connectors.sandbox.jde.books.journals import Journals
from connectors.sandbox.jde.books.masters import Masters
from connectors.sandbox.jde.books.payments import PAYMENT, RECEIPT, Payments
from connectors.sandbox.jde.config import JdeConfig
from connectors.sandbox.jde.data.database import Database


class Books:
    """Every way in (orchestrations, forms, batch programs) ends here.

    All methods raise RefusedError with the messages, and then nothing was written;
    only the next numbers that were drawn are gone.
    """

    def __init__(
        self,
        database: Database,
        config: JdeConfig,
        locks: Locks,
        local_time: Callable[[], datetime],
        ledger: Callable[[], Ledger],
    ):
        self.numbers = NextNumbers(config)
        self.checks = Checks(database, config, locks)
        self._database = database
        self._ledger = ledger
        desk = Desk(database, self.checks, self.numbers, local_time)
        self._bills, self._payments = Bills(desk, config), Payments(desk)
        self.begin = desk.begin
        self._journals, self._masters = Journals(desk), Masters(desk)
        self.addresses = Addresses(desk)

    def prepare_voucher(self, bill: Bill, caller: Caller) -> Prepared:
        """A voucher that passed, for a form that asks before it saves."""
        return self._bills.prepare(VOUCHER, bill, caller)

    def save(self, prepared: Prepared, *, strict: bool = False) -> Document:
        """Write it; where `strict`, a warning refuses it."""
        warnings = prepared.document.warnings
        if strict and warnings:
            raise RefusedError(warnings)
        return prepared.commit(self._ledger())

    def invoice(self, bill: Bill, caller: Caller, *, strict: bool = False) -> Document:
        return self.save(self._bills.prepare(INVOICE, bill, caller), strict=strict)

    def voucher(self, bill: Bill, caller: Caller, *, strict: bool = False) -> Document:
        return self.save(self.prepare_voucher(bill, caller), strict=strict)

    def receipt(
        self, payment: Payment, caller: Caller, *, strict: bool = False
    ) -> Document:
        prepared = self._payments.prepare(RECEIPT, payment, caller)
        return self.save(prepared, strict=strict)

    def payment(
        self, payment: Payment, caller: Caller, *, strict: bool = False
    ) -> Document:
        prepared = self._payments.prepare(PAYMENT, payment, caller)
        return self.save(prepared, strict=strict)

    def journal(
        self, journal: Journal, caller: Caller, *, strict: bool = False
    ) -> Document:
        return self.save(self._journals.prepare(journal, caller), strict=strict)

    def customer(self, wish: Address, caller: Caller) -> Kept:
        kept = self.addresses.customer(wish, caller)
        self._kept("F0101", (kept.number,), kept.changes, new=kept.new)
        return kept

    def contact(self, wish: Address, caller: Caller) -> Kept:
        kept = self.addresses.contact(wish, caller)
        self._kept("F0111", (kept.number, kept.line), kept.changes, new=kept.new)
        return kept

    def item(
        self, number: int, values: dict[str, Any], caller: Caller
    ) -> tuple[int, bool]:
        """Short number, and whether it is new."""
        key, new, changes = self._masters.item(number, values, caller)
        self._kept("F4101", (key,), changes, new=new)
        return key, new

    def account(self, values: dict[str, Any], caller: Caller) -> tuple[str, bool]:
        """Account id, and whether it is new."""
        key, new, changes = self._masters.account(values, caller)
        self._kept("F0901", (key,), changes, new=new)
        return key, new

    def load(self, name: str, changes: Changes) -> None:
        """Write new batch input rows."""
        for row in changes.commit():
            values = self._database[name].definition.plain(row)
            key = "-".join(str(values[one]) for one in ("EDUS", "EDBT", "EDTN", "EDLN"))
            note(self._ledger(), name, key, values, new=True)

    def _kept(
        self, name: str, key: tuple[Any, ...], changes: Changes, *, new: bool
    ) -> None:
        changes.commit()
        table = self._database[name]
        row = table.find(key)
        values = table.definition.plain(row) if row else {}
        note(self._ledger(), name, "-".join(map(str, key)), values, new=new)
