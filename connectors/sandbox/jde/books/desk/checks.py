"""The edits that all entries have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connectors.sandbox.jde.books.desk.locks import Locks
from connectors.sandbox.jde.books.desk.messages import (
    AFTER_PERIOD,
    BAD_ACCOUNT,
    BAD_ADDRESS,
    BAD_COMPANY,
    BAD_DATE,
    BAD_SUBLEDGER,
    BAD_UNIT,
    BAD_VALUE,
    BEFORE_PERIOD,
    RECORD_HELD,
    Findings,
)
from connectors.sandbox.jde.config import JdeConfig
from connectors.sandbox.jde.data.columns import BLANK, Row
from connectors.sandbox.jde.data.database import Database
from connectors.sandbox.jde.data.finance.chart import HOME_UNITS
from connectors.sandbox.jde.data.finance.lines import Account
from connectors.sandbox.jde.users import User

NO_COMPANY = "00000"
ADDRESS_SUBLEDGER, SUBLEDGER_DIGITS = "A", 8


@dataclass(frozen=True, slots=True)
class Split:
    """One distribution line. Either `account` (AID) or unit, object, subsidiary.

    A subledger is of a type: A is a number of the address book.
    """

    amount: Decimal
    account: str = ""
    unit: str = ""
    object: str = ""
    subsidiary: str = ""
    explanation: str = ""
    subledger: str = ""
    subledger_type: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who enters something: the account, and the session that may hold records."""

    user: User
    session: str = ""


class Checks:
    """Looks up what an entry names; every complaint goes into the findings."""

    def __init__(self, database: Database, config: JdeConfig, locks: Locks):
        self._database = database
        self._config = config
        self._locks = locks

    def company(self, given: str, caller: Caller, found: Findings) -> dict[str, Any]:
        """The company's constants; empty after an error."""
        number = given.strip().rjust(5, "0") if given.strip() else ""
        row = self._database["F0010"].find((number,))
        if (
            row is None
            or number == NO_COMPANY
            or number in caller.user.hidden_companies
        ):
            found.error(BAD_COMPANY, f"Company {given!r} is not valid", "CO")
            return {}
        return self.values("F0010", row)

    def customer(self, number: int, company: str, found: Findings) -> dict[str, Any]:
        """The customer master row for the company, or the one for all companies."""
        rows = self._database["F03012"].with_prefix((number,)) if number else []
        usable = {row[1]: row for row in rows if row[1] in {NO_COMPANY, company}}
        if not usable:
            text = f"Address number {number} is not a customer of company {company}"
            found.error(BAD_ADDRESS, text, "AN8")
            return {}
        return self.values("F03012", usable.get(company) or usable[NO_COMPANY])

    def supplier(self, number: int, caller: Caller, found: Findings) -> dict[str, Any]:
        """The supplier master row; held by another session is an error."""
        row = self._database["F0401"].find((number,))
        if row is None:
            text = f"Address number {number} is not in the supplier master"
            found.error(BAD_ADDRESS, text, "AN8")
            return {}
        holder = self._locks.holder(("F0401", number))
        if holder is not None and holder != caller.session:
            text = f"Supplier {number} is reserved by another session"
            found.error(RECORD_HELD, text, "AN8")
        return self.values("F0401", row)

    def period(self, day: str, company: Mapping[str, Any], found: Findings) -> None:
        """The G/L date must lie in the company's open period or the next one."""
        if not day:
            found.error(BAD_DATE, "G/L date is missing", "DGJ")
        if not day or not company or not company["DFYJ"]:
            return
        begins = company["DFYJ"]
        months = (int(day[:4]) - int(begins[:4])) * 12
        months += int(day[4:6]) - int(begins[4:6]) + 1
        level = self._config.period_check
        if months < company["PNC"]:
            text = f"G/L date {day} is before the open period {company['PNC']}"
            found.say(level, BEFORE_PERIOD, text, "DGJ")
        if months > company["PNC"] + 1:
            text = f"G/L date {day} is after the open period {company['PNC']}"
            found.say(level, AFTER_PERIOD, text, "DGJ")

    def account(
        self, line: Split, company: str, caller: Caller, found: Findings
    ) -> Account | None:
        """The account a line goes to, if a user may post there."""
        row = self._account_row(line, found)
        if row is None:
            return None
        one = self.values("F0901", row)
        edit = one["PEC"].strip()
        within = self._subledger(line, found)
        account = Account(one["AID"], one["MCU"], one["OBJ"], one["SUB"], *within)
        if edit:
            text = f"Account {account.readable} cannot be posted to (PEC {edit})"
            found.error(BAD_ACCOUNT, text, "ANI")
        if one["CO"] != company or one["CO"] in caller.user.hidden_companies:
            text = f"Account {account.readable} is not of company {company}"
            found.error(BAD_ACCOUNT, text, "ANI")
        unit = self._database["F0006"].find((one["MCU"],))
        if unit is None or self.values("F0006", unit)["PECC"].strip():
            text = f"Business unit {one['MCU'].strip()} cannot be posted to"
            found.error(BAD_UNIT, text, "MCU")
        return account

    def _subledger(self, line: Split, found: Findings) -> tuple[str, str]:
        """Subledger and type in stored form; an address number has eight digits."""
        value, kind = line.subledger.strip(), line.subledger_type.strip()
        if not value and not kind:
            return BLANK, BLANK
        if not value or not kind:
            found.error(BAD_SUBLEDGER, "Subledger and its type go together", "SBL")
        elif kind != ADDRESS_SUBLEDGER:
            text = f"Subledger type {kind!r} is not in UDC 00/ST"
            found.error(BAD_SUBLEDGER, text, "SBLT")
        elif (
            not value.isdecimal()
            or len(value) > SUBLEDGER_DIGITS
            or self._database["F0101"].find((int(value),)) is None
        ):
            text = f"Subledger {value} is not in the address book"
            found.error(BAD_SUBLEDGER, text, "SBL")
        return value.rjust(SUBLEDGER_DIGITS, "0"), kind

    def _account_row(self, line: Split, found: Findings) -> Row | None:
        if line.account:
            row = self._database["F0901"].find((line.account.strip(),))
            if row is None:
                text = f"Account {line.account} is not in the account master"
                found.error(BAD_ACCOUNT, text, "AID")
            return row
        unit = line.unit.strip().rjust(12)
        parts = (line.object.strip() or BLANK, line.subsidiary.strip() or BLANK)
        if self._database["F0006"].find((unit,)) is None:
            text = f"Business unit {line.unit!r} is not in the business unit master"
            found.error(BAD_UNIT, text, "MCU")
            return None
        row = self.account_by_parts(unit, *parts)
        if row is None:
            name = ".".join(part.strip() for part in (unit, *parts) if part.strip())
            found.error(BAD_ACCOUNT, f"Account {name} is not valid", "OBJ")
        return row

    def account_by_parts(self, unit: str, objekt: str, sub: str) -> Row | None:
        """The account of padded unit, object and subsidiary."""
        table = self._database["F0901"]
        places = [table.definition.position[one] for one in ("MCU", "OBJ", "SUB")]
        wanted = (unit, objekt, sub)
        for row in table.rows:
            if tuple(row[place] for place in places) == wanted:
                return row
        return None

    def control_account(self, company: str, objekt: str) -> Account:
        """The account that automatic accounting names for a company."""
        unit = HOME_UNITS[company].rjust(12)
        row = self.account_by_parts(unit, objekt, BLANK)
        if row is None:
            message = f"company {company} has no account {objekt}"
            raise LookupError(message)
        return Account(row[0], unit, objekt)

    def unit(self, given: str, found: Findings) -> str:
        """A business unit that must exist where one is named; padded."""
        padded = given.strip().rjust(12)
        if given.strip() and self._database["F0006"].find((padded,)) is None:
            found.error(BAD_UNIT, f"Business unit {given!r} is not valid", "MCU")
        return padded

    def terms(self, given: str, found: Findings) -> None:
        """A payment term that must exist where one is named."""
        if given.strip() and self._database["F0014"].find((given.strip(),)) is None:
            found.error(BAD_VALUE, f"Payment term {given!r} is not valid", "PTC")

    def amounts(self, given: Iterable[Decimal], alias: str, found: Findings) -> None:
        """Amounts have two decimals at most."""
        for one in given:
            if one.is_finite() and one * 100 != (one * 100).to_integral_value():
                found.error(BAD_VALUE, f"{one} has more than 2 decimals", alias)

    def values(self, name: str, row: Row) -> dict[str, Any]:
        """A stored row by alias."""
        return dict(zip(self._database[name].definition.position, row, strict=True))
