"""Connecting HubSpot by OAuth, in a browser that goes there and comes back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from connectors.models import Connection, Credential
from connectors.sandbox.core.runner import SandboxThread
from tests.browser.acting import place, press, says
from tests.browser.conftest import People, Person
from tests.sync.dance import CLIENT, SECRET

pytestmark = pytest.mark.browser
CALLBACK = "/admin/connectors/connection/callback/"


@pytest.fixture
def hubspot(people: People, box: SandboxThread) -> str:
    """The stand-in's address; its app knows this console."""
    control = box.control("hubspot")
    apps = control.config()["oauth_apps"]
    apps[CLIENT]["redirect_uris"] = [people.url + CALLBACK]
    control.config(oauth_apps=apps)
    return box.url["hubspot"]


def add(page: Page, url: str) -> Connection:
    """Fill in the form; only what counts for OAuth is to be seen."""
    page.goto("/admin/connectors/connection/add/?system=hubspot")
    page.locator("#id_name").fill("Sales HubSpot")
    expect(page.get_by_label("Access token")).to_be_visible()
    expect(page.get_by_label("Client ID", exact=True)).to_be_hidden()
    page.get_by_label("Way in").select_option("oauth")
    expect(page.get_by_label("Access token")).to_be_hidden()
    page.get_by_label("Client ID", exact=True).fill(CLIENT)
    page.get_by_label("Client secret", exact=True).fill(SECRET)
    page.get_by_text("Rarely needed settings").click()
    page.get_by_label("Page that asks for consent").fill(f"{url}/oauth/authorize")
    page.get_by_label("API address").fill(url)
    press(page, "Save")
    says(page, "Next: press “Connect”.")
    return Connection.objects.get()


def dance(page: Page, button: str, answer: str, account: str = "20000001") -> None:
    press(page, button)
    page.get_by_role("link", name="Continue to HubSpot").click()
    page.get_by_label("Account").select_option(account)
    press(page, answer)


def test_the_whole_dance(people: People, admin: Person, hubspot: str) -> None:
    page = admin.page
    made = add(page, hubspot)
    says(page, "This is not connected to a HubSpot account")
    dance(page, "Connect", "Cancel")
    expect(page).to_have_url(people.url + place(made))
    says(page, "The access was denied on HubSpot's page.")
    dance(page, "Connect", "Connect app")
    expect(page).to_have_url(people.url + place(made))
    says(page, "Connected with the HubSpot account 20000001.")
    token = Credential.objects.get().value["access_token"]
    assert token not in page.content()
    dance(page, "Reconnect", "Connect app", "20000002")
    says(page, "The HubSpot account 20000002 was chosen")
    press(page, "Disconnect")
    press(page, "Disconnect")
    says(page, "is disconnected")
    page.goto(place(made).replace("change", "history"))
    says(page, "Began to connect with HubSpot.")
    # HubSpot's own page is the one stranger that is meant to be met.
    met = [one for one in people.watch.strangers if not one.startswith(hubspot)]
    assert met == []
    assert all(re.search(r"/oauth/authorize\b", one) for one in people.watch.strangers)
    people.watch.strangers.clear()
