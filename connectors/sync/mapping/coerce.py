"""Values in the type of a target field, or the reason why they cannot be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

from connectors.sdk.errors import MappingError
from connectors.sdk.records import FieldInfo, Scalar
from connectors.sync.mapping.transforms import as_text, to_decimal


def _to_string(value: Scalar, info: FieldInfo) -> Scalar:
    text = value if isinstance(value, str) else as_text(value)
    if info.max_length is not None and len(text) > info.max_length:
        raise MappingError(
            f"The value has {len(text)} characters, “{info.label}” takes "
            f"{info.max_length}.",
            advice="Shorten it in the source, or add “Cut to length” to the mapping.",
        )
    return text


def _to_integer(value: Scalar, info: FieldInfo) -> Scalar:
    number = to_decimal(value)
    if number != number.to_integral_value():
        raise MappingError(f"“{info.label}” takes whole numbers, not {number}.")
    return int(number)


def _to_decimal(value: Scalar, _info: FieldInfo) -> Scalar:
    return value if type(value) is Decimal else to_decimal(value)


_TRUE = {"true", "yes", "y", "1", "on"}
_FALSE = {"false", "no", "n", "0", "off"}


def _to_boolean(value: Scalar, info: FieldInfo) -> Scalar:
    if isinstance(value, bool):
        return value
    text = as_text(value).strip().lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise MappingError(f"“{info.label}” takes yes or no, not “{as_text(value)}”.")


def _to_date(value: Scalar, info: FieldInfo) -> Scalar:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(as_text(value)[:10])
    except ValueError:
        raise MappingError(
            f"“{info.label}” takes a date, not “{as_text(value)}”."
        ) from None


def _to_datetime(value: Scalar, info: FieldInfo) -> Scalar:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    try:
        found = datetime.fromisoformat(as_text(value))
    except ValueError:
        raise MappingError(
            f"“{info.label}” takes a date and time, not “{as_text(value)}”."
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _to_option(value: Scalar, info: FieldInfo) -> Scalar:
    text = as_text(value).strip()
    if not info.options or any(option.value == text for option in info.options):
        return text
    for option in info.options:
        if option.label.casefold() == text.casefold():
            return option.value
    raise MappingError(
        f"“{text}” is not one of the options of “{info.label}”.",
        advice="Add a value map to the mapping, or the option to the target.",
    )


# Values of these types need no coercion.
PYTHON: dict[str, type] = {
    "string": str,
    "list": str,
    "integer": int,
    "decimal": Decimal,
    "boolean": bool,
    "datetime": datetime,
}
COERCIONS: dict[str, Callable[[Scalar, FieldInfo], Scalar]] = {
    "string": _to_string,
    "integer": _to_integer,
    "decimal": _to_decimal,
    "boolean": _to_boolean,
    "date": _to_date,
    "datetime": _to_datetime,
    "enum": _to_option,
    "list": _to_string,
    "reference": _to_string,
}
