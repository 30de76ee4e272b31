"""Customers through poll, mapping, audit and batch upsert, by the shipped worker.

A case of its own process: `python -m tests.bench.flow 10000 --latency-ms 200`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

import django

django.setup()

from connectors.models import Binding, Outcome, RunKind, SyncRecord  # noqa: E402
from tests.bench import report  # noqa: E402
from tests.bench.install import install  # noqa: E402
from tests.bench.report import Line  # noqa: E402
from tests.bench.world import Measured, Meter, Sandbox, sandbox, unscheduled, worker  # noqa: E402

# Seconds after which a run is given up.
LONGEST = 420.0


def figures(measured: Measured) -> dict[str, Any]:
    """What the table shows of a run."""
    cpu, records = measured.cpu, max(1, measured.run.read)
    return {
        "records": measured.run.read,
        "seconds": measured.seconds,
        "rate": measured.rate,
        "cpu_ours": cpu["ours"],
        "cpu_database": cpu["database"] or None,
        "cpu_sandbox": cpu["sandbox"],
        "cpu_each": sum(cpu.values()) / records * 1e6,
        "jde": measured.requests["jde"],
        "hubspot": measured.requests["hubspot"],
        "peak": measured.peak,
    }


def first_run_problems(measured: Measured, box: Sandbox, customers: int) -> list[str]:
    """What is not exactly right after all customers have gone over."""
    run = measured.run
    found = []
    if run.status != "succeeded" or run.created != customers:
        found.append(f"the run {run.status}, {run.created:,} created: {run.message}")
    created = SyncRecord.objects.filter(outcome=Outcome.CREATED).count()
    counts = {
        "records": SyncRecord.objects.count(),
        "records with an outcome": created,
        "bindings": Binding.objects.count(),
    }
    found += [f"{n:,} {what}" for what, n in counts.items() if n != customers]
    return found + ledger_problems(box, customers)


def ledger_problems(box: Sandbox, customers: int) -> list[str]:
    """Where HubSpot's own book differs from one creation of each customer as it is."""
    book = box.hubspot.ledger("companies")
    companies = book["types"]["companies"]["keys"]
    names = {
        f"jde:{row['AN8']}": row["ALPH"].strip()
        for row in box.jde.records("F0101")
        if row["AT1"].strip() == "C"
    }
    wrong = [
        key
        for key, name in names.items()
        if key not in companies or not _once(companies[key], name)
    ]
    found = []
    if len(names) != customers or set(companies) != set(names):
        found.append(f"{len(companies):,} companies written for {len(names):,}")
    if wrong:
        found.append(f"{len(wrong):,} missing, doubled or different, like {wrong[0]}")
    return found


def _once(entry: Mapping[str, Any], name: str) -> bool:
    writes = (entry["created"], entry["updated"], entry["deleted"])
    return writes == (1, 0, 0) and entry["last"]["name"] == name


def second_run_problems(
    measured: Measured, before: Mapping[str, int], after: Mapping[str, int]
) -> list[str]:
    """What a run over unchanged customers did that it should not."""
    run, found = measured.run, []
    if run.status != "succeeded" or run.unchanged != run.read:
        found.append(f"the run {run.status}, {run.unchanged:,} of {run.read:,} same")
    if "nothing has changed, nothing was written" not in run.message:
        found.append(f"it does not say so: {run.message!r}")
    if before != after or measured.requests["hubspot"]:
        found.append("it has called HubSpot")
    return found


def measure(customers: int, latency_ms: float) -> list[Line]:
    """A first run, and a second over unchanged customers."""
    name = f"{customers:,} customers, {latency_ms:.0f} ms"
    with sandbox(customers, "hubspot.rate_limit=1000000") as box:
        flow = install(box.url)[0]
        unscheduled()
        for control in (box.jde, box.hubspot):
            control.config(latency_ms=latency_ms)
        with worker() as labour:
            meter = Meter(box, labour)
            first = meter.run(flow, RunKind.BACKFILL, LONGEST)
            problems = first_run_problems(first, box, customers)
            written = box.hubspot.ledger(detail=False)["totals"]
            second = meter.run(flow, RunKind.BACKFILL, LONGEST)
        same = box.hubspot.ledger(detail=False)["totals"]
    return [
        Line(name, figures(first), problems),
        Line("   again", figures(second), second_run_problems(second, written, same)),
    ]


if __name__ == "__main__":
    report.end_on_sigterm()
    parser = argparse.ArgumentParser()
    parser.add_argument("customers", type=int)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    chosen = parser.parse_args()
    report.emit(measure(chosen.customers, chosen.latency_ms))
