"""Stored field values: there and back, and the fingerprint."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sdk.values import (
    coded_types,
    decimal_text,
    dump,
    fingerprint,
    load,
    typed,
)

TYPES = {
    "s": "string",
    "i": "integer",
    "d": "decimal",
    "b": "boolean",
    "day": "date",
    "at": "datetime",
}
CODED = coded_types(TYPES)
values = st.fixed_dictionaries(
    {},
    optional={
        "s": st.none() | st.text(),
        "i": st.integers(-(2**53), 2**53),
        "d": st.decimals(allow_nan=False, allow_infinity=False, places=4),
        "b": st.booleans(),
        "day": st.dates(),
        "at": st.datetimes(timezones=st.just(UTC)),
    },
)


@given(values)
def test_values_survive_storing(fields: dict[str, object]) -> None:
    assert typed(load(dump(fields)), CODED) == fields


@given(values, values)
def test_fingerprints_are_equal_exactly_when_the_values_are(
    one: dict[str, object], other: dict[str, object]
) -> None:
    same = dump(one) == dump(other)
    assert (fingerprint(one) == fingerprint(other)) is same


def test_the_order_of_fields_does_not_matter() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})


def test_said_empty_is_not_the_same_as_not_said() -> None:
    assert len({fingerprint({"a": ""}), fingerprint({"a": None}), fingerprint({})}) == 3


def test_a_decimal_keeps_its_digits() -> None:
    assert dump({"n": Decimal("1500.00")}) == b'{"n":"1500.00"}'
    assert decimal_text(Decimal("1E+3")) == "1000"
    assert decimal_text(Decimal("0E-8")) == "0.00000000"


def test_dates_are_stored_as_iso() -> None:
    at = datetime(2026, 11, 20, 10, 0, tzinfo=timezone(timedelta(hours=1)))
    stored = load(dump({"day": date(2026, 11, 20), "at": at}))
    assert stored == {"day": "2026-11-20", "at": "2026-11-20T10:00:00+01:00"}


def test_a_value_that_does_not_parse_stays_text() -> None:
    stored = {"d": "1,000", "day": "soon", "at": "", "s": "x"}
    assert typed(stored, CODED) == stored


def test_only_coded_types_need_work() -> None:
    assert CODED == {"d": "decimal", "day": "date", "at": "datetime"}


def test_what_is_no_field_value_is_refused() -> None:
    with pytest.raises(TypeError):
        dump({"a": object()})
