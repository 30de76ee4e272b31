"""Customers: the address book joined with what the other tables know of a number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from connectors.sdk.records import Scalar, SourceRecord
from connectors.systems.jde.joins import parts
from connectors.systems.jde.joins.entities import (
    Entity,
    Key,
    Loaded,
    Place,
    first_by_key,
)
from connectors.systems.jde.joins.reachable import Found, add, electronic, phones
from connectors.systems.jde.options import Options
from connectors.systems.jde.wire.codecs import NO_STAMP, Stamp, moment
from connectors.systems.jde.wire.query import Row
from connectors.systems.jde.wire.rows import Joined, RecordDecoder, text_reader

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

    def places(self, field_name: str) -> list[Place]:
        if field_name == "domain":
            websites = parts.electronic_addresses(people=False)
            return [Place(websites, "EMAL", within=True)]
        return super().places(field_name)

    def records(
        self, heads: Loaded, sides: Mapping[str, Loaded], zone: tzinfo
    ) -> list[SourceRecord]:
        stamps: dict[Key, Stamp] = {}
        for loaded in (heads, *sides.values()):
            loaded.newest(stamps)
        joined = self._joined(sides)
        picked = self._picked(sides, joined)
        decoder = RecordDecoder([heads.shape, *(side.shape for side in joined)])
        found = []
        for number, row in zip(map(heads.key, heads.rows), heads.rows, strict=True):
            rows = [row, *[side.row_of(number, side.blank) for side in joined]]
            fields = decoder.fields(rows)
            for side, other in zip(joined, rows[1:], strict=True):
                if other is side.blank:
                    fields.update(side.absent)
            add(fields, picked, number)
            changed = fields["changed_at"] = moment(stamps.get(number, NO_STAMP), zone)
            found.append(
                SourceRecord(key=str(number), fields=fields, modified_at=changed)
            )
        return found

    def _joined(self, sides: Mapping[str, Loaded]) -> list[Joined]:
        """The sides with one row for a customer, and what a missing one says.

        No address row is an empty address; no customer master says nothing.
        """
        found = []
        for table in ("F0111", "F0116"):
            if table in sides:
                rows, missing = first_by_key(sides[table]), _MISSING[table]
                found.append(Joined(sides[table].shape, rows, missing))
        master = sides.get(self._options.master_table)
        if master:
            found.append(Joined(master.shape, self._masters(master), None))
        return found

    def _masters(self, loaded: Loaded) -> dict[Key, Row]:
        """One line of business for each customer: ours, that for all, the first."""
        key = loaded.key
        best = {_ALL_COMPANIES: 1, self._options.company: 0}
        found: dict[Key, Row] = {}
        ranks: dict[Key, int] = {}
        for row in loaded.rows:
            number, rank = key(row), best.get(row.CO, 2)
            if rank < ranks.get(number, 3):
                found[number], ranks[number] = row, rank
        return found

    def _picked(self, sides: Mapping[str, Loaded], joined: list[Joined]) -> Found:
        found: Found = {}
        if "F0115" in sides:
            found |= phones(sides["F0115"], self._options, mobile=False)
        if "F01151" in sides:
            found |= electronic(sides["F01151"], self._options, website=True)
        for side in joined:
            if "on_hold" in side.shape.part.gives:
                found["on_hold"] = _holds(side), None
        return found


_MISSING: dict[str, Scalar] = {"F0111": None, "F0116": ""}


def _holds(masters: Joined) -> dict[Key, Scalar]:
    """Who is on hold: HDAR is Y, or HOLD has an order hold code."""
    if masters.shape.hides("HDAR") and masters.shape.hides("HOLD"):
        return {}
    read = text_reader("HDAR", "HOLD")
    found: dict[Key, Scalar] = {}
    for number, row in masters.rows.items():
        invoices, orders = read(row)
        found[number] = orders != "" or invoices not in ("", "N", "0")
    return found
