"""The OAuth server: its page, its codes, its tokens, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.core.state import load, save
from connectors.sandbox.hubspot.standin import HubSpotStandIn
from tests.sandbox.conftest import Hub, objects

CLIENT, SECRET = "sandbox-client", "sandbox-client-secret"
BACK = "http://127.0.0.1:8000/admin/connectors/connection/callback/"
COMPANIES = objects("companies")
TOKEN = "/oauth/2026-09/token"


def asked(hub: Hub, **changes: str) -> dict[str, str]:
    """What an app puts into the page's address."""
    app = hub.control.config()["oauth_apps"][CLIENT]
    return {
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "scope": " ".join(app["scopes"]),
        "state": "s & 1",
        **changes,
    }


def decided(hub: Hub, decision: str, **changes: str) -> requests.Response:
    """What the browser gets for a press of a button."""
    form = {**asked(hub), "portal": "20000001", "decision": decision, **changes}
    return hub.session.post(
        f"{hub.url}/oauth/authorize", data=form, allow_redirects=False, timeout=10
    )


def sent_back(answer: requests.Response) -> dict[str, str]:
    """The query with which the browser is sent back to the app."""
    assert answer.status_code == 302, answer.text
    location = answer.headers["Location"]
    assert location.startswith(f"{BACK}?")
    return {
        name: value[0] for name, value in parse_qs(urlsplit(location).query).items()
    }


def form(hub: Hub, path: str = TOKEN, **fields: str) -> requests.Response:
    """A form of the app, with its id and secret."""
    app = {"client_id": CLIENT, "client_secret": SECRET}
    return hub.session.post(hub.url + path, data={**app, **fields}, timeout=10)


def exchanged(hub: Hub, code: str, **changes: str) -> requests.Response:
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    return form(hub, **{**fields, **changes})


def test_a_code_with_a_proof_key_needs_its_verifier(hub: Hub) -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    wish = {
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    for wrong in ({}, {"code_verifier": verifier[::-1]}):
        code = sent_back(decided(hub, "approve", **wish))["code"]
        refusal = exchanged(hub, code, **wrong)
        assert refusal.status_code == 400
        assert refusal.json()["status"] == "BAD_CODE_VERIFIER"
    code = sent_back(decided(hub, "approve", **wish))["code"]
    assert exchanged(hub, code, code_verifier=verifier).status_code == 200
    plain = {**wish, "code_challenge_method": "plain"}
    assert decided(hub, "approve", **plain).status_code == 400


def test_an_app_has_a_window_in_each_account_and_no_part_in_its_day(hub: Hub) -> None:
    """Checklist 8 and 9: 110 in ten seconds for all its tokens, whatever the plan."""
    hub.control.config(daily_limit=1)
    hub.control.clock(frozen=True)
    first, second = tokens(hub)["access_token"], tokens(hub)["access_token"]
    told = [hub.get(COMPANIES, token=(first, second)[n % 2]) for n in range(111)]
    assert [one.status_code for one in told] == [200] * 110 + [429]
    assert told[0].headers["X-HubSpot-RateLimit-Max"] == "110"
    assert told[110].json()["policyName"] == "TEN_SECONDLY_ROLLING"
    other = sent_back(decided(hub, "approve", portal="20000002"))["code"]
    elsewhere = exchanged(hub, other).json()["access_token"]
    assert hub.get(COMPANIES, token=elsewhere).status_code == 200
    assert hub.get(COMPANIES).status_code == 200
    assert hub.get(COMPANIES).json()["policyName"] == "DAILY"


def tokens(hub: Hub) -> dict[str, Any]:
    code = sent_back(decided(hub, "approve"))["code"]
    answer = exchanged(hub, code)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def renewed(hub: Hub, refresh_token: str, **changes: str) -> requests.Response:
    fields = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return form(hub, **{**fields, **changes})


def status(answer: requests.Response) -> str:
    """The reason of a refusal, which stands in the body twice."""
    assert answer.status_code == 400
    body = answer.json()
    assert body["error"]
    assert body["error_description"] == body["message"]
    return str(body["status"])


def test_the_page_asks_for_an_account_and_names_the_scopes(hub: Hub) -> None:
    page = hub.session.get(f"{hub.url}/oauth/authorize", params=asked(hub), timeout=10)
    assert page.status_code == 200
    assert "crm.objects.companies.write" in page.text
    assert re.findall(r"<option>(\d+)", page.text) == ["20000001", "20000002"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"client_id": "nobody"}, "no app"),
        ({"redirect_uri": BACK + "x"}, "redirect URL"),
        ({"scope": "oauth"}, "mismatch between the scopes"),
        ({"optional_scope": "no.such.scope"}, "no.such.scope"),
    ],
)
def test_a_wrong_address_sends_nobody_anywhere(
    hub: Hub, changes: dict[str, str], said: str
) -> None:
    address = f"{hub.url}/oauth/authorize"
    page = hub.session.get(address, params=asked(hub, **changes), timeout=10)
    assert (page.status_code, said in page.text) == (400, True)
    assert decided(hub, "approve", **changes).status_code == 400


def test_no_comes_back_as_a_refusal_with_the_state(hub: Hub) -> None:
    back = sent_back(decided(hub, "deny"))
    assert (back["error"], back["state"]) == ("access_denied", "s & 1")
    assert "code" not in back


@pytest.mark.parametrize("version", ["2026-09", "2026-03", "v3"])
def test_a_code_becomes_a_token_that_works(hub: Hub, version: str) -> None:
    code = sent_back(decided(hub, "approve", portal="20000002"))["code"]
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    body = form(hub, f"/oauth/{version}/token", **fields).json()
    assert (body["expires_in"], body["hub_id"]) == (1800, 20000002)
    answer = hub.get("/account-info/v3/details", token=body["access_token"])
    assert answer.json()["portalId"] == 20000002
    assert "X-HubSpot-RateLimit-Max" in answer.headers
    assert "X-HubSpot-RateLimit-Daily" not in answer.headers
    refused = hub.get(objects("deals"), token=body["access_token"])
    assert refused.status_code == 403, "only the scopes that were granted"


def test_a_code_serves_once_and_not_for_long(hub: Hub) -> None:
    code = sent_back(decided(hub, "approve"))["code"]
    assert exchanged(hub, code).status_code == 200
    assert status(exchanged(hub, code)) == "BAD_AUTH_CODE"
    late = sent_back(decided(hub, "approve"))["code"]
    hub.control.clock(advance_s=61)
    assert status(exchanged(hub, late)) == "BAD_AUTH_CODE"


def test_a_wrong_redirect_uri_spoils_the_code(hub: Hub) -> None:
    code = sent_back(decided(hub, "approve"))["code"]
    bad = exchanged(hub, code, redirect_uri=BACK.replace("127.0.0.1", "localhost"))
    assert status(bad) == "BAD_REDIRECT_URI"
    assert status(exchanged(hub, code)) == "BAD_AUTH_CODE"


def test_the_app_must_prove_itself(hub: Hub) -> None:
    token = tokens(hub)["refresh_token"]
    assert status(renewed(hub, token, client_secret="x")) == "BAD_CLIENT_SECRET"
    assert status(renewed(hub, token, client_id="x")) == "BAD_CLIENT_ID"
    assert renewed(hub, token).status_code == 200


def test_only_forms_are_taken(hub: Hub) -> None:
    token = tokens(hub)["refresh_token"]
    fields = {
        "grant_type": "refresh_token",
        "refresh_token": token,
        "client_id": CLIENT,
        "client_secret": SECRET,
    }
    assert hub.post(TOKEN, fields, token=None).status_code == 415
    in_query = hub.session.post(hub.url + TOKEN, params=fields, timeout=10)
    assert in_query.status_code == 415
    assert hub.post("/oauth/2025-03/token", token=None).status_code == 404


def test_a_refresh_token_stays_unless_it_rotates(hub: Hub) -> None:
    first = tokens(hub)["refresh_token"]
    assert renewed(hub, first).json()["refresh_token"] == first
    hub.control.config(oauth_rotates=True)
    second = renewed(hub, first).json()["refresh_token"]
    assert second != first
    refused = renewed(hub, first)
    assert refused.json()["error"] == "invalid_grant"
    assert status(refused) == "BAD_REFRESH_TOKEN"
    assert renewed(hub, second).status_code == 200


def test_an_access_token_ends_and_says_so(hub: Hub) -> None:
    issued = tokens(hub)
    hub.control.clock(advance_s=1801)
    answer = hub.get(COMPANIES, token=issued["access_token"])
    assert answer.status_code == 401
    assert answer.json()["category"] == "EXPIRED_AUTHENTICATION"
    fresh = renewed(hub, issued["refresh_token"]).json()["access_token"]
    assert hub.get(COMPANIES, token=fresh).status_code == 200


@pytest.mark.parametrize("by", ["person", "app"])
def test_what_is_revoked_neither_works_nor_renews(hub: Hub, by: str) -> None:
    issued = tokens(hub)
    if by == "person":
        hub.control.edit(type="oauth", action="revoke")
    else:
        hint = {"token_type_hint": "refresh_token", "token": issued["refresh_token"]}
        assert form(hub, f"{TOKEN}/revoke", **hint).status_code == 204
    answer = hub.get(COMPANIES, token=issued["access_token"])
    assert answer.json()["category"] == "INVALID_AUTHENTICATION"
    assert status(renewed(hub, issued["refresh_token"])) == "BAD_REFRESH_TOKEN"


def test_grants_outlive_a_restart(
    hub: Hub, hubspot_box: SandboxThread, tmp_path: Path
) -> None:
    issued = tokens(hub)
    save(tmp_path / "state", [hubspot_box.standin["hubspot"]])
    again = HubSpotStandIn()
    assert load(tmp_path / "state", [again])
    with SandboxThread(again) as box:
        later = Hub(box.url["hubspot"], hub.session, box.control("hubspot"))
        assert later.get(COMPANIES, token=issued["access_token"]).status_code == 200
        assert renewed(later, issued["refresh_token"]).status_code == 200


def test_introspection_tells_scopes_and_what_is_left(hub: Hub) -> None:
    issued = tokens(hub)
    path, hint = f"{TOKEN}/introspect", {"token_type_hint": "access_token"}
    told = form(hub, path, token=issued["access_token"], **hint).json()
    assert (told["active"], told["hub_id"]) == (True, 20000001)
    assert told["token_use"] == "access_token"
    assert set(told["scopes"]) == set(issued["scopes"])
    assert 0 < told["expires_in"] <= 1800
    assert form(hub, path, token="nothing", **hint).json()["active"] is False
    assert form(hub, path, token=issued["access_token"]).status_code == 400


def test_a_service_key_works_and_keeps_its_scopes_to_itself(hub: Hub) -> None:
    key = "pat-na1-sandbox-service-key"
    answer = hub.get(COMPANIES, token=key)
    assert answer.status_code == 200
    assert "X-HubSpot-RateLimit-Daily" in answer.headers
    path = "/oauth/v2/private-apps/get/access-token-info"
    assert hub.post(path, {"tokenKey": key}, token=key).status_code == 400


@pytest.mark.parametrize(("version", "expected"), [("2026-09", 400), ("2026-03", 200)])
def test_a_user_who_may_not_associate(hub: Hub, version: str, expected: int) -> None:
    ids = {name: hub.create(name, **given) for name, given in (
        ("companies", {"name": "Acme"}), ("contacts", {"email": "a@example.com"}),
    )}  # fmt: skip
    hub.control.config(oauth_user_associates=False)
    token = tokens(hub)["access_token"]
    root = f"/crm/associations/{version}/contacts/companies/batch/associate/default"
    pair = {"from": {"id": ids["contacts"]}, "to": {"id": ids["companies"]}}
    answer = hub.post(root, {"inputs": [pair]}, token=token)
    assert answer.status_code == expected
    if expected == 400:
        assert answer.json()["message"] == "Missing 'Edit Associations' permission."
    assert hub.post(root, {"inputs": [pair]}).status_code == 200, "not so a token"
