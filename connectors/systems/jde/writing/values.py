"""Values as JD Edwards takes them. One that does not fit is refused, never cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Literal

from connectors.sdk.errors import RejectedError
from connectors.sdk.records import Fields, Scalar

Kind = Literal["text", "unit", "company", "whole", "amount", "rate", "date"]
_MOST = Decimal(10) ** 13  # 15 digits, 2 of them decimals


@dataclass(frozen=True, slots=True)
class Column:
    """An input and what it holds; `size` is in characters or digits."""

    input: str
    size: int
    kind: Kind = "text"


def wrong(field: str, why: str, code: str = "VALUE") -> RejectedError:
    """The error for a value of ours that cannot be sent."""
    return RejectedError(f"{field}: {why}", field=field, code=code)


def inputs(columns: Mapping[str, Column], fields: Fields) -> dict[str, str]:
    """The inputs for the fields that are said; raises RejectedError."""
    found = {}
    for name, column in columns.items():
        value = fields.get(name)
        if value is not None:
            found[column.input] = written(name, value, column)
    return found


def written(field: str, value: Scalar, column: Column) -> str:
    """A value as text; empty clears the column. Raises RejectedError."""
    text = value.strip() if isinstance(value, str) else value
    if text is None or text == "":
        return ""
    if column.kind == "date":
        return day(field, text).isoformat()
    if column.kind in ("amount", "rate", "whole"):
        return _number(field, text, column)
    found = str(text)
    if len(found) > column.size:
        raise wrong(
            field, f"“{found}” has {len(found)} characters of at most {column.size}."
        )
    if column.kind == "unit":
        return found.rjust(12)
    return found.zfill(5) if column.kind == "company" else found


def amount(field: str, value: Scalar) -> Decimal:
    """An amount with two decimals at most; raises RejectedError."""
    found = _decimal(field, value)
    cents = found.scaleb(2)
    if cents != cents.to_integral_value():
        raise wrong(field, f"{value} has more than 2 decimals.", "DECIMALS")
    if abs(found) >= _MOST:
        raise wrong(field, f"{value} is too large.")
    return found


def money(value: Decimal) -> str:
    """An amount with a point and without exponent or needless noughts."""
    return f"{value.normalize():f}" if value else "0"


def day(field: str, value: Scalar) -> date:
    """A date; raises RejectedError."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        raise wrong(field, f"“{value}” is not a date.") from None


def _number(field: str, value: Scalar, column: Column) -> str:
    if column.kind == "whole":
        return _whole(field, value, column.size)
    exact = column.kind == "amount"
    return money(amount(field, value) if exact else _decimal(field, value))


def _whole(field: str, value: Scalar, size: int) -> str:
    found = _decimal(field, value)
    if found != found.to_integral_value() or found < 0:
        raise wrong(field, f"{value} is not a whole number.")
    if found >= Decimal(10) ** size:
        raise wrong(field, f"{value} has more than {size} digits.")
    return f"{int(found)}"


def _decimal(field: str, value: Scalar) -> Decimal:
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        found = Decimal("NaN")
    if isinstance(value, bool) or not found.is_finite():
        raise wrong(field, f"“{value}” is not a number.")
    return found
