"""Items (F4101) and accounts (F0901)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sandbox.jde.books.desk.changes import Changes
from connectors.sandbox.jde.books.desk.checks import Caller
from connectors.sandbox.jde.books.desk.desk import Desk
from connectors.sandbox.jde.books.desk.messages import BAD_UNIT, BAD_VALUE, NOT_FOUND
from connectors.sandbox.jde.data.store import after

FIRST_ITEM, FIRST_ACCOUNT = 60000, 12000
POSTING_EDITS = frozenset({"", "N", "I", "M", "B"})
STOCKING_TYPES = frozenset({"P", "M", "S", "O", "N"})
Columns = Mapping[str, Any]
Kept = tuple[Any, bool, Changes]
"""The key, whether it is new, and the changes to commit."""


class Masters:
    """Reference data, changed as the master programs change it."""

    def __init__(self, desk: Desk):
        self._desk = desk
        self._database = desk.database

    def item(self, number: int, values: Columns, caller: Caller) -> Kept:
        """By short number or, without one, by second item number (LITM)."""
        found, changes = self._desk.begin(caller, "P4101")
        table = self._database["F4101"]
        second = str(values.get("LITM") or "").rstrip()
        if number:
            row = table.find((number,))
            if row is None:
                found.error(NOT_FOUND, f"Item {number} is not valid", "ITM")
        else:
            # Nothing is stored as empty text, so an empty number finds nothing.
            found_rows = table.index("LITM").buckets([(second, after(second))])
            row = next((one for rows in found_rows for one in rows), None)
        found.fits(table.definition, dict(values))
        if not number and not second:
            found.error(BAD_VALUE, "An item needs a second item number", "LITM")
        kind = values.get("STKT")
        if kind is not None and kind not in STOCKING_TYPES:
            found.error(BAD_VALUE, f"Stocking type {kind!r} is not valid", "STKT")
        if row is None and not str(values.get("DSC1") or "").strip():
            found.error(BAD_VALUE, "A new item needs a description", "DSC1")
        found.stop()
        if row is not None:
            changes.update("F4101", row, dict(values))
            return row[0], False, changes
        new = self._desk.numbers.take(
            "item",
            lambda: table.rows[-1][0] if len(table) else FIRST_ITEM,
            lambda one: table.find((one,)) is not None,
        )
        defaults = {"UOM1": "EA", "STKT": "P", "LNTY": "S", "GLPT": "IN20"}
        changes.insert("F4101", {**defaults, **values, "ITM": new})
        return new, True, changes

    def account(self, values: Columns, caller: Caller) -> Kept:
        """By business unit, object and subsidiary, which make the account."""
        found, changes = self._desk.begin(caller, "P0901")
        table, checks = self._database["F0901"], self._desk.checks
        unit = checks.unit(str(values["MCU"]), found)
        unit_row = self._database["F0006"].find((unit,))
        if unit_row is None:
            found.error(BAD_UNIT, "An account needs a business unit", "MCU")
        found.fits(table.definition, dict(values))
        edit = str(values.get("PEC") or "").strip()
        if edit not in POSTING_EDITS:
            found.error(BAD_VALUE, f"Posting edit {edit!r} is not valid", "PEC")
        parts = (str(values["OBJ"]).strip(), str(values.get("SUB") or "").strip())
        row = checks.account_by_parts(unit, parts[0] or " ", parts[1] or " ")
        if not parts[0]:
            found.error(BAD_VALUE, "An account needs an object", "OBJ")
        if row is None and not str(values.get("DL01") or "").strip():
            found.error(BAD_VALUE, "A new account needs a description", "DL01")
        if unit_row is not None:
            company = checks.values("F0006", unit_row)["CO"]
            checks.company(company, caller, found)
        found.stop()
        if row is not None:
            changes.update("F0901", row, dict(values))
            return row[0], False, changes
        new = self._desk.numbers.take(
            "account",
            lambda: int(table.rows[-1][0]) if len(table) else FIRST_ACCOUNT,
            lambda one: table.find((f"{one:08d}",)) is not None,
        )
        named = {"AID": f"{new:08d}", "CO": company}
        changes.insert("F0901", {"LDA": "6", **values, **named})
        return f"{new:08d}", True, changes
