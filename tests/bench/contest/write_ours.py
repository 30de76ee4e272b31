"""Customers to companies by our worker: two flows at once, half of them each.

The outboxes are filled before, as the peers' rows are: what is measured goes from the
first request to the last outcome stored.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import django

django.setup()

from connectors.models import (  # noqa: E402
    Flow,
    FlowState,
    Outcome,
    RunKind,
    SyncRecord,
    SyncRun,
)
from connectors.sandbox.core.client import ControlClient  # noqa: E402
from connectors.sdk.contract import Connector  # noqa: E402
from connectors.sdk.records import Page  # noqa: E402
from connectors.sync import runs  # noqa: E402
from tests.bench import report  # noqa: E402
from tests.bench.contest import ours  # noqa: E402
from tests.bench.governed import WINDOW, first_request, read_all  # noqa: E402
from tests.bench.install import install, install_second  # noqa: E402
from tests.bench.world import unscheduled, worker  # noqa: E402

LONGEST = 600.0


@dataclass(frozen=True)
class Half:
    """A source of which only every second customer is seen."""

    whole: Connector
    turn: int

    def read(self, *args: Any, **more: Any) -> Iterator[Page]:
        """Pages without the others."""
        for page in self.whole.read(*args, **more):
            records = [one for one in page.records if int(one.key) % 2 == self.turn]
            yield replace(page, records=records)


def half(turn: int, whole: Connector) -> Connector:
    """One half of a source; the poller asks for nothing but pages."""
    return cast("Connector", Half(whole, turn))


def filled(flow: Flow, turn: int) -> SyncRun:
    """A run that has read its half, and that no worker knows of yet."""
    run = runs.create(flow, RunKind.BACKFILL)
    FlowState.objects.filter(flow=flow).update(backfilling=True)
    read_all(run, partial(half, turn))
    return run


def with_outcome(*outcomes: Outcome) -> list[str]:
    """The keys of the records that ended so."""
    found = SyncRecord.objects.filter(outcome__in=outcomes)
    return [f"jde:{one}" for one in found.values_list("source_id", flat=True)]


def measure(url: dict[str, str]) -> None:
    """Both flows of a fresh installation; the outcomes are for the caller to judge."""
    first = install(url)[0]
    flows = [first, install_second(url, first)]
    unscheduled()
    both = [filled(flow, turn) for turn, flow in enumerate(flows)]
    hubspot = ControlClient(url["hubspot"], timeout=120)
    # What the set-up has used of the first window shall not count.
    time.sleep(WINDOW + 1)
    hubspot.clear_log()
    with worker() as labour:
        for run in both:
            runs.queue(run)
        finish = ours.carried_out(both, labour, hubspot, LONGEST)
    end = max(run.finished_at for run in both if run.finished_at)
    finish.seconds = (end - first_request(hubspot)).total_seconds()
    ours.emit(
        finish,
        created=with_outcome(Outcome.CREATED),
        failed=with_outcome(Outcome.FAILED, Outcome.DEAD),
        rows=SyncRecord.objects.count(),
    )


if __name__ == "__main__":
    report.end_on_sigterm()
    parser = argparse.ArgumentParser()
    parser.add_argument("jde")
    parser.add_argument("hubspot")
    measure(vars(parser.parse_args()))
