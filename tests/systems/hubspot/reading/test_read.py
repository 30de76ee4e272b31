"""Reading single records back: by id and by a unique property."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.sdk.errors import (
    ConfigurationError,
    UnsupportedOperationError,
)
from tests.systems.conftest import Hub, company, contact

READS = "/batch/read"


def test_values_come_back_with_their_types(hub: Hub) -> None:
    at = datetime(2026, 11, 20, 10, 0, 0, 123000, UTC)
    written = hub.write(
        [
            company(
                1,
                erp_credit_limit=Decimal("1500.00"),
                erp_on_hold=False,
                erp_changed_at=at,
                numberofemployees=25,
            )
        ]
    )
    wanted = ["name", "erp_credit_limit", "erp_on_hold", "erp_changed_at"]
    wanted += ["numberofemployees", "city"]
    key = written["JDE:1"].target_id
    (record,) = hub.connector.fetch("companies", [key], fields=wanted)
    assert record.fields == {
        "name": "Company 1",
        "erp_credit_limit": Decimal("1500.00"),
        "erp_on_hold": False,
        "erp_changed_at": at,
        "numberofemployees": 25,
        "city": "",
    }
    assert record.modified_at is not None
    assert not record.deleted


def test_without_a_wish_all_known_fields_come(hub: Hub) -> None:
    key = hub.write([contact(1)], "contacts")["JDE:P1"].target_id
    (record,) = hub.connector.fetch("contacts", [key])
    assert set(record.fields) == set(hub.connector.spec.object("contacts").fields)


def test_many_records_are_read_a_hundred_to_a_request(hub: Hub) -> None:
    results = hub.write([company(n) for n in range(150)])
    keys = [one.target_id for one in results.values()]
    hub.control.clear_log()
    found = hub.connector.fetch("companies", [*keys, keys[0]], fields=["name"])
    assert {one.key for one in found} == set(keys)
    assert len(found) == 150
    assert len(hub.requests(READS)) == 2


def test_what_is_archived_is_gone(hub: Hub) -> None:
    keys = [one.target_id for one in hub.write([company(1), company(2)]).values()]
    hub.control.edit(type="companies", action="delete", id=keys[0])
    found = hub.connector.fetch("companies", keys, fields=["name"])
    assert [one.key for one in found] == [keys[1]]


def test_an_archived_record_comes_again_when_it_is_written(hub: Hub) -> None:
    first = hub.write([company(1)])["JDE:1"].target_id
    hub.control.edit(type="companies", action="delete", id=first)
    again = hub.write([company(1)])["JDE:1"]
    assert again.outcome == "created"
    assert again.target_id != first


def test_records_are_found_by_key_whatever_its_case(hub: Hub) -> None:
    written = hub.write([contact(1, email="ann@example.com")], "contacts")
    found = hub.connector.find(
        "contacts", "email", ["Ann@Example.com", "x@example.com"]
    )
    assert [one.key for one in found["Ann@Example.com"]] == [
        written["JDE:P1"].target_id
    ]
    assert found["x@example.com"] == []


def test_records_are_found_by_id(hub: Hub) -> None:
    key = hub.write([company(1)])["JDE:1"].target_id
    found = hub.connector.find("companies", "hs_object_id", [key, "999", "soon"])
    assert {value: len(records) for value, records in found.items()} == {
        key: 1,
        "999": 0,
        "soon": 0,
    }


def test_looking_for_nothing_asks_nobody(hub: Hub) -> None:
    hub.connector.check()
    hub.control.clear_log()
    assert hub.connector.find("companies", "erp_key", [""]) == {"": []}
    assert hub.connector.fetch("companies", []) == []
    assert not hub.requests(READS)


def test_what_is_neither_unique_nor_searchable_cannot_be_looked_for(hub: Hub) -> None:
    with pytest.raises(UnsupportedOperationError, match="“annualrevenue”"):
        hub.connector.find("companies", "annualrevenue", ["1"])


def test_without_our_property_looking_for_it_stops_the_flow(bare_hub: Hub) -> None:
    with pytest.raises(ConfigurationError, match="“erp_key”"):
        bare_hub.connector.find("companies", "erp_key", ["JDE:1"])


def test_a_wrong_version_is_a_fault_of_the_settings(hub: Hub) -> None:
    with pytest.raises(ConfigurationError, match="address"):
        hub.open(api_version="2031-03").fetch("companies", ["1"])
