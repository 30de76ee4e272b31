"""Checklist 1 to 12: authentication, envelope, versions, rate limits."""

from __future__ import annotations

import re

import pytest

from tests.sandbox.conftest import FULL, Hub, objects

COMPANIES = objects("companies")
SEARCH = f"{COMPANIES}/search"
DETAILS = "/account-info/2026-09/details"
RATE_HEADERS = (
    "X-HubSpot-RateLimit-Max",
    "X-HubSpot-RateLimit-Remaining",
    "X-HubSpot-RateLimit-Interval-Milliseconds",
    "X-HubSpot-RateLimit-Daily",
    "X-HubSpot-RateLimit-Daily-Remaining",
)


@pytest.mark.parametrize("token", [None, "garbage", "pat-na1-sandbox-revoked"])
def test_01_no_or_garbage_token(hub: Hub, token: str | None) -> None:
    answer = hub.get(COMPANIES, token=token)
    assert answer.status_code == 401
    body = answer.json()
    assert body["category"] == "INVALID_AUTHENTICATION"
    assert body["message"].startswith("Authentication credentials not found.")
    assert "X-HubSpot-RateLimit-Max" not in answer.headers


def test_01_expired_oauth_token(hub: Hub) -> None:
    answer = hub.get(COMPANIES, token="sandbox-oauth-access-expired")
    assert answer.status_code == 401
    body = answer.json()
    assert body["category"] == "EXPIRED_AUTHENTICATION"
    assert re.search(r"expired \d+ second\(s\) ago", body["message"])
    assert body["context"] == {"expire time": ["2023-11-14T22:13:20Z"]}


def test_01_token_revoked_while_running(hub: Hub) -> None:
    tokens = hub.control.config()["tokens"]
    tokens[FULL]["revoked"] = True
    hub.control.config(tokens=tokens)
    assert hub.get(COMPANIES).status_code == 401


def test_02_missing_object_scope(hub: Hub) -> None:
    token = "pat-na1-sandbox-no-company-write"
    assert hub.get(COMPANIES, token=token).status_code == 200
    answer = hub.post(COMPANIES, {"properties": {"name": "Acme"}}, token=token)
    assert answer.status_code == 403
    body = answer.json()
    assert body["category"] == "MISSING_SCOPES"
    needed = body["errors"][0]["context"]["requiredGranularScopes"]
    assert needed == ["crm.objects.companies.write"]
    assert hub.control.records("companies") == []


def test_02_missing_schema_scope(hub: Hub) -> None:
    token = "pat-na1-sandbox-no-schema-write"
    base = "/crm/properties/2026-09/companies"
    assert hub.get(base, token=token).status_code == 200
    answer = hub.post(f"{base}/groups", {"name": "g", "label": "G"}, token=token)
    assert answer.status_code == 403
    needed = answer.json()["errors"][0]["context"]["requiredGranularScopes"]
    assert needed == ["crm.schemas.companies.write"]


def test_02_scopes_can_be_taken_away(hub: Hub) -> None:
    tokens = hub.control.config()["tokens"]
    tokens[FULL]["scopes"].remove("crm.objects.deals.read")
    hub.control.config(tokens=tokens)
    assert hub.get(objects("deals")).status_code == 403


def test_02_products_accept_the_umbrella_scope(hub: Hub) -> None:
    tokens = hub.control.config()["tokens"]
    tokens[FULL]["scopes"] = ["e-commerce"]
    hub.control.config(tokens=tokens)
    assert hub.get(objects("products")).status_code == 200
    assert hub.get(COMPANIES).status_code == 403


def test_04_correlation_id_everywhere(hub: Hub) -> None:
    for path in (COMPANIES, f"{COMPANIES}/1", "/nowhere"):
        answer = hub.get(path)
        correlation = answer.headers["x-hubspot-correlation-id"]
        assert re.fullmatch(
            r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab].*", correlation
        )
        assert answer.json().get("correlationId") in {None, correlation}
        assert answer.ok or answer.json()["correlationId"] == correlation


def test_05_unknown_route_and_ids(hub: Hub) -> None:
    for path in ("/crm/objects/2026-09", "/nowhere", f"{COMPANIES}/999"):
        answer = hub.get(path)
        assert answer.status_code == 404
        assert answer.json()["message"] == "resource not found"
        assert "category" not in answer.json()
    answer = hub.get(f"{COMPANIES}/acme")
    assert answer.status_code == 404
    assert answer.json()["category"] == "OBJECT_NOT_FOUND"
    expected = "Object not found.  objectId are usually numeric."
    assert answer.json()["message"] == expected
    assert answer.json()["context"] == {"id": ["acme"]}


def test_06_malformed_json(hub: Hub) -> None:
    answer = hub.call("POST", COMPANIES, data='{"properties": ')
    assert answer.status_code == 400
    message = answer.json()["message"]
    assert re.match(r"Invalid input JSON on line 1, column \d+: ", message)
    assert "category" not in answer.json()


@pytest.mark.parametrize(
    "path", ["/crm/v3/objects", *(f"/crm/objects/2026-{m}" for m in ("03", "09"))]
)
@pytest.mark.parametrize("name", ["companies", "company", "0-2"])
def test_07_families_share_the_data(hub: Hub, path: str, name: str) -> None:
    record_id = hub.create("companies", name="Acme")
    answer = hub.get(f"{path}/{name}/{record_id}")
    assert answer.json()["properties"]["name"] == "Acme"


def test_07_other_families(hub: Hub) -> None:
    for path in (
        "/crm/v3/properties/companies",
        "/crm/properties/2026-03/companies",
        "/crm/v3/owners/",
        "/crm/owners/2026-09",
        "/crm/v3/pipelines/deals",
        "/crm/v4/associations/contacts/companies/labels",
        "/crm/associations/2026-09/contacts/companies/labels",
        "/crm-object-schemas/2026-09/schemas",
        "/account-info/v3/details",
    ):
        assert hub.get(path).status_code == 200, path


def test_07_unknown_version(hub: Hub) -> None:
    for path in ("/crm/objects/2027-03/companies", "/crm/v5/objects/companies"):
        assert hub.get(path).status_code == 404


def test_portals_are_apart(hub: Hub) -> None:
    other = "pat-na1-sandbox-other-portal"
    hub.create("companies", name="Acme")
    assert hub.get(COMPANIES, token=other).json()["results"] == []
    assert hub.get(DETAILS).json()["portalId"] == 20000001
    assert hub.get(DETAILS, token=other).json()["portalId"] == 20000002
    hub.post(COMPANIES, {"properties": {"name": "Else"}}, token=other)
    ledger = hub.control.ledger()["types"]
    assert ledger["companies"]["totals"]["created"] == 1
    assert ledger["20000002:companies"]["totals"]["created"] == 1


def test_account_details(hub: Hub) -> None:
    hub.control.clock(now="2026-11-20T10:00:00+00:00")
    details = hub.get(DETAILS).json()
    assert details["timeZone"] == "US/Eastern"
    assert details["utcOffset"] == "-05:00"
    assert details["utcOffsetMilliseconds"] == -18_000_000


def test_token_information(hub: Hub) -> None:
    path = "/oauth/v2/private-apps/get/access-token-info"
    body = hub.post(path, {"tokenKey": FULL}).json()
    assert body["hubId"] == 20000001
    assert "crm.objects.companies.write" in body["scopes"]


def test_08_rolling_window_with_headers(hub: Hub) -> None:
    hub.control.config(rate_limit=3)
    hub.control.clock(frozen=True)
    answers = [hub.get(COMPANIES) for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    remaining = [one.headers["X-HubSpot-RateLimit-Remaining"] for one in answers]
    assert remaining == ["2", "1", "0", "0"]
    for name in RATE_HEADERS:
        assert name in answers[0].headers
    body = answers[3].json()
    assert body["policyName"] == "TEN_SECONDLY_ROLLING"
    assert body["errorType"] == "RATE_LIMIT"
    assert body["message"] == "You have reached your ten_secondly_rolling limit."
    assert hub.get(COMPANIES, token="pat-na1-sandbox-second-app").status_code == 200
    hub.control.clock(advance_s=10.1)
    assert hub.get(COMPANIES).status_code == 200
    assert hub.control.stats()["rate_limited"] == 1


def test_08_foreign_client_uses_the_same_window(hub: Hub) -> None:
    hub.control.config(rate_limit=3, foreign_per_10s=2)
    assert hub.get(COMPANIES).headers["X-HubSpot-RateLimit-Remaining"] == "0"
    assert hub.get(COMPANIES).status_code == 429


def test_08_oauth_has_no_daily_headers(hub: Hub) -> None:
    tokens = hub.control.config()["tokens"]
    tokens["sandbox-oauth-access-expired"]["expires_at"] = 4_000_000_000
    hub.control.config(tokens=tokens)
    answer = hub.get(COMPANIES, token="sandbox-oauth-access-expired")
    assert "X-HubSpot-RateLimit-Max" in answer.headers
    assert "X-HubSpot-RateLimit-Daily" not in answer.headers


def test_09_daily_counter_per_portal(hub: Hub) -> None:
    hub.control.config(daily_limit=2)
    hub.control.clock(now="2026-11-20T23:00:00-05:00")
    hub.get(COMPANIES)
    hub.get(COMPANIES, token="pat-na1-sandbox-second-app")
    answer = hub.get(COMPANIES)
    assert answer.status_code == 429
    assert answer.json()["policyName"] == "DAILY"
    assert answer.json()["message"] == "You have reached your daily limit."
    hub.control.clock(now="2026-11-21T00:00:01-05:00")
    usage = hub.get("/account-info/2026-09/api-usage/daily/private-apps").json()
    assert usage["results"][0]["currentUsage"] == 1
    assert usage["results"][0]["usageLimit"] == 2
    assert usage["results"][0]["resetsAt"] == "2026-11-22T05:00:00Z"


def test_10_search_has_its_own_second_and_no_headers(hub: Hub) -> None:
    hub.control.clock(frozen=True)
    hub.control.config(rate_limit=1)
    answers = [
        hub.post(SEARCH, {}, token=token)
        for token in (FULL, FULL, FULL, "pat-na1-sandbox-second-app", FULL, FULL)
    ]
    assert [one.status_code for one in answers] == [200] * 5 + [429]
    assert answers[5].json()["message"] == "You have reached your secondly limit."
    assert answers[5].json()["policyName"] == "SECONDLY"
    for answer in (answers[0], answers[5]):
        assert not [one for one in answer.headers if "RateLimit" in one]
    hub.control.clock(advance_s=1.1)
    assert hub.post(SEARCH, {}).status_code == 200


def test_11_retry_after_is_a_knob(hub: Hub) -> None:
    hub.control.config(rate_limit=0)
    assert "Retry-After" not in hub.get(COMPANIES).headers
    hub.control.config(retry_after=True)
    assert hub.get(COMPANIES).headers["Retry-After"] == "10"


def test_11_migration_always_says_when(hub: Hub) -> None:
    hub.control.faults({"match": {}, "do": {"status": 477}})
    answer = hub.get(COMPANIES)
    assert answer.status_code == 477
    assert int(answer.headers["Retry-After"]) > 0


def test_12_rapid_writes_lock_the_record(hub: Hub) -> None:
    hub.control.config(lock_writes_per_s=2)
    hub.control.clock(frozen=True)
    path = f"{COMPANIES}/{hub.create('companies', name='Acme')}"
    change = {"properties": {"name": "Acme 2"}}
    statuses = [hub.call("PATCH", path, change).status_code for _ in range(3)]
    assert statuses == [200, 200, 423]
    hub.control.clock(advance_s=1.5)
    assert hub.call("PATCH", path, change).status_code == 423
    hub.control.clock(advance_s=1)
    assert hub.call("PATCH", path, change).status_code == 200


def test_12_commit_then_lost_answer_is_in_the_ledger(hub: Hub) -> None:
    hub.control.faults({"match": {"method": "POST"}, "do": {"apply_then_drop": True}})
    with pytest.raises(OSError, match="Connection"):
        hub.create("companies", name="Acme")
    assert hub.control.ledger()["totals"]["created"] == 1
