"""HubSpot's events as what they mean: which record, which kind, told apart by what."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.sdk.events import DeliveryRefusedError, Told
from connectors.systems.hubspot.connector import HubSpotConnector
from connectors.systems.hubspot.events.telling import Teller

BASE: dict[str, Any] = {
    "eventId": 3100000001, "subscriptionId": 7000001, "portalId": 20000001,
    "appId": 50000001, "occurredAt": 1795168800000, "attemptNumber": 0,
    "changeSource": "CRM_UI", "sourceId": "userId:1",
}  # fmt: skip


def told(*events: dict[str, Any], app: str = "") -> list[Told]:
    body = json.dumps([{**BASE, **event} for event in events]).encode()
    return Teller(HubSpotConnector.spec, app).posted(body)


def test_both_spellings_name_the_object() -> None:
    short, old, long = told(
        {"subscriptionType": "contact.creation", "objectId": 5},
        {"eventType": "contact.creation", "objectId": 5},
        {"subscriptionType": "object.creation", "objectTypeId": "0-53", "objectId": 7},
    )
    assert (short.object_type, short.key, short.kind) == ("contacts", "5", "changed")
    assert old.object_type == "contacts"
    assert (long.object_type, long.key) == ("invoices", "7")


def test_an_object_that_is_not_known_keeps_its_name() -> None:
    (one,) = told(
        {"subscriptionType": "object.creation", "objectTypeId": "2-9", "objectId": 1}
    )
    assert one.object_type == "2-9"


def test_attempts_of_one_event_are_one_event() -> None:
    change = {"subscriptionType": "company.propertyChange", "objectId": 5}
    first, again, other, later = told(
        {**change, "propertyName": "name"},
        {**change, "propertyName": "name", "attemptNumber": 3},
        {**change, "propertyName": "city"},
        {**change, "propertyName": "name", "occurredAt": 1795168800001},
    )
    assert first.identity == again.identity
    assert len({first.identity, other.identity, later.identity}) == 3


@pytest.mark.parametrize(
    ("new", "key", "gone"), [(30, "30", ["10", "20"]), (10, "10", ["20"])]
)
def test_a_merge_names_the_survivor(new: int, key: str, gone: list[str]) -> None:
    (one,) = told(
        {"subscriptionType": "company.merge", "primaryObjectId": 10,
         "mergedObjectIds": [20], "newObjectId": new}
    )  # fmt: skip
    assert (one.key, one.merged_keys, one.kind) == (key, gone, "merged")


def test_an_association_concerns_both_its_ends() -> None:
    both = told(
        {"subscriptionType": "contact.associationChange", "fromObjectId": 1,
         "toObjectId": 2, "associationType": "CONTACT_TO_COMPANY"}
    )  # fmt: skip
    assert [(one.object_type, one.key) for one in both] == [
        ("contacts", "1"),
        ("companies", "2"),
    ]


def test_ours_is_what_our_own_app_did() -> None:
    event = {"subscriptionType": "company.deletion", "objectId": 5}
    mine = {**event, "changeSource": "INTEGRATION", "sourceId": "50000001"}
    a, b, c = told(event, mine, {**mine, "sourceId": "50000002"}, app="50000001")
    assert [one.ours for one in (a, b, c)] == [False, True, False]
    assert a.kind == "deleted"
    assert [one.ours for one in told(mine)] == [False], "no app is named"


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'"x"', b"\xff"])
def test_what_is_no_list_of_events_is_refused(body: bytes) -> None:
    with pytest.raises(DeliveryRefusedError):
        Teller(HubSpotConnector.spec, "").posted(body)


def test_odd_values_do_not_stop_their_neighbours() -> None:
    odd, even = told(
        {"subscriptionType": None, "occurredAt": "soon", "attemptNumber": "x",
         "objectId": None, "portalId": None},
        {"subscriptionType": "company.creation", "objectId": 5},
    )  # fmt: skip
    assert (odd.at, odd.attempt, odd.account) == (None, 0, "")
    assert even.key == "5"
