"""How a call proves who sends it: a static token, or an OAuth token that is renewed."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Protocol

from connectors.sdk.errors import AuthenticationError, TransientError
from connectors.sdk.http import Auth, Response
from connectors.sdk.redact import Redactor
from connectors.sdk.shared.credentials import Credentials, CredentialStore
from connectors.sdk.values import fingerprint
from connectors.systems.hubspot.access.endpoint import TokenEndpoint

OAUTH = "oauth"
# After a renewal ahead of time has failed, the old token serves this long.
PAUSE_SECONDS = 30.0


class HubSpotAuth(Auth, Protocol):
    """What the connector needs to know of its credentials besides."""

    @property
    def token(self) -> str:
        """The token of the next call. Raises AuthenticationError when there is none."""

    @property
    def identity(self) -> str:
        """Tells one account's credentials from another's, without showing them."""


class TokenAuth:
    """A static bearer token, which nothing renews but a person."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.identity = fingerprint(token)

    def headers(self) -> Mapping[str, str]:
        """The header of every request."""
        return {"Authorization": f"Bearer {self.token}"}

    def expired(self, _response: Response) -> bool:
        """Never: a static token has no session."""
        return False

    def renew(self) -> None:
        """Nothing to renew."""


class OAuthAuth:
    """The access token of the store, renewed a little before it ends.

    Safe for several threads: one of them asks the store, the others wait for it.
    """

    def __init__(
        self, store: CredentialStore, endpoint: TokenEndpoint, redact: Redactor
    ) -> None:
        self._store = store
        self._endpoint = endpoint
        self._redact = redact
        self._lock = threading.Lock()
        self._held: Credentials | None = None
        self._sent = threading.local()
        self._not_before = 0.0

    @property
    def token(self) -> str:
        """See `HubSpotAuth`."""
        return str(self._current().values["access_token"])

    @property
    def identity(self) -> str:
        """See `HubSpotAuth`: the account's id, for tokens come and go."""
        held = self._held or self._store.read(OAUTH)
        return f"{OAUTH} {held.values.get('hub_id', '')}" if held else OAUTH

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that came with the token."""
        return frozenset(self._current().values.get("scopes") or ())

    def headers(self) -> Mapping[str, str]:
        """The header of the next request; renews the token first where it is due."""
        current = self._current()
        self._sent.credentials = current
        return {"Authorization": f"Bearer {current.values['access_token']}"}

    def expired(self, response: Response) -> bool:
        """HubSpot says 401 to a token that has ended and to one that was revoked."""
        return response.status == 401

    def renew(self) -> None:
        """Get other credentials than this thread's last call was sent with."""
        with self._lock:
            seen = getattr(self._sent, "credentials", None)
            if self._held and seen and self._held.version != seen.version:
                return
            self._renew(seen)

    def _current(self) -> Credentials:
        with self._lock:
            held = self._held or self._hold(self._store.read(OAUTH))
            if held is None:
                raise not_connected()
            if held.due() and time.monotonic() >= self._not_before:
                return self._renew_ahead(held)
            return held

    def _renew_ahead(self, held: Credentials) -> Credentials:
        try:
            return self._renew(held)
        except TransientError:
            if held.expired():
                raise
            self._not_before = time.monotonic() + PAUSE_SECONDS
            return held

    def _renew(self, seen: Credentials | None) -> Credentials:
        fresh = self._store.renew(OAUTH, seen, self._refreshed)
        self._hold(fresh)
        return fresh

    def _refreshed(self, stored: Credentials | None) -> Credentials:
        if stored is None:
            raise not_connected()
        return self._endpoint.refresh(stored)

    def _hold(self, credentials: Credentials | None) -> Credentials | None:
        if credentials:
            for name in ("access_token", "refresh_token"):
                self._redact.add(str(credentials.values[name]))
        self._held = credentials
        return credentials


def not_connected() -> AuthenticationError:
    """Nobody has let us in yet, or somebody has taken it back."""
    return AuthenticationError(
        "This connection is not connected to a HubSpot account.",
        advice="Somebody who may change connections presses “Connect” on its page.",
        code="NOT_CONNECTED",
    )
