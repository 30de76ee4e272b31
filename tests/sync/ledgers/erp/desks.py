"""Customers and their people as the users of JD Edwards keep them, in its tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sandbox.core.client import ControlClient
from tests.sync.ledgers.desks import Values

BUSINESS = ""
# Customers of users get numbers from here on; the engine's get those behind the seed.
FIRST = 2001


class Tables:
    """Rows of JD Edwards, stamped as an application does it."""

    def __init__(self, control: ControlClient) -> None:
        self.control = control

    def rows(self, table: str, **of: int) -> list[dict[str, Any]]:
        """All rows with these numbers; texts without the blanks behind them."""
        return [
            {n: v.strip() if isinstance(v, str) else v for n, v in row.items()}
            for row in self.control.records(table)
            if all(int(row[name]) == value for name, value in of.items())
        ]

    def insert(self, table: str, **values: Any) -> None:
        """A new row."""
        self.control.edit(action="insert", table=table, set=values)

    def update(self, table: str, key: Mapping[str, Any], **values: Any) -> None:
        """Change a row, or only its stamp."""
        self.control.edit(table=table, key=key, set=values)

    def delete(self, table: str, **key: int) -> None:
        """Take a row away."""
        self.control.edit(action="delete", table=table, key=key)

    def silence(self) -> None:
        """Take all phones away: those of the seed are of many kinds."""
        for row in self.rows("F0115"):
            key = {name: row[name] for name in ("AN8", "IDLN", "RCK7", "CNLN")}
            self.delete("F0115", **key)

    def phones(self) -> dict[tuple[int, int], str]:
        """The business phone of each address and person."""
        return {
            (int(row["AN8"]), int(row["IDLN"])): row["PH1"]
            for row in reversed(self.rows("F0115"))
            if row["PHTP"] == BUSINESS and row["PH1"]
        }

    def call(self, number: int, line: int, phone: str) -> None:
        """Give an address, or a person of it, this business phone."""
        rows = self.rows("F0115", AN8=number, IDLN=line)
        key = {"AN8": number, "IDLN": line}
        for row in rows:
            if row["PHTP"] == BUSINESS:
                whole = key | {"RCK7": row["RCK7"], "CNLN": row["CNLN"]}
                self.update("F0115", whole, AR1="", PH1=phone)
                return
        last = max((int(row["RCK7"]) for row in rows), default=0)
        self.insert("F0115", **key, RCK7=last + 1, CNLN=0, PHTP=BUSINESS, PH1=phone)


class Customers:
    """F0101 of search type C, with today's address and the business phone."""

    fields: Mapping[str, str] = {"name": "ALPH", "phone": "phone", "city": "city"}

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._next = FIRST

    def live(self) -> dict[str, Values]:
        """See Desk."""
        phones = self.tables.phones()
        cities = {int(row["AN8"]): row["CTY1"] for row in self.tables.rows("F0116")}
        return {
            str(number): {
                "name": row["ALPH"],
                "phone": phones.get((number, 0), ""),
                "city": cities.get(number, ""),
            }
            for row in self.tables.rows("F0101")
            if row["AT1"] == "C" and (number := int(row["AN8"]))
        }

    def create(self, values: Values) -> str:
        """See Desk."""
        number, self._next = self._next, self._next + 1
        name, insert = values["name"], self.tables.insert
        insert("F0101", AN8=number, ALPH=name, AT1="C", ATR="Y", TAXC="C")
        insert("F0111", AN8=number, IDLN=0, MLNM=name, ALPH=name)
        insert("F03012", AN8=number, CO="00000", ARC="TRAD", HDAR="N", RYIN="C")
        city = values.get("city", "")
        insert("F0116", AN8=number, EFTB="20200101", CTY1=city, CTR="US")
        if phone := values.get("phone"):
            self.tables.call(number, 0, phone)
        return str(number)

    def edit(self, key: str, values: Values) -> None:
        """See Desk."""
        number = int(key)
        if "name" in values:
            self.tables.update("F0101", {"AN8": number}, ALPH=values["name"])
        if "city" in values:
            self._move(number, values["city"])
        if "phone" in values:
            self.tables.call(number, 0, values["phone"])

    def _move(self, number: int, city: str) -> None:
        rows = self.tables.rows("F0116", AN8=number)
        if rows:
            day = max(row["EFTB"] for row in rows)
            self.tables.update("F0116", {"AN8": number, "EFTB": day}, CTY1=city)
        else:
            self.tables.insert("F0116", AN8=number, EFTB="20200101", CTY1=city)

    def touch(self, key: str) -> None:
        """See Desk: somebody presses OK."""
        self.tables.update("F0101", {"AN8": int(key)})

    def delete(self, key: str) -> None:
        """See Desk."""
        self.tables.delete("F0101", AN8=int(key))

    def mark(self, key: str) -> str:
        """See Desk; "" too for one that is gone for good."""
        rows = self.tables.rows("F0101", AN8=int(key))
        return str(rows[0]["ALKY"]) if rows else ""

    def marks(self) -> dict[str, str]:
        """See Desk."""
        rows = self.tables.rows("F0101")
        return {str(row["AN8"]): row["ALKY"] for row in rows if row["AT1"] == "C"}


class People:
    """F0111 of customers from line 1 on, with the business phone."""

    fields: Mapping[str, str] = {
        "first_name": "first_name", "last_name": "last_name", "phone": "phone",
    }  # fmt: skip

    def __init__(self, tables: Tables, customers: Customers) -> None:
        self.tables = tables
        self.customers = customers
        # Whose the next new one is.
        self.employer = ""

    def live(self) -> dict[str, Values]:
        """See Desk."""
        phones = self.tables.phones()
        return {
            key: {
                "first_name": row["GNNM"],
                "last_name": row["SRNM"],
                "phone": phones.get((int(row["AN8"]), int(row["IDLN"])), ""),
            }
            for key, row in self._rows().items()
        }

    def create(self, values: Values) -> str:
        """See Desk; a person of `employer`."""
        number = int(self.employer)
        lines = self.tables.rows("F0111", AN8=number)
        line = max(int(row["IDLN"]) for row in lines) + 1
        self.tables.insert("F0111", AN8=number, IDLN=line, TYC="C", **_named(values))
        if phone := values.get("phone"):
            self.tables.call(number, line, phone)
        return f"{number}-{line}"

    def edit(self, key: str, values: Values) -> None:
        """See Desk."""
        names = {name: value for name, value in values.items() if name != "phone"}
        if names:
            self.tables.update("F0111", _key(key), **_named(self.live()[key] | names))
        if "phone" in values:
            where = _key(key)
            self.tables.call(where["AN8"], where["IDLN"], values["phone"])

    def is_last(self, key: str) -> bool:
        """Whether it has the highest line of its customer."""
        where = _key(key)
        rows = self.tables.rows("F0111", AN8=where["AN8"])
        return max(int(row["IDLN"]) for row in rows) == where["IDLN"]

    def touch(self, key: str) -> None:
        """See Desk."""
        self.tables.update("F0111", _key(key))

    def delete(self, key: str) -> None:
        """See Desk."""
        self.tables.delete("F0111", **_key(key))

    def mark(self, key: str) -> str:
        """See Desk; "" too for one that is gone for good."""
        return self.marks().get(key, "")

    def marks(self) -> dict[str, str]:
        """See Desk."""
        return {key: row["REM1"] for key, row in self._rows().items()}

    def _rows(self) -> dict[str, dict[str, Any]]:
        customers = self.customers.marks()
        return {
            f"{row['AN8']}-{row['IDLN']}": row
            for row in self.tables.rows("F0111")
            if int(row["IDLN"]) and str(row["AN8"]) in customers
        }


def _key(key: str) -> dict[str, int]:
    number, _, line = key.partition("-")
    return {"AN8": int(number), "IDLN": int(line)}


def _named(values: Values) -> dict[str, str]:
    """The columns that the program fills from a person's names."""
    first, last = values.get("first_name", ""), values["last_name"]
    return {
        "GNNM": first,
        "SRNM": last,
        "MLNM": f"{first} {last}".strip(),
        "ALPH": f"{last}, {first}" if first else last,
    }
