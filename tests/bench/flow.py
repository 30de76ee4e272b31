"""Customers through poll, mapping, audit and batch upsert, by the shipped worker."""

from __future__ import annotations

import json
import sys
import time

import django

django.setup()

from connectors.models import Binding, Flow, FlowState, RunKind, SyncRecord, SyncRun  # noqa: E402
from connectors.sync import runs  # noqa: E402
from tests.bench.install import install  # noqa: E402
from tests.bench.world import Sandbox, Worker, sandbox, worker  # noqa: E402

# Seconds after which a run is given up.
LONGEST = 400.0


def run_to_end(flow: Flow, kind: RunKind, labour: Worker) -> SyncRun:
    """Queue a run and wait for the worker to finish it."""
    run = runs.start(flow, kind)
    deadline = time.monotonic() + LONGEST
    while not run.final:
        if labour.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the run did not end: {run.status}, {run.read} read")
        time.sleep(0.1)
        run.refresh_from_db()
    return run


def report(name: str, run: SyncRun, box: Sandbox, labour: Worker) -> dict[str, object]:
    """One line of the table, with what must be true for the figure to count."""
    seconds = (run.finished_at - run.started_at).total_seconds()  # type: ignore[operator]
    stats = box.control("hubspot", "GET", "stats")
    return {
        "name": name,
        "status": run.status,
        "records": run.read,
        "seconds": round(seconds, 2),
        "rate": round(run.read / seconds),
        "created": run.created,
        "updated": run.updated,
        "unchanged": run.unchanged,
        "failed": run.failed,
        "hubspot_requests": stats.get("requests"),
        "peak_mib": round(labour.peak_mib()),
        "message": run.message,
    }


def main(customers: int, latency_ms: int) -> list[dict[str, object]]:
    """A first run and a second over unchanged customers."""
    options = ["--set", "hubspot.rate_limit=1000000", "--latency-ms", str(latency_ms)]
    lines = []
    with sandbox(customers, *options) as box:
        flow = install(box.url)[0]
        # Only what this benchmark starts shall run.
        Flow.objects.update(interval=None)
        with worker() as labour:
            time.sleep(3)
            for name in ("first run", "second run, nothing changed"):
                run = run_to_end(flow, RunKind.BACKFILL, labour)
                lines.append(report(name, run, box, labour))
        ledger = box.control("hubspot", "GET", "ledger")
        lines.append(
            {
                "records": SyncRecord.objects.count(),
                "bindings": Binding.objects.count(),
                "ledger": {k: v for k, v in ledger.items() if k in ("totals", "doubled")},
                "cursor": FlowState.objects.get(flow=flow).cursor,
            }
        )
    return lines


if __name__ == "__main__":
    for line in main(int(sys.argv[1]), int(sys.argv[2])):
        print(json.dumps(line, default=str))
