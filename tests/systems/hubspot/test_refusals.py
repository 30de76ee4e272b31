"""What HubSpot refuses, and what goes wrong on the way: said in plain words."""

from __future__ import annotations

from threading import Thread

import pytest

from connectors.sdk.errors import (
    AmbiguousMatchError,
    AuthenticationError,
    ConfigurationError,
    RejectedError,
    UnavailableError,
)
from connectors.sdk.records import WriteItem, WriteResult
from tests.systems.conftest import UPSERTS, Hub, company, contact


def error_of(result: WriteResult) -> Exception:
    assert result.error is not None
    return result.error


# ----------------------------------------------------------------------- plain messages


@pytest.mark.parametrize(
    ("fields", "said", "advised"),
    [
        ({"erp_credit_limit": "1,0"}, "“1,0” in “erp_credit_limit” is not a", "map"),
        ({"industry": "Soft"}, "“Soft” is not an option of “industry”", "Map it"),
        ({"erp_changed_at": "soon"}, "“soon” in “erp_changed_at” is not a", "mapping"),
        ({"erp_on_hold": "Y"}, "“Y” is not an option of “erp_on_hold”", "true"),
        ({"description": "x" * 70_000}, "“description” is too long", "mapping"),
    ],
)  # fmt: skip
def test_a_bad_value_is_explained(
    hub: Hub, fields: dict[str, str], said: str, advised: str
) -> None:
    result = hub.write([company(1, **fields), company(2)])["JDE:1"]
    error = error_of(result)
    assert isinstance(error, RejectedError)
    assert error.field in fields
    assert said in error.message
    assert advised in error.advice
    assert error.request_id


def test_all_bad_values_of_a_record_are_named(hub: Hub) -> None:
    item = company(1, erp_credit_limit="much", industry="Software")
    message = str(hub.write([item, company(2)])["JDE:1"].error)
    assert "erp_credit_limit" in message
    assert "industry" in message


def test_a_bad_email_is_explained(hub: Hub) -> None:
    result = hub.write([contact(1, email="nobody at all"), contact(2)], "contacts")
    error = error_of(result["JDE:P1"])
    assert isinstance(error, RejectedError)
    assert error.message == "“nobody at all” in “email” is not an e-mail address."


@pytest.mark.parametrize("form", [False, True])
def test_an_email_of_another_contact_names_that_contact(hub: Hub, form: bool) -> None:
    hub.control.config(contact_conflict_400=form)
    first = hub.write([contact(1, email="a@example.com")], "contacts")["JDE:P1"]
    items = [contact(2, email="A@Example.com"), contact(3, email="c@example.com")]
    results = hub.write(items, "contacts")
    error = error_of(results["JDE:P2"])
    assert isinstance(error, AmbiguousMatchError)
    assert first.target_id in error.message
    assert error.field == "email"
    assert results["JDE:P3"].outcome == "created"


def test_rules_of_the_account_fail_the_record_alone(hub: Hub) -> None:
    hub.control.config(required_on_create={"companies": ["phone"]})
    results = hub.write([company(1), company(2, phone="1")])
    error = error_of(results["JDE:1"])
    assert isinstance(error, RejectedError)
    assert results["JDE:2"].outcome == "created"
    older = hub.write([company(3)], api_version="2026-03")
    assert older["JDE:3"].outcome == "created"


@pytest.mark.parametrize(
    "code", ["MISSING_REQUIRED_PROPERTY", "MISSING_CONDITIONAL_REQUIRED_PROPERTY"]
)
def test_a_rule_of_the_account_is_explained(hub: Hub, code: str) -> None:
    refusal = {
        "status": "error",
        "category": "VALIDATION_ERROR",
        "message": "The property values provided are invalid",
        "errors": [{"code": code, "context": {"propertyName": ["phone"]}}],
    }
    hub.fault(UPSERTS, times=None, status=400, json=refusal)
    error = error_of(hub.write([company(1)])["JDE:1"])
    assert isinstance(error, RejectedError)
    assert error.message == "This HubSpot account requires a value for “phone”."
    assert error.field == "phone"


# ----------------------------------------------------------------- faults of the set-up


def test_a_missing_property_of_every_record_is_a_fault_of_the_mapping(hub: Hub) -> None:
    with pytest.raises(ConfigurationError, match="“nope”") as caught:
        hub.write([company(n, nope="x") for n in range(20)])
    assert caught.value.field == "nope"
    assert "flow's page" in caught.value.advice
    assert caught.value.request_id
    assert hub.stored() == {}


def test_a_missing_property_of_some_records_fails_those(hub: Hub) -> None:
    results = hub.write([company(1, nope="x"), company(2)])
    assert isinstance(error_of(results["JDE:1"]), RejectedError)
    assert results["JDE:2"].outcome == "created"


def test_a_whole_refusal_for_a_missing_property_splits_by_who_carries_it(
    hub: Hub,
) -> None:
    refusal = {
        "status": "error",
        "category": "VALIDATION_ERROR",
        "message": 'Property values were not valid: [{"isValid":false,'
        '"message":"Property \\"nope\\" does not exist",'
        '"error":"PROPERTY_DOESNT_EXIST","name":"nope"}]',
    }
    hub.fault(UPSERTS, status=400, json=refusal)
    results = hub.write(
        [company(n, **({"nope": "x"} if n == 3 else {})) for n in range(9)]
    )
    assert [key for key, one in results.items() if one.error] == ["JDE:3"]
    assert len(hub.requests(UPSERTS)) == 2


def test_a_read_only_property_is_a_fault_of_the_mapping(hub: Hub) -> None:
    with pytest.raises(ConfigurationError, match="hs_lastmodifieddate"):
        hub.write([company(1, hs_lastmodifieddate="2026-11-20T10:00:00Z")])


def test_without_our_key_property_the_flow_stops_with_advice(bare_hub: Hub) -> None:
    with pytest.raises(ConfigurationError, match="“erp_key”") as caught:
        bare_hub.write([company(n) for n in range(100)])
    assert "create the ERP properties" in caught.value.advice
    assert len(bare_hub.requests(UPSERTS)) == 1


def test_a_domain_cannot_recognise_a_company(hub: Hub) -> None:
    item = WriteItem(key="a", fields={"domain": "example.com", "name": "A"})
    with pytest.raises(ConfigurationError, match="“domain”"):
        hub.connector.write("companies", [item], match_field="domain")


def test_a_missing_scope_is_named_and_stops_only_the_flow(hub: Hub) -> None:
    token = "pat-na1-sandbox-no-company-write"
    with pytest.raises(ConfigurationError, match=r"crm\.objects\.companies\.write"):
        hub.write([company(1)], access_token=token)
    person = hub.write([contact(1)], "contacts", access_token=token)
    assert person["JDE:P1"].outcome == "created"


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("pat-na1-sandbox-revoked", "does not know this access token"),
        ("sandbox-oauth-access-expired", "has expired or was revoked"),
    ],
)
def test_a_bad_token_stops_the_connection(hub: Hub, token: str, said: str) -> None:
    with pytest.raises(AuthenticationError, match=said):
        hub.write([company(1)], access_token=token)


def test_a_token_of_another_account_writes_nothing(hub: Hub) -> None:
    with pytest.raises(AuthenticationError, match="20000002"):
        hub.write(
            [company(1)],
            access_token="pat-na1-sandbox-other-portal",
            expected_hub_id="20000001",
        )
    assert not hub.requests(UPSERTS)


# -------------------------------------------------------------------- faults on the way


@pytest.mark.parametrize("fault", ["apply_then_drop", "half_body"])
def test_a_lost_answer_leads_to_the_right_outcome(hub: Hub, fault: str) -> None:
    hub.write([company(1)])
    # Long ago: what is a moment old may be what the lost call has made.
    hub.control.clock(advance_s=600)
    hub.fault(UPSERTS, **{fault: True})
    results = hub.write([company(1, city="Bern"), company(2)])
    assert results["JDE:1"].outcome == "updated"
    assert results["JDE:2"].outcome == "created"
    assert len(hub.control.records("companies")) == 2


def test_a_wrong_clock_of_ours_or_theirs_does_not_matter(hub: Hub) -> None:
    hub.control.clock(offset_s=-86_400)
    hub.write([company(1)])
    hub.control.clock(advance_s=60)
    hub.fault(UPSERTS, apply_then_drop=True)
    results = hub.write([company(1), company(2)])
    assert results["JDE:1"].outcome == "updated"
    assert results["JDE:2"].outcome == "created"


def test_an_outage_half_way_keeps_what_was_written(hub: Hub) -> None:
    hub.control.faults(
        {
            "match": {"path": UPSERTS},
            "skip": 1,
            "do": {"status": 503},
        }
    )
    results = hub.write([company(n) for n in range(150)])
    assert [one.outcome for one in results.values()].count("created") == 100
    failed = [one for one in results.values() if one.error]
    assert len(failed) == 50
    assert all(isinstance(one.error, UnavailableError) for one in failed)
    assert all(one.request_id for one in failed)


def test_an_outage_from_the_start_is_raised(hub: Hub) -> None:
    hub.fault(UPSERTS, times=None, status=502)
    with pytest.raises(UnavailableError) as caught:
        hub.write([company(1)])
    assert caught.value.status == 502
    assert caught.value.request_id


def test_threads_that_write_the_same_records_make_each_once(hub: Hub) -> None:
    items = [company(n) for n in range(50)]
    found: list[dict[str, WriteResult]] = []
    threads = [Thread(target=lambda: found.append(hub.write(items))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hub.control.records("companies")) == 50
    created = [one for r in found for one in r.values() if one.outcome == "created"]
    assert len(created) == 50
