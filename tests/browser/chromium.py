"""Debian's Chromium, kept quiet, and a watch over what its pages do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 420, "height": 860}
# A busy machine is slow; whoever waits in vain fails all the same.
PATIENCE_MS = 30_000


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser. Only one at a time: its driver owns the thread's loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=list(ARGUMENTS)
        )
        try:
            yield browser
        finally:
            browser.close()


class Watch:
    """What pages complain about, and every host they ask besides `url`."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc
        self.complaints: list[str] = []
        self.strangers: list[str] = []

    def over(self, context: BrowserContext) -> None:
        """Watch every page of a context, present and to come."""
        context.on("page", self._watch)
        context.on("request", lambda request: self._request(request.url))

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda line: self._console(page, line.type, line.text))

    def _console(self, page: Page, kind: str, text: str) -> None:
        # Violations of the content security policy arrive as errors as well.
        if kind in ("error", "warning"):
            self.complaints.append(f"{page.url}: {text}")

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.netloc != self.host:
            self.strangers.append(url)
