"""Customers: the address book joined with what the other tables know of a number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from connectors.sdk.records import Scalar, SourceRecord
from connectors.systems.jde import parts
from connectors.systems.jde.codecs import NO_STAMP, Stamp, moment
from connectors.systems.jde.entities import (
    Entity,
    Key,
    Loaded,
    first_by_key,
)
from connectors.systems.jde.options import Options
from connectors.systems.jde.query import Row
from connectors.systems.jde.reachable import Found, add, electronic, phones
from connectors.systems.jde.rows import RowDecoder, text_reader

_ALL_COMPANIES = "00000"


class Customers(Entity):
    """F0101 with the customer master, the entries of line 0 and today's address."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.head = parts.address_book(options.search_types)
        self.sides = (
            parts.customer_master(options.master_table),
            parts.MAILING_NAME,
            parts.ADDRESSES,
            parts.phones(people=False),
            parts.electronic_addresses(people=False),
        )

    def number(self, key: str) -> str:
        return key if key.isdecimal() else ""

    def records(
        self, heads: Loaded, sides: Mapping[str, Loaded], zone: tzinfo
    ) -> list[SourceRecord]:
        stamps: dict[Key, Stamp] = {}
        for loaded in (heads, *sides.values()):
            loaded.newest(stamps)
        joined = [
            _Joined(loaded, *self._rows(table, loaded))
            for table, loaded in sides.items()
            if table not in ("F0115", "F01151")
        ]
        picked = self._picked(sides)
        key, decode = heads.key, RowDecoder(heads.shape)
        found = []
        for row in heads.rows:
            number = key(row)
            fields: dict[str, Scalar] = {}
            decode.into(fields, row)
            for side in joined:
                side.into(fields, number)
            add(fields, picked, number)
            changed = fields["changed_at"] = moment(stamps.get(number, NO_STAMP), zone)
            found.append(
                SourceRecord(key=str(number), fields=fields, modified_at=changed)
            )
        return found

    def _rows(self, table: str, loaded: Loaded) -> tuple[dict[Key, Row], Scalar]:
        """The row of each customer, and what a missing one says.

        No address row is an empty address; no customer master says nothing.
        """
        if table == self._options.master_table:
            return self._masters(loaded), None
        return first_by_key(loaded), "" if table == "F0116" else None

    def _masters(self, loaded: Loaded) -> dict[Key, Row]:
        """One line of business for each customer: ours, that for all, the first."""
        company, key = loaded.column("CO"), loaded.key
        best = {_ALL_COMPANIES: 1, self._options.company: 0}
        found: dict[Key, Row] = {}
        ranks: dict[Key, int] = {}
        for row in loaded.rows:
            number, rank = key(row), best.get(row.get(company, ""), 2)
            if rank < ranks.get(number, 3):
                found[number], ranks[number] = row, rank
        return found

    def _picked(self, sides: Mapping[str, Loaded]) -> Found:
        found: Found = {}
        if "F0115" in sides:
            found |= phones(sides["F0115"], self._options, mobile=False)
        if "F01151" in sides:
            found |= electronic(sides["F01151"], self._options, website=True)
        return found


class _Joined:
    """One row of a side for each customer, ready to be read into its fields."""

    def __init__(self, loaded: Loaded, rows: dict[Key, Row], missing: Scalar) -> None:
        shape = loaded.shape
        self._decode = RowDecoder(shape)
        self._rows = rows
        self._without = shape.absent(missing)
        self._holds = "on_hold" in shape.part.gives
        # HDAR is Y, N or blank; HOLD is blank unless an order hold code is set.
        self._held = text_reader([loaded.column("HDAR"), loaded.column("HOLD")])
        self._held_hidden = shape.hides("HDAR") and shape.hides("HOLD")
        if self._holds:
            self._without["on_hold"] = None

    def into(self, fields: dict[str, Scalar], number: Key) -> None:
        row = self._rows.get(number)
        if row is None:
            fields.update(self._without)
            return
        self._decode.into(fields, row)
        if self._holds:
            invoices, orders = self._held(row)
            held = bool(orders) or invoices not in ("", "N", "0")
            fields["on_hold"] = None if self._held_hidden else held
