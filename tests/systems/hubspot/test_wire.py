"""Addresses, formats and error bodies of HubSpot, without a socket."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sdk.errors import RejectedError
from connectors.sdk.records import FieldInfo
from connectors.systems.hubspot.codec import Codec, same
from connectors.systems.hubspot.wire.answers import Written
from connectors.systems.hubspot.wire.envelope import Envelope
from connectors.systems.hubspot.wire.paths import Paths
from connectors.systems.hubspot.writing.ledger import (
    Book,
    Input,
    Part,
    halves,
    waves,
    work_off,
)
from connectors.systems.hubspot.writing.wording import record_error

FIELDS = [
    FieldInfo(name="s", label="S"),
    FieldInfo(name="i", label="I", type="integer"),
    FieldInfo(name="d", label="D", type="decimal"),
    FieldInfo(name="b", label="B", type="boolean"),
    FieldInfo(name="day", label="Day", type="date"),
    FieldInfo(name="at", label="At", type="datetime"),
    FieldInfo(name="many", label="Many", type="list"),
    FieldInfo(name="ref", label="Ref", type="reference", references="companies"),
]
CODEC = Codec(FIELDS)


# ---------------------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("version", "upsert", "links", "group"),
    [
        (
            "2026-09",
            "/crm/objects/2026-09/companies/batch/upsert",
            "/crm/associations/2026-09/contacts/companies/batch/create",
            "/crm/properties/2026-09/companies/groups/mlc_erp",
        ),
        (
            "v3",
            "/crm/v3/objects/companies/batch/upsert",
            "/crm/v4/associations/contacts/companies/batch/create",
            "/crm/v3/properties/companies/groups/mlc_erp",
        ),
    ],
)
def test_addresses_of_a_version(
    version: str, upsert: str, links: str, group: str
) -> None:
    paths = Paths(version)
    assert paths.batch("companies", "upsert") == upsert
    assert paths.links("contacts", "companies", "create") == links
    assert paths.groups("companies", "mlc_erp") == group
    assert paths.account == f"/account-info/{version}/details"


def test_a_name_in_an_address_is_quoted() -> None:
    assert Paths("v3").properties("companies", "a/b?c").endswith("/a%2Fb%3Fc")


# ------------------------------------------------------------------------------ formats


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "s": st.text(min_size=1),
            "i": st.integers(),
            "d": st.decimals(allow_nan=False, allow_infinity=False),
            "b": st.booleans(),
            "day": st.dates(),
            "at": st.datetimes(timezones=st.just(UTC)).map(
                lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
            ),
        },
    )
)
def test_values_survive_hubspots_texts(fields: dict[str, Any]) -> None:
    sent = CODEC.encode(fields)
    assert all(isinstance(text, str) for text in sent.values())
    assert CODEC.decode(sent) == fields


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("d", Decimal("1E+3"), "1000"),
        ("d", Decimal("0.10"), "0.10"),
        ("b", False, "false"),
        ("day", datetime(2026, 11, 20, 23, 0, tzinfo=UTC), "2026-11-20"),
        ("at", date(2026, 11, 20), "2026-11-20T00:00:00.000Z"),
        ("many", ";a; b ;;c", "a;b;c"),
        ("many", "", ""),
        ("s", "", ""),
        ("i", 7, "7"),
        ("unknown", True, "true"),
    ],
)
def test_a_value_has_one_form(name: str, value: Any, text: str) -> None:
    assert CODEC.encode({name: value}) == {name: text}


def test_what_was_not_said_and_links_are_left_out() -> None:
    assert CODEC.encode({"s": None, "ref": "512"}) == {}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("i", "25.0", 25),
        ("i", "25.5", Decimal("25.5")),
        ("i", "many", "many"),
        ("at", "1763600000000", datetime(2025, 11, 20, 0, 53, 20, tzinfo=UTC)),
        ("at", "2026-11-20T10:00:01Z", datetime(2026, 11, 20, 10, 0, 1, tzinfo=UTC)),
        ("day", "2026-11-20", date(2026, 11, 20)),
        ("s", "", ""),
        ("s", None, ""),
        ("unknown", "x", "x"),
    ],
)
def test_a_text_becomes_a_value(name: str, text: str | None, value: Any) -> None:
    assert CODEC.decode({name: text}) == {name: value}


@pytest.mark.parametrize(
    ("sent", "stored", "equal"),
    [
        ("a", "a", True),
        ("", None, True),
        ("1500.00", "1500", True),
        ("A@Example.com", "a@example.com", True),
        ("2026-11-20T10:00:00.000Z", "2026-11-20T10:00:00Z", True),
        ("Acme", "ACME", False),
        ("1500.00", "1501", False),
        ("x", None, False),
        ("2026-11-20", "later", False),
    ],
)
def test_what_is_stored_is_what_was_sent(
    sent: str, stored: str | None, equal: bool
) -> None:
    assert same(sent, stored) is equal


# ------------------------------------------------------------------------- error bodies


@pytest.mark.parametrize("body", [None, [], "x", 7, {}, {"errors": "x", "context": 3}])
def test_any_body_can_be_read(body: Any) -> None:
    envelope = Envelope.of(body)
    assert envelope.problems == []
    assert envelope.texts("ids") == []
    assert record_error(envelope, "companies", {}, str).message


def test_bad_properties_are_read_from_either_place() -> None:
    listed = {
        "errors": [
            {
                "code": "INVALID_OPTION",
                "message": "m",
                "context": {"propertyName": ["x"]},
            }
        ]
    }
    embedded = {
        "message": 'Property values were not valid: [{"isValid":false,"message":"m",'
        '"error":"INVALID_OPTION","name":"x"}]'
    }
    for body in (listed, embedded):
        (problem,) = Envelope.of(body).problems
        assert (problem.code, problem.property) == ("INVALID_OPTION", "x")


def test_half_an_embedded_list_is_no_trouble() -> None:
    envelope = Envelope.of({"message": "Property values were not valid: [{]"})
    assert envelope.problems == []


def test_required_properties_that_were_not_set_are_named() -> None:
    body = {
        "message": "Error creating COMPANY. Some required properties were not set.",
        "context": {"properties": ["name"]},
    }
    error = record_error(Envelope.of(body), "companies", {}, str)
    assert error.field == "name"
    assert "requires a value for “name”" in error.message


def test_a_conflict_names_the_owner_not_the_record_in_the_making() -> None:
    body = {
        "message": "Cannot set PropertyValueCoordinates{portalId=20000001, "
        "objectTypeId=ObjectTypeId{legacyObjectType=COMPANY}, propertyName=erp_key, "
        "value=ECC-1000} on 600000000011. 600000000007 already has that value."
    }
    error = record_error(Envelope.of(body), "companies", {}, str)
    assert error.error_class == "ambiguous"
    assert error.field == "erp_key"
    assert "600000000007 already has “erp_key” = “ECC-1000”" in error.message
    assert "600000000011" not in error.message


def test_a_long_list_of_options_is_cut_short() -> None:
    listed = ", ".join(f'label: "L{n}"\nvalue: "V{n}"\n' for n in range(30))
    problem = {
        "code": "INVALID_OPTION",
        "message": f"x was not one of the allowed options: [{listed}]",
        "context": {"propertyName": ["industry"]},
    }
    error = record_error(Envelope.of({"errors": [problem]}), "companies", {}, str)
    assert "V7 and 22 more" in error.advice


# -------------------------------------------------------------------------- bookkeeping


def test_waves_keep_order_and_never_hold_a_value_twice() -> None:
    values = ["a", "b", "A", "a", "c"]
    inputs = [Input(str(n), value, {}) for n, value in enumerate(values)]
    found = [[one.key for one in wave] for wave in waves(inputs)]
    assert found == [["0", "1", "4"], ["2"], ["3"]]


@given(st.integers(1, 200))
def test_halves_hold_everything_once(size: int) -> None:
    inputs = [Input(str(n), str(n), {}) for n in range(size)]
    first, second = halves(inputs)
    assert first + second == inputs
    assert 0 <= len(first) - len(second) <= 1


@given(st.sets(st.integers(0, 99), max_size=5))
def test_who_spoils_a_batch_is_found_with_few_requests(bad: set[int]) -> None:
    """Nobody else is blamed, and everybody else goes through once."""
    asked = 0
    book = Book()

    def attempt(part: Part) -> list[Part]:
        nonlocal asked
        asked += 1
        keys = [one.key for one in part.inputs]
        if bad.isdisjoint(map(int, keys)):
            for key in keys:
                assert key not in book.results
                book.settle(key, "created", Written(id=key), "")
        elif len(keys) == 1:
            book.fail(keys[0], RejectedError("spoilt"))
        else:
            part.spoilt = True
        return []

    inputs = [Input(str(n), str(n), {}) for n in range(100)]
    work_off([Part(inputs)], attempt, book)
    failed = {int(key) for key, one in book.results.items() if one.error}
    assert (failed, len(book.results)) == (bad, 100)
    # The whole, seven cuts, the one alone; and what is left over, whole, for the next.
    assert asked <= 1 + 9 * len(bad)
