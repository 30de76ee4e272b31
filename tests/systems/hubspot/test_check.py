"""The connection test: what it finds, and what it tells a person to do."""

from __future__ import annotations

import pytest

from connectors.sdk.records import CheckResult, Finding
from tests.sdk.server import Server, answer
from tests.systems.conftest import Hub


def found(result: CheckResult, level: str) -> list[Finding]:
    return [one for one in result.findings if one.level == level]


def texts(result: CheckResult) -> str:
    return "\n".join(f"{one.title} {one.advice}" for one in result.findings)


def test_all_is_well(hub: Hub) -> None:
    result = hub.connector.check()
    assert result.ok
    assert not found(result, "error")
    assert result.account == "20000001"
    assert result.details["ui_domain"] == "app.hubspot.com"
    assert result.details["currency"] == "USD"
    assert result.details["time_zone"] == "US/Eastern"
    assert result.details["daily_calls_limit"] == "1000000"


@pytest.mark.parametrize("version", ["2026-09", "2026-03", "v3"])
def test_every_version_can_be_tested(hub: Hub, version: str) -> None:
    assert hub.open(api_version=version).check().ok


def test_missing_properties_are_named(bare_hub: Hub) -> None:
    result = bare_hub.connector.check()
    assert result.ok
    shown = texts(result)
    for target in bare_hub.connector.spec.objects.values():
        for field in target.fields.values():
            assert not field.managed or field.name in shown
    assert "flow's page" in shown
    assert not found(result, "warning")


def test_a_key_property_that_is_not_unique_is_a_warning(bare_hub: Hub) -> None:
    path = "/crm/properties/2026-09/companies"
    definition = {
        "name": "erp_key",
        "label": "ERP key",
        "type": "string",
        "fieldType": "text",
        "groupName": "companyinformation",
    }
    bare_hub.connector.http.post(path, json=definition)
    assert "“erp_key” of companies is not unique" in texts(bare_hub.connector.check())


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("pat-na1-nobody", "does not know this access token"),
        ("pat-na1-sandbox-revoked", "does not know this access token"),
        ("sandbox-oauth-access-expired", "has expired or was revoked"),
        ("", "does not know this access token"),
    ],
)
def test_a_bad_token_is_told_apart(hub: Hub, token: str, said: str) -> None:
    result = hub.open(access_token=token).check()
    assert not result.ok
    assert said in result.message
    assert result.account == ""


def test_a_token_that_cannot_be_read_is_wrong_not_old(hub: Hub) -> None:
    body = {
        "status": "error",
        "message": "The OAuth token used to make this call expired 20543 day(s) ago.",
        "category": "EXPIRED_AUTHENTICATION",
        "context": {"expire time": ["1970-01-01T00:00:00Z"]},
    }
    hub.fault("/account-info", status=401, json=body)
    assert "does not know this access token" in hub.connector.check().message


def test_a_missing_scope_is_named_with_the_object_that_needs_it(hub: Hub) -> None:
    result = hub.open(access_token="pat-na1-sandbox-no-company-write").check()
    assert not result.ok
    (error,) = found(result, "error")
    assert error.title == (
        "Companies cannot be written: the scope crm.objects.companies.write is missing."
    )
    assert "Contacts can be read and written." in texts(result)


def test_a_scope_that_is_missing_to_read_is_named(hub: Hub) -> None:
    tokens = hub.control.config()["tokens"]
    tokens["pat-na1-narrow"] = {
        **tokens["pat-na1-sandbox-full"],
        "scopes": ["oauth", "crm.objects.contacts.read", "crm.objects.contacts.write"],
    }
    hub.control.config(tokens=tokens)
    shown = texts(hub.open(access_token="pat-na1-narrow").check())
    assert "Companies cannot be read." in shown
    assert "crm.objects.companies.read" in shown
    assert "The properties of companies cannot be read." in shown
    assert "crm.schemas.contacts.write" in shown


def test_without_the_right_to_create_properties_it_warns(hub: Hub) -> None:
    result = hub.open(access_token="pat-na1-sandbox-no-schema-write").check()
    assert result.ok
    warned = "\n".join(one.title for one in found(result, "warning"))
    assert "crm.schemas.companies.write" in warned
    assert "crm.schemas.contacts.write" in warned


def test_a_token_in_clear_is_a_warning_unless_it_stays_here(hub: Hub) -> None:
    assert "unencrypted" not in texts(hub.connector.check())
    elsewhere = hub.open(base_url="http://hubspot.invalid")
    assert "unencrypted" in texts(elsewhere.check())


def test_when_hubspot_keeps_the_scopes_to_itself_it_says_so(hub: Hub) -> None:
    hub.fault("/oauth/", status=404, json={"message": "resource not found"})
    result = hub.connector.check()
    assert result.ok
    assert "was tried out" in texts(result)
    assert "Companies can be read and written." in texts(result)
    assert hub.control.ledger("companies")["types"] == {}, "nothing was written"


def test_another_account_is_refused(hub: Hub) -> None:
    connector = hub.open(
        access_token="pat-na1-sandbox-other-portal", expected_hub_id="20000001"
    )
    result = connector.check()
    assert not result.ok
    assert "20000002" in result.message
    assert "20000001" in result.message


def test_the_expected_account_passes(hub: Hub) -> None:
    assert hub.open(expected_hub_id="20000001").check().ok


@pytest.mark.parametrize(
    "step",
    [
        answer(404, raw=b"<html>no</html>", headers={"Content-Type": "text/html"}),
        answer(200, raw=b"<html>hi</html>", headers={"Content-Type": "text/html"}),
        answer(200, {"hello": "world"}),
        answer(404, {"message": "no such page"}),
        answer(302, headers={"Location": "https://login.example.com/"}),
    ],
)
def test_an_address_that_is_not_hubspots_is_explained(hub: Hub, step: object) -> None:
    with Server(step) as server:  # type: ignore[arg-type]
        result = hub.open(base_url=server.url).check()
    assert not result.ok
    assert "address" in result.message.lower()


@pytest.mark.parametrize("url", ["nonsense", "ftp://api.example.com", "http://"])
def test_what_is_no_address_is_explained(hub: Hub, url: str) -> None:
    result = hub.open(base_url=url).check()
    assert not result.ok
    assert "address" in result.message


def test_an_outage_is_not_blamed_on_the_settings(hub: Hub) -> None:
    hub.fault("/account-info", times=None, status=503)
    result = hub.connector.check()
    assert not result.ok
    assert "503" in result.message


def test_a_spent_day_is_explained(hub: Hub) -> None:
    hub.control.config(daily_limit=1)
    result = hub.connector.check()
    assert not result.ok
    assert "daily number of calls" in result.message


def test_a_record_has_a_page(hub: Hub) -> None:
    details = hub.connector.check().details
    url = hub.connector.record_url("companies", "512", details)
    assert url == "https://app.hubspot.com/contacts/20000001/record/0-2/512"
    url = hub.connector.record_url("contacts", "7", details)
    assert url == "https://app.hubspot.com/contacts/20000001/record/0-1/7"
    assert hub.connector.record_url("companies", "512", {}) == ""
    assert hub.connector.record_url("companies", "", details) == ""


def test_what_an_account_does_not_use_is_no_error(bare_hub: Hub) -> None:
    tokens = bare_hub.control.config()["tokens"]
    used = ("oauth", "companies", "contacts")
    token = tokens["pat-na1-sandbox-full"]
    token["scopes"] = [s for s in token["scopes"] if any(one in s for one in used)]
    bare_hub.control.config(tokens=tokens)
    result = bare_hub.connector.check()
    assert result.ok
    warned = "\n".join(one.title for one in found(result, "warning"))
    for label in ("Products", "Invoices", "Payments"):
        assert f"{label} cannot be read" in warned
    assert "crm.objects.commercepayments.write" in warned
