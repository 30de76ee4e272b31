"""Upserts under HubSpot's limit, with refused rows and batches that fail whole.

The outbox is filled first: how fast the source is read has a benchmark of its own, and
what is measured here goes from the first request to the last outcome stored.

A case of its own process: `python -m tests.bench.governed 40000`.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import django

django.setup()

from django.utils import timezone  # noqa: E402

from connectors.models import (  # noqa: E402
    Binding,
    FlowState,
    Outcome,
    RunKind,
    SyncRecord,
    SyncRun,
)
from connectors.sandbox.core.client import ControlClient  # noqa: E402
from connectors.sandbox.hubspot.config import HubSpotConfig  # noqa: E402
from connectors.sandbox.hubspot.mischief import FULL_BATCH, Mischief  # noqa: E402
from connectors.sdk.contract import Connector  # noqa: E402
from connectors.sync import connect, runs  # noqa: E402
from connectors.sync.intake.poll import Poller  # noqa: E402
from connectors.sync.mapping.versions import compiled  # noqa: E402
from tests.bench import report  # noqa: E402
from tests.bench.install import install  # noqa: E402
from tests.bench.report import Line  # noqa: E402
from tests.bench.world import Measured, Meter, Sandbox, sandbox, unscheduled, worker  # noqa: E402

LONGEST = 300.0
LIMIT, WINDOW = 190, 10.0
REJECT, POISON = 0.01, 0.005


def fates(keys: list[str]) -> dict[str, set[str]]:
    """Which rows the stand-in refuses, and which poison the batch they are in."""
    mischief = Mischief(HubSpotConfig())
    poison = 1 - (1 - POISON) ** (1 / FULL_BATCH)
    share = mischief._share_of
    return {
        "rejected": {key for key in keys if share(key, "reject") < REJECT},
        "poisoned": {key for key in keys if share(key, "poison") < poison},
    }


def read_all(
    run: SyncRun, part: Callable[[Connector], Connector] | None = None
) -> None:
    """Fill the outbox with all there is, as a worker's first minute would.

    `part` shows the reader only some of it.
    """
    token = FlowState.objects.claim(run.flow_id, seconds=LONGEST)
    assert token
    mapping = compiled(run.flow)
    with connect.open_connector(run.flow.source) as source:
        poller = Poller(run.flow, run, mapping, token)
        shown = part(source) if part else source
        poller.poll(shown, deadline=time.monotonic() + LONGEST)
    FlowState.objects.release(run.flow_id, token)
    SyncRun.objects.filter(pk=run.pk).update(read_done_at=timezone.now())


def first_request(hubspot: ControlClient) -> datetime:
    """When the first batch was sent, by the clock that both sides share here."""
    first = next(one for one in hubspot.log() if "batch/upsert" in one["path"])
    return datetime.fromisoformat(first["time"]) - timedelta(milliseconds=first["ms"])


def floor_seconds(requests: int) -> float:
    """The least time for so many requests: a window's worth at once, then wait."""
    return (math.ceil(requests / LIMIT) - 1) * WINDOW


def problems(
    measured: Measured, box: Sandbox, bad: set[str], keys: set[str]
) -> list[str]:
    """What is not exactly right: every good row once, every bad one failed."""
    book = box.hubspot.ledger("companies")["types"]["companies"]["keys"]
    once = {k for k, e in book.items() if (e["created"], e["updated"]) == (1, 0)}
    ours: dict[str, set[str]] = {}
    rows = SyncRecord.objects.values_list("outcome", "source_id")
    for outcome, source_id in rows:
        ours.setdefault(outcome, set()).add(f"jde:{source_id}")
    good = keys - bad
    bound = {f"jde:{one}" for one in Binding.objects.values_list("left_id", flat=True)}
    run = measured.run
    checks = {
        f"the run {run.status}: {run.message}": run.status == "partial",
        f"{len(book):,} rows in HubSpot, {len(once):,} once": once == set(book) == good,
        "other rows are noted as created": ours.get(Outcome.CREATED) == good,
        "other rows are noted as failed": ours.get(Outcome.FAILED) == bad,
        "other rows are bound": bound == good,
        "the run's counts": (run.created, run.failed) == (len(good), len(bad)),
        "a request was refused after the first window": not _late_refusals(measured),
    }
    return [what for what, right in checks.items() if not right]


def _late_refusals(measured: Measured) -> int:
    samples = measured.refused
    early = [count for at, count in samples if at <= WINDOW]
    return samples[-1][1] - (early[-1] if early else 0)


def figures(
    measured: Measured, box: Sandbox, customers: int, bad: dict[str, set[str]]
) -> dict[str, Any]:
    """What the table shows."""
    refused = measured.refused[-1][1]
    needed = len(box.hubspot.log()) - refused
    floor = floor_seconds(needed)
    return {
        "records": customers,
        "seconds": measured.seconds,
        "requests": needed,
        "floor": floor,
        "ratio": measured.seconds / floor if floor else None,
        "refused": refused,
        "rejected": len(bad["rejected"]),
        "poisoned": len(bad["poisoned"]),
        "cpu_ours": measured.cpu["ours"],
        "peak": measured.peak,
    }


def measure(customers: int) -> list[Line]:
    """One run of new customers."""
    knobs = (
        f"hubspot.rate_limit={LIMIT}",
        f"hubspot.reject_share={REJECT}",
        f"hubspot.poison_share={POISON}",
    )
    with sandbox(customers, *knobs) as box:
        flow = install(box.url)[0]
        unscheduled()
        run = runs.start(flow, RunKind.BACKFILL)
        read_all(run)
        heads = [row for row in box.jde.records("F0101") if row["AT1"].strip() == "C"]
        keys = {f"jde:{row['AN8']}" for row in heads}
        bad = fates(sorted(keys))
        # What the set-up has used of the first window shall not count.
        time.sleep(WINDOW + 1)
        box.hubspot.clear_log()
        with worker() as labour:
            measured = Meter(box, labour).carried_out(run, LONGEST)
        ended = run.finished_at or timezone.now()
        measured.seconds = (ended - first_request(box.hubspot)).total_seconds()
        wrong = problems(measured, box, set.union(*bad.values()), keys)
        return [
            Line(
                f"{customers:,} customers",
                figures(measured, box, customers, bad),
                wrong,
            )
        ]


if __name__ == "__main__":
    report.end_on_sigterm()
    parser = argparse.ArgumentParser()
    parser.add_argument("customers", type=int)
    report.emit(measure(parser.parse_args().customers))
