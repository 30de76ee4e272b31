"""The dance of OAuth: HubSpot's page, its code, and taking it back."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
)
from connectors.sdk.shared.credentials import CredentialStore
from connectors.systems.hubspot.access.auth import OAUTH
from connectors.systems.hubspot.access.endpoint import TokenEndpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthConsent:
    """See `Consent`. `account` is the only one that may answer, "" for any."""

    store: CredentialStore
    endpoint: TokenEndpoint
    authorize_url: str
    scopes: Iterable[str]
    optional_scopes: Iterable[str]
    account: str
    proof_key: bool = False

    def page(self, *, redirect_uri: str, state: str) -> str:
        """See `Consent`."""
        if not (self.endpoint.client_id and self.endpoint.client_secret):
            raise ConfigurationError(
                "The app's client ID or client secret is not set.",
                advice="Copy both from the app's page in HubSpot and save them first.",
                field="client_id",
            )
        query = {
            "client_id": self.endpoint.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self.scopes),
            "optional_scope": " ".join(self.optional_scopes),
            "state": state,
        }
        if self.proof_key:
            digest = hashlib.sha256(self._verifier(state).encode()).digest()
            query |= {"code_challenge": _text(digest), "code_challenge_method": "S256"}
        given = {name: value for name, value in query.items() if value}
        return f"{self.authorize_url}?{urlencode(given, quote_via=quote)}"

    def accept(self, code: str, *, redirect_uri: str, state: str) -> str:
        """See `Consent`."""
        verifier = self._verifier(state) if self.proof_key else ""
        credentials = self.endpoint.exchange(code, redirect_uri, verifier)
        found = str(credentials.values["hub_id"])
        if self.account and found != self.account:
            # Not revoked: another connection may live on the same grant.
            raise AuthenticationError(
                f"The HubSpot account {found} was chosen, but this connection has "
                f"worked with {self.account}.",
                advice=f"Press the button again and choose {self.account}. Records "
                "that are bound already have the ids of that account; for another "
                "one make a connection of its own.",
                code="OTHER_ACCOUNT",
            )
        self.store.keep(OAUTH, credentials)
        return found

    def withdraw(self) -> str:
        """See `Consent`."""
        stored = self.store.read(OAUTH)
        self.store.drop(OAUTH)
        if stored is None:
            return ""
        try:
            self.endpoint.revoke(str(stored.values["refresh_token"]))
        except ConnectorError as error:
            return (
                f"HubSpot could not be told: {error.message} To be sure, uninstall the "
                "app in HubSpot (Settings > Integrations > Connected Apps)."
            )
        return ""

    def _verifier(self, state: str) -> str:
        """The proof key (PKCE) of one dance: nobody without the secret can tell it, and
        it need not be kept until the way back."""
        secret = self.endpoint.client_secret.encode()
        return _text(hmac.digest(secret, f"proof key {state}".encode(), "sha256"))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
