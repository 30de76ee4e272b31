"""JD Edwards' ways of writing a value, to Python and back.

Data service answers give dates as "YYYYMMDD" (a few releases as Julian CYYDDD),
times as integers without leading zeros, numbers with the point already placed, and
text padded with blanks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache, partial
from typing import Any, Literal

from connectors.sdk.records import Scalar

Kind = Literal["text", "unit", "company", "integer", "address", "amount", "date"]
Decoder = Callable[[Any], Scalar]
Stamp = tuple[str, int]  # UPMJ as "YYYYMMDD" and UPMT as HHMMSS; they sort by time

NO_STAMP: Stamp = ("", 0)
_OFFSET = re.compile(r"^(?:UTC|GMT)?\s*(?:([+-])(\d{1,2}):?(\d{2})?)?$", re.IGNORECASE)
_TIMESTAMP = re.compile(r"^(\d{4})-(\d\d)-(\d\d)[:T ](\d\d)[.:](\d\d)[.:](\d\d)")


def from_julian(number: int) -> date | None:
    """CYYDDD (126074 is 2026-03-15) as a date; 0 is no date. Raises ValueError."""
    if not number:
        return None
    year, day = 1900 + number // 1000, number % 1000
    found = date(year, 1, 1) + timedelta(days=day - 1)
    if number < 0 or day < 1 or found.year != year:
        raise ValueError(f"{number} is not a Julian date")
    return found


def to_julian(day: date | None) -> int:
    """The inverse of `from_julian`."""
    return (day.year - 1900) * 1000 + day.timetuple().tm_yday if day else 0


@lru_cache(maxsize=8192)
def parse_date(value: str | int | None) -> date | None:
    """A date of an answer; None where there is none.

    Eight digits are YYYYMMDD, fewer are Julian. Raises ValueError for another.
    """
    text = str(value or "").strip()
    if len(text) == 8:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    if len(text) > 6:
        raise ValueError(f"{text} is not a date")
    return from_julian(int(text or 0))


def parse_time(value: str | int | None) -> time:
    """HHMMSS without leading zeros (5 is 00:00:05). Raises ValueError."""
    number = int(value or 0)
    return time(number // 10000, number // 100 % 100, number % 100)


def stamp(day: str | int | None, clock: int | None) -> Stamp:
    """UPMJ and UPMT of a row in a form that sorts; `NO_STAMP` without a date."""
    if type(day) is not str or len(day) != 8:
        try:
            parsed = parse_date(day)
        except ValueError:
            return NO_STAMP
        if not parsed:
            return NO_STAMP
        day = parsed.strftime("%Y%m%d")
    return day, clock or 0


def stamp_of(local: datetime) -> Stamp:
    """A server-local time as the stamp of a row changed then."""
    clock = local.hour * 10000 + local.minute * 100 + local.second
    return local.strftime("%Y%m%d"), clock


def moment(when: Stamp, zone: tzinfo) -> datetime | None:
    """A stamp as a time in UTC; None when there is none.

    The hour that comes twice in autumn counts as its first; a time that is no time
    counts as the start of its day.
    """
    day, clock = when
    found = _day(day, zone) if day else None
    if found is None:
        return None
    midnight, steady = found
    hour, minute, second = clock // 10000, clock // 100 % 100, clock % 100
    if hour > 23 or minute > 59 or second > 59:
        return midnight
    if steady:
        return midnight + timedelta(0, 3600 * hour + 60 * minute + second)
    local = datetime(
        int(day[:4]), int(day[4:6]), int(day[6:]), hour, minute, second, tzinfo=zone
    )
    return local.astimezone(UTC)


@lru_cache(maxsize=16384)
def _day(day: str, zone: tzinfo) -> tuple[datetime, bool] | None:
    """Local midnight in UTC, and whether the day has 24 hours (clocks stay as is)."""
    try:
        local = datetime(int(day[:4]), int(day[4:6]), int(day[6:]), tzinfo=zone)
        midnight = local.astimezone(UTC)
        following = (local + timedelta(days=1)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return midnight, following - midnight == timedelta(days=1)


def parse_timestamp(text: object) -> datetime | None:
    """The `timeStamp` of a successful answer: server local, without a zone."""
    found = _TIMESTAMP.match(text) if isinstance(text, str) else None
    if not found:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001
    except ValueError:
        return None


def parse_offset(text: object) -> timezone | None:
    """`userInfo.timeZoneOffset` ("UTC-05:00") as a zone; None when it says nothing."""
    found = _OFFSET.match(text.strip()) if isinstance(text, str) else None
    if not found or not str(text).strip():
        return None
    sign, hours, minutes = found.groups()
    if not sign:
        return timezone.utc  # noqa: UP017 - the type is timezone here
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if offset >= timedelta(days=1):
        return None
    return timezone(-offset if sign == "-" else offset)


def decode_text(value: Any) -> str:
    """Text without its padding; a blank is the empty string."""
    return value.strip() if type(value) is str else str(value or "").strip()


def decode_integer(value: Any) -> Scalar:
    """A whole number; what cannot be read as one is not said."""
    if type(value) is int:
        return value
    try:
        return int(value or 0)
    except ValueError:
        return None


def decode_address(value: Any) -> Scalar:
    """The number of a related address; 0 is none."""
    return decode_integer(value) or ""


def decode_amount(value: Any) -> Scalar:
    """An amount with its decimals as sent; what cannot be read is not said."""
    try:
        return Decimal(value or 0)
    except InvalidOperation:
        return None


def decode_date(value: Any) -> Scalar:
    """A date; empty is said empty, unreadable is not said."""
    try:
        return parse_date(value) or ""
    except ValueError:
        return None


def decoder(kind: Kind, implied_decimals: int = 0) -> Decoder:
    """What turns a column of this kind into a field value."""
    if implied_decimals:
        return partial(_scaled, implied_decimals)
    return _DECODERS[kind]


def _scaled(decimals: int, value: Any) -> Scalar:
    amount = decode_amount(value)
    return amount.scaleb(-decimals) if isinstance(amount, Decimal) else None


_DECODERS: dict[Kind, Decoder] = {
    "text": decode_text,
    "unit": decode_text,
    "company": decode_text,
    "integer": decode_integer,
    "address": decode_address,
    "amount": decode_amount,
    "date": decode_date,
}


def encode(kind: Kind, value: str) -> str:
    """A value as a condition must say it: comparisons see the stored padding."""
    value = value.strip()
    if kind == "unit":
        return value.rjust(12)
    return value.zfill(5) if kind == "company" else value
