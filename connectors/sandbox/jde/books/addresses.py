"""Customers and their people, changed as the address book programs change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.jde.books.desk.changes import Changes
from connectors.sandbox.jde.books.desk.checks import NO_COMPANY, Caller
from connectors.sandbox.jde.books.desk.desk import Desk
from connectors.sandbox.jde.books.desk.messages import (
    BAD_ADDRESS,
    BAD_VALUE,
    DUPLICATE_NUMBER,
    STALE,
    Findings,
)
from connectors.sandbox.jde.data.columns import Row
from connectors.sandbox.jde.data.people import compressed
from connectors.sandbox.jde.data.store import after

CUSTOMER = "C"
FIRST_ADDRESS = 6000
BUSINESS, MOBILE = "", "CAR"
Columns = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Address:
    """New values by table and alias; what is not named stays as it is.

    `number` nought is a new customer, unless `ALKY` names one that exists. `book` is
    F0101, `master` F03012, `place` F0116, `names` F0111 of the line. A phone or
    electronic address is by its type: `(prefix, number)`, or the text; empty takes
    it away. `seen` is the newest UPMJ and UPMT (14 digits) the caller knows of.
    """

    number: int = 0
    line: int = 0
    company: str = NO_COMPANY
    book: Columns = field(default_factory=dict)
    master: Columns = field(default_factory=dict)
    place: Columns = field(default_factory=dict)
    names: Columns = field(default_factory=dict)
    phones: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    mails: Mapping[str, str] = field(default_factory=dict)
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an address: its number, its line and whether it is new."""

    number: int
    line: int
    new: bool
    changes: Changes


class Addresses:
    """The address book, with the customer master behind it."""

    def __init__(self, desk: Desk):
        self._desk = desk
        self._database = desk.database

    def customer(self, wish: Address, caller: Caller) -> Kept:
        """Create or change a customer; RefusedError if a check fails."""
        found, changes = self._desk.begin(caller, "P03013")
        row = self._customer_row(wish, found)
        if wish.company.strip("0"):
            self._desk.checks.company(wish.company, caller, found)
        self._lengths(wish, found)
        self._current(wish, row[0] if row else 0, 0, found)
        if row is None and not str(wish.book.get("ALPH") or "").strip():
            found.error(BAD_VALUE, "A new address needs a name", "ALPH")
        found.stop()
        number = row[0] if row else self._new_number()
        book = dict(wish.book)
        if "ALPH" in book:
            book["DC"] = compressed(str(book["ALPH"]))
        if row is None:
            defaults = {"AT1": CUSTOMER, "ATR": "Y", "ATP": "N", "TAXC": "C"}
            changes.insert("F0101", {**defaults, **book, "AN8": number})
        else:
            # The program writes this row on every OK, changed or not.
            changes.update("F0101", row, book)
        names = {"MLNM": book["ALPH"], "ALPH": book["ALPH"]} if "ALPH" in book else {}
        self._keep("F0111", (number, 0), {**names, **wish.names}, changes)
        self._master(wish, number, changes)
        self._place(wish, number, changes)
        self._reachable(wish, number, changes)
        return Kept(number, 0, row is None, changes)

    def contact(self, wish: Address, caller: Caller) -> Kept:
        """Create or change a person of an address (line 1 and up)."""
        found, changes = self._desk.begin(caller, "P0111")
        if self._database["F0101"].find((wish.number,)) is None:
            text = f"Address number {wish.number} is not in the address book"
            found.error(BAD_ADDRESS, text, "AN8")
        row = self._database["F0111"].find((wish.number, wish.line))
        if wish.line and row is None:
            text = f"{wish.number} has no person in line {wish.line}"
            found.error(BAD_ADDRESS, text, "IDLN")
        self._lengths(wish, found)
        new = not wish.line
        self._current(wish, 0 if new else wish.number, wish.line, found)
        name = f"{wish.names.get('GNNM', '')} {wish.names.get('SRNM', '')}".strip()
        if new and not name:
            found.error(BAD_VALUE, "A new person needs a name", "SRNM")
        found.stop()
        rows = self._database["F0111"].with_prefix((wish.number,))
        line = wish.line or max((one[1] for one in rows), default=0) + 1
        values = self._person(wish.names, row if wish.line else None)
        first = {"TYC": "C", "DSS5": line * 10} if new else {}
        self._keep("F0111", (wish.number, line), {**first, **values}, changes)
        place = Address(wish.number, line, phones=wish.phones, mails=wish.mails)
        self._reachable(place, wish.number, changes)
        return Kept(wish.number, line, new, changes)

    def _person(self, names: Columns, row: Row | None) -> dict[str, Any]:
        """The names given, with the mailing and alpha name that follow from them."""
        values = dict(names)
        if not {"GNNM", "MDNM", "SRNM"} & set(values):
            return values
        old = self._desk.checks.values("F0111", row) if row else {}
        given, middle, surname = (
            str(values.get(n, old.get(n, "")) or "").strip()
            for n in ("GNNM", "MDNM", "SRNM")
        )
        full = " ".join(part for part in (given, middle, surname) if part)
        alpha = ", ".join(part for part in (surname, given) if part)
        return {**values, "MLNM": full[:40], "ALPH": alpha[:40], "SLNM": given}

    def _customer_row(self, wish: Address, found: Findings) -> Row | None:
        table = self._database["F0101"]
        long_number = str(wish.book.get("ALKY") or "").strip()
        same = self._by_long_number(long_number) if long_number else None
        if not wish.number:
            return same
        row = table.find((wish.number,))
        if row is None:
            text = f"Address number {wish.number} is not in the address book"
            found.error(BAD_ADDRESS, text, "AN8")
        if same is not None and same[0] != wish.number:
            text = f"Long address number {long_number!r} is that of {same[0]}"
            found.error(DUPLICATE_NUMBER, text, "ALKY")
        return row

    def _by_long_number(self, text: str) -> Row | None:
        found = self._database["F0101"].index("ALKY").buckets([(text, after(text))])
        return next((row for bucket in found for row in bucket), None)

    def _lengths(self, wish: Address, found: Findings) -> None:
        for name, values in (
            ("F0101", wish.book),
            ("F03012", wish.master),
            ("F0116", wish.place),
            ("F0111", wish.names),
        ):
            found.fits(self._database[name].definition, dict(values))
        for prefix, number in wish.phones.values():
            definition = self._database["F0115"].definition
            found.fits(definition, {"AR1": prefix, "PH1": number})
        for text in wish.mails.values():
            found.fits(self._database["F01151"].definition, {"EMAL": text})
        checks = self._desk.checks
        for unit in (wish.book.get("MCU"), wish.master.get("MCUR")):
            checks.unit(str(unit or ""), found)
        checks.terms(str(wish.master.get("TRAR") or ""), found)

    def _current(self, wish: Address, number: int, line: int, found: Findings) -> None:
        """An error if a row of the address is newer than what the caller saw."""
        if not wish.seen or not number:
            return
        newest = self.newest(number, line)
        if newest > wish.seen:
            text = f"Address {number} was changed at {newest}, after {wish.seen}"
            found.error(STALE, text, "UPMJ")

    def newest(self, number: int, line: int) -> str:
        """The highest UPMJ and UPMT of an address (line 0) or one of its people."""
        tables = ["F0111", "F0115", "F01151"]
        if not line:
            tables += ["F0101", "F0116", "F03012"]
        stamps = [""]
        for name in tables:
            position = self._database[name].definition.position
            prefix = (number, line) if name in tables[:3] else (number,)
            for row in self._database[name].with_prefix(prefix):
                day, time = row[position["UPMJ"]], row[position["UPMT"]]
                stamps.append(f"{day}{time:06d}" if day else "")
        return max(stamps)

    def _master(self, wish: Address, number: int, changes: Changes) -> None:
        company = wish.company.rjust(5, "0")
        table = self._database["F03012"]
        if table.find((number, company)) is None:
            defaults = {"ARC": "TRAD", "HDAR": "N", "RYIN": "C"}
            key = {"AN8": number, "CO": company}
            changes.insert("F03012", {**defaults, **wish.master, **key})
        else:
            self._keep("F03012", (number, company), wish.master, changes)

    def _place(self, wish: Address, number: int, changes: Changes) -> None:
        """Change the address in effect today; a first one begins today."""
        if not wish.place:
            return
        today = changes.stamp.day
        rows = self._database["F0116"].with_prefix((number,))
        begun = [row for row in rows if row[1] <= today]
        key = (number, begun[-1][1] if begun else today)
        self._keep("F0116", key, wish.place, changes)

    def _reachable(self, wish: Address, number: int, changes: Changes) -> None:
        for kind, (prefix, phone) in wish.phones.items():
            values = {"AR1": prefix, "PH1": phone}
            self._typed("F0115", (number, wish.line), ("PHTP", kind), values, changes)
        for kind, text in wish.mails.items():
            values = {"EMAL": text}
            self._typed("F01151", (number, wish.line), ("ETP", kind), values, changes)

    def _typed(
        self,
        name: str,
        prefix: tuple[int, int],
        kind: tuple[str, str],
        values: Columns,
        changes: Changes,
    ) -> None:
        """The first row of this type, or a new one behind the others."""
        table = self._database[name]
        rows, place = table.with_prefix(prefix), table.definition.position[kind[0]]
        same = [row for row in rows if row[place].strip() == kind[1]]
        if same:
            self._keep(name, same[0][: table.definition.key_length], values, changes)
        elif any(str(one).strip() for one in values.values()):
            line = max((row[2] for row in rows), default=0) + changes.count(name) + 1
            key = {"AN8": prefix[0], "IDLN": prefix[1], "RCK7": line}
            changes.insert(name, {**key, kind[0]: kind[1], **values})

    def _keep(
        self, name: str, key: tuple[Any, ...], values: Columns, changes: Changes
    ) -> None:
        """Insert the row, or change it where a value differs."""
        table = self._database[name]
        row = table.find(key)
        if row is None:
            columns = table.definition.key
            named = {c.alias: one for c, one in zip(columns, key, strict=True)}
            changes.insert(name, {**values, **named})
            return
        definition = table.definition
        differs = any(
            row[definition.position[alias]]
            != definition.columns[definition.position[alias]].store(value)
            for alias, value in values.items()
        )
        if differs:
            changes.update(name, row, dict(values))

    def _new_number(self) -> int:
        rows = self._database["F0101"]
        return self._desk.numbers.take(
            "address",
            lambda: rows.rows[-1][0] if len(rows) else FIRST_ADDRESS,
            lambda number: rows.find((number,)) is not None,
        )
