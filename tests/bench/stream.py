"""A whole read of contacts by the connector alone: how memory grows with their number.

A case of its own process: `python -m tests.bench.stream 100000`.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import django

django.setup()

from connectors.sdk.contract import Context  # noqa: E402
from connectors.sdk.network import NetworkPolicy  # noqa: E402
from connectors.systems.hubspot.connector import HubSpotConnector  # noqa: E402
from tests.bench import processes, report  # noqa: E402
from tests.bench.report import Line  # noqa: E402
from tests.bench.world import Sandbox, sandbox  # noqa: E402

TOKEN = "pat-na1-sandbox-full"
AT_ONCE = 50_000
KNOBS = ("hubspot.rate_limit=1000000000", "hubspot.search_per_second=1000000")


def fill(box: Sandbox, count: int) -> None:
    """So many contacts, made by the stand-in itself."""
    for start in range(0, count, AT_ONCE):
        box.hubspot.edit(
            type="contacts",
            action="fill",
            count=min(AT_ONCE, count - start),
            set={"email": f"a{start}.{{n}}@example.com", "lastname": "Stream {n}"},
        )


def peak_mib() -> float:
    """The most memory this process has had since it, or `forget_peak`, began."""
    return processes.peak_mib(os.getpid())


def forget_peak() -> None:
    """Let the peak begin anew at what is in memory now: see proc(5), clear_refs."""
    Path("/proc/self/clear_refs").write_text("5")


def measure(count: int) -> list[Line]:
    """Read all contacts and keep none."""
    with sandbox(0, *KNOBS) as box:
        fill(box, count)
        settings = {"access_token": TOKEN, "base_url": box.url["hubspot"]}
        context = Context(network=NetworkPolicy.from_cidrs(["127.0.0.0/8"]))
        requests = box.requests()["hubspot"]
        forget_peak()
        before, began, seen = peak_mib(), time.monotonic(), 0
        with HubSpotConnector(settings, context) as connector:
            for page in connector.read("contacts", None, fields=["email", "lastname"]):
                seen += len(page.records)
        seconds = time.monotonic() - began
        line = Line(
            f"{count:,} contacts",
            {
                "records": seen,
                "seconds": seconds,
                "rate": seen / seconds,
                "hubspot": box.requests()["hubspot"] - requests,
                "before": before,
                "peak": peak_mib(),
            },
        )
    if seen != count:
        line.wrong.append(f"{seen:,} came")
    return [line]


def main() -> None:
    """Measure one case and hand its lines to the parent."""
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    report.end_on_sigterm()
    report.emit(measure(parser.parse_args().count))


if __name__ == "__main__":
    main()
