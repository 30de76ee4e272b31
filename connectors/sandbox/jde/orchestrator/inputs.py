"""Inputs of an orchestration: how they are declared, and read in either form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

TEXT, NUMBER, AMOUNT, DATE, RATE = "text", "number", "amount", "date", "rate"
LOGIN = frozenset(
    {"token", "deviceName", "username", "password", "environment", "role", "jasserver"}
)
"""Members of the body that are no inputs."""
Given = dict[str, Any]


class InputError(ValueError):
    """The inputs do not fit the orchestration, which therefore did not start."""


@dataclass(frozen=True, slots=True)
class Input:
    """One input. `size` is the most characters or digits it is meant to hold."""

    name: str
    kind: str
    size: int
    required: bool
    note: str

    def read(self, given: Any) -> Any:
        """The value: str, int, Decimal or YYYYMMDD text; InputError if it is none.

        Text that is too long is read all the same: the edit programs refuse it.
        """
        if self.kind == TEXT:
            if not isinstance(given, str | int) or isinstance(given, bool):
                raise self._wrong(given, "text")
            return str(given)
        text = str(given).strip()
        if not text:
            return "" if self.kind == DATE else None
        if self.kind == DATE:
            return self._date(text)
        if isinstance(given, bool) or not isinstance(given, str | int | float):
            raise self._wrong(given, "a number")
        return self._number(text)

    def _date(self, text: str) -> str:
        try:
            day = datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 (a day)
        except ValueError as error:
            raise self._wrong(text, "a date as yyyy-MM-dd") from error
        return f"{day:%Y%m%d}"

    def _number(self, text: str) -> int | Decimal:
        try:
            number = Decimal(text)
        except InvalidOperation as error:
            raise self._wrong(text, "a number with a decimal point") from error
        if not number.is_finite():
            raise self._wrong(text, "a number")
        if self.kind != NUMBER:
            return number
        if number != number.to_integral_value() or number < 0:
            raise self._wrong(text, "a whole number")
        return int(number)

    def _wrong(self, given: Any, wanted: str) -> InputError:
        return InputError(f"Input {self.name} takes {wanted}, not {given!r}")


@dataclass(frozen=True, slots=True)
class InputList:
    """A repeating input; without `inputs` its rows hold any named values."""

    name: str
    required: bool
    inputs: tuple[Input, ...]


def declare(text: str) -> tuple[Input, ...]:
    """One line `Name[!] kind size note` per input; `!` is required."""
    found = []
    for line in text.strip().splitlines():
        name, kind, size, note = line.strip().split(" ", 3)
        required = name.endswith("!")
        found.append(Input(name.rstrip("!"), kind, int(size), required, note))
    return tuple(found)


def plain_form(body: Mapping[str, Any]) -> Given:
    """`{"Name": value, "Lines": [{...}]}`."""
    return {name: value for name, value in body.items() if name not in LOGIN}


def classic_form(body: Mapping[str, Any]) -> Given:
    """`{"inputs": [{name, value}], "detailInputs": [{name, repeatingInputs}]}`."""
    unknown = set(body) - LOGIN - {"inputs", "detailInputs"}
    if unknown:
        raise InputError(f"{', '.join(sorted(unknown))} is not part of the request")
    found = _pairs(body.get("inputs", []))
    for detail in _objects(body.get("detailInputs", [])):
        rows = _objects(detail.get("repeatingInputs", []))
        found[str(detail.get("name"))] = [_pairs(row.get("inputs", [])) for row in rows]
    return found


def _pairs(given: Any) -> Given:
    found: Given = {}
    for one in _objects(given):
        if set(one) != {"name", "value"}:
            raise InputError("An input has a name and a value")
        found[str(one["name"])] = one["value"]
    return found


def _objects(given: Any) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise InputError("A list of objects is expected")
    return given


def read_all(
    given: Given, inputs: tuple[Input, ...], lists: tuple[InputList, ...] = ()
) -> Given:
    """The values sent, by name; InputError for a missing, unknown or wrong one.

    An input that was not sent is not there; one sent empty is "" or None. A list
    that was not sent is empty.
    """
    known = {one.name: one for one in inputs}
    unknown = set(given) - set(known) - {one.name for one in lists}
    if unknown:
        raise InputError(f"There is no input {', '.join(sorted(unknown))}")
    for one in inputs:
        if one.required and str(given.get(one.name, "")).strip() in {"", "None"}:
            raise InputError(f"Input {one.name} is required")
    found = {n: known[n].read(v) for n, v in given.items() if n in known}
    for each in lists:
        found[each.name] = _read_list(given.get(each.name, []), each)
    return found


def _read_list(given: Any, each: InputList) -> list[Given]:
    rows = _objects(given)
    if each.required and not rows:
        raise InputError(f"Input {each.name} is required")
    if not each.inputs:
        return rows
    try:
        return [read_all(row, each.inputs) for row in rows]
    except InputError as error:
        raise InputError(f"{each.name}: {error}") from error
