"""The three ways in: what a test says of their scopes, and who needs a missing one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from connectors.sdk.contract import Context
from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    UnsupportedOperationError,
)
from connectors.sdk.records import Use
from connectors.sdk.shared.credentials import MemoryCredentials
from connectors.systems.hubspot.connector import HubSpotConnector
from tests.sync.dance import BACK, CLIENT, SECRET, decide, settings_of
from tests.systems.conftest import FULL, LOCAL, Hub, company, contact

SERVICE_KEY = "pat-na1-sandbox-service-key"
MAPPING = "the mapping of the flow “Orders”"


def opened(
    hub: Hub, settings: dict[str, Any], uses: Sequence[Use] = (), account: str = ""
) -> HubSpotConnector:
    """A connector with credentials of its own, and somebody who needs it."""
    context = Context(
        network=LOCAL.network,
        credentials=MemoryCredentials(),
        account=account,
        uses=uses,
    )
    given = {"searches_per_second": 10_000, "base_url": hub.box.url["hubspot"]}
    hub.opened.append(HubSpotConnector({**given, **settings}, context))
    return hub.opened[-1]


def consented(hub: Hub, uses: Sequence[Use] = (), **settings: Any) -> HubSpotConnector:
    """A connector by OAuth, connected."""
    made = opened(hub, settings_of(hub.box.url["hubspot"], **settings), uses)
    page = made.consent.page(redirect_uri=BACK, state="s")
    code = decide(page)["code"]
    assert made.consent.accept(code, redirect_uri=BACK, state="s") == "20000001"
    return made


def narrow(hub: Hub, token: str, *missing: str) -> dict[str, Any]:
    """Settings with a token that lacks these scopes."""
    tokens = hub.control.config()["tokens"]
    held = [one for one in tokens[FULL]["scopes"] if one not in missing]
    tokens["pat-na1-narrow"] = {**tokens[token], "scopes": held}
    hub.control.config(tokens=tokens)
    return {"access_token": "pat-na1-narrow"}


def need(object_type: str, verb: Any, *fields: str) -> Use:
    chosen = frozenset(fields)
    return Use(object_type=object_type, verb=verb, by=MAPPING, fields=chosen)


def errors(connector: HubSpotConnector) -> list[str]:
    found = connector.check().findings
    return [one.title for one in found if one.level == "error"]


def test_oauth_tells_its_scopes(hub: Hub) -> None:
    made = consented(hub)
    result = made.check()
    assert result.ok
    assert result.account == "20000001"
    titles = [one.title for one in result.findings]
    assert "Companies can be read and written." in titles
    assert not any("tried out" in title for title in titles)
    assert any("/introspect" in one["path"] for one in hub.control.log())


@pytest.mark.parametrize("version", ["2026-09", "2026-03", "v3"])
def test_oauth_speaks_every_version(hub: Hub, version: str) -> None:
    made = consented(hub, api_version=version)
    hub.control.edit(type="oauth", action="expire")
    assert made.fetch("companies", ["1"]) == []
    paths = {one["path"] for one in hub.control.log() if "/oauth/v" in one["path"]
             or "/oauth/2" in one["path"]}  # fmt: skip
    assert paths == {f"/oauth/{version}/token"}


def test_a_scope_that_was_asked_for_is_what_the_token_has(hub: Hub) -> None:
    apps = hub.control.config()["oauth_apps"]
    apps[CLIENT]["scopes"] = ["oauth", "crm.objects.companies.read"]
    hub.control.config(oauth_apps=apps)
    uses = [need("companies", "read"), need("companies", "write", "name")]
    made = consented(hub, uses, oauth_scopes="oauth crm.objects.companies.read")
    (error,) = [one for one in made.check().findings if one.level == "error"]
    assert error.title == (
        "Companies cannot be written: the scope crm.objects.companies.write is "
        f"missing. Needed by {MAPPING}."
    )
    assert "Reconnect" in error.advice


def test_a_service_key_is_tried_out_without_writing(hub: Hub) -> None:
    settings = narrow(
        hub,
        SERVICE_KEY,
        "crm.objects.contacts.write",
        "crm.schemas.companies.write",
        "crm.objects.products.write",
        "e-commerce",
    )
    uses = [need("contacts", "write", "email"), need("companies", "write", "name")]
    result = opened(hub, settings, uses).check()
    told = {one.title: one.level for one in result.findings}
    assert told.pop(
        "Contacts cannot be written: the scope crm.objects.contacts.write is missing. "
        f"Needed by {MAPPING}."
    ) == "error"  # fmt: skip
    assert told.pop(
        "ERP properties of companies cannot be created: the scope "
        "crm.schemas.companies.write is missing."
    ) == "warning"  # fmt: skip
    assert told.pop(
        "Products cannot be written: the scope crm.objects.products.write is missing. "
        "No mapping needs it."
    ) == "ok"  # fmt: skip
    assert told["Companies can be read and written."] == "ok"
    assert hub.control.ledger()["types"] == {}


def test_a_scope_for_lines_and_links_is_named_with_what_needs_it(hub: Hub) -> None:
    missing = ("crm.objects.line_items.read", "crm.objects.contacts.read", "e-commerce")
    uses = [need("invoices", "read", "hs_number", "contact", "lines.quantity")]
    shown = errors(opened(hub, narrow(hub, FULL, *missing), uses))
    assert any(
        "crm.objects.line_items.read" in one
        and f"{MAPPING} needs it for the lines" in one
        for one in shown
    )
    assert any("a link to contacts" in one for one in shown)


def test_what_no_mapping_needs_is_no_problem(hub: Hub) -> None:
    settings = narrow(hub, FULL, "crm.objects.contacts.read")
    uses = [need("companies", "write", "name")]
    assert errors(opened(hub, settings, uses)) == []
    assert errors(opened(hub, settings)) != [], "before there is a flow, both are"


def test_credentials_of_another_account_are_refused(hub: Hub) -> None:
    other = {"access_token": "pat-na1-sandbox-other-portal"}
    with pytest.raises(AuthenticationError, match="20000002") as caught:
        opened(hub, other, account="20000001").fetch("companies", ["1"])
    assert caught.value.code == "OTHER_ACCOUNT"


def test_a_proof_key_binds_the_code_to_its_own_dance(hub: Hub) -> None:
    """Two processes may begin and end it; a code of another dance opens nothing."""
    made = consented(hub, oauth_pkce=True)
    assert made.fetch("companies", ["1"]) == []
    settings = settings_of(hub.box.url["hubspot"], oauth_pkce=True)
    begun, ended = opened(hub, settings), opened(hub, settings)
    page = begun.consent.page(redirect_uri=BACK, state="mine")
    assert "code_challenge_method=S256" in page
    stolen = decide(page)["code"]
    with pytest.raises(AuthenticationError, match="code_verifier"):
        ended.consent.accept(stolen, redirect_uri=BACK, state="another")
    assert ended.context.credentials.read("oauth") is None
    code = decide(begun.consent.page(redirect_uri=BACK, state="mine"))["code"]
    assert ended.consent.accept(code, redirect_uri=BACK, state="mine") == "20000001"
    plain = consented(hub).consent.page(redirect_uri=BACK, state="s")
    assert "code_challenge" not in plain


def test_before_anybody_has_connected_it(hub: Hub) -> None:
    made = opened(hub, settings_of(hub.box.url["hubspot"]))
    assert "not connected" in made.check().message
    with pytest.raises(AuthenticationError, match="not connected"):
        made.fetch("companies", ["1"])
    assert hub.control.log() == [], "nobody is asked with nothing"


def test_a_token_has_no_page_of_consent(hub: Hub) -> None:
    with pytest.raises(UnsupportedOperationError, match="not connected through a page"):
        hub.connector.consent.page(redirect_uri=BACK, state="s")


def test_no_token_is_shown(hub: Hub) -> None:
    made = consented(hub)
    texts = [repr(made), repr(vars(made.access.auth)), repr(made.check())]
    hub.control.edit(type="oauth", action="revoke")
    with pytest.raises(AuthenticationError) as caught:
        made.fetch("companies", ["1"])
    texts += [str(caught.value), repr(vars(caught.value))]
    kept = made.context.credentials.read("oauth")
    assert kept is not None
    for secret in (kept.values["access_token"], kept.values["refresh_token"], SECRET):
        assert secret not in "\n".join(texts)
        assert made.http.redact(f"x {secret} y") == "x ••• y"


def test_a_user_who_may_not_associate_stops_the_flow_not_the_record(hub: Hub) -> None:
    hub.control.config(oauth_user_associates=False)
    made = consented(hub)
    (firm,) = made.write("companies", [company(1)], match_field="erp_key")
    (person,) = made.write(
        "contacts", [contact(1, firm.target_id)], match_field="erp_key"
    )
    assert isinstance(person.error, ConfigurationError)
    assert "Edit Associations" in person.error.advice
    older = consented(hub, api_version="2026-03")
    (person,) = older.write(
        "contacts", [contact(1, firm.target_id)], match_field="erp_key"
    )
    assert person.error is None, "older versions do not look at the user"


def test_a_property_is_missed_where_a_mapping_fills_it(hub: Hub) -> None:
    path = "/crm/properties/2026-09/products/erp_unit"
    hub.connector.http.request("DELETE", path)
    settings = {"access_token": FULL}
    shown = opened(hub, settings).check()
    noted = [one.title for one in shown.findings if one.level == "note"]
    assert any("Products lack 1 of" in title for title in noted)
    shown = opened(hub, settings, [need("products", "write", "erp_unit")]).check()
    [warned] = [one.title for one in shown.findings if one.level == "warning"]
    assert warned.endswith("a mapping fills: erp_unit.")
