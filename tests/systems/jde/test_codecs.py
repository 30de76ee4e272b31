"""JD Edwards' values to Python and back, for whatever may come."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.systems.jde.wire import codecs
from connectors.systems.jde.wire.codecs import (
    NO_STAMP,
    decoder,
    encode,
    from_julian,
    moment,
    parse_date,
    parse_offset,
    parse_time,
    parse_timestamp,
    stamp,
    stamp_of,
    to_julian,
)

local = datetime.fromisoformat  # the server's times know no zone
DAYS = st.dates(date(1900, 1, 1), date(2899, 12, 31))
TIMES = st.times().map(lambda value: value.replace(microsecond=0))
ZONES = st.sampled_from(
    ["America/New_York", "Europe/Zurich", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]
)


@given(DAYS)
def test_julian_dates_go_there_and_back(day: date) -> None:
    assert from_julian(to_julian(day)) == day


@pytest.mark.parametrize(
    ("number", "day"),
    [
        (126074, date(2026, 3, 15)),
        (100001, date(2000, 1, 1)),
        (98185, date(1998, 7, 4)),
        (124060, date(2024, 2, 29)),
        (124366, date(2024, 12, 31)),
        (125365, date(2025, 12, 31)),
        (0, None),
    ],
)
def test_known_julian_dates(number: int, day: date | None) -> None:
    assert from_julian(number) == day
    assert to_julian(day) == number


@pytest.mark.parametrize("number", [125366, 124367, 126000, 126999, -1])
def test_a_day_that_no_year_has_is_no_julian_date(number: int) -> None:
    with pytest.raises(ValueError, match="date"):
        from_julian(number)


@given(DAYS)
def test_dates_come_as_eight_digits_or_julian(day: date) -> None:
    assert parse_date(day.strftime("%Y%m%d").rjust(8, "0")) == day
    assert parse_date(to_julian(day)) == day
    assert parse_date(str(to_julian(day))) == day


@pytest.mark.parametrize("nothing", [None, "", " ", 0, "0"])
def test_no_date(nothing: Any) -> None:
    assert parse_date(nothing) is None
    assert decoder("date")(nothing) == ""


@pytest.mark.parametrize("wrong", ["20260230", "2026-03-15", "soon", "1234567"])
def test_an_unreadable_date_is_not_said(wrong: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_date(wrong)
    assert decoder("date")(wrong) is None
    assert stamp(wrong, 0) == NO_STAMP or moment(stamp(wrong, 0), UTC) is None


@given(TIMES)
def test_times_come_without_leading_zeros(value: time) -> None:
    number = int(value.strftime("%H%M%S"))
    assert parse_time(number) == value
    assert parse_time(str(number)) == value


def test_known_times() -> None:
    assert parse_time(91625) == time(9, 16, 25)
    assert parse_time(5) == time(0, 0, 5)
    assert parse_time(0) == time()


@given(DAYS.filter(lambda day: day.year > 1970), TIMES, ZONES)
def test_a_stamp_is_the_servers_local_time(day: date, at: time, name: str) -> None:
    zone = ZoneInfo(name)
    there = datetime.combine(day, at)
    expected = there.replace(tzinfo=zone, fold=0).astimezone(UTC)
    assert moment(stamp_of(there), zone) == expected


@given(st.datetimes(local("1971-01-01"), local("2100-01-01")))
def test_stamps_sort_as_the_times_they_are(first: datetime) -> None:
    first = first.replace(microsecond=0)
    for later in (1, 60, 3600, 86400, 86400 * 31):
        assert stamp_of(first) < stamp_of(first + timedelta(seconds=later))


@given(DAYS.filter(lambda day: day.year > 1970))
def test_a_julian_day_stamps_as_any_other(day: date) -> None:
    assert stamp(to_julian(day), 5) == stamp(day.strftime("%Y%m%d"), 5)


@pytest.mark.parametrize("clock", [240000, 996060, 126000, 120060])
def test_a_time_that_is_none_counts_as_the_start_of_its_day(clock: int) -> None:
    assert moment(("20260315", clock), UTC) == datetime(2026, 3, 15, tzinfo=UTC)


def test_the_hour_that_comes_twice_counts_as_its_first() -> None:
    found = moment(("20261101", 13000), ZoneInfo("America/New_York"))
    assert found == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@given(st.text(st.characters(exclude_categories=["C", "Z"]), max_size=12))
def test_padding_is_not_part_of_a_text(text: str) -> None:
    for padded in (text, f"{text:<20}", f"{text:>20}"):
        assert decoder("text")(padded) == text
    assert decoder("unit")(encode("unit", text)) == text


def test_a_blank_is_said_empty() -> None:
    assert decoder("text")(" ") == ""
    assert decoder("address")(0) == ""


@given(st.integers(0, 99999))
def test_companies_are_padded_with_zeros(number: int) -> None:
    assert encode("company", str(number)) == f"{number:05d}"
    assert encode("company", f"{number:05d}") == f"{number:05d}"


def test_business_units_are_padded_with_blanks() -> None:
    assert encode("unit", "30") == "          30"
    assert encode("unit", "          30") == "          30"


@given(st.decimals(-(10**13), 10**13, places=2))
def test_amounts_stay_exact(amount: Decimal) -> None:
    assert decoder("amount")(amount) == amount
    cents = int(amount.scaleb(2))
    assert decoder("amount", implied_decimals=2)(cents) == amount
    assert isinstance(decoder("amount")(cents), Decimal)


@pytest.mark.parametrize("kind", ["integer", "amount"])
def test_a_number_that_is_none_is_not_said(kind: codecs.Kind) -> None:
    assert decoder(kind)("n/a") is None


def test_the_clock_of_an_answer() -> None:
    assert parse_timestamp("2026-03-15:14.05.33") == local("2026-03-15T14:05:33")
    for nothing in (None, "", "yesterday", 5, "2026-13-40:99.99.99"):
        assert parse_timestamp(nothing) is None


@pytest.mark.parametrize(
    ("text", "hours"),
    [("UTC-05:00", -5), ("UTC+05:30", 5.5), ("GMT+1", 1), ("UTC", 0), ("-07:00", -7)],
)
def test_the_offset_of_a_login(text: str, hours: float) -> None:
    assert parse_offset(text) == timezone(timedelta(hours=hours))


@pytest.mark.parametrize("text", [None, "", "  ", "EST", "UTC-99:00", 7])
def test_a_login_may_tell_no_offset(text: Any) -> None:
    assert parse_offset(text) is None
