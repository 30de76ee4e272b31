"""What both sides of the two-way benchmark hold, what changes there, and what must be
there in the end.

Read from the systems' own tables and compared field by field: nothing here asks the
product what it thinks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.bench.install import BACK
from tests.bench.world import Sandbox

# One of so many that changes in JD Edwards changes in HubSpot as well.
BOTH = 50
CHUNK = 1000
# Of the two fields that change on both sides each side owns one.
OWNERS = {"customer.name": "left", "customer.city": "right"}
PLACES = {"name": ("F0101", "ALPH"), "city": ("F0116", "CTY1")}
Values = dict[str, dict[str, str]]


def current(rows: Sequence[Mapping[str, Any]], today: str) -> dict[str, Any]:
    """The address row of each number that counts today; later ones come later."""
    found: dict[str, Any] = {}
    for row in sorted(rows, key=lambda one: one["EFTB"] or ""):
        if (row["EFTB"] or "") <= today:
            found[str(row["AN8"])] = row
    return found


def phone_of(row: Mapping[str, Any]) -> str:
    """A number as people write it."""
    return f"{row['AR1'].strip()} {row['PH1'].strip()}".strip()


def in_jde(box: Sandbox) -> tuple[Values, dict[str, Any]]:
    """The shared fields of customers that have a row in every table, and where their
    address row begins.

    By number. Read from the tables themselves; what is missing or several is left out,
    because the connector's rules for it are tested elsewhere.
    """
    rows = box.jde.records
    today = f"{box.jde.clock()['now'][:10]}".replace("-", "")
    names = {
        str(row["AN8"]): row["ALPH"].strip()
        for row in rows("F0101")
        if row["AT1"].strip() == "C"
    }
    addresses = current(rows("F0116"), today)
    limits = {str(r["AN8"]): r["ACL"] for r in rows("F03012") if r["CO"] == "00000"}
    phones: dict[str, str] = {}
    for row in rows("F0115"):
        if row["IDLN"] == 0 and not row["PHTP"].strip() and row["PH1"].strip():
            phones.setdefault(str(row["AN8"]), phone_of(row))
    complete = names.keys() & addresses.keys() & limits.keys() & phones.keys()
    values = {
        number: {
            "name": names[number],
            "phone": phones[number],
            "address": addresses[number]["ADD1"].strip(),
            "city": addresses[number]["CTY1"].strip(),
            "zip": addresses[number]["ADDZ"].strip(),
            "erp_credit_limit": plain(limits[number]),
        }
        for number in complete
    }
    return values, {number: addresses[number]["EFTB"] for number in complete}


def in_hubspot(box: Sandbox) -> tuple[Values, dict[str, str]]:
    """The shared fields of all companies, and their record ids, by customer number."""
    values, ids = {}, {}
    for record in box.hubspot.records("companies"):
        properties = record["properties"]
        number = properties["erp_key"].removeprefix("jde:")
        ids[number] = record["id"]
        values[number] = {name: properties.get(name) or "" for name in BACK}
        limit = properties.get("erp_credit_limit")
        values[number]["erp_credit_limit"] = plain(limit) if limit else ""
    return values, ids


def plain(amount: object) -> str:
    """An amount without needless zeros, to compare."""
    return f"{Decimal(str(amount)).normalize():f}"


# -------------------------------------------------------------------------- changes


@dataclass
class World:
    """The records that take part, and what both sides must hold in the end.

    `changed` change in JD Edwards, `both` of them in HubSpot too; `there` change only
    in HubSpot. By turns a name or a city; only in HubSpot, any shared field.
    """

    box: Sandbox
    begins: Mapping[str, Any]
    ids: Mapping[str, str]
    wanted: Values
    changed: list[str] = field(default_factory=list)

    def choose(self, changes: int) -> None:
        """Spread the changes; ValueError when there are too few customers."""
        able = sorted(self.begins, key=int)
        if changes + changes // BOTH > len(able):
            raise ValueError(f"only {len(able):,} customers have every shared field")
        self.changed = able[:changes]
        self.there = able[changes : changes + changes // BOTH]
        # A turn later every second time, so that both fields meet.
        self.both = [
            self.changed[n + n // BOTH % 2] for n in range(0, changes - 1, BOTH)
        ]
        self.turn = {one: ("name", "city")[n % 2] for n, one in enumerate(self.changed)}

    @property
    def lost(self) -> list[str]:
        """Those whose change in JD Edwards gives way: HubSpot owns the city."""
        return [one for one in self.both if self.turn[one] == "city"]

    def change_jde(self, round_: int) -> None:
        """Change what changes in JD Edwards."""
        rows: dict[str, list[Any]] = {"F0101": [], "F0116": []}
        for one in self.changed:
            name = self.turn[one]
            table, column = PLACES[name]
            begins = {"EFTB": self.begins[one]} if name == "city" else {}
            value = f"{name} {round_} of {one}"
            rows[table].append(
                {"key": {"AN8": int(one), **begins}, "set": {column: value}}
            )
            self.wanted[one][name] = value
        for table, some in rows.items():
            for start in range(0, len(some), CHUNK):
                part = some[start : start + CHUNK]
                self.box.jde.edit(action="update_many", table=table, rows=part)

    def change_hubspot(self, round_: int) -> None:
        """Change what changes in HubSpot; of both sides' changes the owner's stays."""
        for one in self.both:
            name = self.turn[one]
            self._edit(one, name, f"HubSpot {name} {round_}", kept=name == "city")
        names = list(BACK)
        for number, one in enumerate(self.there):
            name = names[number % len(names)]
            self._edit(one, name, _other(name, round_, number))

    def _edit(self, one: str, name: str, value: str, *, kept: bool = True) -> None:
        self.box.hubspot.edit(type="companies", id=self.ids[one], set={name: value})
        if kept:
            self.wanted[one][name] = value

    def differences(self) -> list[str]:
        """Where either side is not as it must be, field by field."""
        jde, hubspot = in_jde(self.box)[0], in_hubspot(self.box)[0]
        found = []
        if hubspot.keys() != self.wanted.keys():
            found.append(f"{len(hubspot):,} companies, not {len(self.wanted):,}")
        if jde.keys() != self.begins.keys():
            found.append(f"{len(jde):,} whole customers, not {len(self.begins):,}")
        for side, values in (("JDE", jde), ("HubSpot", hubspot)):
            wrong = [one for one in values if values[one] != self.wanted.get(one)]
            if wrong:
                one = wrong[0]
                found.append(
                    f"{len(wrong):,} wrong in {side}, like {one}: {values[one]}, not "
                    f"{self.wanted.get(one)}"
                )
        return found


def _other(name: str, round_: int, number: int) -> str:
    """A new value of a field, as a person would give it."""
    if name == "erp_credit_limit":
        return str(1000 * (round_ + 1) + 7)
    if name == "phone":
        return f"303 555-{round_}{number:06}"
    return f"{name[:4]} {round_}-{number}"
