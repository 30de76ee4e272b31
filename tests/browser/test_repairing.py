"""A record that HubSpot refuses: seen, understood, repaired, sent again."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from connectors.models import Outcome, RunKind, RunStatus, SyncRecord, SyncRun
from tests.browser.acting import place, press, says, spoil, work, worker
from tests.browser.conftest import Person
from tests.sync.site import Site, assert_counts_add_up, outcomes

pytestmark = pytest.mark.browser

GOOD_VALUE = "COMPUTER_SOFTWARE"


@pytest.fixture
def refused(site: Site) -> Site:
    """Twelve customers of whom three carry a code that HubSpot does not take."""
    spoil(site, 3)
    site.run()
    assert outcomes() == {Outcome.CREATED: 9, Outcome.FAILED: 3}
    return site


def _numbers(site: Site) -> list[str]:
    return sorted(site.customers())


def test_one_record_is_edited_and_sent_again(admin: Person, refused: Site) -> None:
    page, number = admin.page, _numbers(refused)[0]
    page.goto("/admin/")
    says(page, "3 records of “Customers” need you.")
    page.get_by_role("link", name="Show them").click()
    page.get_by_role("link", name=number).click()
    _story_is_told(page)
    press(page, "Edit payload and replay")
    page.locator('input[name="value:AC01"]').fill(GOOD_VALUE)
    press(page, "Show what changes")
    says(page, "You change 1 value")
    expect(page.locator("ins")).to_have_text(GOOD_VALUE)
    press(page, "Save and replay")
    says(page, "1 record taken")
    says(page, "This page refreshes by itself")
    with worker():
        expect(page.locator(".record-head h2")).to_contain_text("Created")
    says(page, "1 value edited by hand")
    record = SyncRecord.objects.get(source_id=number)
    assert (record.outcome, record.replays) == (Outcome.CREATED, 1)
    assert record.payload["AC01"] == GOOD_VALUE
    assert (record.original_payload or {})["AC01"] == "XYZ"
    assert refused.companies()[f"jde:{number}"]["industry"] == GOOD_VALUE
    assert outcomes() == {Outcome.CREATED: 10, Outcome.FAILED: 2}
    assert_counts_add_up()


def _story_is_told(page: Page) -> None:
    expect(page.locator(".record-head h2")).to_contain_text("Failed")
    expect(page.locator(".record-message")).to_contain_text("XYZ")
    for heading in (
        "What happened",
        "1. What JDE said",
        "2. What the mappings make of it",
        "3. What was sent to HubSpot",
        "4. What HubSpot answered",
    ):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    says(page, "Attempt 1: failed")


def test_all_matching_are_sent_again_after_a_question(
    admin: Person, refused: Site
) -> None:
    page = admin.page
    refused.remap(source_field="", transform="constant", argument=GOOD_VALUE,
                  target_field="industry")  # fmt: skip
    page.goto("/admin/connectors/syncrecord/?outcome=needs-me")
    expect(page.locator("#result_list tbody tr")).to_have_count(3)
    page.get_by_role("link", name="Replay all matching").click()
    says(page, "3 records can be replayed")
    assert not SyncRun.objects.filter(kind=RunKind.REPLAY).exists(), "it asks first"
    press(page, "Replay")
    says(page, "3 records taken")
    with worker():
        expect(page.locator("#run-progress")).to_contain_text("Succeeded")
    assert outcomes() == {Outcome.CREATED: 12}
    written = refused.companies()
    assert {written[f"jde:{n}"]["industry"] for n in _numbers(refused)[:3]} == {
        GOOD_VALUE
    }
    page.goto("/admin/")
    expect(page.get_by_text("need you.")).to_have_count(0)
    assert_counts_add_up()


def test_a_double_click_sends_once(admin: Person, refused: Site) -> None:
    page = admin.page
    record = SyncRecord.objects.filter(outcome=Outcome.FAILED).latest("pk")
    page.goto(place(record))
    page.get_by_role("button", name="Replay", exact=True).dblclick()
    says(page, "This page refreshes by itself")
    replays = SyncRun.objects.filter(kind=RunKind.REPLAY)
    assert replays.count() == 1
    work()
    expect(page.locator(".record-head h2")).to_contain_text("Failed")
    record.refresh_from_db()
    assert (record.replays, record.attempts) == (1, 1)
    assert replays.get().status == RunStatus.PARTIAL
    assert_counts_add_up()


def test_pressing_on_a_page_that_is_out_of_date_sends_nothing(
    admin: Person, refused: Site
) -> None:
    page = admin.page
    record = SyncRecord.objects.filter(outcome=Outcome.FAILED).latest("pk")
    page.goto(place(record))
    late = page.context.new_page()
    late.goto(place(record))
    press(page, "Replay")
    says(page, "1 record taken")
    work()
    press(late, "Replay")
    says(late, "Nothing was taken: these records have been replayed already.")
    assert SyncRun.objects.filter(kind=RunKind.REPLAY).count() == 1
