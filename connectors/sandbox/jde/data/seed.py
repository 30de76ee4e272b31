"""Filling a database with an invented business, the same for the same arguments."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date

from connectors.sandbox.jde.data.addresses import AddressSeeder
from connectors.sandbox.jde.data.columns import Row
from connectors.sandbox.jde.data.database import Database, no_collection
from connectors.sandbox.jde.data.ledgers import (
    accounts,
    invoices,
    items,
    small_tables,
)
from connectors.sandbox.jde.data.moments import Moments

FIRST_NUMBER = 6001
FIRST_DOCUMENT = 1000
AT_ONCE = 2000
"""Up to so many customers the general ledger is drawn up with the seed."""


def seed(database: Database, customers: int, seed_number: int, today: date) -> None:
    """Add `customers` customers with what belongs to them; others come in between.

    Repeatable for the same arguments, the same day and an empty database; a second
    call continues the numbers.
    """
    database.mark()
    rng = random.Random(f"jde {seed_number}")
    moments = Moments(today, rng)
    with no_collection():
        fresh = not len(database["F0101"])
        seeder = AddressSeeder(rng, moments, _following(database, FIRST_NUMBER))
        if fresh:
            _constants(database, rng, moments, customers)
            seeder.companies()
        for _ in range(customers):
            seeder.customer()
            seeder.others()
        _load(database, _address_rows(seeder))
        first = database["F03B11"].rows[-1][0] if not fresh else FIRST_DOCUMENT
        ledger = invoices(rng, moments, seeder.currencies, first)
        _load(database, {"F03B11": ledger})
    database.seeded_on = f"{today:%Y%m%d}"
    if customers <= AT_ONCE:
        database.settle()


def _address_rows(seeder: AddressSeeder) -> dict[str, Iterable[Row]]:
    contacts = seeder.contacts
    return {
        "F0101": seeder.book,
        "F0111": contacts.names,
        "F0115": contacts.phones,
        "F01151": contacts.mails,
        "F0116": contacts.places,
        "F03012": seeder.customers,
        "F0401": seeder.suppliers,
    }


def _constants(
    database: Database, rng: random.Random, moments: Moments, customers: int
) -> None:
    for name, rows in small_tables(moments).items():
        table = database[name]
        table.extend(table.definition.row(values) for values in rows)
    count = min(2000, 60 + customers // 100)
    _load(database, {"F0901": accounts(rng, moments)})
    _load(database, {"F4101": items(rng, moments, count)})


def _load(database: Database, rows: dict[str, Iterable[Row]]) -> None:
    for name, new in rows.items():
        database[name].extend(new)


def _following(database: Database, first: int) -> int:
    rows = database["F0101"].rows
    return max(first, rows[-1][0] + 1) if rows else first
