"""Two accounts joined in both directions, of which the left one tells what happens."""

from __future__ import annotations

import time
from typing import Any

from django.utils.module_loading import import_string
from django_q.models import OrmQ

from connectors.models import ChangeEvent, Connection, EventFeed, Flow, RunKind, SyncRun
from connectors.sync.events import feeds
from tests.sync.pair import SHARED, Pair, Side

SECRET = "client-secret-1"
APP = "50000001"
SUBSCRIPTIONS = [
    *(f"company.{verb}" for verb in ("creation", "deletion", "merge", "restore")),
    "company.associationChange",
    *(f"company.propertyChange:{name}" for name in SHARED),
]
QUICK = {"webhook_gather_s": 0.02, "webhook_retry_s": 0.1}


class Live:
    """A pair whose left account posts to us."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.left: Side = pair.left
        self.right: Side = pair.right
        self.there: Flow = pair.there
        self.feed = feeds.open_address(self.left.connection)
        self.set(app_client_secret=SECRET)
        self.left.control.config(
            webhook_url=feeds.url(self.feed), webhook_secret=SECRET,
            webhook_subscriptions=SUBSCRIPTIONS, **QUICK,
        )  # fmt: skip
        pair.round()

    def set(self, **values: Any) -> None:
        """Change settings of the left connection."""
        connection = Connection.objects.get(pk=self.left.connection.pk)
        connection.set_values({**connection.settings, **values})
        connection.save()

    def posted(self, *, given_up: int = 0) -> dict[str, Any]:
        """Wait until the account has posted all it has to; what was answered."""
        deadline = time.monotonic() + 60
        while True:
            told: dict[str, Any] = self.left.control.describe()["webhooks"]
            if not told["waiting"]:
                assert told["given_up"] == given_up, told
                return told
            assert time.monotonic() < deadline, told
            time.sleep(0.02)

    def tell(self, *events: dict[str, Any], **knobs: Any) -> dict[str, Any]:
        """Let the account post these events; what was answered."""
        if knobs:
            self.left.control.config(**knobs)
        self.left.control.edit(action="tell", events=list(events))
        return self.posted()

    def work(self) -> None:
        """Carry out what is queued, as workers would."""
        for _ in range(200):
            queued = OrmQ.objects.order_by("pk").first()
            if queued is None:
                return
            task = queued.task
            queued.delete()
            import_string(task["func"])(*task["args"])
        raise AssertionError("the queue never empties")

    def arrive(self) -> None:
        """What was told is read and carried over."""
        self.posted()
        self.work()

    def fresh_feed(self) -> EventFeed:
        """The feed as it is stored now."""
        return EventFeed.objects.get(pk=self.feed.pk)

    def names(self) -> list[str]:
        """The names on both sides, which are to be the same."""
        left, right = (
            sorted(one["name"] for one in side.companies().values())
            for side in (self.left, self.right)
        )
        assert left == right
        return left

    def runs(self) -> list[SyncRun]:
        """Runs that events have caused."""
        return list(self.there.runs.filter(kind=RunKind.EVENTS).order_by("pk"))


def event(key: str, name: str = "name", **more: Any) -> dict[str, Any]:
    """A change of a company's property, as the account would post it."""
    now = int(time.time() * 1000)
    return {
        "subscriptionType": "company.propertyChange", "objectId": int(key),
        "propertyName": name, "propertyValue": "x", "occurredAt": now,
        "changeSource": "CRM_UI", "sourceId": "userId:9500004", **more,
    }  # fmt: skip


def left_waiting() -> int:
    """Events whose records were not read."""
    return ChangeEvent.objects.filter(taken_at=None).count()
