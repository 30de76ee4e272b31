"""From a new installation to the first records that moved, by the screens alone."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Page, expect

from connectors.models import Connection, Flow, FlowStatus, Health, RunStatus, SyncRun
from connectors.sandbox.core.runner import SandboxThread
from connectors.sync import connect
from connectors.sync.mapping.suggest import suggest
from tests.browser.acting import place, press, row, says, worker
from tests.browser.conftest import PASSWORD, People, Person
from tests.sync.site import PASSWORD as JDE_PASSWORD
from tests.sync.site import TOKEN, Site

pytestmark = pytest.mark.browser


def test_signing_in(people: People) -> None:
    user = User.objects.create_user("kim", password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name="administrator"))
    page = people.stranger()
    page.goto("/admin/connectors/flow/")
    page.get_by_label("Username").fill("kim")
    page.get_by_label("Password").fill("a wrong guess")
    page.get_by_role("button", name="Log in").click()
    says(page, "Please enter the correct username and password")
    page.get_by_label("Username").fill("kim")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(f"{people.url}/admin/connectors/flow/")
    page.goto("/admin/")
    says(page, "Three steps to the first record")
    user.refresh_from_db()
    assert user.last_login is not None


def test_connecting_both_systems(admin: Person, box: SandboxThread) -> None:
    page = admin.page
    _add_jde(page, box.url["jde"])
    jde = Connection.objects.get()
    assert jde.all_settings["password"] == JDE_PASSWORD
    assert JDE_PASSWORD not in str(jde.settings)
    press(page, "Test connection")
    says(page, "“Plant JDE” works.")
    says(page, "12 address book records of search type C.")
    jde.refresh_from_db()
    assert jde.health == Health.OK
    _is_nowhere(page, jde, JDE_PASSWORD)

    _add_hubspot(page, box.url["hubspot"])
    hubspot = Connection.objects.get(system="hubspot")
    assert hubspot.all_settings["access_token"] == TOKEN
    press(page, "Test connection")
    says(page, "“Sales HubSpot” works.")
    hubspot.refresh_from_db()
    assert hubspot.account == "20000001"
    _is_nowhere(page, hubspot, TOKEN)
    page.goto(place(hubspot))
    press(page, "Read fields")
    says(page, "Fields read.")
    assert hubspot.catalogue.filter(object_type="companies", name="name").exists()


def _add_jde(page: Page, url: str) -> None:
    page.goto("/admin/connectors/connection/add/")
    page.get_by_role("link", name="Oracle JD Edwards").click()
    page.locator("#id_name").fill("Plant JDE")
    address = page.get_by_label("AIS Server address")
    address.fill("http://169.254.169.254/")
    page.locator("#id_setting_username").fill("HSINTEG")
    page.get_by_label("Password").fill(JDE_PASSWORD)
    press(page, "Save")
    says(page, "169.254.169.254 is reserved for the machine itself or its cloud")
    assert not Connection.objects.exists()
    expect(address).to_have_value("http://169.254.169.254/")
    expect(page.get_by_label("Password")).to_have_value("")
    address.fill(url)
    page.get_by_label("Password").fill(JDE_PASSWORD)
    press(page, "Save")
    says(page, "“Plant JDE” is saved. Next: press “Test connection”.")


def _add_hubspot(page: Page, url: str) -> None:
    page.goto("/admin/connectors/connection/add/?system=hubspot")
    page.locator("#id_name").fill("Sales HubSpot")
    page.get_by_label("Access token").fill(TOKEN)
    page.get_by_text("Rarely needed settings").click()
    page.get_by_label("API address").fill(url)
    press(page, "Save")
    says(page, "“Sales HubSpot” is saved.")


def _is_nowhere(page: Page, connection: Connection, secret: str) -> None:
    """The secret stands on no page about the connection."""
    for address in (place(connection), place(connection).replace("change", "history")):
        page.goto(address)
        assert secret not in page.content()
    says(page, "Added")


def test_a_flow_from_nothing_to_its_first_run(admin: Person, site: Site) -> None:
    page = admin.page
    Flow.objects.all().delete()
    _add_flow(page)
    flow = Flow.objects.get()
    assert (flow.source_object, flow.target_object) == ("customers", "companies")
    assert flow.status == FlowStatus.PAUSED
    _map(page, flow)
    _create_fields(page, site)
    press(page, "Resume")
    says(page, "The flow is active: it looks for changes every 5 minutes.")
    press(page, "Run now")
    says(page, "is queued")
    _follow(page)
    run = SyncRun.objects.get()
    assert (run.status, run.created) == (RunStatus.SUCCEEDED, 12)
    assert run.started_by == admin.user
    assert {f"jde:{one}" for one in site.customers()} == set(site.companies())


def _add_flow(page: Page) -> None:
    page.goto("/admin/connectors/flow/add/")
    page.locator("#id_name").fill("Buyers")
    page.locator("#id_source").select_option(label="JDE")
    page.locator("#id_source_object").select_option(label="Customers")
    page.locator("#id_target").select_option(label="HubSpot")
    page.locator("#id_target_object").select_option(label="Companies")
    press(page, "Save")
    says(page, "“Buyers” is saved and paused.")


def _map(page: Page, flow: Flow) -> None:
    """Suggested rows, one of them dragged up, a further one chosen by hand."""
    press(page, "Suggest mappings")
    says(page, "not saved yet")
    assert not flow.mappings.exists(), "a suggestion is only shown"
    suggested = [one.target_field for one in suggest(flow)]
    assert {"erp_key", "erp_credit_limit"} <= set(suggested)
    press(page, "Save and continue editing")
    says(page, "The mappings are saved as version 1.")
    assert list(flow.mappings.values_list("target_field", flat=True)) == suggested

    handle = page.locator("#mappings-group .cursor-move")
    handle.nth(1).drag_to(handle.nth(0), target_position={"x": 5, "y": 1})
    _add_by_picker(page)
    _look_at_preview(page)
    press(page, "Save and continue editing")
    says(page, "The mappings are saved as version 2.")
    first, second, *rest = suggested
    now = list(flow.mappings.values_list("target_field", flat=True))
    assert now == [second, first, *rest, "description"]
    assert flow.mappings.get(target_field="description").source_field == "AC01"


def _add_by_picker(page: Page) -> None:
    page.locator("#mappings-group a.add-row").click()
    source = page.locator('input[data-picker="source"]:visible').last
    source.fill("category code 01")
    page.locator(".picker-option").first.click()
    expect(source).to_have_value("AC01")
    target = page.locator('input[data-picker="target"]:visible').last
    target.fill("descr")
    page.locator(".picker-option", has_text="description").first.click()
    expect(target).to_have_value("description")


def _look_at_preview(page: Page) -> None:
    limit = row(page, "erp_credit_limit")
    limit.locator("select[name$=transform]").select_option(label="Date as text")
    press(page, "Preview")
    result = page.locator("#preview-result")
    expect(result).to_contain_text("1 row cannot be applied to it.")
    expect(result.locator(".console-error").last).to_be_visible()
    expect(result).to_contain_text("Nothing was written.")
    limit.locator("select[name$=transform]").select_option(label="As it is")
    press(page, "Preview")
    expect(result).to_contain_text("Every row can be applied to it.")


def _create_fields(page: Page, site: Site) -> None:
    press(page, "Create missing fields")
    says(page, "Everyone who works there will see them.")
    assert "erp_on_hold" not in _properties(site), "it asks first"
    press(page, "Create them")
    says(page, "Created in HubSpot:")
    assert "erp_on_hold" in _properties(site)
    expect(page.get_by_role("button", name="Create missing fields")).to_have_count(0)


def _properties(site: Site) -> set[str]:
    """The fields HubSpot has been given, as it tells them now."""
    with connect.open_connector(site.hubspot) as connector:
        return {f.name for f in connector.discover("companies") if f.custom}


def _follow(page: Page) -> None:
    """The page of the run goes on to its end by itself, without being loaded anew."""
    page.get_by_role("link", name="follow it").click()
    says(page, "Waiting for a worker")
    page.evaluate("window.sameDocument = true")
    with worker():
        expect(page.locator("#run-progress")).to_contain_text("Succeeded")
    expect(page.locator("#run-progress")).to_contain_text("Created")
    says(page, "No record of this run needs you.")
    assert page.evaluate("window.sameDocument") is True
    expect(page.locator("#run-progress[hx-trigger]")).to_have_count(0)
