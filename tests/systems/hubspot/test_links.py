"""Linking contacts with companies, once they are written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.sdk.errors import (
    ConfigurationError,
    DependencyMissingError,
    RejectedError,
    UnavailableError,
)
from connectors.sdk.records import WriteItem
from tests.systems.conftest import Hub, company, contact

LINKS = "/associat"
NOBODY = "31999999999"
PRIMARY, PLAIN = 1, 279


@pytest.fixture
def home(hub: Hub) -> str:
    """A company to link with."""
    return hub.write([company(1)])["JDE:1"].target_id


def types_of(hub: Hub, person: str, home: str) -> set[int]:
    """The association types between a contact and a company, asked of the API."""
    path = f"/crm/objects/2026-09/contacts/{person}/associations/companies"
    for row in hub.connector.http.get(path).json()["results"]:
        if str(row["toObjectId"]) == home:
            return {one["typeId"] for one in row["associationTypes"]}
    return set()


def test_a_contact_is_linked_without_a_label(hub: Hub, home: str) -> None:
    result = hub.write([contact(1, home)], "contacts")["JDE:P1"]
    assert result.outcome == "created"
    assert types_of(hub, result.target_id, home) == {PLAIN}


def test_a_setting_makes_the_company_primary(hub: Hub, home: str) -> None:
    person = hub.write([contact(1, home)], "contacts", company_link="primary")
    assert PRIMARY in types_of(hub, person["JDE:P1"].target_id, home)


@pytest.mark.parametrize("version", ["2026-03", "v3"])
@pytest.mark.parametrize("link", ["plain", "primary"])
def test_older_versions_link_too(hub: Hub, home: str, version: str, link: str) -> None:
    settings = {"api_version": version, "company_link": link}
    person = hub.write([contact(1, home)], "contacts", **settings)["JDE:P1"]
    assert PLAIN in types_of(hub, person.target_id, home)


def test_linking_again_changes_nothing(hub: Hub, home: str) -> None:
    hub.write([contact(1, home)], "contacts")
    again = hub.write([contact(1, home)], "contacts")["JDE:P1"]
    assert again.outcome == "updated"
    assert types_of(hub, again.target_id, home) == {PLAIN}


def test_a_hundred_links_are_one_request(hub: Hub, home: str) -> None:
    hub.write([contact(n, home) for n in range(100)], "contacts")
    assert len(hub.requests(LINKS)) == 1


def test_without_references_nothing_is_linked(hub: Hub) -> None:
    hub.write([contact(1)], "contacts")
    assert not hub.requests(LINKS)


def test_a_reference_is_never_sent_as_a_property(hub: Hub, home: str) -> None:
    item = contact(1, home, associatedcompany="JDE:1")
    assert hub.write([item], "contacts")["JDE:P1"].outcome == "created"


@pytest.mark.parametrize("link", ["plain", "primary"])
def test_a_company_that_is_gone_holds_up_its_contact_alone(
    hub: Hub, home: str, link: str
) -> None:
    items = [contact(1, home), contact(2, NOBODY), contact(3, home)]
    results = hub.write(items, "contacts", company_link=link)
    assert results["JDE:P1"].outcome == results["JDE:P3"].outcome == "created"
    lost = results["JDE:P2"]
    assert isinstance(lost.error, DependencyMissingError)
    assert NOBODY in lost.error.message
    assert lost.target_id == hub.stored("contacts")["JDE:P2"]["hs_object_id"]
    assert lost.request_id


def test_a_contact_that_was_refused_is_not_linked(hub: Hub, home: str) -> None:
    items = [contact(1, home, email="nobody"), contact(2, home)]
    results = hub.write(items, "contacts")
    assert results["JDE:P1"].outcome == "failed"
    assert types_of(hub, results["JDE:P2"].target_id, home) == {PLAIN}


def test_a_refused_batch_of_links_is_halved_until_the_bad_one_is_alone(
    hub: Hub, home: str
) -> None:
    hub.control.faults(
        {
            "match": {"path": LINKS, "body": NOBODY},
            "do": {
                "status": 400,
                "json": {"status": "error", "message": "something is invalid"},
            },
        }
    )
    items = [contact(n, NOBODY if n == 11 else home) for n in range(16)]
    results = hub.write(items, "contacts")
    assert [key for key, one in results.items() if one.error] == ["JDE:P11"]
    assert isinstance(results["JDE:P11"].error, RejectedError)
    assert len(hub.requests(LINKS)) <= 9


def test_a_refusal_that_names_the_company_splits_off_its_contacts(
    hub: Hub, home: str
) -> None:
    refusal = {
        "status": "error",
        "category": "VALIDATION_ERROR",
        "message": "One or more associations are invalid",
        "context": {"objectId": [NOBODY], "objectType": ["COMPANY"]},
    }
    hub.fault(LINKS, status=400, json=refusal)
    items = [contact(n, NOBODY if n in (2, 5) else home) for n in range(8)]
    results = hub.write(items, "contacts")
    failed = [key for key, one in results.items() if one.error]
    assert failed == ["JDE:P2", "JDE:P5"]
    assert len(hub.requests(LINKS)) == 2


@pytest.mark.parametrize(
    ("do", "kind"),
    [
        ({"status": 503}, UnavailableError),
        ({"status": 200, "json": {"results": []}}, UnavailableError),
        ({"status": 403, "json": {"message": "no"}}, ConfigurationError),
    ],
)
def test_a_link_in_doubt_fails_the_record_though_it_is_written(
    hub: Hub, home: str, do: dict[str, Any], kind: type[Exception]
) -> None:
    hub.fault(LINKS, times=None, **do)
    result = hub.write([contact(1, home)], "contacts")["JDE:P1"]
    assert isinstance(result.error, kind)
    assert result.target_id in {
        one["hs_object_id"] for one in hub.stored("contacts").values()
    }


def test_two_items_of_one_contact_may_name_the_same_company(
    hub: Hub, home: str
) -> None:
    items = [contact(1, home), replace(contact(1, home), key="again")]
    results = hub.write(items, "contacts")
    assert {one.outcome for one in results.values()} == {"created", "updated"}


def test_an_unknown_reference_is_passed_over(hub: Hub) -> None:
    item = WriteItem(
        key="a", fields={"erp_key": "a", "firstname": "A"}, refs={"no_such": "1"}
    )
    assert hub.write([item], "contacts")["a"].outcome == "created"
