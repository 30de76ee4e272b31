"""From a pressed button to HubSpot: how long a single change takes.

A case of its own process: `python -m tests.bench.pickup 10`.
"""

from __future__ import annotations

import argparse
import statistics
import time

import django

django.setup()

from connectors.models import Flow, RunKind  # noqa: E402
from connectors.sync import runs  # noqa: E402
from tests.bench import report  # noqa: E402
from tests.bench.install import install  # noqa: E402
from tests.bench.processes import Process, wait_until  # noqa: E402
from tests.bench.report import Line  # noqa: E402
from tests.bench.world import Meter, Sandbox, sandbox, unscheduled, worker  # noqa: E402

CUSTOMERS = 200
LONGEST = 60.0


def one_change(
    flow: Flow, box: Sandbox, labour: Process, number: int, name: str
) -> float:
    """Rename a customer in JDE and run the flow; seconds until HubSpot has it."""
    box.jde.edit(table="F0101", key={"AN8": number}, set={"ALPH": name})
    began = time.monotonic()
    run = runs.start(flow, RunKind.SYNC)

    def arrived() -> bool:
        book = box.hubspot.ledger("companies")["types"]["companies"]["keys"]
        return bool(book[f"jde:{number}"]["last"]["name"] == name)

    wait_until(arrived, LONGEST, "the change arrives", labour, box.process)
    seconds = time.monotonic() - began

    def ended() -> bool:
        run.refresh_from_db()
        return run.final

    wait_until(ended, LONGEST, "the run ends", labour, box.process)
    return seconds


def measure(times: int) -> list[Line]:
    """So many changes, one after the other."""
    with sandbox(CUSTOMERS) as box:
        flow = install(box.url)[0]
        unscheduled()
        heads = [row for row in box.jde.records("F0101") if row["AT1"].strip() == "C"]
        with worker() as labour:
            Meter(box, labour).run(flow, RunKind.BACKFILL, LONGEST)
            taken = [
                one_change(flow, box, labour, heads[n]["AN8"], f"Renamed {n}")
                for n in range(times)
            ]
        book = box.hubspot.ledger("companies", detail=False)["totals"]
    figures = {
        "times": times,
        "median": statistics.median(taken),
        "longest": max(taken),
    }
    expected = {"created": CUSTOMERS, "updated": times, "deleted": 0}
    wrong = [f"HubSpot's book: {book}"] if expected.items() - book.items() else []
    return [Line("one renamed customer", figures, wrong)]


if __name__ == "__main__":
    report.end_on_sigterm()
    parser = argparse.ArgumentParser()
    parser.add_argument("times", type=int)
    report.emit(measure(parser.parse_args().times))
