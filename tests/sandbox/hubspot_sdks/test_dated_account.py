"""`hubspot_sdk` reads accounts, definitions, tokens, the journal, and refusals."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

import httpx
import hubspot_sdk
import pytest
import requests
from hubspot_sdk import HubSpot
from hubspot_sdk.types.auth import TokenInfoResponseBaseIf, TokenResponseIf
from hubspot_sdk.types.shared import JournalFetchResponse

from tests.sandbox.conftest import FULL, GROUP, KEY, Hub
from tests.sandbox.hubspot.test_oauth import BACK, CLIENT, SECRET, decided, sent_back
from tests.sandbox.hubspot_sdks.samples import CUSTOM, NAMES, SCHEMA

STANDARD = [one for one in NAMES if one != CUSTOM]


def test_the_account_and_what_it_has_used(client: HubSpot, hub: Hub) -> None:
    hub.control.config(daily_limit=500)
    details = client.account.get()
    assert (details.portal_id, details.time_zone) == (20000001, "US/Eastern")
    assert [details.company_currency, *details.additional_currencies] == ["USD", "EUR"]
    (usage,) = client.account.get_daily_private_apps_usage().results
    assert (usage.current_usage, usage.usage_limit) == (2, 500)
    assert usage.resets_at is not None
    assert usage.resets_at > usage.collected_at


@pytest.mark.parametrize("object_type", NAMES)
def test_groups_and_properties(
    client: HubSpot, hub: Hub, defined: str, object_type: str
) -> None:
    hub.control.config(property_lag_s=0.0)
    part: Any = client.crm.properties
    group = part.groups.create(object_type, name=GROUP, label="ERP", display_order=3)
    assert part.groups.get(GROUP, object_type=object_type) == group
    assert (group.label, group.display_order, group.archived) == ("ERP", 3, False)
    assert group in part.groups.list(object_type).results
    sent = {
        "name": KEY, "label": "ERP key", "type": "string", "field_type": "text",
        "group_name": GROUP, "has_unique_value": True, "description": "Ours",
    }  # fmt: skip
    made = part.create(object_type, **sent)
    assert {name: getattr(made, name) for name in sent} == sent
    options = [
        {"label": "Open", "value": "open", "hidden": False, "display_order": 0},
        {"label": "Shut", "value": "shut", "hidden": True, "display_order": 1},
    ]
    choice = {**sent, "name": "mlc_state", "type": "enumeration", "options": options,
              "field_type": "select", "has_unique_value": False}  # fmt: skip
    (second,) = part.batch.create(object_type, inputs=[choice]).results
    assert [(one.value, one.hidden) for one in second.options] == [
        ("open", False), ("shut", True),
    ]  # fmt: skip
    read = part.batch.get(
        object_type, archived=False, data_sensitivity="non_sensitive",
        inputs=[{"name": KEY}, {"name": "mlc_state"}],
    )  # fmt: skip
    assert {one.name: one.label for one in read.results} == {
        KEY: "ERP key", "mlc_state": "ERP key",
    }  # fmt: skip
    assert part.get(KEY, object_type=object_type).has_unique_value
    listed = {one.name: one for one in part.list(object_type).results}
    assert listed[KEY].group_name == GROUP
    assert listed["hs_object_id"].modification_metadata.read_only_value
    assert listed["mlc_state"].options == second.options


def test_owners_by_pages_and_the_archived_one(client: HubSpot) -> None:
    owners = list(client.crm.owners.list(limit=5))
    assert len({one.id for one in owners}) == 12
    first = client.crm.owners.get(int(owners[0].id))
    assert (first.email, first.user_id) == ("ann.rep@example.com", 9500004)
    assert [team.name for team in first.teams or []] == ["Sales"]
    (gone,) = client.crm.owners.list(archived=True)
    assert (gone.archived, gone.user_id) == (True, None)


@pytest.mark.parametrize("object_type", STANDARD)
def test_pipelines_with_their_stages(client: HubSpot, object_type: str) -> None:
    found = client.crm.pipelines.list(object_type).results
    assert bool(found) == (object_type in {"deals", "orders"})
    for one in found:
        assert client.crm.pipelines.get(one.id, object_type=object_type) == one
        assert all(stage.label and stage.metadata for stage in one.stages)


def test_object_types_of_the_account_s_own(client: HubSpot) -> None:
    part = client.crm.object_schemas
    named: Any = [
        {"name": one["name"], "label": one["label"], "type": "string",
         "field_type": "text", "group_name": "machine_information"}
        for one in SCHEMA["properties"]
    ]  # fmt: skip
    made = part.create(
        name=SCHEMA["name"], labels=SCHEMA["labels"], properties=named,
        primary_display_property="serial", required_properties=["serial"],
        searchable_properties=["serial"], secondary_display_properties=[],
        allows_sensitive_properties=False, associated_objects=["COMPANY"],
    )  # fmt: skip
    assert made.fully_qualified_name == CUSTOM
    assert (made.labels.singular, made.labels.plural) == ("Machine", "Machines")
    assert made.required_properties == made.searchable_properties == ["serial"]
    assert {"serial", "note"} <= {one.name for one in made.properties}
    ends = {(one.from_object_type_id, one.to_object_type_id)
            for one in made.associations}  # fmt: skip
    assert (made.object_type_id, "0-2") in ends
    (listed,) = part.list().results
    read = part.get(CUSTOM)
    assert listed.object_type_id == read.object_type_id == made.object_type_id
    assert read.properties == made.properties


def form(client: HubSpot, tail: str, shape: object, **fields: str) -> Any:
    """The SDK's models of a form's answer.

    Its own methods send these as JSON, which HubSpot's description does not allow.
    """
    return client.post(
        f"/oauth/2026-03/token{tail}",
        cast_to=cast("Any", shape),
        content=urlencode(
            {"client_id": CLIENT, "client_secret": SECRET, **fields}
        ).encode(),
        options={"headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    )


def test_tokens_and_what_they_are_worth(client: HubSpot, hub: Hub) -> None:
    code = sent_back(decided(hub, "approve"))["code"]
    issued = form(
        client, "", TokenResponseIf,
        grant_type="authorization_code", code=code, redirect_uri=BACK,
    )  # fmt: skip
    again = form(
        client, "", TokenResponseIf,
        grant_type="refresh_token", refresh_token=issued.refresh_token,
    )  # fmt: skip
    assert (again.token_use, again.expires_in) == ("access_token", 1800)
    for use in ("access_token", "refresh_token"):
        token = getattr(again, use)
        told = form(
            client, "/introspect", TokenInfoResponseBaseIf,
            token=token, token_type_hint=use,
        )  # fmt: skip
        assert (told.active, told.token_use, told.token) == (True, use, token)
        assert (told.hub_id, told.scopes) == (20000001, again.scopes)
    returned = {"token": again.refresh_token, "token_type_hint": "refresh_token"}
    assert form(client, "/revoke", httpx.Response, **returned).status_code == 204
    void = form(client, "/introspect", object, **returned)
    assert void == {"active": False, "token": again.refresh_token}
    with pytest.raises(hubspot_sdk.APIStatusError) as refused:
        client.auth.oauth.create_token(grant_type="refresh_token", client_id=CLIENT)
    assert refused.value.status_code == 415


def test_what_a_private_app_s_token_may_do(client: HubSpot) -> None:
    """Neither SDK has this call; the newer one sends it and parses what our model of
    the answer, whose names are inferred, demands."""

    class Info(hubspot_sdk.BaseModel):
        """The answer as its guide has it."""

        userId: int  # noqa: N815
        hubId: int  # noqa: N815
        appId: int  # noqa: N815
        scopes: list[str]

    told = client.post(
        "/oauth/v2/private-apps/get/access-token-info",
        cast_to=Info,
        body={"tokenKey": FULL},
    )
    assert (told.hubId, told.appId) == (20000001, 50000001)
    assert "crm.objects.companies.write" in told.scopes


def test_the_journal(client: HubSpot, hub: Hub) -> None:
    hub.control.config(journal_objects=["companies"], webhook_gather_s=0.0)
    hub.create("companies", name="Told")
    issued = form(
        client, "", TokenResponseIf, grant_type="client_credentials",
        client_id="sandbox-client-id", scope="developer.webhooks_journal.read",
    )  # fmt: skip
    assert issued.token_use == "client_credentials"
    journal = client.with_options(access_token=issued.access_token).webhooks_journal
    answer = journal.journal.get_earliest()
    entry = JournalFetchResponse.model_validate(answer.json())
    assert entry.url.startswith(hub.url)
    told = requests.get(entry.url, timeout=10).json()
    assert told["offset"] == entry.current_offset
    after = journal.journal.get_next_from_offset(entry.current_offset)
    assert after.http_response.status_code == 204
    with pytest.raises(hubspot_sdk.NotFoundError):
        journal.journal.get_next_from_offset("gone")


def test_many_entries_of_the_journal_at_once(client: HubSpot, hub: Hub) -> None:
    hub.control.config(journal_objects=["companies"], webhook_gather_s=0.0)
    for name in ("One", "Two", "Three"):
        hub.create("companies", name=name)
        hub.get("/crm/objects/2026-09/companies")
    issued = form(
        client, "", TokenResponseIf, grant_type="client_credentials",
        client_id="sandbox-client-id", scope="developer.webhooks_journal.read",
    )  # fmt: skip
    trusted = client.with_options(access_token=issued.access_token)
    part = trusted.webhooks_journal.journal.batch

    def offsets(answer: Any) -> list[str]:
        assert answer.status == "COMPLETE"
        return [one.current_offset for one in answer.results]

    every = offsets(part.get_earliest(100))
    assert len(every) == 3
    assert offsets(part.get_earliest(2)) == every[:2]
    assert offsets(part.get_latest(2)) == every[1:]
    assert offsets(part.get_from_offset(5, offset=every[0])) == every[1:]
    assert offsets(part.get_from_offset(5, offset=every[2])) == []
    assert offsets(part.get(inputs=[every[1], "gone"])) == [every[1]]
    with pytest.raises(hubspot_sdk.NotFoundError):
        part.get_from_offset(5, offset="gone")
    with pytest.raises(hubspot_sdk.BadRequestError):
        part.get_latest(101)
    with pytest.raises(hubspot_sdk.AuthenticationError):
        client.webhooks_journal.journal.batch.get_latest(1)


def refusal(wanted: type[hubspot_sdk.APIStatusError], call: Any) -> dict[str, Any]:
    """The body of the refusal, which carries the id that its header does."""
    with pytest.raises(wanted) as caught:
        call()
    assert type(caught.value) is wanted
    body = caught.value.body
    assert isinstance(body, dict)
    headers = caught.value.response.headers
    assert body["correlationId"] == headers["x-hubspot-correlation-id"]
    return body


def test_refusals_are_the_sdk_s_own_errors(client: HubSpot, hub: Hub) -> None:
    contacts = client.crm.objects.contacts
    ann = {"email": "ann@example.com"}
    made = contacts.create(associations=[], properties=ann)
    missing = refusal(hubspot_sdk.NotFoundError, lambda: contacts.get("999"))
    assert missing["message"] == "resource not found"
    before = hub.control.stats()["requests"]
    twice = refusal(
        hubspot_sdk.ConflictError,
        lambda: contacts.create(associations=[], properties=ann),
    )
    assert hub.control.stats()["requests"] == before + 1, "sent once"
    assert twice["category"] == "CONFLICT"
    assert made.id in twice["message"]
    wrong = refusal(
        hubspot_sdk.BadRequestError,
        lambda: contacts.update(made.id, properties={"nope": "1"}),
    )
    assert wrong["errors"][0]["code"] == "PROPERTY_DOESNT_EXIST"
    stranger = client.with_options(access_token="nobody").crm.objects.contacts
    unknown = refusal(hubspot_sdk.AuthenticationError, lambda: stranger.get(made.id))
    assert unknown["category"] == "INVALID_AUTHENTICATION"
    tokens = hub.control.config()["tokens"]
    tokens[FULL]["scopes"].remove("crm.objects.deals.read")
    hub.control.config(tokens=tokens)
    deals = client.crm.objects.deals
    barred = refusal(hubspot_sdk.PermissionDeniedError, lambda: deals.get("1"))
    assert barred["category"] == "MISSING_SCOPES"
    hub.control.config(rate_limit=0)
    limited = refusal(hubspot_sdk.RateLimitError, lambda: contacts.get(made.id))
    assert limited["policyName"] == "TEN_SECONDLY_ROLLING"
