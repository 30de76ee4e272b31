"""Checks of property values, one compiled function per property.

A check takes the text sent and returns the text stored, or raises BadValue.
Facts: property formats and error words of the public CRM API.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial

Check = Callable[[str], str]

LONGEST_TEXT = 65_536
# Exponents and thousands separators are refused.
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)\Z")
EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s.,;<>\"]+(?:\.[^@\s.,;<>\"]+)+\Z")
DAY_MS = 86_400_000
# Below this an epoch in milliseconds lies before 1973: someone sent seconds.
SECONDS_BELOW = 100_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadValue(Exception):  # noqa: N818 (a verdict on input, not a failure of ours)
    """A refused value; `lenient` is what version 2026-09 stores instead."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        lenient: str | None = None,
        lenient_ms: int = 0,
        strict: str | None = None,
    ):
        super().__init__(message)
        self.code = code
        self.message = message
        self.lenient = lenient
        self.lenient_ms = lenient_ms
        self.strict = strict


def number(value: str) -> str:
    if NUMBER.match(value) is None:
        raise BadValue("INVALID_INTEGER", f"{value} was not a valid number.")
    return value


def number_not_negative(value: str) -> str:
    if number(value).startswith("-"):
        raise BadValue("INVALID_INTEGER", f"{value} must not be negative.")
    return value


def email(value: str) -> str:
    if EMAIL.match(value) is None:
        raise BadValue("INVALID_EMAIL", f"Email address {value} is invalid")
    return value.lower()


def domain(value: str) -> str:
    """Scheme, `www.` and path are dropped."""
    bare = value.strip().lower()
    if "/" in bare:
        bare = bare.rpartition("://")[2].partition("/")[0]
    return bare.removeprefix("www.")


def choice(options: Mapping[str, str], *, many: bool) -> Check:
    """Exact internal values only; `many` takes a `;` list, blank parts ignored."""
    # A partial of a module's function, unlike a closure, survives a saved state.
    return partial(_several if many else _one, options)


def _one(options: Mapping[str, str], value: str) -> str:
    if value not in options:
        raise _no_option(options, value)
    return value


def _several(options: Mapping[str, str], value: str) -> str:
    for part in value.split(";"):
        if part and part not in options:
            raise _no_option(options, part)
    return value


def _no_option(options: Mapping[str, str], value: str) -> BadValue:
    listed = ", ".join(
        f'label: "{label}"\nvalue: "{known}"\n' for known, label in options.items()
    )
    text = f"{value} was not one of the allowed options: [{listed}]"
    return BadValue("INVALID_OPTION", text)


def member(known: Container[str], word: str) -> Check:
    """One of a set that changes while we run (owners, pipelines)."""
    return partial(_member, known, word)


def _member(known: Container[str], word: str, value: str) -> str:
    if value not in known:
        text = f"{value} was not one of the allowed options: [{word}]"
        raise BadValue("INVALID_OPTION", text)
    return value


def day(value: str) -> str:
    """A date: ISO, or epoch ms at midnight UTC. Stored as YYYY-MM-DD."""
    moment = _moment(value)
    if moment is None:
        raise BadValue("INVALID_DATE", f"{value} was not a valid date.")
    stored = moment.date().isoformat()
    if moment.time().isoformat() != "00:00:00":
        text = f"{value} is at {moment.time()} UTC, not midnight!"
        midnight = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
        raise BadValue(
            "INVALID_DATE", text, lenient=stored, lenient_ms=epoch_ms(midnight)
        )
    return stored


def instant(value: str) -> str:
    """A datetime: ISO or epoch ms. Stored as ISO with Z."""
    moment = _moment(value)
    if moment is None:
        raise BadValue("INVALID_LONG", f"{value} was not a valid long.")
    if value.isdigit() and DAY_MS < int(value) < SECONDS_BELOW:
        meant = EPOCH + timedelta(seconds=int(value))
        raise BadValue(
            "INVALID_DATE",
            f"{value} looks like seconds.",
            lenient=iso(meant),
            lenient_ms=epoch_ms(meant),
            strict=iso(moment),
        )
    return iso(moment)


def iso(moment: datetime) -> str:
    """UTC with Z, three fraction digits, or none when they are nought."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    thousandths = moment.microsecond // 1000
    return f"{text}.{thousandths:03d}Z" if thousandths else f"{text}Z"


def epoch_ms(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def stored_ms(value: str) -> int | None:
    """Epoch ms of a stored or filtered date, datetime or epoch; None if neither."""
    moment = _moment(value)
    return None if moment is None else epoch_ms(moment)


def _moment(value: str) -> datetime | None:
    try:
        if value.lstrip("-").isdigit() and len(value) != len("20260101"):
            return EPOCH + timedelta(milliseconds=int(value))
        if len(value) == len("2026-01-01"):
            found = date.fromisoformat(value)
            return datetime(found.year, found.month, found.day, tzinfo=UTC)
        moment = datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        return None
    return (
        moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    )
