"""Writing to HubSpot: every record gets its own, right outcome."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from connectors.sdk.errors import (
    RejectedError,
    TransientError,
    UnavailableError,
)
from connectors.sdk.records import WriteItem, WriteResult
from tests.systems.conftest import UPSERTS, Hub, company, contact


def outcomes(results: dict[str, WriteResult]) -> set[str]:
    return {one.outcome for one in results.values()}


def error_of(result: WriteResult) -> Exception:
    assert result.error is not None
    return result.error


# ------------------------------------------------------------------ created and updated


def test_a_hundred_records_are_one_request(hub: Hub) -> None:
    items = [company(n) for n in range(100)]
    assert outcomes(hub.write(items)) == {"created"}
    assert len(hub.requests(UPSERTS)) == 1
    assert outcomes(hub.write(items)) == {"updated"}
    assert len(hub.stored()) == 100


def test_more_than_a_batch_is_sent_in_several(hub: Hub) -> None:
    assert outcomes(hub.write([company(n) for n in range(230)])) == {"created"}
    assert len(hub.requests(UPSERTS)) == 3


def test_new_and_known_records_go_together(hub: Hub) -> None:
    known = hub.write([company(1)])["JDE:1"]
    items = [
        WriteItem(key="a", fields=company(1).fields, target_id=known.target_id),
        WriteItem(key="b", fields=company(2).fields),
    ]
    results = hub.write(items)
    assert results["a"].outcome == "updated"
    assert results["a"].target_id == known.target_id
    assert results["b"].outcome == "created"


def test_every_result_names_the_call(hub: Hub) -> None:
    results = hub.write([company(1), company(2, erp_credit_limit="much")])
    log = hub.requests(UPSERTS)[0]
    assert {one.request_id for one in results.values()} == {log["correlation"]}


@pytest.mark.parametrize("version", ["2026-09", "2026-03", "v3"])
def test_each_family_of_versions_is_served(hub: Hub, version: str) -> None:
    home = hub.write([company(1)], api_version=version)["JDE:1"].target_id
    person = hub.write([contact(1, home)], "contacts", api_version=version)
    assert person["JDE:P1"].outcome == "created"
    assert all(version in one["path"] for one in hub.requests(UPSERTS))


# ------------------------------------------------------------------------------ formats


def test_values_arrive_in_hubspots_own_formats(hub: Hub) -> None:
    bern = timezone(timedelta(hours=1))
    hub.write(
        [
            company(
                1,
                erp_credit_limit=Decimal("1500.00"),
                erp_on_hold=True,
                erp_changed_at=datetime(2026, 11, 20, 10, 0, 0, 123000, tzinfo=bern),
                numberofemployees=25,
                annualrevenue=Decimal("1E+6"),
            )
        ]
    )
    stored = hub.stored()["JDE:1"]
    assert stored["erp_credit_limit"] == "1500.00"
    assert stored["erp_on_hold"] == "true"
    assert stored["erp_changed_at"] == "2026-11-20T09:00:00.123Z"
    assert stored["numberofemployees"] == "25"
    assert stored["annualrevenue"] == "1000000"


def test_not_said_is_kept_and_said_empty_is_cleared(hub: Hub) -> None:
    hub.write([company(1, city="Basel", phone="1")])
    hub.write([company(1, city=None, phone="")])
    stored = hub.stored()["JDE:1"]
    assert stored["city"] == "Basel"
    assert not stored.get("phone")


@pytest.mark.parametrize(
    "value",
    [Decimal("NaN"), datetime(2026, 1, 1), 1.5, ["a"]],  # noqa: DTZ001 - that is the fault
)
def test_a_value_without_a_form_fails_its_record_alone(hub: Hub, value: object) -> None:
    results = hub.write([company(1, erp_credit_limit=value), company(2)])
    error = error_of(results["JDE:1"])
    assert isinstance(error, RejectedError)
    assert error.field == "erp_credit_limit"
    assert results["JDE:2"].outcome == "created"


def test_a_day_for_a_time_is_its_midnight(hub: Hub) -> None:
    hub.write([company(1, erp_changed_at=date(2026, 11, 20))])
    assert hub.stored()["JDE:1"]["erp_changed_at"] == "2026-11-20T00:00:00Z"


# ----------------------------------------------------------------- one outcome for each


def test_shuffled_results_find_their_records(hub: Hub) -> None:
    items = [company(n) for n in range(60)]
    results = hub.write(items)
    ids = {
        one["properties"]["erp_key"]: one["id"]
        for one in hub.control.records("companies")
    }
    assert {key: one.target_id for key, one in results.items()} == ids


def test_refused_rows_spare_their_neighbours_in_one_request(hub: Hub) -> None:
    hub.control.config(reject_share=0.3)
    results = hub.write([company(n) for n in range(100)])
    refused = {key for key, one in results.items() if one.outcome == "failed"}
    assert 10 < len(refused) < 60
    assert set(hub.stored()) == set(results) - refused
    assert len(hub.requests(UPSERTS)) == 1


def test_results_left_out_are_looked_up(hub: Hub) -> None:
    hub.control.config(omit_share=0.4)
    items = [company(n, erp_credit_limit=Decimal(n)) for n in range(100)]
    assert outcomes(hub.write(items)) == {"created"}
    # What was made within the second of a request counts as made by it.
    hub.control.clock(advance_s=2)
    assert outcomes(hub.write(items)) == {"updated"}
    assert len(hub.stored()) == 100


def test_a_record_without_any_word_that_is_not_there_is_tried_later(hub: Hub) -> None:
    empty = {"status": "COMPLETE", "results": [], "startedAt": "2026-11-20T10:00:00Z"}
    hub.fault(UPSERTS, status=200, json=empty)
    results = hub.write([company(1), company(2)])
    assert all(isinstance(error_of(one), TransientError) for one in results.values())


def test_a_record_without_any_word_that_is_there_with_older_values_is_tried_later(
    hub: Hub,
) -> None:
    hub.write([company(1, city="Basel")])
    hub.fault(UPSERTS, status=200, json={"status": "COMPLETE", "results": []})
    result = hub.write([company(1, city="Bern")])["JDE:1"]
    assert isinstance(error_of(result), UnavailableError)


def test_errors_that_name_nobody_are_closed_in_on(hub: Hub) -> None:
    """A 207 whose errors carry no trace id: the unaccounted are sent apart."""
    anonymous = {"status": "COMPLETE", "results": [], "numErrors": 1}
    anonymous["errors"] = [{"category": "VALIDATION_ERROR", "message": "one is bad"}]
    hub.fault(UPSERTS, status=207, json=anonymous)
    items = [company(n) for n in range(8)]
    items[5] = company(5, erp_credit_limit="much")
    results = hub.write(items)
    assert [key for key, one in results.items() if one.error] == ["JDE:5"]


def test_an_error_that_names_nobody_falls_on_the_only_one_left(hub: Hub) -> None:
    body = {"status": "COMPLETE", "results": [], "numErrors": 1}
    body["errors"] = [{"category": "VALIDATION_ERROR", "message": "this one is bad"}]
    hub.fault(UPSERTS, status=207, json=body)
    result = hub.write([company(1)])["JDE:1"]
    assert "this one is bad" in str(result.error)


@pytest.mark.parametrize("size", [2, 7, 64, 100])
def test_one_row_that_spoils_a_batch_is_found_by_halving(hub: Hub, size: int) -> None:
    """The refusal says nothing about which row it is."""
    items = [company(n) for n in range(size)]
    for bad in (0, size // 2, size - 1):
        hub.control.clear_log()
        rule = {
            "match": {"path": UPSERTS, "body": f'"id":"JDE:{bad}"[^0-9]'},
            "do": {
                "status": 400,
                "json": {"status": "error", "message": "Invalid input JSON on line 1"},
            },
        }
        hub.control.faults(rule)
        results = hub.write(items)
        assert [key for key, one in results.items() if one.error] == [f"JDE:{bad}"]
        assert len(hub.requests(UPSERTS)) <= 2 * math.ceil(math.log2(size)) + 1
    hub.control.clear_faults()
    assert len(hub.stored()) == size


def test_several_spoiling_rows_are_all_found(hub: Hub) -> None:
    hub.control.config(poison_share=0.95)
    results = hub.write([company(n) for n in range(200)])
    failed = {key for key, one in results.items() if one.outcome == "failed"}
    assert failed
    assert set(hub.stored()) == set(results) - failed


def test_two_items_of_one_record_are_sent_one_after_the_other(hub: Hub) -> None:
    items = [
        company(1, "a", city="Basel"),
        company(1, "b", city="Bern"),
        company(2, "c"),
    ]
    results = hub.write(items)
    assert {key: one.outcome for key, one in results.items()} == {
        "a": "created",
        "b": "updated",
        "c": "created",
    }
    assert results["a"].target_id == results["b"].target_id
    assert hub.stored()["JDE:1"]["city"] == "Bern"
    assert len(hub.requests(UPSERTS)) == 2


def test_duplicates_that_hubspot_sees_and_we_do_not_are_sent_apart(hub: Hub) -> None:
    refusal = {
        "status": "error",
        "category": "VALIDATION_ERROR",
        "message": "Duplicate IDs found in batch input: [JDE:1, JDE:2]. IDs must be "
        "unique",
        "context": {"ids": ["JDE:1", "JDE:2"]},
    }
    hub.fault(UPSERTS, status=400, json=refusal)
    results = hub.write([company(n) for n in range(5)])
    assert outcomes(results) == {"created"}
    assert len(hub.requests(UPSERTS)) == 4


def test_an_item_without_its_key_fails_alone(hub: Hub) -> None:
    items = [
        WriteItem(key="a", fields={"name": "No key"}),
        WriteItem(key="b", fields={"name": "Empty key", "erp_key": ""}),
        company(3),
    ]
    results = hub.write(items)
    assert results["JDE:3"].outcome == "created"
    for key in ("a", "b"):
        error = error_of(results[key])
        assert isinstance(error, RejectedError)
        assert error.field == "erp_key"
