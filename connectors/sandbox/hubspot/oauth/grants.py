"""What the OAuth server remembers: codes, refresh tokens, access tokens."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.core.clock import Clock
from connectors.sandbox.hubspot.config import HubSpotConfig
from connectors.sandbox.hubspot.oauth.refusals import refused

USER = 9500004


@dataclass(slots=True)
class Grant:
    """One installation of an app in one account, by one user."""

    client_id: str
    portal: int
    scopes: list[str]
    refresh_token: str
    revoked: bool = False


@dataclass(slots=True)
class Code:
    """A code on its way from the page to the app."""

    grant: Grant
    redirect_uri: str
    expires_at: float
    challenge: str = ""


@dataclass(slots=True)
class Grants:
    """Everything issued so far; times are the stand-in's."""

    config: HubSpotConfig
    clock: Clock
    codes: dict[str, Code] = field(default_factory=dict)
    refresh: dict[str, Grant] = field(default_factory=dict)
    access: dict[str, tuple[Grant, float]] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget all of it."""
        self.codes.clear()
        self.refresh.clear()
        self.access.clear()

    def state(self) -> dict[str, Any]:
        """What outlives a restart."""
        return {"oauth": {"refresh": self.refresh, "access": self.access}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` returned, if it did."""
        kept = state.get("oauth", {})
        self.refresh.update(kept.get("refresh", {}))
        self.access.update(kept.get("access", {}))

    def app(self, client_id: str) -> Mapping[str, Any] | None:
        """A registered app, None if there is none of that id."""
        found: Mapping[str, Any] | None = self.config.oauth_apps.get(client_id)
        return found

    def approve(
        self,
        client_id: str,
        portal: int,
        scopes: list[str],
        redirect_uri: str,
        challenge: str = "",
    ) -> str:
        """The code for a person's yes."""
        code = f"na1-{secrets.token_hex(4)}-{secrets.token_hex(8)}"
        grant = Grant(client_id, portal, scopes, "")
        expires = self.clock.time() + self.config.oauth_code_s
        self.codes[code] = Code(grant, redirect_uri, expires, challenge)
        return code

    def exchange(
        self, client_id: str, code: str, redirect_uri: str, verifier: str = ""
    ) -> dict[str, Any]:
        """Tokens for a code, once. Raises OAuthError."""
        # Out at once, whatever becomes of it: a code is not tried twice.
        found = self.codes.pop(code, None)
        if (
            found is None
            or found.grant.client_id != client_id
            or found.expires_at <= self.clock.time()
        ):
            raise refused("code")
        if found.redirect_uri != redirect_uri:
            raise refused("redirect")
        if found.challenge and found.challenge != _challenge(verifier):
            raise refused("verifier")
        self._new_refresh_token(found.grant)
        return self._issue(found.grant)

    def renew(self, client_id: str, token: str) -> dict[str, Any]:
        """New tokens for a refresh token. Raises OAuthError."""
        grant = self.refresh.get(token)
        if grant is None or grant.revoked or grant.client_id != client_id:
            raise refused("refresh")
        if self.config.oauth_rotates:
            del self.refresh[token]
            self._new_refresh_token(grant)
        return self._issue(grant)

    def identity(self, token: str) -> dict[str, Any] | None:
        """An access token in the form of the configured ones; None if unknown."""
        live = self.access.get(token)
        app = self.app(live[0].client_id) if live else None
        if live is None or app is None:
            return None
        grant, expires = live
        return {
            "portal": grant.portal,
            "app": app["app"],
            "kind": "oauth",
            "scopes": grant.scopes,
            "revoked": grant.revoked,
            "expires_at": expires,
        }

    def introspect(self, client_id: str, token: str) -> dict[str, Any]:
        """What a token is worth; unknown ones are merely not active."""
        live = self.access.get(token)
        grant = live[0] if live else self.refresh.get(token)
        left = int(live[1] - self.clock.time()) if live else None
        if (
            grant is None
            or grant.revoked
            or grant.client_id != client_id
            or (left is not None and left <= 0)
        ):
            return {"active": False, "token": token}
        use = "access_token" if live else "refresh_token"
        return {
            "active": True,
            "token": token,
            "token_type": "bearer",
            "token_use": use,
            "hub_id": grant.portal,
            "user_id": USER,
            "app_id": self.config.oauth_apps[client_id]["app"],
            "client_id": client_id,
            "scopes": grant.scopes,
            **(self._of_access(client_id, token) if live else {}),
        }

    def _of_access(self, client_id: str, token: str) -> dict[str, Any]:
        """What is told of an access token only, with what HubSpot has signed of it."""
        grant, expires = self.access[token]
        return {
            "expires_in": int(expires - self.clock.time()),
            "is_private_distribution": True,
            "signed_access_token": {
                "appId": self.config.oauth_apps[client_id]["app"],
                "expiresAt": int(expires * 1000),
                "hubId": grant.portal,
                "hublet": "na1",
                "installingUserId": USER,
                "isPrivateDistribution": True,
                "isServiceAccount": False,
                "isUserLevel": False,
                "newSignature": "",
                "scopes": "",
                "scopeToScopeGroupPks": "",
                "signature": "",
                "trialScopes": "",
                "trialScopeToScopeGroupPks": "",
                "userId": USER,
            },
        }

    def revoke(self, client_id: str, token: str) -> None:
        """Give one token back; unknown ones are passed over."""
        live = self.access.get(token)
        grant = live[0] if live else self.refresh.get(token)
        if grant is not None and grant.client_id == client_id:
            grant.revoked = True

    def edit(self, action: str, portal: int | None) -> dict[str, Any]:
        """A person's or HubSpot's own change: `revoke` or `expire` what is out."""
        if action not in ("revoke", "expire"):
            message = f"OAuth has no action {action!r}: revoke, expire"
            raise ValueError(message)
        now, hit = self.clock.time(), 0
        for token, (grant, expires) in list(self.access.items()):
            if portal is None or grant.portal == portal:
                hit += 1
                grant.revoked |= action == "revoke"
                self.access[token] = (grant, min(expires, now - 1))
        return {"tokens": hit}

    def _new_refresh_token(self, grant: Grant) -> None:
        grant.refresh_token = f"na1-{secrets.token_hex(4)}-{secrets.token_hex(12)}"
        self.refresh[grant.refresh_token] = grant

    def _issue(self, grant: Grant) -> dict[str, Any]:
        token = f"C{secrets.token_urlsafe(60)}"
        lifetime = self.config.oauth_expires_s
        self.access[token] = (grant, self.clock.time() + lifetime)
        return {
            "token_type": "bearer",
            "token_use": "access_token",
            "access_token": token,
            "refresh_token": grant.refresh_token,
            "expires_in": lifetime,
            "hub_id": grant.portal,
            "scopes": grant.scopes,
        }


def _challenge(verifier: str) -> str:
    """What a proof key (RFC 7636, S256) must have been announced as."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
