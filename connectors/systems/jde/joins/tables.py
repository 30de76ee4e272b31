"""The tables that are read, and how a part of a record lies in one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from connectors.sdk.records import Scalar
from connectors.systems.jde.wire.codecs import Decoder, Kind, decoder
from connectors.systems.jde.wire.query import Condition, Query

_KINDS: dict[str, Kind] = {
    "AN8": "integer",
    "IDLN": "integer",
    "ITM": "integer",
    "DOC": "integer",
    "DOCM": "integer",
    "ICU": "integer",
    "PNC": "integer",
    "PYE": "integer",
    "PYID": "integer",
    "ARPY": "address",
    "AA": "amount",
    "AAP": "amount",
    "ACL": "amount",
    "AG": "amount",
    "CKAM": "amount",
    "PAAP": "amount",
    "DDJ": "date",
    "DFYJ": "date",
    "DGJ": "date",
    "DIVJ": "date",
    "DMTJ": "date",
    "EFTB": "date",
    "MCU": "unit",
    "MCUR": "unit",
    "CO": "company",
    "KCO": "company",
}


def kind_of(alias: str) -> Kind:
    """How a column is written; the data dictionary gives an alias one kind."""
    return _KINDS.get(alias, "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One table's share of a record.

    `fields` maps the fields that are one column to it, `gives` those that are worked
    out to the column they rest on; `columns` are what that takes. `group` are the
    columns that name the record a row belongs to, `unique` further ones that make its
    key. `effective` is a date column whose coming changes the record although no row
    was touched. `then` orders the rows of a record where only the first one counts.
    """

    table: str
    group: tuple[str, ...]
    unique: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    gives: Mapping[str, str] = field(default_factory=dict)
    where: tuple[Condition, ...] = ()
    then: tuple[str, ...] = ()
    clock: str = "UPMT"
    effective: str = ""
    always: bool = False

    def only(self, wanted: Sequence[str]) -> Part:
        """The part without the fields nobody wants; all of it for no wish."""
        if not wanted:
            return self
        kept = {name: alias for name, alias in self.fields.items() if name in wanted}
        return replace(self, fields=kept)

    def feeds(self, wanted: Sequence[str]) -> bool:
        """Whether any of these fields comes from here; no wish is for all."""
        if self.always or not wanted:
            return True
        return not {*self.fields, *self.gives}.isdisjoint(wanted)

    def hidden(self, seen: frozenset[str]) -> set[str]:
        """The fields that a user who sees these columns goes without."""
        named = self.fields.items() | self.gives.items()
        return {name for name, alias in named if seen and alias not in seen}

    @property
    def aliases(self) -> tuple[str, ...]:
        """Every column this part can use."""
        keys = (*self.group, *self.unique)
        return tuple(
            dict.fromkeys(
                (*keys, *self.fields.values(), *self.columns, "UPMJ", self.clock)
            )
        )


class Entry(NamedTuple):
    """A field that is one column, and how it is read."""

    name: str
    alias: str
    decode: Decoder


Plan = tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A part with the columns this user can see of its table; none: not known."""

    part: Part
    seen: frozenset[str]
    plan: Plan

    def visible(self, aliases: Iterable[str]) -> tuple[str, ...]:
        """Those of the columns that exist for this user."""
        return tuple(alias for alias in aliases if alias in self.seen)

    def hides(self, alias: str) -> bool:
        """Whether the table has no such column for this user."""
        return bool(self.seen) and alias not in self.seen

    def absent(self, value: Scalar) -> dict[str, Scalar]:
        """The fields of a row that does not exist: `value`, if they may be seen."""
        return {
            name: None if self.hides(alias) else value
            for name, alias in self.part.fields.items()
        }

    @property
    def query(self) -> Query:
        """All rows of the part that make up records."""
        part = self.part
        seek = part.group if part.then else (*part.group, *self.visible(part.unique))
        return Query(
            table=part.table,
            columns=self.visible(part.aliases),
            also_read=part.aliases,
            seek=seek,
            then=part.then,
            where=part.where,
        )

    @property
    def shows_changes(self) -> bool:
        """Whether the table says when a row changed."""
        return "UPMJ" in self.seen

    def changed_since(self, days: int) -> Query:
        """Key and time of the rows changed on one of the last `days` days or today.

        Newest first within a record, so its first row decides.
        """
        part = self.part
        then = self.visible(("UPMJ", part.clock))
        return Query(
            table=part.table,
            columns=(*part.group, *then),
            also_read=(part.clock,),
            seek=part.group,
            then=tuple(f"{alias} DESC" for alias in then),
            where=(*part.where, _days_ago("UPMJ", days)),
        )

    def came_into_effect(self, days: int) -> Query:
        """Key and date of the rows that took effect in the last `days` days."""
        part = self.part
        return Query(
            table=part.table,
            columns=(*part.group, part.effective),
            seek=part.group,
            then=(f"{part.effective} DESC",),
            where=(*part.where, _days_ago(part.effective, days)),
        )


def compiled(
    part: Part, seen: frozenset[str], implied: Mapping[tuple[str, str], int]
) -> Shape:
    """The part as this user sees it, with its decoders ready."""
    table = part.table
    plan = tuple(
        Entry(
            name,
            alias,
            decoder(kind_of(alias), implied.get((table, alias), 0)),
        )
        for name, alias in part.fields.items()
    )
    return Shape(part, seen, plan)


def _days_ago(alias: str, days: int) -> Condition:
    return Condition(alias, "GREATER_EQUAL", (str(days),), "TODAY_MINUS_DAY")
