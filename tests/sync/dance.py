"""A connection by OAuth, connected as a person does it: their browser, played here."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import requests

from connectors.models import Connection, Credential
from connectors.sandbox.core.client import ControlClient
from connectors.sdk.records import CheckResult
from connectors.sync.access import consent

CLIENT, SECRET = "sandbox-client", "sandbox-client-secret"
BACK = "http://127.0.0.1:8000/admin/connectors/connection/callback/"
PORTAL = "20000001"


def settings_of(url: str, **changes: Any) -> dict[str, Any]:
    """The settings of a connection by OAuth to the stand-in at `url`."""
    return {
        "base_url": url,
        "authentication": "oauth",
        "client_id": CLIENT,
        "client_secret": SECRET,
        "authorize_url": f"{url}/oauth/authorize",
        **changes,
    }


def decide(page: str, *, portal: str = PORTAL, yes: bool = True) -> dict[str, str]:
    """Press a button on HubSpot's page; the query that comes back to the console."""
    form = dict(parse_qsl(urlsplit(page).query))
    form |= {"portal": portal, "decision": "approve" if yes else "deny"}
    answer = requests.post(
        page.split("?", maxsplit=1)[0], data=form, allow_redirects=False, timeout=10
    )
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["Location"])
    return {name: value[0] for name, value in parse_qs(back.query).items()}


def connected(connection: Connection, *, portal: str = PORTAL) -> CheckResult:
    """The whole dance, but for the console's own views."""
    page = consent.page(connection, redirect_uri=BACK, state="s")
    code = decide(page, portal=portal)["code"]
    return consent.accept(connection, code, redirect_uri=BACK, state="s")


def kept(connection: Connection) -> Credential:
    """What is stored of the tokens."""
    return Credential.objects.get(connection=connection, name="oauth")


def renewals(control: ControlClient) -> list[dict[str, Any]]:
    """The requests that the token endpoint has seen."""
    return [one for one in control.log() if one["path"].endswith("/token")]
