"""Answers of the data service in its three JSON forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

import orjson

from connectors.sandbox.jde.data.columns import DATE, NUMBERS, Column, Row
from connectors.sandbox.jde.query.literals import strftime_pattern
from connectors.sandbox.jde.query.request import GRID_DATA, VERSION1
from connectors.sandbox.jde.query.target import Target
from connectors.sandbox.jde.users import User

GRID_ID = 54
FIRST_CONTROL = 51
CAPTION_WIDTH = 16
_DATA_TYPES = {DATE: 11, "T": 9, "N": 9, "A": 9}


def to_json(body: Mapping[str, Any], *, unscaled: bool = False) -> bytes:
    """Serialise an answer; amounts are JSON numbers, never floats on the way."""
    return orjson.dumps(body, default=_whole_number if unscaled else _number)


def _number(value: object) -> orjson.Fragment:
    if not isinstance(value, Decimal):
        raise TypeError
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return orjson.Fragment(text)


def _whole_number(value: object) -> orjson.Fragment:
    if not isinstance(value, Decimal):
        raise TypeError
    # The stored exponent is that of the column: its digits are the database's.
    return orjson.Fragment(str(int(f"{value:f}".replace(".", ""))))


def grid_answer(
    target: Target,
    grid: Mapping[str, Any],
    state: Mapping[str, Any],
    local_time: datetime,
) -> dict[str, Any]:
    """The envelope around a grid; `state` holds stackId, stateId and rid."""
    name = f"DATABROWSE_{target.name}"
    return {
        f"fs_{name}": {
            "title": f"Data Browser - {target.name} [{target.title}]",
            "data": {"gridData": grid},
            "errors": [],
            "warnings": [],
        },
        **state,
        "currentApp": name,
        "timeStamp": f"{local_time:%Y-%m-%d:%H.%M.%S}",
        "sysErrors": [],
    }


def grid_data(
    target: Target,
    positions: Sequence[int],
    rows: Sequence[Row],
    *,
    more: bool,
    output: str,
    user: User,
) -> dict[str, Any]:
    """`gridData` in the output type asked for."""
    summary = {"records": len(rows), "moreRecords": more}
    head: dict[str, Any] = {"id": GRID_ID, "fullGridId": str(GRID_ID)}
    if output == GRID_DATA:
        columns = {target.wire_name(n): _padded(target.column(n)) for n in positions}
        rowset = plain_rows(target, positions, rows)
        return {**head, "columns": columns, "rowset": rowset, "summary": summary}
    cells = [Cell(target, place, user) for place in positions]
    if output == VERSION1:
        head["titles"] = {one.name: one.column.caption for one in cells}
        rowset = [_full_row(n, row, cells) for n, row in enumerate(rows)]
    else:
        head["columnInfo"] = {one.name: one.facts() for one in cells}
        rowset = [_short_row(n, row, cells) for n, row in enumerate(rows)]
    return {**head, "rowset": rowset, "summary": summary}


def _padded(column: Column) -> str:
    """Captions keep the padding that values have lost."""
    return column.caption.ljust(CAPTION_WIDTH)


def plain_rows(
    target: Target, positions: Sequence[int], rows: Sequence[Row]
) -> list[dict[str, Any]]:
    """Rows as `TABLE_ALIAS` to value. The hot path of every reading client."""
    names = tuple(target.wire_name(place) for place in positions)
    dates = tuple(target.column(place).kind == DATE for place in positions)
    return _projection(names, tuple(positions), dates)(rows)


@lru_cache(maxsize=256)
def _projection(
    names: tuple[str, ...], positions: tuple[int, ...], dates: tuple[bool, ...]
) -> Callable[[Sequence[Row]], list[dict[str, Any]]]:
    """A function that makes dicts of rows, compiled for one set of columns.

    A dict display is near three times as quick as `dict(zip(...))`; the names are
    those of our own definitions, nothing of a request is compiled.
    """
    members = ", ".join(
        f"{name!r}: row[{place}]" + (" or None" if is_date else "")
        for name, place, is_date in zip(names, positions, dates, strict=True)
    )
    source = f"lambda rows: [{{{members}}} for row in rows]"
    return cast("Callable[[Sequence[Row]], list[dict[str, Any]]]", eval(source))  # noqa: S307


def _full_row(number: int, row: Row, cells: Sequence[Cell]) -> dict[str, Any]:
    found: dict[str, Any] = {"rowIndex": number, "MOExist": False}
    for cell in cells:
        found[cell.name] = {**cell.facts(), **cell.value(row), "editable": False}
    return found


def _short_row(number: int, row: Row, cells: Sequence[Cell]) -> dict[str, Any]:
    return {"rowIndex": number, **{one.name: one.value(row) for one in cells}}


class Cell:
    """One column of a grid in the forms that describe their cells."""

    def __init__(self, target: Target, place: int, user: User):
        self.name = target.wire_name(place)
        self.column = target.column(place)
        self._place = place
        self._date = strftime_pattern(user.date_pattern)
        self._separator = user.decimal_separator

    def facts(self) -> dict[str, Any]:
        """What is the same for all rows."""
        caption = self.column.caption
        return {
            "id": FIRST_CONTROL + self._place,
            "title": caption,
            "dataType": _DATA_TYPES.get(self.column.kind, 2),
            "staticText": caption,
            "visible": True,
            "bsvw": True,
            "longName": f"{_long_name(self.column)}_{FIRST_CONTROL + self._place}",
        }

    def value(self, row: Row) -> dict[str, Any]:
        """The typed value and the text a user would see."""
        stored = row[self._place]
        internal = (stored or None) if self.column.kind == DATE else stored
        return {"internalValue": internal, "value": self._display(stored)}

    def _display(self, stored: Any) -> str:
        if self.column.kind == DATE:
            day = datetime.strptime(stored, "%Y%m%d") if stored else None  # noqa: DTZ007
            return day.strftime(self._date) if day else ""
        if self.column.kind in NUMBERS:
            return str(stored).replace(".", self._separator)
        return str(stored)


def _long_name(column: Column) -> str:
    kind = {DATE: "d", "N": "mn", "A": "mn", "T": "mn"}.get(column.kind, "s")
    return kind + "".join(word for word in column.caption.title() if word.isalnum())
