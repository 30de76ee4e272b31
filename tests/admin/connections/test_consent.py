"""Connecting by OAuth from the console: there and back, and every way it can fail."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from connectors.admin.connections import consent as pages
from connectors.models import Connection, Credential, Health
from connectors.sync.access.versions import version_warning
from tests.admin.scene import person, signed_in
from tests.admin.world import World, page, press, said
from tests.sync.dance import CLIENT, SECRET, decide, kept, settings_of

CALLBACK = "/admin/connectors/connection/callback/"
BACK = f"http://testserver{CALLBACK}"


@pytest.fixture
def hub(world: World) -> Connection:
    """A connection by OAuth to a HubSpot whose app knows this console."""
    control = world.box.control("hubspot")
    apps = control.config()["oauth_apps"]
    apps[CLIENT]["redirect_uris"] = [BACK]
    control.config(oauth_apps=apps)
    world.hubspot.set_values(settings_of(world.box.url["hubspot"]))
    world.hubspot.save()
    return world.hubspot


@pytest.fixture
def admin(db: None) -> Client:
    """Someone who may change connections, and nothing else."""
    return signed_in(person("view_connection", "change_connection"))


def begun(client: Client, hub: Connection, button: str = "connect") -> str:
    """Press the button; the address of HubSpot's page."""
    response = press(client, hub, button)
    found = re.search(r'href="([^"]+/oauth/authorize[^"]*)"', response.content.decode())
    assert found, said(response)
    return unescape(found[1])


def back(client: Client, query: dict[str, str]) -> Any:
    """The browser comes back from HubSpot."""
    return client.get(CALLBACK, query, follow=True)


def danced(client: Client, hub: Connection, **how: Any) -> Any:
    button = how.pop("button", "connect")
    return back(client, decide(begun(client, hub, button), **how))


def logged(hub: Connection) -> list[str]:
    lines = LogEntry.objects.filter(object_id=str(hub.pk)).order_by("pk")
    return [line.get_change_message() for line in lines]


# ----------------------------------------------------------------------- all is well


def test_the_whole_dance(admin: Client, hub: Connection, world: World) -> None:
    before = page(admin, hub).content.decode()
    assert "This is not connected to a" in before
    assert BACK in before
    world.requests("hubspot")
    address = begun(admin, hub)
    assert world.requests("hubspot") == [], (
        "nobody is called before the person says yes"
    )
    assert SECRET not in address
    response = back(admin, decide(address))
    assert "Connected with the HubSpot account 20000001." in said(response)
    hub.refresh_from_db()
    assert (hub.account, hub.stopped) == ("20000001", False)
    assert hub.health == Health.OK
    tokens = kept(hub).value
    html = response.content.decode()
    for secret in (tokens["access_token"], tokens["refresh_token"], SECRET):
        assert secret not in html
    assert "Reconnect" in html
    assert logged(hub)[0] == "Began to connect with HubSpot."
    assert logged(hub)[1].startswith("Connected with the HubSpot account")
    assert press(admin, hub, "read_fields").status_code == 403


def test_disconnecting_asks_first_and_gives_the_token_back(
    admin: Client, hub: Connection, world: World
) -> None:
    danced(admin, hub)
    asked = press(admin, hub, "disconnect")
    assert "Disconnect “HubSpot”?" in asked.content.decode()
    assert kept(hub).value
    world.requests("hubspot")
    done = press(admin, hub, "disconnect", confirmed="yes")
    assert "is disconnected" in said(done)
    assert kept(hub).value is None
    assert [one["status"] for one in world.requests("hubspot")] == [204]
    hub.refresh_from_db()
    assert hub.stopped
    assert "This is not connected to a" in page(admin, hub).content.decode()
    danced(admin, hub)
    hub.refresh_from_db()
    assert not hub.stopped


def test_what_hubspot_could_not_be_told_is_said(
    admin: Client, hub: Connection, world: World
) -> None:
    danced(admin, hub)
    rule = {"match": {"path": "/revoke"}, "do": {"status": 503}}
    world.box.control("hubspot").faults(rule)
    done = press(admin, hub, "disconnect", confirmed="yes")
    assert "could not be told" in said(done)
    assert "uninstall the app" in said(done)
    assert kept(hub).value is None


# -------------------------------------------------------------------- it is refused


def test_no_is_said_plainly(admin: Client, hub: Connection) -> None:
    response = danced(admin, hub, yes=False)
    assert "The access was denied on HubSpot's page." in said(response)
    assert not Credential.objects.exists()
    assert logged(hub)[-1].startswith("Not connected:")


def test_another_account_is_refused_and_changes_nothing(
    admin: Client, hub: Connection
) -> None:
    danced(admin, hub)
    before = kept(hub)
    response = danced(admin, hub, button="reconnect", portal="20000002")
    assert "The HubSpot account 20000002 was chosen" in said(response)
    assert "choose 20000001" in said(response)
    assert kept(hub).version == before.version
    hub.refresh_from_db()
    assert not hub.stopped


def test_an_answer_serves_once(admin: Client, hub: Connection) -> None:
    query = decide(begun(admin, hub))
    back(admin, query)
    version = kept(hub).version
    assert "used already" in said(back(admin, query))
    assert kept(hub).version == version


@pytest.mark.parametrize("state", ["", "nonsense", "{}:x:y"])
def test_a_state_of_nobody(admin: Client, hub: Connection, state: str) -> None:
    query = {**decide(begun(admin, hub)), "state": state}
    assert "does not come from this console" in said(back(admin, query))
    assert not Credential.objects.exists()


def test_a_state_of_another_session(
    admin: Client, hub: Connection, world: World
) -> None:
    query = decide(begun(admin, hub))
    other = signed_in(person("view_connection", "change_connection"))
    assert "belongs to another session" in said(back(other, query))
    begun(other, hub)
    assert "belongs to another session" in said(back(other, query))
    assert not Credential.objects.exists()
    assert "Connected" in said(back(admin, query))


def test_a_state_that_is_too_old(
    admin: Client, hub: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = decide(begun(admin, hub))
    monkeypatch.setattr(pages, "SECONDS", 0)
    assert "The answer came after more than" in said(back(admin, query))
    assert not Credential.objects.exists()


def test_the_right_is_checked_on_the_way_back_too(hub: Connection) -> None:
    user = person("view_connection", "change_connection")
    client = signed_in(user)
    query = decide(begun(client, hub))
    user.user_permissions.clear()
    assert back(client, query).status_code == 403
    looker = signed_in(person("view_connection", "check_connection"))
    assert press(looker, hub, "connect").status_code == 403
    assert "Connect" not in [b.label for b in page(looker, hub).context["buttons"]]
    assert not Credential.objects.exists()


def test_an_app_that_is_not_entered_yet(admin: Client, hub: Connection) -> None:
    hub.set_values({**hub.settings, "client_id": ""})
    hub.save()
    assert "client ID or client secret is not set" in said(press(admin, hub, "connect"))


def test_a_wrong_client_secret_is_told_from_a_bad_code(
    admin: Client, hub: Connection
) -> None:
    query = decide(begun(admin, hub))
    hub.set_values({**hub.settings, "client_secret": "wrong-9"})
    hub.save()
    assert "refused the app's client ID or client secret" in said(back(admin, query))
    spoilt = {**decide(begun(admin, hub)), "code": "na1-bad"}
    hub.set_values({**hub.settings, "client_secret": SECRET})
    hub.save()
    assert "unknown auth code" in said(back(admin, spoilt))


# ----------------------------------------------------------------------- the form


def form(**changes: Any) -> dict[str, Any]:
    base = {"name": "Sales", "enabled": "on", "setting_authentication": "oauth"}
    spec = Connection(system="hubspot").spec
    defaults = {f"setting_{n}": s.default for n, s in spec.settings.items()}
    return {**defaults, **base, **changes}


ADD = "/admin/connectors/connection/add/?system=hubspot"


def test_only_what_counts_is_asked_for(boss: Client) -> None:
    html = boss.post(ADD, form()).content.decode()
    assert "Client ID is needed." in html
    assert "Client secret is needed." in html
    assert "Access token is needed." not in html
    given = {"setting_client_id": "c", "setting_client_secret": "s"}
    saved = boss.post(ADD, form(**given), follow=True)
    assert "press “Connect”" in said(saved)
    refused = boss.post(ADD, form(name="B", setting_authentication="token"))
    assert "Access token is needed." in refused.content.decode()


def test_the_installation_may_bring_the_app(
    boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOT_CLIENT_ID", "installed-id")
    monkeypatch.setenv("HUBSPOT_CLIENT_SECRET", "installed-secret")
    html = boss.get(ADD).content.decode()
    assert "installed-id" in html
    assert "installed-secret" not in html
    boss.post(ADD, form(setting_client_id="installed-id"))
    made = Connection.objects.get(name="Sales")
    assert made.all_settings["client_secret"] == "installed-secret"
    assert "client_secret" not in made.secrets


def test_a_version_that_ends_soon_is_shown(boss: Client, world: World) -> None:
    hub = world.hubspot
    assert version_warning(hub, date(2027, 4, 1)) == ""
    hub.set_values({**hub.settings, "api_version": "v3"})
    hub.save()
    assert version_warning(hub, date(2026, 6, 1)) == ""
    soon = version_warning(hub, date(2026, 11, 21))
    assert "version v3 ends on 30 March 2027" in soon
    assert "ended on" in version_warning(hub, date(2027, 4, 1))
    hub.set_values({**hub.settings, "api_version": "2026-03"})
    far = version_warning(hub, date(2027, 9, 1))
    assert "ends on about 30 September 2027" in far
    hub.set_values({**hub.settings, "api_version": "v3"})
    hub.save()
    shown = "The support of HubSpot&#x27;s API version v3 end"
    assert shown in page(boss, hub).content.decode()
    assert shown in boss.get("/admin/").content.decode()
    press(boss, hub, "test_connection")
    hub.refresh_from_db()
    assert [one for one in hub.findings if "API version v3" in one["title"]]


def test_a_mapping_without_its_scope_is_named_at_set_up(
    boss: Client, world: World
) -> None:
    flow = world.flow("Buyers")
    token = "pat-na1-sandbox-no-company-write"
    world.hubspot.set_values({**world.hubspot.settings, "access_token": token})
    world.hubspot.save()
    response = press(boss, world.hubspot, "test_connection")
    assert "crm.objects.companies.write" in said(response)
    assert "Needed by the mapping of the flow “Buyers”." in said(response)
    flow.delete()
    world.hubspot.refresh_from_db()
    assert world.hubspot.health == Health.REFUSED
