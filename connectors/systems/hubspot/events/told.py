"""The part of the connector that is told of changes: webhooks and the journal."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from connectors.sdk.contract import Connector
from connectors.sdk.events import Delivery, JournalPage, Told
from connectors.sdk.http import HttpClient
from connectors.sdk.redact import Redactor
from connectors.systems.hubspot.events.journal import Journal, Token
from connectors.systems.hubspot.events.signatures import prove
from connectors.systems.hubspot.events.telling import Teller
from connectors.systems.hubspot.wire.paths import Paths


class ToldConnector(Connector):
    """Needs the app's settings, and for the journal where HubSpot is."""

    http: HttpClient
    paths: Paths

    @classmethod
    def received(cls, settings: Mapping[str, Any], delivery: Delivery) -> list[Told]:
        """What a webhook tells, proven by a signature with the app's client secret."""
        former = str(settings.get("app_client_secret_old") or "")
        secrets = [one for one in (_of_app(settings, "client_secret"), former) if one]
        prove(delivery, secrets, only_v3=settings.get("signatures") == "v3")
        return cls._teller(settings).posted(delivery.body)

    def journal(self, offset: str) -> JournalPage:
        """The app's journal, by a token of its own; no account's budget is used."""
        client, secret = (
            _of_app(self.settings, name).strip()
            for name in ("client_id", "client_secret")
        )
        own = HttpClient(
            base_url=self.http.base_url,
            timeout=self.http.timeout,
            classify=self.http.classify,
            network=self.context.network,
            redact=Redactor([secret]),
        )
        with closing(own) as http:
            http.auth = Token(http, self.paths.token, client, secret)
            return Journal(http, self.paths, self._teller(self.settings)).page(offset)

    @classmethod
    def _teller(cls, settings: Mapping[str, Any]) -> Teller:
        return Teller(cls.spec, str(settings.get("app_id") or "").strip())


def _of_app(settings: Mapping[str, Any], name: str) -> str:
    """A setting of the app that tells: its own, or that of the app by which the
    connection is made."""
    found = settings.get(f"app_{name}")
    if not found and settings.get("authentication") == "oauth":
        found = settings.get(name)
    return str(found or "")
