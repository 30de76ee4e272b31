"""Columns and tables as JD Edwards defines them, and what a stored value is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

BLANK = " "
"""How empty text is stored: the database pads with blanks and knows no null."""
NO_DATE = ""
"""How an absent date is stored, so that dates always compare."""

TEXT, RIGHT, ZERO = "C", "R", "Z"
NUMBER, AMOUNT, DATE, TIME = "N", "A", "D", "T"
TEXTS = frozenset({TEXT, RIGHT, ZERO})
NUMBERS = frozenset({NUMBER, AMOUNT, TIME})

Value = Any
"""A stored value: str, int or Decimal. Those of one column compare."""
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column by its data dictionary alias.

    `kind`: C text, R right-justified text (business units), Z zero-padded text
    (companies), N whole number, A amount with `decimals`, D date, T time of day.
    Stored: text without trailing blanks (`BLANK` if empty), int, Decimal, a date as
    YYYYMMDD text or `NO_DATE`, a time as the integer HHMMSS.
    """

    alias: str
    kind: str
    size: int
    caption: str
    decimals: int = 0

    @property
    def is_text(self) -> bool:
        return self.kind in TEXTS

    @property
    def empty(self) -> Value:
        """What a row holds when nothing was said."""
        if self.kind == AMOUNT:
            return Decimal(0).scaleb(-self.decimals)
        if self.kind in NUMBERS:
            return 0
        return NO_DATE if self.kind == DATE else BLANK

    def store(self, given: Any) -> Value:
        """The stored form of a plain JSON value; ValueError if it does not fit."""
        if given is None:
            return self.empty
        if self.is_text:
            return self._text(given)
        if self.kind == DATE:
            return _date(self.alias, given)
        return self._number(given)

    def plain(self, stored: Value) -> Any:
        """The stored value for tests: no date is None, a Decimal is its text."""
        if self.kind == DATE:
            return stored or None
        return str(stored) if isinstance(stored, Decimal) else stored

    def _text(self, given: Any) -> str:
        text = str(given)
        if self.kind == RIGHT and text.strip():
            text = text.strip().rjust(self.size)
        if self.kind == ZERO and text.strip():
            text = text.strip().rjust(self.size, "0")
        if len(text) > self.size:
            message = f"{self.alias} holds {self.size} characters, not {len(text)}"
            raise ValueError(message)
        return text.rstrip(" ") or BLANK

    def _number(self, given: Any) -> int | Decimal:
        try:
            number = Decimal(str(given))
            exact = number.quantize(Decimal(1).scaleb(-self.decimals))
        except InvalidOperation as error:
            message = f"{self.alias} takes a number, not {given!r}"
            raise ValueError(message) from error
        if exact != number:
            message = f"{self.alias} takes {self.decimals} decimals, not {given!r}"
            raise ValueError(message)
        return exact if self.kind == AMOUNT else int(exact)


def _date(alias: str, given: Any) -> str:
    if given == NO_DATE:
        return NO_DATE
    try:
        moment = datetime.strptime(str(given), "%Y%m%d")  # noqa: DTZ007 (a day)
    except ValueError as error:
        message = f"{alias} takes a date as YYYYMMDD, not {given!r}"
        raise ValueError(message) from error
    return moment.strftime("%Y%m%d")


@dataclass(frozen=True)
class TableDefinition:
    """One table: its key columns come first, in key order.

    `indexes` names further columns that many requests select by.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    key_length: int
    indexes: tuple[str, ...]

    @cached_property
    def position(self) -> dict[str, int]:
        """Where each alias stands in a row."""
        return {column.alias: n for n, column in enumerate(self.columns)}

    @property
    def key(self) -> tuple[Column, ...]:
        return self.columns[: self.key_length]

    def row(self, values: Mapping[str, Any]) -> Row:
        """A stored row from values by alias; KeyError for an unknown alias."""
        for alias in values:
            if alias not in self.position:
                raise KeyError(f"{self.name} has no column {alias}")
        return tuple(one.store(values.get(one.alias)) for one in self.columns)

    def plain(self, row: Row) -> dict[str, Any]:
        """A row as plain values by alias."""
        pairs = zip(self.columns, row, strict=True)
        return {column.alias: column.plain(value) for column, value in pairs}


_TYPE = re.compile(r"^([CRZNADT])(\d*)(?:\.(\d))?$")
_RANGE = re.compile(r"^([A-Z]+)(\d+)\.\.(\d+)$")


def table(
    name: str, title: str, key: str, columns: str, indexes: str = ""
) -> TableDefinition:
    """Read a definition: one line `ALIAS type caption` per column.

    The type is a kind letter with length and decimals (C40, N8, A15.2, D);
    `AC01..30` stands for thirty columns.
    """
    found: list[Column] = []
    for line in columns.strip().splitlines():
        alias, kind, caption = line.strip().split(" ", 2)
        found.extend(_column(one, kind, caption) for one in _aliases(alias))
    keys = key.split()
    if [one.alias for one in found[: len(keys)]] != keys:
        message = f"the columns of {name} must begin with its key {key}"
        raise ValueError(message)
    return TableDefinition(name, title, tuple(found), len(keys), tuple(indexes.split()))


def _aliases(text: str) -> list[str]:
    match = _RANGE.match(text)
    if match is None:
        return [text]
    stem, first, last = match.groups()
    width = len(first)
    return [f"{stem}{n:0{width}d}" for n in range(int(first), int(last) + 1)]


def _column(alias: str, kind: str, caption: str) -> Column:
    match = _TYPE.match(kind)
    if match is None:
        message = f"{alias}: {kind} is not a column type"
        raise ValueError(message)
    letter, size, decimals = match.groups()
    default = {DATE: 8, TIME: 6}.get(letter, 1)
    return Column(alias, letter, int(size or default), caption, int(decimals or 0))
