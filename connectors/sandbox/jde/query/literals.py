"""Values of a condition: from request text to what is stored."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.sandbox.jde.data.columns import (
    AMOUNT,
    BLANK,
    DATE,
    TIME,
    Column,
    Value,
)
from connectors.sandbox.jde.errors import bad_request

_RELATIVE = re.compile(r"^TODAY_(PLUS|MINUS)_(DAY|MONTH|YEAR)$")
_JAVA_DATE = {"dd": "%d", "MM": "%m", "yyyy": "%Y", "yy": "%y"}
_STRICT_DATE = {"dd": r"\d{2}", "MM": r"\d{2}", "yyyy": r"\d{4}", "yy": r"\d{2}"}
_JAVA_TOKEN = re.compile(r"yyyy|yy|MM|dd")


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, on which day of the server, and how that person writes dates."""

    user: str
    today: date
    date_pattern: str
    lenient_dates: bool = False


def stored_value(column: Column, given: Any, context: Context) -> Value:
    """The comparable value of one `{content, specialValueId}`; AisError if wrong."""
    if not isinstance(given, dict) or not isinstance(given.get("content", ""), str):
        raise bad_request(f"A value of {column.alias} needs content as text")
    content = str(given.get("content", ""))
    special = given.get("specialValueId", "LITERAL")
    if special == "LITERAL":
        return _literal(column, content, context)
    if special == "LOGIN_USER" and column.is_text:
        return context.user
    if column.kind != DATE:
        raise bad_request(f"{special} is not valid for {column.alias}")
    return f"{_special_day(str(special), content, context.today):%Y%m%d}"


def _literal(column: Column, content: str, context: Context) -> Value:
    if column.is_text:
        # Compared as stored: blanks in front count, blanks behind are padding.
        return content.rstrip(BLANK) or BLANK
    if column.kind == DATE:
        return f"{_date_literal(column, content, context):%Y%m%d}"
    return _number(column, content)


def _number(column: Column, content: str) -> int | Decimal:
    if column.kind != AMOUNT and content.isascii() and content.isdigit():
        return int(content)
    try:
        number = Decimal(content)
    except InvalidOperation as error:
        raise bad_request(f"{content!r} is not a number for {column.alias}") from error
    if not number.is_finite() or (column.kind == TIME and number < 0):
        raise bad_request(f"{content!r} is not a number for {column.alias}")
    whole = number == number.to_integral_value()
    return int(number) if whole and column.kind != AMOUNT else number


def _date_literal(column: Column, content: str, context: Context) -> date:
    found = parsed_date(content, context.date_pattern)
    if found is None and context.lenient_dates:
        found = parsed_date(content, "yyyy-MM-dd") or _julian(content)
    if found is None:
        wanted = f"a date as {context.date_pattern}"
        raise bad_request(f"{content!r} is not {wanted} for {column.alias}")
    return found


def parsed_date(text: str, pattern: str) -> date | None:
    """The day in a Java date pattern with every digit given, else None."""
    shape = _JAVA_TOKEN.sub(lambda m: _STRICT_DATE[m[0]], re.escape(pattern))
    if not re.fullmatch(shape, text):
        return None
    try:
        return datetime.strptime(text, strftime_pattern(pattern)).date()  # noqa: DTZ007
    except ValueError:
        return None


def strftime_pattern(java: str) -> str:
    """`MM/dd/yyyy` as `%m/%d/%Y`."""
    return _JAVA_TOKEN.sub(lambda match: _JAVA_DATE[match[0]], java)


def _julian(text: str) -> date | None:
    if not re.fullmatch(r"\d{5,6}", text):
        return None
    century_year, day = divmod(int(text), 1000)
    return date(1900 + century_year, 1, 1) + timedelta(days=day - 1)


def _special_day(special: str, content: str, today: date) -> date:
    if special == "TODAY":
        return today
    match = _RELATIVE.match(special)
    if match is None:
        raise bad_request(f"{special} is not a valid specialValueId")
    if not re.fullmatch(r"\d{1,5}", content):
        raise bad_request(f"{special} needs a whole number as content")
    count = int(content) if match[1] == "PLUS" else -int(content)
    try:
        return _moved(today, count, match[2])
    except (ValueError, OverflowError) as error:
        raise bad_request(f"{special} {content} is outside the calendar") from error


def _moved(day: date, count: int, unit: str) -> date:
    if unit == "DAY":
        return day + timedelta(days=count)
    months = day.year * 12 + day.month - 1 + (count if unit == "MONTH" else 12 * count)
    year, month = divmod(months, 12)
    # The 31st of a short month is its last day.
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
