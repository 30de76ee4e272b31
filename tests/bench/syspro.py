"""SYSPRO into HubSpot by the shipped worker: customers, contacts, invoices with lines;
then the invoices once more, which reads all open ones, and that by the connector alone.

A case of its own process: `python -m tests.bench.syspro 25000`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from connectors.management.demo import installation  # noqa: E402
from connectors.management.demo.systems import HUBSPOT, SYSTEMS  # noqa: E402
from connectors.models import Connection, Flow, RunKind, SyncRun  # noqa: E402
from connectors.sandbox.core.client import ControlClient  # noqa: E402
from connectors.sync import runs  # noqa: E402
from connectors.sync.connect import open_connector  # noqa: E402
from tests.bench import report  # noqa: E402
from tests.bench.processes import Process, wait_until  # noqa: E402
from tests.bench.report import Line  # noqa: E402
from tests.bench.stream import peak_mib  # noqa: E402
from tests.bench.world import unscheduled, worker  # noqa: E402

SYSPRO = "syspro"
# Seconds after which a run is given up.
LONGEST = 900.0


@contextmanager
def served(customers: int) -> Iterator[dict[str, str]]:
    """The addresses of both stand-ins, SYSPRO's with so many customers."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        arguments = ["sandbox", "--customers", "0", "--ready-file", str(ready)]
        knobs = {**SYSTEMS[HUBSPOT].knobs, "rate_limit": 1_000_000,
                 "search_per_second": 100_000}  # fmt: skip
        for slug in (HUBSPOT, SYSPRO):
            arguments += ["--only", slug, f"--{slug}-port", "0"]
        for knob, value in knobs.items():
            arguments += ["--set", f"{HUBSPOT}.{knob}={json.dumps(value)}"]
        with Process(arguments) as process:
            wait_until(ready.exists, 120, "the sandbox starts", process)
            found = json.loads(ready.read_text())
            ControlClient(found[SYSPRO]["url"], timeout=600).seed(customers)
            yield {slug: one["url"] for slug, one in found.items()}


def installed(url: Mapping[str, str]) -> tuple[Connection, list[Flow]]:
    """SYSPRO's connection and the flows of its recipe; only we start them."""
    call_command("migrate", verbosity=0)
    ends = [
        installation.ensure_connection(SYSTEMS[slug], url[slug])
        for slug in (SYSPRO, HUBSPOT)
    ]
    for one in ends:
        installation.check(one)
    flows = installation.install_flows(SYSTEMS[SYSPRO], *ends, both_ways=False)
    unscheduled()
    return ends[0], flows


@dataclass
class Meter:
    """Runs what is measured, and counts the requests of both sides."""

    url: Mapping[str, str]
    labour: Process

    def requests(self) -> dict[str, int]:
        """Requests that each system has answered so far."""
        return {
            slug: int(ControlClient(one).stats()["requests"])
            for slug, one in self.url.items()
        }

    def run(self, case: str, flow: Flow, kind: RunKind, wanted: int) -> Line:
        """A run by the worker; wrong unless just so many were read."""
        before, cpu = self.requests(), self.labour.cpu()
        run = runs.start(flow, kind)
        wait_until(lambda: _ended(run), LONGEST, "the run", self.labour)
        after = self.requests()
        seconds = (run.finished_at - run.started_at).total_seconds()  # type: ignore[operator]
        cost = {"cpu": self.labour.cpu() - cpu, "peak": self.labour.peak()}
        asked = {slug: after[slug] - before[slug] for slug in after}
        line = Line(case, figures(run.read, seconds, asked) | cost)
        if run.read != wanted or run.created + run.unchanged != wanted:
            line.wrong.append(f"the run {run.status}, {run.read:,} read: {run.message}")
        return line

    def read(self, case: str, syspro: Connection, cursor: Any, wanted: int) -> Line:
        """A read of changed invoices by the connector alone, in this process; wrong
        where it brings fewer than `wanted`."""
        before, began, cpu = self.requests(), time.monotonic(), time.process_time()
        with open_connector(syspro) as connector:
            pages = connector.read("invoices", cursor)
            count = sum(len(page.records) for page in pages)
        cost = {"cpu": time.process_time() - cpu, "peak": peak_mib()}
        seconds = time.monotonic() - began
        after = self.requests()
        asked = {slug: after[slug] - before[slug] for slug in after}
        line = Line(case, figures(count, seconds, asked) | cost)
        if count < wanted:
            line.wrong.append(f"{count:,} came")
        return line


def figures(records: int, seconds: float, asked: Mapping[str, int]) -> dict[str, Any]:
    """What the table shows of any case."""
    return {
        "records": records,
        "seconds": seconds,
        "rate": records / seconds,
        "syspro": asked[SYSPRO],
        "hubspot": asked[HUBSPOT],
        "each": sum(asked.values()) / max(records, 1),
    }


def _ended(run: SyncRun) -> bool:
    run.refresh_from_db()
    return run.final


def measure(customers: int) -> list[Line]:
    """All flows once, and the invoices again."""
    with served(customers) as url:
        site = ControlClient(url[SYSPRO], timeout=600)
        syspro, flows = installed(url)
        held = site.records("ArCustomer")
        named = sum(bool(one["Contact"] or one["Email"]) for one in held)
        invoices = site.records("ArInvoice")
        counts = {
            "customers": len(held), "contacts": named, "invoices": len(invoices),
        }  # fmt: skip
        with worker() as labour:
            meter = Meter(url, labour)
            lines = [
                meter.run(f"{counts[flow.source_object]:,} {flow.source_object}", flow,
                          RunKind.SYNC, counts[flow.source_object])
                for flow in flows
            ]  # fmt: skip
            flow = flows[-1]
            flow.state.refresh_from_db()
            cursor = flow.state.cursor
            due = sum(float(one["InvoiceBal1"]) != 0 for one in invoices)
            again = meter.read("the same, connector alone", syspro, cursor, due)
            count = again.figures["records"]
            lines += [meter.run("open invoices again", flow, RunKind.SYNC, count)]
            lines += [again]
    return lines


if __name__ == "__main__":
    report.end_on_sigterm()
    parser = argparse.ArgumentParser()
    parser.add_argument("customers", type=int)
    report.emit(measure(parser.parse_args().customers))
