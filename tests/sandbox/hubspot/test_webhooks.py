"""The stand-in tells as HubSpot does: batches, signatures, retries, subscriptions."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from connectors.sandbox.core.client import ControlError
from tests.sandbox.conftest import Hub

SECRET = "sandbox-client-secret"
VER = "2026-09"


class Door:
    """An address that keeps what is posted, and answers what it is told to."""

    def __init__(self) -> None:
        self.posts: list[tuple[dict[str, str], list[dict[str, Any]]]] = []
        self.statuses: list[int] = []
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): text for name, text in self.headers.items()}
                door.posts.append((headers, json.loads(body)))
                self.send_response(door.statuses.pop(0) if door.statuses else 204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/told"

    def events(self) -> list[dict[str, Any]]:
        return [event for _, events in self.posts for event in events]


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()
    thread = Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def listen(hub: Hub, door: Door, *subscriptions: str, **knobs: Any) -> None:
    hub.control.config(
        webhook_url=door.url, webhook_subscriptions=list(subscriptions),
        webhook_gather_s=0.02, webhook_retry_s=0.05, **knobs,
    )  # fmt: skip


def settled(hub: Hub) -> dict[str, Any]:
    while (told := hub.control.describe()["webhooks"])["waiting"]:
        time.sleep(0.02)
    return dict(told)


def test_only_what_is_subscribed_to_is_told(hub: Hub, door: Door) -> None:
    listen(hub, door, "company.creation", "company.propertyChange:city")
    key = hub.create("companies", name="Told", city="Bern")
    hub.control.edit(type="companies", id=key, set={"name": "Silent"})
    hub.control.edit(type="companies", id=key, set={"city": "Zug"})
    hub.control.edit(type="companies", id=key, set={"city": "Zug"})
    hub.control.edit(type="companies", action="delete", id=key)
    settled(hub)
    found = [(e["subscriptionType"], e.get("propertyValue")) for e in door.events()]
    assert found == [
        ("company.creation", None),
        ("company.propertyChange", "Bern"),
        ("company.propertyChange", "Zug"),
    ]
    ours, _, theirs = door.events()
    assert (ours["changeSource"], ours["sourceId"]) == ("INTEGRATION", "50000001")
    assert (theirs["changeSource"], theirs["sourceId"]) == ("CRM_UI", "userId:9500004")
    assert ours["objectId"] == int(key)
    assert "name" not in theirs, "no other property comes along"


@pytest.mark.parametrize(
    "wrong",
    [
        "company.propertyChange", "company.propertyChange:hs_lastmodifieddate",
        "invoice.creation", "object.creation:9-9",
    ],
)  # fmt: skip
def test_what_hubspot_would_not_take_is_refused(
    hub: Hub, door: Door, wrong: str
) -> None:
    listen(hub, door, wrong)
    with pytest.raises(ControlError, match="subscri"):
        hub.control.edit(type="companies", action="create", set={"name": "x"})


def test_a_hundred_to_a_post_and_each_attempt_signed_afresh(
    hub: Hub, door: Door
) -> None:
    door.statuses = [500, 302]
    listen(hub, door, "company.creation", webhook_concurrency=1)
    hub.control.edit(type="companies", action="fill", count=150, set={"name": "F {n}"})
    told = settled(hub)
    assert told["answers"] == {"500": 1, "302": 1, "204": 2}
    sizes = [len(events) for _, events in door.posts]
    assert max(sizes) == 100
    assert len({e["eventId"] for e in door.events()}) == 150
    attempts = {e["attemptNumber"] for e in door.events()}
    assert attempts == {0, 1}
    first, last = door.posts[0][0], door.posts[-1][0]
    stamp = "x-hubspot-request-timestamp"
    assert int(last[stamp]) >= int(first[stamp])
    assert last["x-hubspot-signature-v3"] != first["x-hubspot-signature-v3"]
    assert last["x-hubspot-signature-version"] == "v1"


def test_a_door_that_stays_shut_is_given_up(hub: Hub, door: Door) -> None:
    door.statuses = [400] * 20
    listen(hub, door, "company.creation", webhook_retries=3)
    hub.create("companies", name="Nobody home")
    assert settled(hub)["given_up"] == 1
    assert [e["attemptNumber"] for e in door.events()] == [0, 1, 2, 3]


def test_merges_and_links_have_their_own_shapes(hub: Hub, door: Door) -> None:
    listen(
        hub, door, "company.merge", "company.deletion", "company.associationChange",
        "contact.associationChange",
    )  # fmt: skip
    lost, kept = (hub.create("companies", name=n) for n in ("Lost", "Kept"))
    ann = hub.create("contacts", email="ann@example.com")
    hub.control.edit(
        type="contacts", action="associate", id=ann, to_type="companies", to_id=kept
    )
    made = hub.control.edit(type="companies", action="merge", id=lost, into=kept)
    settled(hub)
    by_type = {e["subscriptionType"]: e for e in door.events()}
    merge = by_type["company.merge"]
    assert merge["newObjectId"] == int(made["id"])
    assert merge["mergedObjectIds"] == [int(lost)]
    linked = [e for e in door.events() if e["subscriptionType"].startswith("contact.")]
    assert linked[0]["associationType"] == "CONTACT_TO_COMPANY"
    assert (linked[0]["fromObjectId"], linked[0]["toObjectId"]) == (int(ann), int(kept))
    assert "objectId" not in linked[0]
    assert "company.deletion" not in by_type


def test_the_journal_asks_for_a_token_of_its_own(hub: Hub) -> None:
    hub.control.config(journal_objects=["companies"], webhook_gather_s=0.02)
    base = f"/webhooks-journal/journal/{VER}"
    assert hub.get(f"{base}/latest").status_code == 401
    form = {
        "grant_type": "client_credentials", "client_id": "sandbox-client-id",
        "client_secret": SECRET, "scope": "developer.webhooks_journal.read",
    }  # fmt: skip
    place = f"/oauth/{VER}/token"
    assert hub.post(place, form).status_code == 415, "never JSON"
    wrong = hub.call("POST", place, data={**form, "client_secret": "x"}, token=None)
    assert wrong.status_code == 400
    got = hub.call("POST", place, data=form, token=None).json()
    token = got["access_token"]
    assert hub.get(f"{base}/latest", token=token).status_code == 204
    hub.create("companies", name="One")
    time.sleep(0.1)
    entry = hub.get(f"{base}/latest", token=token).json()
    path = entry["url"].removeprefix(hub.url)
    assert hub.get(path).status_code == 400, "the storage takes no token"
    body = hub.get(path, token=None).json()
    assert body["journalEvents"][0]["action"] == "CREATE"
    after = f"{base}/offset/{entry['currentOffset']}/next"
    assert hub.get(after, token=token).status_code == 204
    hub.control.clock(advance_s=4 * 86400)
    again = hub.call("POST", place, data=form, token=None).json()["access_token"]
    assert hub.get(after, token=again).status_code == 404
