"""The journal: entries one after the other, each a file behind a signed address.

A token of its own opens it, got by the app's client id and secret. Source: vendor
sheet, section 8.6; that an end without news answers 204 is inferred.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from threading import Lock
from typing import Any
from urllib.parse import quote

from connectors.sdk.errors import AuthenticationError, NotFoundError, UnavailableError
from connectors.sdk.events import JournalLostError, JournalPage
from connectors.sdk.http import HttpClient, Response
from connectors.sdk.values import fingerprint
from connectors.systems.hubspot.events.telling import Teller
from connectors.systems.hubspot.wire.faults import RefusedError
from connectors.systems.hubspot.wire.paths import Paths

SCOPE = "developer.webhooks_journal.read"
# A token is given up this many seconds before it ends.
EARLY = 60.0
# The place before the first entry there will be.
START = "start"


class Token:
    """A client-credentials token, kept in this process until shortly before its end."""

    _kept: dict[str, tuple[str, float]] = {}
    _lock = Lock()

    def __init__(self, http: HttpClient, path: str, client: str, secret: str) -> None:
        self._http = http
        self._path = path
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client,
            "client_secret": secret,
            "scope": SCOPE,
        }
        # Only a fingerprint names it: the secret must not live on in a global.
        self._name = fingerprint(http.base_url, client, secret)

    def headers(self) -> Mapping[str, str]:
        """The header of every request."""
        with self._lock:
            token, until = self._kept.get(self._name, ("", 0.0))
            if time.monotonic() >= until:
                token = self._fetch()
        return {"Authorization": f"Bearer {token}"}

    def expired(self, response: Response) -> bool:
        """Whether a new token helps."""
        return response.status == 401

    def renew(self) -> None:
        """Forget the token; the next request gets another."""
        with self._lock:
            self._kept.pop(self._name, None)

    def _fetch(self) -> str:
        if not (self._form["client_id"] and self._form["client_secret"]):
            raise AuthenticationError(
                "The journal needs the app's client ID and client secret.",
                advice="Enter both in the connection.",
            )
        try:
            answer = self._http.post(
                self._path, form=self._form, authenticated=False, idempotent=True
            ).json_or_none()
        except RefusedError as refusal:
            raise AuthenticationError(
                f"HubSpot gives no token for the journal. {refusal.message}",
                advice="Check the app's client ID and client secret, and its scope "
                f"{SCOPE}.",
            ) from refusal
        body = answer if isinstance(answer, Mapping) else {}
        token, lasts = str(body.get("access_token") or ""), body.get("expires_in")
        if not token:
            raise UnavailableError("HubSpot's answer holds no token for the journal.")
        seconds = float(lasts) if isinstance(lasts, (int, float)) else 0.0
        self._kept[self._name] = (token, time.monotonic() + max(0.0, seconds - EARLY))
        return token


class Journal:
    """Reads one app's journal; `http` carries its token."""

    def __init__(self, http: HttpClient, paths: Paths, teller: Teller) -> None:
        self.http = http
        self.paths = paths
        self.teller = teller

    def page(self, offset: str) -> JournalPage:
        """See `Connector.journal`."""
        if not offset:
            entry = self._entry("latest")
            newest = str(entry.get("currentOffset") or "") if entry else ""
            return JournalPage(told=(), offset=newest or START, last=True)
        if offset == START:
            entry = self._entry("earliest")
        else:
            entry = self._entry(f"offset/{quote(offset, safe='')}/next", known=True)
        if entry is None:
            return JournalPage(told=(), offset=offset, last=True)
        return self._told(entry)

    def _entry(self, tail: str, *, known: bool = False) -> Mapping[str, Any] | None:
        """Where an entry lies; None when there is none at present."""
        try:
            response = self.http.get(f"{self.paths.journal}/{tail}")
        except NotFoundError as error:
            if known:
                raise JournalLostError(
                    "HubSpot's journal does not know the place where we stood any "
                    "more: it keeps three days."
                ) from error
            return None
        body = response.json_or_none() if response.body else None
        if response.status == 204 or not body:
            return None
        if not isinstance(body, Mapping) or not body.get("url"):
            raise UnavailableError("HubSpot's journal answered without an address.")
        return body

    def _told(self, entry: Mapping[str, Any]) -> JournalPage:
        # The address carries its own proof; our token is not for that host.
        body = self.http.get(str(entry["url"]), authenticated=False).json_or_none()
        if not isinstance(body, Mapping):
            raise UnavailableError("An entry of HubSpot's journal cannot be read.")
        offset = str(entry.get("currentOffset") or body.get("offset") or "")
        if not offset:
            raise UnavailableError("An entry of HubSpot's journal has no offset.")
        events = [
            one for one in body.get("journalEvents") or () if isinstance(one, dict)
        ]
        return JournalPage(told=self.teller.journal(events, offset), offset=offset)
