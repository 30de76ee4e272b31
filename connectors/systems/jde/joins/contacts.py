"""Contacts: the people of a customer's who's who, with their phones and e-mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo

from connectors.sdk.records import SourceRecord
from connectors.systems.jde.joins import parts
from connectors.systems.jde.joins.entities import Entity, Key, Loaded, Place
from connectors.systems.jde.joins.reachable import Found, add, electronic, phones
from connectors.systems.jde.options import Options
from connectors.systems.jde.wire.codecs import NO_STAMP, Stamp, moment
from connectors.systems.jde.wire.query import Row
from connectors.systems.jde.wire.rows import RecordDecoder, text_reader

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

    def places(self, field_name: str) -> list[Place]:
        if field_name == "name":
            alike = Place(parts.PEOPLE, "ALPH", _surname_first)
            return [Place(parts.PEOPLE, "MLNM"), alike]
        return super().places(field_name)

    def records(
        self, heads: Loaded, sides: Mapping[str, Loaded], zone: tzinfo
    ) -> list[SourceRecord]:
        parents = set(map(sides["F0101"].key, sides["F0101"].rows))
        stamps: dict[Key, Stamp] = {}
        for table, loaded in (("F0111", heads), *sides.items()):
            if table != "F0101":
                loaded.newest(stamps)
        picked = self._picked(sides)
        key, decoder = heads.key, RecordDecoder([heads.shape])
        read_names = _name_reader(heads)
        found = []
        for row in heads.rows:
            person = key(row)
            if person[0] not in parents:
                continue
            fields = decoder.fields([row])
            fields.update(zip(_NAME_FIELDS, read_names(row), strict=True))
            add(fields, picked, person)
            if not (fields["name"] or fields["email"]):
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


def _name_reader(heads: Loaded) -> Callable[[Row], Sequence[str | None]]:
    """Reads full, first, middle and last name from a row.

    Given name and surname have columns of their own that many sites leave blank; the
    name as a whole is then "Surname, Given" or "Given Surname".
    """
    if all(heads.shape.hides(alias) for alias in _NAMES):
        return lambda _row: (None,) * len(_NAME_FIELDS)
    read = text_reader(*_NAMES)

    def names(row: Row) -> Sequence[str | None]:
        mailing, alpha, given, middle, surname = read(row)
        whole = mailing or alpha
        if not given and not surname:
            given, surname = split_name(whole)
        if "," in whole or not whole:
            whole = " ".join(part for part in (given, middle, surname) if part)
        return whole, given, middle, surname

    return names


def split_name(whole: str) -> tuple[str, str]:
    """Given name and surname of "Ito, Kei" or "Kei Ito"; one word is a surname."""
    surname, comma, given = whole.partition(",")
    if not comma:
        given, _, surname = whole.rpartition(" ")
    return given.strip(), surname.strip()


def _surname_first(whole: str) -> list[str]:
    """ "Kei Ito" as a site may have typed it: as it is, and "Ito, Kei"."""
    given, surname = split_name(whole)
    return [whole, f"{surname}, {given}"] if given else [whole]
