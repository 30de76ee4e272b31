"""Two sides that both changed: seen in the queue, decided, sent on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from connectors.models import Decision, Outcome, Review, RunKind, SyncRecord, SyncRun
from tests.admin import scene
from tests.browser.acting import place, press, says
from tests.browser.chromium import PHONE
from tests.browser.conftest import People, Person

pytestmark = pytest.mark.browser
QUEUE = "/admin/connectors/review/"
LONG = "wholesale-" * 30


@pytest.fixture
def conflicts(transactional_db: None) -> list[Review]:
    """Three fields that both sides changed, of three records, and one to be matched."""
    run = scene.run(scene.flow())
    made = [_asked(run, str(4711 + n), f"Said {n}", f"Kept {n}") for n in range(3)]
    _asked(run, "4799", LONG, LONG)
    record = scene.record(run, "4800", outcome=Outcome.CONFLICT)
    Review.objects.create(
        record=record,
        kind="match",
        candidates=[{"id": "555", "label": LONG, "values": {"name": LONG}}],
    )
    return made


def _asked(run: SyncRun, key: str, ours: Any, theirs: Any) -> Review:
    record = scene.record(run, key, outcome=Outcome.CONFLICT, error_message="")
    return Review.objects.create(
        record=record,
        kind="conflict",
        field="name",
        source_value=ours,
        target_value=theirs,
        reason="Both sides changed it; a person decides.",
    )


@pytest.fixture
def queue(people: People, conflicts: list[Review]) -> Page:
    """An operator's look at the queue, by way of the front page."""
    page = people.of_group("operator").page
    page.goto("/admin/")
    says(page, "4 fields wait for your decision")
    page.get_by_role("link", name="Decide").first.click()
    expect(page.locator("#result_list tbody tr")).to_have_count(4)
    return page


def test_a_conflict_is_decided_from_the_queue(
    queue: Page, conflicts: list[Review]
) -> None:
    row = queue.locator("#result_list tbody tr", has_text="Said 1")
    expect(row).to_contain_text("Kept 1")
    row.get_by_role("button", name="Keep HubSpot’s value").dblclick()
    says(queue, "1 question decided.")
    expect(queue.locator("#result_list tbody tr")).to_have_count(3)
    assert re.search(r"kind=conflict", queue.url), "its filters stay"
    review = conflicts[1]
    review.refresh_from_db()
    assert review.decision == Decision.TARGET
    assert SyncRun.objects.filter(kind=RunKind.REPLAY).count() == 1
    queue.get_by_role("link", name="Decided", exact=True).click()
    expect(queue.locator("#result_list")).to_contain_text("Keep HubSpot’s value")
    expect(queue.locator("#result_list")).to_contain_text("operator")


def test_the_queue_works_by_keyboard(queue: Page, conflicts: list[Review]) -> None:
    # The newest stands first; it is the third that is to be decided.
    for _ in range(3):
        queue.keyboard.press("j")
    queue.keyboard.press("k")
    expect(queue.locator(".review-marked")).to_contain_text("Said 2")
    queue.keyboard.press("x")
    expect(queue.locator(".review-marked input.action-select")).to_be_checked()
    queue.keyboard.press("1")
    says(queue, "1 question decided.")
    conflicts[2].refresh_from_db()
    assert conflicts[2].decision == Decision.SOURCE
    queue.keyboard.press("j")
    queue.keyboard.press("Enter")
    says(queue, "Both sides have changed this field")
    queue.keyboard.press("2")
    says(queue, "1 question decided.")
    assert Review.objects.filter(decision=Decision.TARGET).count() == 1


def test_many_are_decided_after_a_question(queue: Page) -> None:
    queue.get_by_role("link", name="Decide all matching").click()
    says(queue, "4 open questions")
    assert not Review.objects.exclude(decided_at=None).exists(), "it asks first"
    press(queue, "Take JDE’s value")
    says(queue, "4 questions decided.")
    says(queue, "No question of this choice.")
    assert SyncRecord.objects.filter(outcome=Outcome.PENDING).count() == 4


def test_its_pages_fit_a_phone_in_the_dark(
    people: People, conflicts: list[Review]
) -> None:
    person: Person = people.of_group(
        "administrator", viewport=PHONE, color_scheme="dark"
    )
    page, flow = person.page, conflicts[0].record.flow
    match = Review.objects.get(kind="match")
    for address in (
        QUEUE,
        f"{QUEUE}?state=all",
        f"{QUEUE}many/",
        place(match),
        place(match.record),
        place(conflicts[0].record),
        place(flow),
        place(flow).replace("change", "owners"),
        "/admin/connectors/errorpolicy/",
    ):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        wide: int = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"], address


def test_a_rule_is_added_with_the_pickers(
    admin: Person, conflicts: list[Review]
) -> None:
    page, flow = admin.page, conflicts[0].record.flow
    page.goto(place(flow))
    page.locator("#guards-group summary").click()
    page.locator("#guards-group a.add-row").click()
    page.locator("#id_guards-0-name").fill("Complete")
    page.select_option("#id_guards-0-kind", label="Fields are filled")
    field = page.locator("#id_guards-0-field")
    field.fill("ALPH, credit lim")
    field.press("ArrowDown")
    field.press("Enter")
    assert field.input_value() == "ALPH, ACL"
    press(page, "Save and continue editing")
    says(page, "was changed successfully")
    assert flow.guards.get().field == "ALPH, ACL"
