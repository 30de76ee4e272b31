"""One browser for all tests here, a context with a watch for each of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from playwright.sync_api import Browser, Page

from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.registry import stand_in_class
from tests.browser.chromium import CHROMIUM, DESK, PATIENCE_MS, Watch, chromium
from tests.sync import site as sites

PASSWORD = "quiet-harbour-7"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All browser tests in one process; none without a browser."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))
            if not CHROMIUM.exists():
                why = f"there is no {CHROMIUM} (Debian: apt-get install chromium)"
                item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium. Its driver keeps a loop in this thread, which Django would refuse."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with chromium() as running:
            yield running
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        if before is not None:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@dataclass(slots=True)
class Person:
    """Someone at a screen of their own."""

    user: User
    page: Page
    client: Client


class People:
    """Makes persons; `watch` sees what all their pages do."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser = browser
        self.url = url
        self.watch = Watch(url)

    def stranger(self, **options: Any) -> Page:
        """A page on which nobody has signed in. `options` are the context's."""
        context = self.browser.new_context(
            **{"base_url": self.url, "viewport": DESK, **options}
        )
        context.set_default_timeout(PATIENCE_MS)
        self.watch.over(context)
        return context.new_page()

    def of_group(self, name: str, **options: Any) -> Person:
        """A signed-in member of one of the four groups."""
        user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
        user.groups.add(Group.objects.get(name=name))
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        page = self.stranger(**options)
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies(
            [{"name": "sessionid", "value": cookie, "url": self.url}]
        )
        return Person(user, page, client)

    def leave(self) -> None:
        """Close every screen."""
        for context in self.browser.contexts:
            context.close()


@pytest.fixture
def people(browser: Browser, live_server: Any) -> Iterator[People]:
    """Persons; whatever a page complains about, or asks elsewhere, fails the test."""
    made = People(browser, live_server.url)
    yield made
    made.leave()
    assert made.watch.complaints == []
    assert made.watch.strangers == []


@pytest.fixture
def admin(people: People) -> Person:
    """Someone who may do everything the groups offer."""
    return people.of_group("administrator")


@pytest.fixture
def box(transactional_db: None) -> Iterator[SandboxThread]:
    """Both systems served, with a dozen customers; nothing is connected yet."""
    with SandboxThread(stand_in_class("jde")(), stand_in_class("hubspot")()) as running:
        running.control("jde").seed(12)
        running.control("hubspot").config(property_lag_s=0.0, search_lag_s=0.0)
        yield running


@pytest.fixture
def site(transactional_db: None) -> Iterator[sites.Site]:
    """Both systems, a dozen customers, one flow: less than the engine's tests need."""
    with sites.site(12) as made:
        yield made
