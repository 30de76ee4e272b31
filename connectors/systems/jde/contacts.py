"""Contacts: the people of a customer's who's who, with their phones and e-mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from connectors.sdk.records import Scalar, SourceRecord
from connectors.systems.jde import parts
from connectors.systems.jde.codecs import NO_STAMP, Stamp, moment
from connectors.systems.jde.entities import Entity, Key, Loaded, decoded, texts
from connectors.systems.jde.options import Options
from connectors.systems.jde.query import Row
from connectors.systems.jde.reachable import Found, add, electronic, phones

_NAMES = ("MLNM", "ALPH", "GNNM", "MDNM", "SRNM")
_NAME_FIELDS = ("name", "first_name", "middle_name", "last_name")


class Contacts(Entity):
    """F0111 from line 1 on, for the numbers that are customers."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.head = parts.PEOPLE
        self.sides = (
            parts.customer_numbers(options.search_types),
            parts.phones(people=True),
            parts.electronic_addresses(people=True),
        )

    def number(self, key: str) -> str:
        number, _, line = key.partition("-")
        return number if number.isdecimal() and line.isdecimal() else ""

    def records(
        self, heads: Loaded, sides: Mapping[str, Loaded], zone: tzinfo
    ) -> list[SourceRecord]:
        parents = set(map(sides["F0101"].key, sides["F0101"].rows))
        stamps: dict[Key, Stamp] = {}
        for table, loaded in (("F0111", heads), *sides.items()):
            if table != "F0101":
                loaded.newest(stamps)
        picked = self._picked(sides)
        names = [heads.column(alias) for alias in _NAMES]
        key, found = heads.key, []
        for row in heads.rows:
            person = key(row)
            fields = decoded(row, heads.shape.plan)
            fields |= _names(row, names)
            add(fields, picked, person)
            if person[0] not in parents or not (fields["name"] or fields["email"]):
                continue
            changed = fields["changed_at"] = moment(stamps.get(person, NO_STAMP), zone)
            text = fields["key"] = f"{person[0]}-{person[1]}"
            if "AN8" in fields:
                fields["AN8"] = str(person[0])
            found.append(SourceRecord(key=text, fields=fields, modified_at=changed))
        return found

    def _picked(self, sides: Mapping[str, Loaded]) -> Found:
        found: Found = electronic(sides["F01151"], self._options, website=False)
        if "F0115" in sides:
            found |= phones(sides["F0115"], self._options, mobile=True)
        return found


def _names(row: Row, columns: list[str]) -> dict[str, Scalar]:
    """Full, first, middle and last name.

    Given name and surname have columns of their own that many sites leave blank; the
    name as a whole is then "Surname, Given" or "Given Surname".
    """
    if not any(column in row for column in columns):
        return dict.fromkeys(_NAME_FIELDS)
    mailing, alpha, given, middle, surname = texts(row, columns)
    whole = mailing or alpha
    if not given and not surname:
        given, surname = split_name(whole)
    if "," in whole or not whole:
        whole = " ".join(part for part in (given, middle, surname) if part)
    return dict(zip(_NAME_FIELDS, (whole, given, middle, surname), strict=True))


def split_name(whole: str) -> tuple[str, str]:
    """Given name and surname of "Ito, Kei" or "Kei Ito"; one word is a surname."""
    surname, comma, given = whole.partition(",")
    if not comma:
        given, _, surname = whole.rpartition(" ")
    return given.strip(), surname.strip()
