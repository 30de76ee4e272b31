"""Rows for the batch input tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connectors.sandbox.jde.books.books import Books
from connectors.sandbox.jde.books.desk.checks import Caller
from connectors.sandbox.jde.books.desk.messages import (
    BAD_VALUE,
    DUPLICATE_NUMBER,
    NOT_FOUND,
    Findings,
    Message,
    RefusedError,
)
from connectors.sandbox.jde.data.columns import DATE, TableDefinition
from connectors.sandbox.jde.data.finance.ztables import Z_TABLES

_BY_NAME = {one.name: one for one in Z_TABLES}
_SYSTEM = frozenset({"USER", "PID", "JOBN", "UPMJ", "UPMT"})


def load_rows(
    books: Books, name: str, rows: list[dict[str, Any]], caller: Caller
) -> int:
    """Insert all rows or none; RefusedError for a key that exists or a bad value.

    Values are by alias, dates as yyyy-MM-dd. Whether a row makes sense is for the
    batch program to say. The four keys must be new, in the table and in the call.
    """
    definition = _BY_NAME.get(name)
    if definition is None:
        text = f"{name} is not a batch input table"
        raise RefusedError([Message(NOT_FOUND, text)])
    found, changes = books.begin(caller, "ORCH")
    for number, given in enumerate(rows, start=1):
        values = _values(definition, given, number, found)
        if any(one.code == BAD_VALUE for one in found.messages):
            continue
        try:
            changes.insert(name, values)
        except ValueError:
            key = "/".join(str(values.get(one.alias, "")) for one in definition.key)
            found.error(DUPLICATE_NUMBER, f"{name} already has {key}", "EDTN")
    found.stop()
    books.load(name, changes)
    return len(rows)


def _values(
    definition: TableDefinition, given: dict[str, Any], number: int, found: Findings
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for alias, value in given.items():
        if alias not in definition.position or alias in _SYSTEM:
            text = f"Row {number}: {definition.name} has no input {alias}"
            found.error(BAD_VALUE, text, alias)
            continue
        kind = definition.columns[definition.position[alias]].kind
        values[alias] = _date(str(value)) if kind == DATE else value
        if isinstance(value, str) and not value.strip():
            del values[alias]
    found.fits(definition, values)
    for one in definition.key[:3]:
        if not str(values.get(one.alias, "")).strip():
            found.error(BAD_VALUE, f"Row {number}: {one.alias} is missing", one.alias)
    return values


def _date(text: str) -> str:
    """The stored form; text that is no date is left for the column to refuse."""
    try:
        return f"{datetime.strptime(text, '%Y-%m-%d'):%Y%m%d}"  # noqa: DTZ007
    except ValueError:
        return f"not yyyy-MM-dd: {text}"
