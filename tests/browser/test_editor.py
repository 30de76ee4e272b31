"""The scripts of the flow's page, and the same page without them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from connectors.models import Flow
from tests.browser.acting import place
from tests.browser.conftest import People, Person
from tests.sync.site import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def flow(site: Site) -> Flow:
    """A flow with three rows between served systems, whose fields have been read."""
    site.map(
        {"source_field": "ALPH", "target_field": "name"},
        {"source_field": "city", "target_field": "city"},
        {"source_field": "ACL", "target_field": "erp_credit_limit"},
    )
    return site.flow


@pytest.fixture
def screen(admin: Person, flow: Flow) -> Page:
    """The flow's page."""
    admin.page.goto(place(flow))
    return admin.page


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


def test_the_preview_is_a_page_without_scripts(people: People, flow: Flow) -> None:
    page = people.of_group("mapper", java_script_enabled=False).page
    page.goto(place(flow))
    page.locator("button[data-preview]").click()
    page.locator(".console-table").wait_for()
    assert page.url.endswith("/preview/")


def test_only_the_chosen_connections_objects_are_offered(screen: Page) -> None:
    screen.goto("/admin/connectors/flow/add/")
    offered = screen.locator("#id_source_object option")
    assert offered.all_inner_texts() == ["Choose the connection first"]
    screen.select_option("#id_source", label="JDE")
    assert "Customers" in offered.all_inner_texts()
    assert "Companies" not in offered.all_inner_texts()
    assert not screen.locator("#id_custom_seconds").is_visible()
    screen.select_option("#id_schedule", "custom")
    assert screen.locator("#id_custom_seconds").is_visible()
