"""What persons do on the console's pages, and a worker beside them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections
from django.db.models import Model
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from connectors.models import RunStatus, SyncRun
from connectors.sync import execution
from connectors.sync.worker import filling
from tests.sync.site import Site

IDLE = 0.05


def place(obj: Model) -> str:
    """The address of an object's page."""
    return reverse(f"admin:connectors_{obj._meta.model_name}_change", args=[obj.pk])


def press(page: Page, label: str) -> None:
    """Press a button by its words."""
    page.get_by_role("button", name=label, exact=True).click()


def says(page: Page, text: str) -> None:
    """Wait until the page says this somewhere visible."""
    expect(page.get_by_text(text).first).to_be_visible()


def row(page: Page, target_field: str) -> Locator:
    """The mapping row that fills this field."""
    field = page.locator(f'input[data-picker="target"][value="{target_field}"]')
    return page.locator("#mappings-group tr", has=field)


def spoil(site: Site, count: int) -> None:
    """Let HubSpot refuse the first customers, by number.

    Their category code is to become the industry, which knows only its own values.
    """
    site.remap(source_field="AC01", target_field="industry")
    for position, number in enumerate(sorted(site.customers())):
        site.edit(number, AC01="XYZ" if position < count else "")


def work() -> None:
    """Fill and carry out every run that is queued, as a worker would."""
    queued = SyncRun.objects.filter(status=RunStatus.QUEUED).order_by("pk")
    for run in queued.select_related("order"):
        while filling.unfilled(run) and not filling.fill(run.pk):
            pass
        while not execution.execute(run.pk):
            pass


@contextmanager
def worker() -> Iterator[None]:
    """A worker in a thread of its own, until the block ends."""
    done = threading.Event()
    failed: list[Any] = []

    def labour() -> None:
        try:
            while not done.wait(IDLE):
                work()
        except Exception as error:  # noqa: BLE001 - told to the test below
            failed.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=labour)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    assert failed == []
