"""Rows to values. Nearly all rows are as expected, and those go fast.

A full read passes here for every column of every customer, so the text columns of a
record are picked, stripped and stored without a line of Python for each; a record
with a row that is not as expected is read column by column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from operator import attrgetter, call
from typing import Any

from msgspec import UNSET

from connectors.sdk.records import Scalar
from connectors.systems.jde.joins.tables import Entry, Shape
from connectors.systems.jde.wire.codecs import decode_text
from connectors.systems.jde.wire.grid import row_type
from connectors.systems.jde.wire.query import Row

_strip = str.strip


class RecordDecoder:
    """Reads the fields of a record from its rows, one of each part."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self._hidden: dict[str, Scalar] = {}
        self._texts: list[tuple[int, Entry]] = []
        self._others: list[tuple[int, Entry]] = []
        for place, shape in enumerate(shapes):
            for entry in shape.plan:
                if shape.hides(entry.alias):
                    self._hidden[entry.name] = None
                elif entry.decode is decode_text:
                    self._texts.append((place, entry))
                else:
                    self._others.append((place, entry))
        picks = [self._pick(place) for place in range(len(shapes))]
        self._names = [name for names, _ in picks for name in names]
        self._picks = [pick for _, pick in picks]

    def _pick(self, place: int) -> tuple[list[str], Callable[[Row], Iterable[Any]]]:
        mine = [entry for at, entry in self._texts if at == place]
        if not mine:
            return [], _nothing
        # For a single column attrgetter makes no tuple; twice the same does no harm.
        mine = mine * 2 if len(mine) == 1 else mine
        return [e.name for e in mine], attrgetter(*(e.alias for e in mine))

    def fields(self, rows: Sequence[Row]) -> dict[str, Scalar]:
        """The fields; a column that did not come is not said."""
        texts = chain.from_iterable(map(call, self._picks, rows))
        try:
            fields: dict[str, Scalar] = dict(zip(self._names, map(_strip, texts)))  # noqa: B905 - costs a tenth of it
        except TypeError:
            fields = _one_by_one(rows, self._texts)
        fields.update(_one_by_one(rows, self._others))
        if self._hidden:
            fields.update(self._hidden)
        return fields


def _one_by_one(
    rows: Sequence[Row], entries: Iterable[tuple[int, Entry]]
) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {}
    for place, (name, alias, decode) in entries:
        value = getattr(rows[place], alias)
        found[name] = None if value is UNSET else decode(value)
    return found


def _nothing(_row: Row) -> tuple[()]:
    return ()


class Joined:
    """The rows of a side by record, with what stands for a row that is missing."""

    def __init__(self, shape: Shape, rows: Mapping[Any, Row], missing: Scalar) -> None:
        self.shape = shape
        self.rows = rows
        self.row_of = rows.get
        self.blank: Row = row_type(shape.part.table, shape.query.attributes)(
            **{entry.alias: "" for entry in shape.plan}
        )
        self.absent = shape.absent(missing)


def text_reader(*aliases: str) -> Callable[[Row], Sequence[str]]:
    """Picks two or more columns as text without padding; hidden ones are empty."""
    pick = attrgetter(*aliases)

    def read(row: Row) -> Sequence[str]:
        values = pick(row)
        try:
            return tuple(map(_strip, values))
        except TypeError:
            return tuple("" if v is UNSET else decode_text(v) for v in values)

    return read
