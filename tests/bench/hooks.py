"""A flood of webhooks against the shipped web server and worker.

A case of its own process: `python -m tests.bench.hooks 10000 100` lets a HubSpot
stand-in make 10,000 companies at once and tell of them, 100 to a post, ten posts at a
time; a flow carries them into a second account.
"""

from __future__ import annotations

import argparse
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import requests

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    PORT = free.getsockname()[1]
os.environ["HOOKS_URL"] = f"http://127.0.0.1:{PORT}"

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from connectors.models import (  # noqa: E402
    ChangeEvent,
    Connection,
    FieldMapping,
    Flow,
    FlowStatus,
    RunKind,
)
from connectors.sandbox.core.client import ControlClient  # noqa: E402
from connectors.sync import connect  # noqa: E402
from connectors.sync.events import feeds  # noqa: E402
from connectors.sync.mapping.versions import save_version  # noqa: E402
from tests.bench import report  # noqa: E402
from tests.bench.processes import Process, wait_until  # noqa: E402
from tests.bench.report import Line  # noqa: E402
from tests.bench.world import (  # noqa: E402
    Meter,
    Sandbox,
    sandbox,
    unscheduled,
    worker,
)

SECRET = "client-secret-of-the-bench"
LONGEST = 600.0
# As the Procfile has it.
SERVER = (
    "mlconnector.wsgi", "--worker-class", "gthread", "--workers", "2", "--threads", "4",
    "--bind", f"127.0.0.1:{PORT}",
)  # fmt: skip


@contextmanager
def web() -> Iterator[Process]:
    """The shipped web server, ready to answer."""
    with Process(SERVER, ("-m", "gunicorn")) as process:

        def answers() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", PORT)) == 0

        wait_until(answers, 60, "the web server starts", process)
        # Its workers load the product with their first request.
        with ThreadPoolExecutor(8) as visitors:
            list(visitors.map(_visit, range(64)))
        yield process


def _visit(_number: int) -> int:
    # Unhealthy is an answer too.
    return requests.get(f"http://127.0.0.1:{PORT}/healthz", timeout=30).status_code


def account(name: str, box: Sandbox, **settings: Any) -> Connection:
    """A connection to a stand-in, with the key in place."""
    made = Connection(name=name, system="hubspot")
    made.set_values(
        {"base_url": box.url["hubspot"], "access_token": "pat-na1-sandbox-full"}
        | {"parallel_requests": 8, **settings}
    )
    made.save()
    connect.check(made)
    connect.ensure_fields(made, "companies", ["erp_key"])
    return made


def joined(left: Sandbox, right: Sandbox) -> Flow:
    """Companies of one account into the other; the first may post."""
    call_command("migrate", verbosity=0)
    flow = Flow(
        name="Companies", source_object="companies", target_object="companies",
        source=account("Left", left, app_client_secret=SECRET),
        target=account("Right", right), status=FlowStatus.ACTIVE,
    )  # fmt: skip
    flow.save()
    for name in ("name", "city"):
        FieldMapping.objects.create(flow=flow, source_field=name, target_field=name)
    FieldMapping.objects.create(
        flow=flow, source_field="hs_object_id", target_field="erp_key"
    )
    save_version(flow)
    unscheduled()
    return flow


def arrived(control: ControlClient) -> int:
    """How many companies the second account has been given."""
    return int(control.ledger("companies", detail=False)["totals"]["created"])


def flood(flow: Flow, left: ControlClient, count: int, batch: int) -> None:
    """Make companies, and let the account tell of each."""
    left.config(
        webhook_url=feeds.url(feeds.open_address(flow.source)),
        webhook_secret=SECRET,
        webhook_subscriptions=["company.creation"],
        webhook_batch=batch,
        webhook_retry_s=1.0,
    )
    left.edit(
        type="companies",
        action="fill",
        count=count,
        set={"name": "F {n}", "city": "Bern"},
    )  # fmt: skip


def measure(count: int, batch: int) -> list[Line]:
    """One flood, and what it cost."""
    with sandbox(0) as left, sandbox(0) as right:
        flow = joined(left, right)
        with worker() as labour, web() as server:
            Meter(right, labour).run(flow, RunKind.BACKFILL, LONGEST)
            flood(flow, left.hubspot, count, batch)
            began = time.monotonic()
            told: dict[str, Any] = {}

            def answered() -> bool:
                told.update(left.hubspot.describe()["webhooks"])
                return not told["waiting"]

            wait_until(answered, LONGEST, "all posts are answered", server, labour)
            seconds = time.monotonic() - began

            def there() -> bool:
                return arrived(right.hubspot) >= count

            wait_until(there, LONGEST, "all has arrived", server, labour)
            whole = time.monotonic() - began
        book = right.hubspot.ledger("companies", detail=False)
    figures = {
        "events": count,
        "posts": sum(told["answers"].values()),
        **{name: 1000 * told[f"{name}_s"] for name in ("p50", "p99", "most")},
        "answered": seconds,
        "arrived": whole,
        "lost": count - ChangeEvent.objects.exclude(taken_at=None).count(),
    }
    wrong = [f"answers: {told['answers']}"] if set(told["answers"]) != {"204"} else []
    if (
        book["totals"]["created"] != count
        or book["types"]["companies"]["created_twice"]
    ):
        wrong.append(f"the second account's book: {book['totals']}")
    if figures["lost"]:
        wrong.append(f"{figures['lost']} events are lost")
    return [Line(f"{count:,} events, {batch} to a post", figures, wrong)]


if __name__ == "__main__":
    report.end_on_sigterm()
    parser = argparse.ArgumentParser()
    parser.add_argument("events", type=int)
    parser.add_argument("batch", type=int)
    given = parser.parse_args()
    report.emit(measure(given.events, given.batch))
