"""The way in that a connection's settings choose: a static token, or OAuth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.sdk.contract import Context
from connectors.sdk.errors import ConnectorError
from connectors.sdk.http import HttpClient, RetryPolicy
from connectors.sdk.redact import Redactor
from connectors.sdk.spec import SystemSpec
from connectors.systems.hubspot.access.auth import HubSpotAuth, OAuthAuth, TokenAuth
from connectors.systems.hubspot.access.consent import OAuthConsent
from connectors.systems.hubspot.access.endpoint import OAuthClassifier, TokenEndpoint
from connectors.systems.hubspot.access.scopes import optional_scopes, required_scopes
from connectors.systems.hubspot.wire.faults import BY_CONSENT, BY_TOKEN, Words
from connectors.systems.hubspot.wire.paths import TOKEN_INFO, Paths

Scopes = Callable[[HttpClient], frozenset[str] | None]
Setting = Callable[[str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Credentials, how they are asked for, and what HubSpot says of their scopes.

    `words` are those of errors; `consent` is None for static tokens.
    """

    auth: HubSpotAuth
    scopes: Scopes
    words: Words
    consent: OAuthConsent | None = None
    close: Callable[[], None] = lambda: None


def open_access(
    setting: Setting, context: Context, spec: SystemSpec, paths: Paths, redact: Redactor
) -> Access:
    """What the connection's settings choose. Calls nobody."""
    if setting("authentication") == "oauth":
        return _by_consent(setting, context, spec, paths, redact)
    token = str(setting("access_token")).strip()
    redact.add(token)
    auth = TokenAuth(token)
    return Access(auth=auth, scopes=lambda http: _told(http, token), words=BY_TOKEN)


def _told(http: HttpClient, token: str) -> frozenset[str] | None:
    """The scopes of a private app's token; HubSpot need not tell those of others."""
    try:
        answer = http.post(TOKEN_INFO, json={"tokenKey": token}, idempotent=True)
        body = answer.json_or_none()
    except ConnectorError:
        return None
    scopes = body.get("scopes") if isinstance(body, Mapping) else None
    return frozenset(map(str, scopes)) if isinstance(scopes, list) else None


def _by_consent(
    setting: Setting, context: Context, spec: SystemSpec, paths: Paths, redact: Redactor
) -> Access:
    secret = str(setting("client_secret")).strip()
    redact.add(secret)
    http = HttpClient(
        base_url=str(setting("base_url")),
        timeout=(
            float(setting("connect_timeout")),
            min(float(setting("read_timeout")), 30.0),
        ),
        retry=RetryPolicy(attempts=1, rate_limit_wait=0.0),
        classify=OAuthClassifier(),
        network=context.network,
        redact=redact,
    )
    endpoint = TokenEndpoint(http, paths, str(setting("client_id")).strip(), secret)
    auth = OAuthAuth(context.credentials, endpoint, redact)
    asked = str(setting("oauth_scopes")).split()
    further = str(setting("oauth_optional_scopes")).split()
    consent = OAuthConsent(
        store=context.credentials,
        endpoint=endpoint,
        authorize_url=str(setting("authorize_url")),
        scopes=asked or required_scopes(spec),
        optional_scopes=further or (() if asked else optional_scopes(spec)),
        account=str(setting("expected_hub_id")).strip() or context.account,
        proof_key=bool(setting("oauth_pkce")),
    )
    return Access(
        auth=auth,
        scopes=lambda _http: endpoint.scopes(auth.token) or auth.scopes or None,
        words=BY_CONSENT,
        consent=consent,
        close=http.close,
    )
