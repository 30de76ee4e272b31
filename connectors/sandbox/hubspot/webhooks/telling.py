"""All that the stand-in tells by itself: to whom has subscribed, and to its journal."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import quantiles
from typing import TYPE_CHECKING, Any

from aiohttp import web

from connectors.sandbox.hubspot.webhooks.happening import (
    Happening,
    Subscription,
    events,
)
from connectors.sandbox.hubspot.webhooks.journal import Journal
from connectors.sandbox.hubspot.webhooks.sender import Sender
from connectors.sandbox.hubspot.webhooks.watching import Watch

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.crm.portal import Portal
    from connectors.sandbox.hubspot.standin import HubSpotStandIn

FIRST_SUBSCRIPTION = 7_000_001


class Telling:
    """See the module; `watch` begins with a portal."""

    def __init__(self, standin: HubSpotStandIn):
        self.standin = standin
        self.sender = Sender(standin.config)
        self.journal = Journal(standin)

    def add_routes(self, app: web.Application) -> None:
        self.journal.add_routes(app)
        app.on_cleanup.append(self.sender.stop)

    def watch(self, portal: Portal) -> None:
        """Let a portal tell what happens in it."""
        watch = Watch(portal, self._happened)
        portal.links.watch = watch
        for store in portal.stores.values():
            store.watch = watch

    def clear(self) -> None:
        self.sender.clear()
        self.journal.clear()

    def send(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """`events` as they stand, for tests; what they lack is filled in."""
        for event in wish["events"]:
            self.sender.add({**self._common(self.standin.main.id, 0), **event})
        return self.describe()

    def describe(self) -> dict[str, Any]:
        """What was answered, by status; what still waits; seconds of the answers."""
        times = self.sender.latencies
        cuts = quantiles(times, n=100) if len(times) > 1 else [0.0] * 99
        return {
            "answers": dict(self.sender.answers),
            "waiting": self.sender.waiting,
            "given_up": self.sender.given_up,
            "p50_s": cuts[49],
            "p99_s": cuts[98],
            "most_s": max(times, default=0.0),
        }

    def _happened(self, portal: int, happening: Happening) -> None:
        config = self.standin.config
        if config.webhook_url:
            subscribed = [Subscription.of(one) for one in config.webhook_subscriptions]
            for number, event in events(happening, subscribed):
                self.sender.add({**self._common(portal, number), **event})
        if config.journal_objects:
            self.journal.add(portal, happening)

    def _common(self, portal: int, number: int) -> dict[str, Any]:
        return {
            "subscriptionId": FIRST_SUBSCRIPTION + number,
            "portalId": portal,
            "appId": self.standin.config.webhook_app,
        }
