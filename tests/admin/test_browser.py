"""The scripts of the flow's page in a real browser, under the shipped policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, sync_playwright

from connectors.models import FieldMapping, Flow
from tests.admin.world import World

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
)

pytestmark = pytest.mark.browser


@pytest.fixture
def flow(world: World) -> Flow:
    """A flow with three rows between served systems."""
    world.read_fields()
    made = world.flow()
    for position, (source, target) in enumerate(
        [("ALPH", "name"), ("city", "city"), ("ACL", "erp_credit_limit")]
    ):
        FieldMapping.objects.create(
            flow=made, position=position, source_field=source, target_field=target
        )
    return made


@pytest.fixture
def cookie(flow: Flow) -> str:
    """The session of someone who may do everything."""
    client = Client()
    client.force_login(
        User.objects.create_superuser("boss"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return str(client.cookies["sessionid"].value)


@pytest.fixture
def screen(live_server: Any, flow: Flow, cookie: str) -> Iterator[Page]:
    """The flow's page; what the browser complains about fails the test."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies(
            [{"name": "sessionid", "value": cookie, "url": live_server.url}]
        )
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda line: complaints.append(line.text) if line.type == "error" else None,
        )
        page.goto(f"{live_server.url}/admin/connectors/flow/{flow.pk}/change/")
        yield page
        browser.close()
    assert complaints == []


def test_fields_are_found_by_their_label(screen: Page) -> None:
    field = screen.locator("#id_mappings-1-source_field")
    field.fill("credit lim")
    assert screen.locator(".picker-option").all_inner_texts() == [
        "Credit limit\nnumber\nACL"
    ]
    field.press("ArrowDown")
    field.press("Enter")
    assert field.input_value() == "ACL"
    assert screen.locator(".picker-list").count() == 0
    cell = screen.locator("td.field-source_field").nth(1)
    assert cell.locator(".picker-hint").inner_text() == "Credit limit · number"
    field.fill("NOPE")
    field.press("Escape")
    assert cell.locator(".picker-hint").inner_text() == "not a known field"


def test_a_row_added_by_the_page_has_the_picker_too(screen: Page) -> None:
    screen.locator("#mappings-group a.add-row").click()
    field = screen.locator("#id_mappings-3-target_field")
    field.click()
    screen.locator(".picker-option", has_text="Phone").first.click()
    assert field.input_value() == "phone"


def test_the_preview_appears_in_place_with_unsaved_rows(screen: Page) -> None:
    screen.locator("#id_mappings-1-source_field").fill("AN8")
    before = screen.url
    screen.locator("button[data-preview]").click()
    table = screen.locator("#preview-result table")
    table.wait_for()
    assert screen.url == before
    assert "Address number" in table.inner_text()


def test_the_preview_is_a_page_without_scripts(
    live_server: Any, flow: Flow, cookie: str
) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        context = browser.new_context(java_script_enabled=False)
        context.add_cookies(
            [{"name": "sessionid", "value": cookie, "url": live_server.url}]
        )
        page = context.new_page()
        page.goto(f"{live_server.url}/admin/connectors/flow/{flow.pk}/change/")
        page.locator("button[data-preview]").click()
        page.locator(".console-table").wait_for()
        assert page.url.endswith("/preview/")
        browser.close()


def test_only_the_chosen_connections_objects_are_offered(
    live_server: Any, screen: Page
) -> None:
    screen.goto(f"{live_server.url}/admin/connectors/flow/add/")
    offered = screen.locator("#id_source_object option")
    assert offered.all_inner_texts() == ["Choose the connection first"]
    screen.select_option("#id_source", label="JDE")
    assert "Customers" in offered.all_inner_texts()
    assert "Companies" not in offered.all_inner_texts()
    assert not screen.locator("#id_custom_seconds").is_visible()
    screen.select_option("#id_schedule", "custom")
    assert screen.locator("#id_custom_seconds").is_visible()
