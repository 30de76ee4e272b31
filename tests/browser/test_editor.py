"""The scripts of the flow's page, and the same page without them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from connectors.models import Flow
from tests.browser.acting import place, press, says
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


def _filled(screen: Page) -> list[str]:
    """The target fields of the rows in the order they stand on the page."""
    fields = screen.locator("#mappings-data > .original [data-picker=target]")
    return [str(one.input_value()) for one in fields.all()]


def test_suggested_rows_are_moved_and_removed_before_they_are_saved(
    screen: Page, flow: Flow
) -> None:
    screen.goto(f"{place(flow)}?suggested=1")
    before = _filled(screen)
    assert len(before) > 6
    assert flow.mappings.count() == 3
    handle = screen.locator("#mappings-data > .original .cursor-move")
    handle.nth(4).drag_to(handle.nth(0), target_position={"x": 5, "y": 1})
    dragged = [before[4], *before[:4], *before[5:]]
    assert _filled(screen) == dragged
    handle.nth(1).focus()
    screen.keyboard.press("ArrowDown")
    dragged[1:3] = dragged[2], dragged[1]
    assert _filled(screen) == dragged
    gone = dragged.pop(5)
    screen.locator("#mappings-data > .original").nth(5).get_by_title("Remove").click()
    press(screen, "Save and continue editing")
    says(screen, "The mappings are saved as version")
    saved = list(flow.mappings.values_list("target_field", flat=True))
    assert saved == dragged
    assert gone not in saved


def test_a_row_that_says_nothing_is_none_wherever_others_are_dragged(
    screen: Page, flow: Flow
) -> None:
    screen.locator("#mappings-group a.add-row").click()
    handle = screen.locator("#mappings-data > .original .cursor-move")
    assert handle.count() == 4, "the new row can be moved at once"
    handle.nth(3).focus()
    screen.keyboard.press("ArrowUp")
    press(screen, "Save and continue editing")
    says(screen, "was changed successfully")
    assert flow.mappings.count() == 3


def test_every_list_has_its_options_in_rows_old_and_new(screen: Page) -> None:
    screen.locator("#mappings-group a.add-row").click()
    for number in (0, 3):
        row = f"#id_mappings-{number}"
        assert screen.locator(f"{row}-transform option").count() > 10
        assert screen.locator(f"{row}-update_mode option").count() == 3
        screen.select_option(f"{row}-transform", label="Template")


def test_without_scripts_the_lists_are_a_link_away(people: People, flow: Flow) -> None:
    page = people.of_group("mapper", java_script_enabled=False).page
    page.goto(place(flow))
    chosen = page.locator("#id_mappings-0-transform option")
    assert chosen.all_inner_texts() == ["As it is"]
    page.get_by_role("link", name="Show every option in each row").click()
    page.select_option("#id_mappings-0-transform", label="Upper case")
    press(page, "Save and continue editing")
    assert flow.mappings.order_by("position")[0].transform == "upper"


def test_the_words_of_the_sidebars_search_are_not_cut(screen: Page) -> None:
    search = screen.locator("[x-on\\:click*=opencommand] .truncate")
    widths: list[int] = search.evaluate("(box) => [box.scrollWidth, box.clientWidth]")
    assert widths[0] <= widths[1]


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
