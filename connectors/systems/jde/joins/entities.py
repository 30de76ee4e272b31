"""What the kinds of records have in common, and the simplest kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from operator import attrgetter
from typing import Any

from connectors.sdk.records import SourceRecord
from connectors.systems.jde.joins.parts import ITEMS
from connectors.systems.jde.joins.tables import Part, Shape
from connectors.systems.jde.wire.codecs import NO_STAMP, Stamp, moment, stamp
from connectors.systems.jde.wire.query import Row
from connectors.systems.jde.wire.rows import RecordDecoder

_AS_STORED = {"email", "website"}  # worked out, but by choosing rows alone
Key = Any  # what `group` of a part picks from a row: a number, or a tuple of numbers


@dataclass(frozen=True, slots=True)
class Loaded:
    """The rows of one part, and how to read them."""

    shape: Shape
    rows: Sequence[Row]

    @property
    def key(self) -> Callable[[Row], Key]:
        """Picks the record's key from a row."""
        return attrgetter(*self.shape.part.group)

    def newest(self, stamps: dict[Key, Stamp]) -> None:
        """Raise the stamps of the records to those of these rows."""
        get, pick = stamps.get, attrgetter("UPMJ", self.shape.part.clock)
        numbers, times = map(self.key, self.rows), map(pick, self.rows)
        for number, (day, clock) in zip(numbers, times, strict=True):
            known = get(number, NO_STAMP)
            # Most rows are older than one seen before: their day alone tells.
            if type(day) is not str or day >= known[0]:
                found = stamp(day, clock)
                if found > known:
                    stamps[number] = found


def _itself(value: str) -> list[str]:
    return [value]


@dataclass(frozen=True, slots=True)
class Place:
    """A column to look a field's values up in.

    `spell` says how the column may write a value; `within`: as a part of its text.
    """

    part: Part
    alias: str
    spell: Callable[[str], list[str]] = _itself
    within: bool = False


class Entity(ABC):
    """An object type: its tables, and how their rows become records.

    `head` has one row for each record; `sides` are joined to it by `join`, the
    number that all of them carry.
    """

    head: Part
    sides: tuple[Part, ...] = ()
    join: str = "AN8"

    @abstractmethod
    def records(
        self, heads: Loaded, sides: Mapping[str, Loaded], zone: tzinfo
    ) -> list[SourceRecord]:
        """Records of these rows; `sides` by table, only those that were read."""

    @abstractmethod
    def number(self, key: str) -> str:
        """The `join` value of a record's key; "" for a text that is no key."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """Head and sides."""
        return (self.head, *self.sides)

    @staticmethod
    def comparable(number: Any) -> Any:
        """A `join` value in its own order: the order JD Edwards sorts it in."""
        return int(number)

    def places(self, field_name: str) -> list[Place]:
        """Where a field can be looked up; none when no column holds it."""
        for part in self.parts:
            if field_name in part.fields:
                return [Place(part, part.fields[field_name])]
            if field_name in _AS_STORED and field_name in part.gives:
                return [Place(part, part.gives[field_name])]
        return []


class Items(Entity):
    """F4101, a table on its own."""

    head = ITEMS
    join = "ITM"

    def records(
        self, heads: Loaded, sides: Mapping[str, Loaded], zone: tzinfo
    ) -> list[SourceRecord]:
        stamps: dict[Key, Stamp] = {}
        heads.newest(stamps)
        key, decoder = heads.key, RecordDecoder([heads.shape])
        found = []
        for row in heads.rows:
            number = key(row)
            fields = decoder.fields([row])
            changed = fields["changed_at"] = moment(stamps.get(number, NO_STAMP), zone)
            found.append(
                SourceRecord(key=str(number), fields=fields, modified_at=changed)
            )
        return found

    def number(self, key: str) -> str:
        return key if key.isdecimal() else ""


def first_by_key(loaded: Loaded) -> dict[Key, Row]:
    """The first row of each record."""
    key = loaded.key
    found: dict[Key, Row] = {}
    for row in loaded.rows:
        found.setdefault(key(row), row)
    return found
