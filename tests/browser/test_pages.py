"""Every page: nothing to complain about, nobody else asked, nothing cut off."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from connectors.models import Alert, AlertKind, Binding, SyncRecord, SyncRun, ValueMap
from connectors.sync.watch import alerts
from tests.browser.acting import place, spoil
from tests.browser.chromium import PHONE
from tests.browser.conftest import People, Person
from tests.sync.site import Site

pytestmark = pytest.mark.browser

LISTS = (
    "alert", "syncrecord", "syncrun", "binding", "connection", "flow", "valuemap",
    "changeevent",
)  # fmt: skip
LONG = "wholesale-" * 12


@pytest.fixture
def lived_in(site: Site) -> Site:
    """A site where records have moved, one cannot, and something is wrong."""
    spoil(site, 1)
    site.edit(min(site.customers()), ALPH=LONG[:40])
    site.run()
    alerts.open_alert(
        AlertKind.UNREACHABLE,
        site.jde,
        title=f"JDE: {LONG}",
        advice="Look whether the address is right and the server runs.",
    )
    ValueMap.objects.create(name="Payment terms")
    return site


def addresses(site: Site) -> list[str]:
    """One of each page."""
    failed = SyncRecord.objects.filter(outcome="failed").get()
    arrived = SyncRecord.objects.filter(outcome="created").latest("pk")
    objects = (
        site.jde, site.hubspot, site.flow, failed, arrived, SyncRun.objects.get(),
        Binding.objects.latest("pk"), Alert.objects.get(), ValueMap.objects.get(),
    )  # fmt: skip
    history = place(site.flow).replace("change", "history")
    return [
        "/admin/",
        *(f"/admin/connectors/{name}/" for name in LISTS),
        *(place(obj) for obj in objects),
        f"{place(site.flow)}?suggested=1",
        history,
        "/admin/connectors/connection/add/",
        "/admin/connectors/connection/add/?system=jde",
        "/admin/connectors/flow/add/",
        "/admin/connectors/syncrecord/replay/?outcome=needs-me",
        "/admin/connectors/syncrecord/?outcome=needs-me&q=nothing-like-this",
        "/admin/auth/user/",
    ]


def _too_wide(page: Page) -> str:
    """How the page is wider than its window, or nothing."""
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    seen: int = page.evaluate("document.documentElement.clientWidth")
    return f"{page.url} is {wide} wide in {seen}" if wide > seen else ""


def test_every_page_at_a_desk(people: People, admin: Person, lived_in: Site) -> None:
    page, wide = admin.page, []
    for address in addresses(lived_in):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        wide.append(_too_wide(page))
    assert [one for one in wide if one] == []


def test_every_page_on_a_phone_in_the_dark(people: People, lived_in: Site) -> None:
    page = people.of_group("administrator", viewport=PHONE, color_scheme="dark").page
    wide = []
    for address in addresses(lived_in):
        page.goto(address)
        expect(page.locator("html")).to_have_class("dark")
        wide.append(_too_wide(page))
    assert [one for one in wide if one] == []


def test_a_viewer_sees_all_and_presses_nothing(people: People, lived_in: Site) -> None:
    viewer = people.of_group("viewer")
    page = viewer.page
    failed = SyncRecord.objects.filter(outcome="failed").get()
    for obj in (lived_in.jde, lived_in.flow, failed, SyncRun.objects.get()):
        page.goto(place(obj))
        expect(page.locator("h1, h2").first).to_be_visible()
        expect(page.locator("#content form[method=post] button")).to_have_count(0)
        expect(page.get_by_role("button", name="Save")).to_have_count(0)
    page.goto("/admin/connectors/syncrecord/")
    expect(page.get_by_text("Replay all matching")).to_have_count(0)
    expect(page.locator("#result_list tbody tr")).to_have_count(12)
    refused = [
        _posted(page, place(obj).replace("change", button))
        for obj, button in (
            (lived_in.jde, "test_connection"),
            (lived_in.flow, "run_now"),
            (lived_in.flow, "suggest_mappings"),
            (failed, "replay_one"),
            (failed, "edit_payload"),
        )
    ]
    assert refused == [403] * 5
    # The browser notes each refusal itself; nothing else may have gone wrong.
    noted = people.watch.complaints
    assert len(noted) == 5
    assert all("403" in one for one in noted)
    noted.clear()
    assert SyncRun.objects.count() == 1


def _posted(page: Page, address: str) -> int:
    """The status of a POST with this person's cookies and a valid token."""
    status: int = page.evaluate(
        """async (address) => {
            const token = document.cookie.match(/csrftoken=([^;]+)/)[1];
            const answer = await fetch(address, {
                method: "POST",
                body: new URLSearchParams({ csrfmiddlewaretoken: token }),
            });
            return answer.status;
        }""",
        address,
    )
    return status
