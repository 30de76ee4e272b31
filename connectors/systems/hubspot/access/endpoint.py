"""HubSpot's OAuth server: codes and refresh tokens for access tokens.

Source: vendor sheet, section 1.3. Bodies are forms, never JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from connectors.sdk.errors import (
    AuthenticationError,
    ConnectorError,
    UnavailableError,
)
from connectors.sdk.http import HttpClient, Response
from connectors.sdk.shared.credentials import Credentials
from connectors.systems.hubspot.wire.envelope import Envelope
from connectors.systems.hubspot.wire.faults import Classifier, request_id
from connectors.systems.hubspot.wire.paths import Paths

RECONNECT = (
    "Somebody who may change connections, and who is a super admin of the HubSpot "
    "account, presses “Reconnect” on the connection's page. What waits then goes on by "
    "itself."
)
APP = (
    "Copy client ID and client secret again from the app's page in HubSpot, save them "
    "in the connection, then press “Test connection”."
)
_APP_FAULTS = ("client_id", "client id", "client_secret", "client secret")


class Issued(msgspec.Struct, frozen=True):
    """The answer of the token endpoint; a refresh need not repeat the account."""

    access_token: str
    expires_in: int = 0
    refresh_token: str = ""
    hub_id: int = 0
    scopes: list[str] = []


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """The server as one app sees it; `http` sends no credentials, retries nothing."""

    http: HttpClient
    paths: Paths
    client_id: str
    client_secret: str = field(repr=False)

    def exchange(self, code: str, redirect_uri: str, verifier: str = "") -> Credentials:
        """The first tokens, for a code. Raises AuthenticationError when refused."""
        form = {
            "grant_type": "authorization_code",
            "redirect_uri": redirect_uri,
            "code": code,
        }
        return self._issued(
            form | ({"code_verifier": verifier} if verifier else {}), {}
        )

    def refresh(self, stored: Credentials) -> Credentials:
        """New tokens for old ones. Raises AuthenticationError when refused.

        Each is to be stored before it is used: the old refresh token may be void.
        """
        token = str(stored.values["refresh_token"])
        form = {"grant_type": "refresh_token", "refresh_token": token}
        fresh = self._issued(form, stored.values)
        if fresh.values["hub_id"] != stored.values["hub_id"]:
            raise AuthenticationError(
                f"HubSpot renewed the token of the account {stored.values['hub_id']} "
                f"with one of the account {fresh.values['hub_id']}.",
                advice=RECONNECT,
            )
        return fresh

    def scopes(self, access_token: str) -> frozenset[str] | None:
        """The scopes of a token as HubSpot knows them now, None if it does not tell."""
        form = {"token": access_token, "token_type_hint": "access_token", **self._app}
        try:
            answer = self.http.post(self.paths.introspection, form=form).json_or_none()
        except ConnectorError:
            return None
        scopes = answer.get("scopes") if isinstance(answer, Mapping) else None
        return frozenset(map(str, scopes)) if isinstance(scopes, list) else None

    def revoke(self, refresh_token: str) -> None:
        """Make a refresh token void, and what came from it."""
        form = {"token": refresh_token, "token_type_hint": "refresh_token", **self._app}
        self.http.post(self.paths.revocation, form=form, idempotent=True)

    @property
    def _app(self) -> dict[str, str]:
        return {"client_id": self.client_id, "client_secret": self.client_secret}

    def _issued(self, form: dict[str, str], before: Mapping[str, Any]) -> Credentials:
        """Ask, and put what is not said again beside what is new."""
        asked_at = datetime.now(UTC)
        # Not sent twice by itself. A lost answer is an outage: the next renewal shows
        # whether the refresh token still serves.
        response = self.http.post(
            self.paths.token, form=form | self._app, idempotent=True
        )
        issued = _decoded(response)
        for one in (issued.access_token, issued.refresh_token):
            self.http.redact.add(one)
        return Credentials(
            values={
                "access_token": issued.access_token,
                "refresh_token": issued.refresh_token or before.get("refresh_token"),
                "hub_id": str(issued.hub_id or before.get("hub_id", "")),
                "scopes": issued.scopes or list(before.get("scopes", ())),
            },
            issued_at=asked_at,
            # Without a lifetime it serves until HubSpot says that it has ended.
            expires_at=asked_at + timedelta(seconds=issued.expires_in)
            if issued.expires_in > 0
            else None,
        )


def _decoded(response: Response) -> Issued:
    try:
        return msgspec.json.decode(response.body, type=Issued)
    except msgspec.DecodeError as error:
        raise UnavailableError(
            f"{response.where} answered with {response.content_kind}, not tokens.",
            advice="Check the API address of the connection if this stays.",
        ) from error


class OAuthClassifier:
    """What the token endpoint's refusals mean; all else is as everywhere."""

    def __init__(self) -> None:
        self._others = Classifier(lambda: None)

    def __call__(self, response: Response) -> ConnectorError | None:
        if response.status not in (400, 401, 403):
            return self._others(response)
        body = response.json_or_none()
        told = body if isinstance(body, Mapping) else {}
        said = str(told.get("message") or told.get("error_description") or "")
        code = str(told.get("status") or told.get("error") or "")
        error = _refused(f"{told.get('error')} {code} {said}".lower(), said, response)
        error.status, error.code = response.status, code
        error.request_id = request_id(response, Envelope.of(body))
        return error


def _refused(words: str, said: str, response: Response) -> AuthenticationError:
    shown = response.redact(said) or response.excerpt
    if "bad_refresh_token" in words:
        return AuthenticationError(
            "HubSpot no longer accepts this connection's authorisation: the app was "
            "uninstalled there, or its token was revoked.",
            advice=RECONNECT,
        )
    if "invalid_client" in words or any(one in words for one in _APP_FAULTS):
        return AuthenticationError(
            f"HubSpot refused the app's client ID or client secret: {shown}", advice=APP
        )
    return AuthenticationError(
        f"HubSpot refused the authorisation: {shown}", advice=RECONNECT
    )
