"""The console's pages over a million sync records.

A case of its own process: `python -m tests.bench.admin 1000000`.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext, setup_test_environment  # noqa: E402
from django.urls import reverse  # noqa: E402

from connectors.models import SyncRecord, SyncRun  # noqa: E402
from tests.bench import report  # noqa: E402
from tests.bench.history import fill  # noqa: E402
from tests.bench.report import Line  # noqa: E402

ROUNDS = 5


@dataclass(frozen=True)
class Page:
    """A page that a person opens, and what must be on it."""

    name: str
    url: str
    shows: str
    hides: str = ""


def pages() -> list[Page]:
    """The pages, aimed at records from the middle of the table."""
    middle = SyncRecord.objects.order_by("pk")[SyncRecord.objects.count() // 2]
    created = SyncRecord.objects.filter(outcome="created", pk__gte=middle.pk)
    one = created.order_by("pk")[0]
    failed = SyncRecord.objects.filter(outcome="failed").order_by("-pk")[0]
    newest = SyncRecord.objects.order_by("-pk")[0]
    other = SyncRun.objects.order_by("pk")[SyncRun.objects.count() // 2]
    of_run = other.records.order_by("-pk")[0]
    records = reverse("admin:connectors_syncrecord_changelist")
    return [
        Page("dashboard", reverse("admin:index"), "What needs you now"),
        Page("list", records, newest.source_id),
        Page("list, page 20", f"{records}?p=20", "record-id"),
        Page("outcome: needs me", f"{records}?outcome=needs-me", failed.source_id),
        Page("outcome: failed", f"{records}?outcome=failed", failed.source_id),
        Page("outcome: created", f"{records}?outcome=created", "record-id"),
        Page("flow", f"{records}?flow={other.flow_id}", "record-id"),
        Page(
            "flow and outcome",
            f"{records}?flow={failed.flow_id}&outcome=failed",
            failed.source_id,
        ),
        Page("run", f"{records}?run={other.pk}", of_run.source_id, newest.source_id),
        Page("error", f"{records}?error=rejected", failed.source_id),
        Page("last 7 days", f"{records}?age=7d", newest.source_id),
        Page(
            "search: source id",
            f"{records}?q={one.source_id}", one.source_id, newest.source_id,
        ),
        Page(
            "search: target id",
            f"{records}?q={one.target_id}", one.source_id, newest.source_id,
        ),
        Page(
            "search: correlation id",
            f"{records}?q={one.correlation_id}", one.source_id, newest.source_id,
        ),
        Page("search: nothing", f"{records}?q=no-such-id", "0 ", newest.source_id),
        Page(
            "record", reverse("admin:connectors_syncrecord_change", args=[one.pk]),
            one.source_id,
        ),
        Page("runs", reverse("admin:connectors_syncrun_changelist"), "Backfill"),
        Page(
            "run's page", reverse("admin:connectors_syncrun_change", args=[other.pk]),
            str(other.pk),
        ),
    ]  # fmt: skip


def measured(client: Client, page: Page) -> Line:
    """First look, and the median of five more."""
    first, response, queries = timed(client, page.url)
    again = [timed(client, page.url)[0] for _ in range(ROUNDS)]
    wrong = []
    text = response.content.decode()
    if response.status_code != 200:
        wrong.append(f"status {response.status_code}")
    elif page.shows not in text:
        wrong.append(f"{page.shows!r} is not on it")
    elif page.hides and page.hides in text:
        wrong.append(f"{page.hides!r} is on it")
    slowest = max(queries, key=lambda query: float(query["time"]))
    return Line(
        page.name,
        {
            "first": first * 1000,
            "again": statistics.median(again) * 1000,
            "queries": len(queries),
            "slowest": float(slowest["time"]) * 1000,
        },
        wrong,
    )


def timed(client: Client, url: str) -> tuple[float, Any, list[dict[str, str]]]:
    """Seconds, answer and queries of one look."""
    with CaptureQueriesContext(connection) as queries:
        began = time.perf_counter()
        response = client.get(url)
        seconds = time.perf_counter() - began
    return seconds, response, list(queries.captured_queries)


def measure(records: int) -> list[Line]:
    """Every page, over this many records."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    setup_test_environment()
    settings.ALLOWED_HOSTS = ["testserver"]
    fill(records)
    client = Client()
    client.force_login(
        User.objects.create_superuser("bench"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    look: Callable[[Page], Line] = lambda page: measured(client, page)  # noqa: E731
    return [look(page) for page in pages()]


if __name__ == "__main__":
    report.end_on_sigterm()
    parser = argparse.ArgumentParser()
    parser.add_argument("records", type=int)
    report.emit(measure(parser.parse_args().records))
