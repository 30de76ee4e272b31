"""Rows to values. Nearly all rows are as expected, and those go fast.

A full read passes here for every column of every customer, so the text columns of a
row are picked, stripped and stored without a line of Python in between; a row that
is not as expected falls back to being read column by column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from connectors.sdk.records import Scalar
from connectors.systems.jde.codecs import decode_text
from connectors.systems.jde.query import Row
from connectors.systems.jde.tables import Plan, Shape

_strip = str.strip


class RowDecoder:
    """Reads the fields of the rows of one part."""

    def __init__(self, shape: Shape) -> None:
        seen = [entry for entry in shape.plan if not shape.hides(entry.alias)]
        texts = [entry for entry in seen if entry.decode is decode_text]
        if len(texts) < 2:  # for one column itemgetter would not make a tuple
            texts = []
        self._texts: Plan = tuple(texts)
        self._names = tuple(entry.name for entry in texts)
        self._pick: Callable[[Row], Any] = (
            itemgetter(*(entry.column for entry in texts)) if texts else _nothing
        )
        self._others: Plan = tuple(entry for entry in seen if entry not in texts)
        self._hidden = dict.fromkeys(
            entry.name for entry in shape.plan if shape.hides(entry.alias)
        )

    def into(self, fields: dict[str, Scalar], row: Row) -> None:
        """Add the fields of a row; a column that did not come is not said."""
        try:
            fields.update(zip(self._names, map(_strip, self._pick(row)), strict=True))
        except (KeyError, TypeError):
            _one_by_one(fields, row, self._texts)
        _one_by_one(fields, row, self._others)
        if self._hidden:
            fields.update(self._hidden)


def _one_by_one(fields: dict[str, Scalar], row: Row, plan: Plan) -> None:
    for name, _alias, column, decode in plan:
        fields[name] = decode(row[column]) if column in row else None


def _nothing(_row: Row) -> tuple[()]:
    return ()


def text_reader(columns: Sequence[str]) -> Callable[[Row], Sequence[str]]:
    """Picks two or more columns as text without padding; hidden ones are empty."""
    pick = itemgetter(*columns)

    def read(row: Row) -> Sequence[str]:
        try:
            return tuple(map(_strip, pick(row)))
        except (KeyError, TypeError):
            return tuple(decode_text(row.get(column)) for column in columns)

    return read
