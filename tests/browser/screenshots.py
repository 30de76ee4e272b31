"""Pictures of the console with the demo's data: `make screenshots`.

Starts a demo of its own in a folder that is thrown away, or takes one that runs:
`make screenshots ARGS="--url http://127.0.0.1:8000 --password ..."`.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from connectors.sandbox.core.client import ControlClient
from tests.browser.chromium import CHROMIUM, DESK, PATIENCE_MS, PHONE, chromium
from tests.browser.morning import BACK, THERE, Morning

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "screenshots"
READY = "Control-C stops everything."
# Seconds until the demo has moved everything.
LONGEST = 300.0


@dataclass(frozen=True, slots=True)
class Site:
    """A console to photograph; `erp` and `crm` are the addresses of its stand-ins."""

    url: str
    user: str
    password: str
    erp: str = ""
    crm: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its name, how to come to the page, how it is looked at."""

    name: str
    go: Callable[[Page], None]
    viewport: dict[str, int]
    dark: bool = False


# --- the demo ---


@contextmanager
def demo(customers: int) -> Iterator[Site]:
    """A demo of its own, stopped at the end. RuntimeError when it does not come up."""
    with tempfile.TemporaryDirectory(prefix="mlc-pictures-") as folder:
        said, place = Path(folder) / "said", Path(folder) / "demo"
        command = [sys.executable, "-m", "connectors.management.demo"]
        command += ["--folder", str(place), "--port", "0"]
        command += ["--customers", str(customers), "--one-way", "--systems", "jde"]
        with said.open("w") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            told = _told(_until_ready(process, said))
            systems = json.loads((place / "sandbox.json").read_text())
            url = told["Console"].removesuffix("/admin/")
            ends = systems["jde"]["url"], systems["hubspot"]["url"]
            yield Site(url, told["User"], told["Password"], *ends)
        finally:
            process.terminate()
            process.wait()


def _until_ready(process: subprocess.Popen[bytes], said: Path) -> str:
    deadline = time.monotonic() + LONGEST
    while READY not in (text := said.read_text()):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The demo did not come up:\n{text}")
        time.sleep(0.2)
    return text


def _told(text: str) -> dict[str, str]:
    return dict(re.findall(r"^(Console|User|Password) +(\S+)", text, re.MULTILINE))


# --- the ways to the pages ---


def _flow(page: Page, name: str = THERE) -> None:
    page.goto("/admin/connectors/flow/")
    page.get_by_role("link", name=name).first.click()
    page.locator("#mappings-group").wait_for()


def _two_way(page: Page) -> None:
    _flow(page, BACK)


def _owners(page: Page) -> None:
    _flow(page)
    page.get_by_role("link", name="Who keeps what").click()
    page.locator(".owner-choices").first.wait_for()


def _reviews(page: Page) -> None:
    page.goto("/admin/connectors/review/")


def _conflict(page: Page) -> None:
    page.goto("/admin/connectors/syncrecord/?outcome=conflict")
    page.locator("#result_list a .record-id").first.click()
    page.locator("#reviews").wait_for()


def _policies(page: Page) -> None:
    page.goto("/admin/connectors/errorpolicy/")


def _preview(page: Page) -> None:
    _flow(page)
    page.locator("button[data-preview]").click()
    page.locator("#preview-result table").wait_for()
    # Off the button, whose tooltip would cover something.
    page.mouse.move(0, 0)
    page.locator("section.console-preview").evaluate("it => it.scrollIntoView()")


def _connection(page: Page) -> None:
    page.goto("/admin/connectors/connection/")
    page.get_by_role("link", name="JD Edwards").first.click()


def _run(page: Page) -> None:
    page.goto("/admin/connectors/syncrun/")
    page.locator("#result_list th a", has_text="#2").last.click()
    page.locator("#run-progress").wait_for()


def _records(page: Page) -> None:
    page.goto("/admin/connectors/syncrecord/")


def _failed_record(page: Page) -> None:
    page.goto("/admin/connectors/syncrecord/?outcome=failed")
    page.locator("#result_list a .record-id").first.click()


def _dashboard(page: Page) -> None:
    page.goto("/admin/")


TALL = {"width": 1440, "height": 1180}
TALLER = {"width": 1440, "height": 1600}
TALLEST = {"width": 1440, "height": 1960}
PICTURES = (
    Picture("dashboard", _dashboard, TALL),
    Picture("connection", _connection, TALL),
    Picture("flow", _flow, TALLER),
    Picture("preview", _preview, TALL),
    Picture("two-way", _two_way, TALLEST),
    Picture("owners", _owners, TALL),
    Picture("reviews", _reviews, DESK),
    Picture("conflict", _conflict, TALL),
    Picture("policies", _policies, TALL),
    Picture("run", _run, DESK),
    Picture("records", _records, DESK),
    Picture("record", _failed_record, TALLER),
    Picture("dark", _dashboard, TALL, dark=True),
    Picture("narrow", _dashboard, {**PHONE, "height": 1300}),
)


# --- taking them ---


def sign_in(page: Page, site: Site) -> None:
    """Through the form, as a person does."""
    page.goto("/admin/login/")
    page.get_by_label("Username").fill(site.user)
    page.get_by_label("Password").fill(site.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/")


def take(site: Site, folder: Path, names: list[str]) -> list[Path]:
    """Take the pictures of these names (none: all of them) into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        context = browser.new_context(base_url=site.url, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        sign_in(page, site)
        if site.erp:
            Morning(page, ControlClient(site.erp), ControlClient(site.crm)).pass_by()
        return [
            _take(page, picture, folder)
            for picture in PICTURES
            if not names or picture.name in names
        ]


def _take(page: Page, picture: Picture, folder: Path) -> Path:
    viewport: Any = picture.viewport
    page.set_viewport_size(viewport)
    page.emulate_media(color_scheme="dark" if picture.dark else "light")
    picture.go(page)
    # The theme keeps a page hidden until its script has run.
    page.wait_for_load_state("networkidle")
    page.locator("html:not([x-cloak]) body").wait_for()
    page.evaluate("document.fonts.ready.then(() => true)")
    path = folder / f"{picture.name}.png"
    page.screenshot(path=path, animations="disabled")
    return path


def main() -> int:
    """Take them; the exit code says whether that was possible."""
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these pictures")
    parser.add_argument("--url", help="of a running console")
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password", default="")
    parser.add_argument("--customers", type=int, default=1000)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    chosen = parser.parse_args()
    if not CHROMIUM.exists():
        sys.stderr.write(f"There is no {CHROMIUM}: apt-get install chromium\n")
        return 2
    if chosen.url:
        site = Site(chosen.url.rstrip("/"), chosen.user, chosen.password)
        taken = take(site, chosen.folder, chosen.names)
    else:
        with demo(chosen.customers) as site:
            taken = take(site, chosen.folder, chosen.names)
    for path in taken:
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
