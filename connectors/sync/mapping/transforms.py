"""The named transforms a mapping row may use.

Each is a plain function of the value, the row's argument and the whole source record,
prepared once per mapping (`prepare` parses the argument) and then called per record.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TypeAlias

from connectors.sdk.errors import MappingError
from connectors.sdk.records import Fields, Scalar
from connectors.sync.mapping import formula

Step: TypeAlias = Callable[[Scalar, Fields], Scalar]


@dataclass(frozen=True, slots=True)
class Transform:
    """A transform as the mapping editor offers it.

    `prepare` turns the argument into the step that runs per record; it raises
    ValueError with a message for the editor when the argument is wrong. `fields` says
    which other source fields an argument reads.
    """

    name: str
    label: str
    help: str
    prepare: Callable[[str], Step]
    argument_label: str = ""
    argument_required: bool = False
    fields: Callable[[str], set[str]] = lambda _argument: set()


def as_text(value: Scalar) -> str:
    """A value as a person would write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else str(value)


def _text(change: Callable[[str], str]) -> Callable[[str], Step]:
    def prepare(_argument: str) -> Step:
        return lambda value, _f: None if value is None else change(as_text(value))

    return prepare


def template_fields(argument: str) -> set[str]:
    """The field names between braces."""
    return {name for _, name, _, _ in string.Formatter().parse(argument) if name}


def _template(argument: str) -> Step:
    try:
        parts = list(string.Formatter().parse(argument))
    except ValueError as error:
        raise ValueError(f"The template cannot be read: {error}.") from error
    if any(spec or conversion for _, _, spec, conversion in parts):
        raise ValueError("Write only field names between braces.")
    if not any(name for _, name, _, _ in parts):
        raise ValueError("Name at least one field between braces, like {ALPH}.")
    pieces = [(literal, name) for literal, name, _, _ in parts]

    def step(value: Scalar, fields: Fields) -> Scalar:
        text, said = [], False
        for literal, name in pieces:
            text.append(literal)
            if name:
                part = as_text(value if name == "value" else fields.get(name))
                said = said or part != ""
                text.append(part)
        return "".join(text).strip() if said else ""

    return step


def _names(argument: str) -> list[str]:
    return [name.strip() for name in argument.split(",") if name.strip()]


def _first_of(argument: str) -> Step:
    names = _names(argument)
    if not names:
        raise ValueError("Name the fields to try, separated by commas.")

    def step(value: Scalar, fields: Fields) -> Scalar:
        for candidate in (value, *(fields.get(name) for name in names)):
            if candidate not in (None, ""):
                return candidate
        return ""

    return step


def _part(argument: str) -> Step:
    separator, _, number = argument.rpartition("|")
    try:
        index = int(number)
    except ValueError:
        index = 0
    if not separator or index == 0:
        raise ValueError("Write separator|number, like ,|1 for what is before a comma.")
    index = index - 1 if index > 0 else index

    def step(value: Scalar, _fields: Fields) -> Scalar:
        parts = as_text(value).split(separator)
        try:
            return parts[index].strip()
        except IndexError:
            return ""

    return step


def _replace(argument: str) -> Step:
    old, arrow, new = argument.partition("=>")
    if not old or not arrow:
        raise ValueError("Write old=>new.")
    return lambda value, _f: None if value is None else as_text(value).replace(old, new)


def to_decimal(value: Scalar) -> Decimal:
    """A number exactly. Raises MappingError when the value is not one."""
    if isinstance(value, (bool, date)):
        raise MappingError(f"“{as_text(value)}” is not a number.")
    try:
        number = Decimal(as_text(value).strip())
    except InvalidOperation:
        raise MappingError(f"“{as_text(value)}” is not a number.") from None
    if not number.is_finite():
        raise MappingError(f"“{as_text(value)}” is not a number.")
    return number


def _round(argument: str) -> Step:
    try:
        places = int(argument or "0")
    except ValueError:
        raise ValueError("Write the number of decimal places.") from None
    quantum = Decimal(1).scaleb(-places)

    def step(value: Scalar, _fields: Fields) -> Scalar:
        if value in (None, ""):
            return value
        return to_decimal(value).quantize(quantum, ROUND_HALF_UP)

    return step


def _multiply(argument: str) -> Step:
    try:
        factor = Decimal(argument)
    except InvalidOperation:
        raise ValueError("Write the number to multiply by, like 0.01.") from None
    return lambda value, _f: (
        value if value in (None, "") else to_decimal(value) * factor
    )


def _truncate(argument: str) -> Step:
    if not argument.isdigit() or argument == "0":
        raise ValueError("Write the number of characters to keep.")
    length = int(argument)
    return lambda value, _f: None if value is None else as_text(value)[:length]


_DIGITS = re.compile(r"\D+")


def _digits(text: str) -> str:
    return _DIGITS.sub("", text)


def _domain(text: str) -> str:
    host = text.strip().lower().rpartition("@")[2]
    host = host.partition("//")[2] or host
    return host.partition("/")[0].removeprefix("www.")


_YES = {"y", "yes", "true", "1", "on", "x"}


def _boolean(argument: str) -> Step:
    yes = {text.lower() for text in _names(argument)} or _YES

    def step(value: Scalar, _fields: Fields) -> Scalar:
        return None if value is None else as_text(value).strip().lower() in yes

    return step


def _date_text(argument: str) -> Step:
    pattern = argument or "%Y-%m-%d"

    def step(value: Scalar, _fields: Fields) -> Scalar:
        if value in (None, ""):
            return value
        if not isinstance(value, (date, datetime)):
            raise MappingError(f"“{as_text(value)}” is not a date.")
        return value.strftime(pattern)

    return step


def _constant(argument: str) -> Step:
    return lambda _value, _fields: argument


TRANSFORMS: dict[str, Transform] = {
    transform.name: transform
    for transform in (
        Transform("trim", "Trim blanks", "Cuts blanks at both ends and doubled ones.",
                  _text(lambda text: " ".join(text.split()))),
        Transform("upper", "Upper case", "ABC", _text(str.upper)),
        Transform("lower", "Lower case", "abc", _text(str.lower)),
        Transform("title", "Title case", "Abc Def", _text(str.title)),
        Transform("template", "Template",
                  "Text with field names in braces; {value} is the source field.",
                  _template, "Template", argument_required=True,
                  fields=template_fields),
        Transform("first_of", "First that is filled",
                  "The source field, else the first filled one of these.",
                  _first_of, "Fields, by comma", argument_required=True,
                  fields=lambda argument: set(_names(argument))),
        Transform("part", "Part of a text", "Splits and takes one part, -1 the last.",
                  _part, "Separator|number", argument_required=True),
        Transform("replace", "Replace text", "Every occurrence.", _replace,
                  "old=>new", argument_required=True),
        Transform("truncate", "Cut to length", "Keeps the first characters.",
                  _truncate, "Characters", argument_required=True),
        Transform("digits", "Digits only", "Drops everything but digits.",
                  _text(_digits)),
        Transform("domain", "Domain", "Of an e-mail or web address.", _text(_domain)),
        Transform("round", "Round", "Half up, exactly.", _round, "Decimal places"),
        Transform("multiply", "Multiply", "Exactly, in decimals.", _multiply, "Factor",
                  argument_required=True),
        Transform("boolean", "Yes or no", "Yes when the value is one of these.",
                  _boolean, "Values that mean yes, by comma"),
        Transform("date_text", "Date as text", "By a strftime pattern.", _date_text,
                  "Pattern"),
        Transform("constant", "Fixed value", "The argument, whatever the source says.",
                  _constant, "Value"),
        Transform("formula", "Formula",
                  "Arithmetic and conditions over source fields, such as "
                  "ACL / 100 if CRCD == 'USD' else ACL. “value” is the source field.",
                  formula.prepare, "Formula", argument_required=True,
                  fields=formula.names),
    )
}  # fmt: skip
