"""Documents of the ledgers: several rows are one record, and lines may go with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, tzinfo
from decimal import Decimal

from connectors.sdk.records import Fields, Scalar, SourceRecord
from connectors.systems.jde.joins import ledgers
from connectors.systems.jde.joins.entities import (
    Entity,
    Key,
    Loaded,
    Place,
    first_by_key,
)
from connectors.systems.jde.options import Options
from connectors.systems.jde.wire.codecs import NO_STAMP, Stamp, decode_text, moment
from connectors.systems.jde.wire.query import Row
from connectors.systems.jde.wire.rows import RecordDecoder

_PAID = "P"


class Ledger(Entity):
    """Rows of one table by their document; what is in `head` is the same in all."""

    join = "DOC"
    key_field = "key"

    def records(
        self, heads: Loaded, sides: Mapping[str, Loaded], zone: tzinfo
    ) -> list[SourceRecord]:
        stamps: dict[Key, Stamp] = {}
        for loaded in (heads, *sides.values()):
            loaded.newest(stamps)
        rows_of = {table: _grouped(side) for table, side in sides.items()}
        decoder, found = RecordDecoder([heads.shape]), []
        for number, row in first_by_key(heads).items():
            fields = decoder.fields([row])
            if "AN8" in fields:
                fields["AN8"] = str(fields["AN8"] or "")
            key = self.name(number)
            fields[self.key_field] = key
            changed = fields["changed_at"] = moment(stamps.get(number, NO_STAMP), zone)
            mine = {t: rows.get(number, []) for t, rows in rows_of.items()}
            lines = self.complete(fields, sides, mine)
            found.append(
                SourceRecord(key=key, fields=fields, modified_at=changed, lines=lines)
            )
        return found

    def name(self, number: Key) -> str:
        """The record's key: company, type and number of the document."""
        document, kind, company = number
        return f"{decode_text(company)}-{decode_text(kind)}-{document}"

    def number(self, key: str) -> str:
        split = key.split("-")
        return split[-1] if len(split) == 3 and split[-1].isdecimal() else ""

    def complete(
        self,
        fields: dict[str, Scalar],
        sides: Mapping[str, Loaded],
        rows: Mapping[str, Sequence[Row]],
    ) -> Sequence[Fields]:
        """Add what the side rows know; returns the lines."""
        return ()


class Invoices(Ledger):
    """Invoices of F03B11 or vouchers of F0411, their pay items summed."""

    def __init__(self, options: Options) -> None:
        self.head, items = ledgers.bills(options.writing)
        self.sides = (items,)

    def complete(
        self,
        fields: dict[str, Scalar],
        sides: Mapping[str, Loaded],
        rows: Mapping[str, Sequence[Row]],
    ) -> Sequence[Fields]:
        for table, side in sides.items():
            for name, alias, decode in side.shape.plan:
                if side.shape.hides(alias):
                    fields[name] = None
                    continue
                values = [decode(getattr(row, alias)) for row in rows[table]]
                fields[name] = _JOINED[name](values)
        return ()


class Payments(Ledger):
    """Receipts of F03B13 or payments of F0413, with the first document they pay."""

    key_field = "PYID"
    join = "PYID"

    def __init__(self, options: Options) -> None:
        self.head, details = ledgers.payments(options.writing)
        self.sides = (details,)

    def name(self, number: Key) -> str:
        return str(number)

    def number(self, key: str) -> str:
        return key if key.isdecimal() else ""

    def complete(
        self,
        fields: dict[str, Scalar],
        sides: Mapping[str, Loaded],
        rows: Mapping[str, Sequence[Row]],
    ) -> Sequence[Fields]:
        for table, side in sides.items():
            kept = "reference" in side.shape.part.fields
            if kept:
                fields["reference"] = ""
            fields["invoice"] = ""
            for first in rows[table][:1]:
                if kept:
                    fields["reference"] = decode_text(first.RMK)
                if first.DOC:
                    paid = (first.DOC, first.DCT, first.KCO)
                    fields["invoice"] = Ledger.name(self, paid)
        return ()


class Journals(Ledger):
    """Journal entries of F0911 with their lines."""

    def __init__(self, options: Options) -> None:
        self.head, lines = ledgers.journals(options.writing)
        self.sides = (lines,)

    def complete(
        self,
        fields: dict[str, Scalar],
        sides: Mapping[str, Loaded],
        rows: Mapping[str, Sequence[Row]],
    ) -> Sequence[Fields]:
        found: list[Fields] = []
        for table, side in sides.items():
            decoder = RecordDecoder([side.shape])
            found += [decoder.fields([row]) for row in rows[table]]
        return found


class Accounts(Entity):
    """F0901, a table on its own; `account` is how people write one."""

    head = ledgers.ACCOUNTS
    join = "AID"

    def records(
        self, heads: Loaded, sides: Mapping[str, Loaded], zone: tzinfo
    ) -> list[SourceRecord]:
        stamps: dict[Key, Stamp] = {}
        heads.newest(stamps)
        decoder, found = RecordDecoder([heads.shape]), []
        for number, row in first_by_key(heads).items():
            fields = decoder.fields([row])
            texts = (decode_text(getattr(row, a)) for a in ("MCU", "OBJ", "SUB"))
            fields["account"] = ".".join(text for text in texts if text)
            key = fields["AID"] = decode_text(number)
            changed = fields["changed_at"] = moment(stamps.get(number, NO_STAMP), zone)
            found.append(SourceRecord(key=key, fields=fields, modified_at=changed))
        return found

    def number(self, key: str) -> str:
        return key if key.strip() and len(key) <= 8 else ""

    @staticmethod
    def comparable(number: object) -> str:
        return str(number)

    def places(self, field_name: str) -> list[Place]:
        if field_name == "account":
            return [Place(self.head, "OBJ", _object_of)]
        return super().places(field_name)


def _object_of(account: str) -> list[str]:
    return account.split(".")[1:2]


def _grouped(loaded: Loaded) -> dict[Key, list[Row]]:
    key = loaded.key
    found: dict[Key, list[Row]] = {}
    for row in loaded.rows:
        found.setdefault(key(row), []).append(row)
    return found


def _total(values: Sequence[Scalar]) -> Scalar:
    return sum((v for v in values if isinstance(v, Decimal)), Decimal(0))


def _earliest(values: Sequence[Scalar]) -> Scalar:
    return min((v for v in values if isinstance(v, date)), default="")


def _worst(values: Sequence[Scalar]) -> Scalar:
    """Paid only when all pay items are; else the status of the first that is not."""
    return next((v for v in values if v != _PAID), values[0] if values else "")


_JOINED: Mapping[str, Callable[[Sequence[Scalar]], Scalar]] = {
    "AG": _total,
    "AAP": _total,
    "DDJ": _earliest,
    "PST": _worst,
}
