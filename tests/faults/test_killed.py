"""Workers killed at any point: nothing is lost, nothing is doubled."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

from connectors.models import RunKind, RunStatus, SyncRecord, SyncRun
from connectors.sandbox.core.client import ControlClient
from connectors.sync import runs
from tests.faults.processes import Driver, driver
from tests.sync import site as sites
from tests.sync.site import Site, assert_exact, eventually

pytestmark = pytest.mark.faults
KILLS = 10


@pytest.fixture
def site(transactional_db: None) -> Iterator[Site]:
    """As many customers as sixty batches, and answers that take a moment."""
    with sites.site(300) as made:
        # A killed worker cannot log out; JD Edwards would keep its session for hours.
        made.erp.config(max_sessions=100, latency_ms=6.0)
        made.crm.config(latency_ms=12.0)
        made.jde.set_values({**made.jde.settings, "page_size": 10})
        made.jde.save()
        # So that no life of a worker, however short, gets through much of it.
        made.hubspot.set_values({**made.hubspot.settings, "parallel_requests": 2})
        made.hubspot.save()
        yield made


def killed_after(
    worker: Driver,
    run: SyncRun,
    control: ControlClient,
    requests: int,
    delay: float,
    *,
    reading: bool,
) -> int:
    """Start a worker, kill it when it has made so many requests; its exit code.

    One that has come to the end of the read is killed as well: it asks for no more.
    """
    before = control.stats()["requests"]
    pid = worker.ask("execute", run.pk)
    eventually(
        lambda: (
            control.stats()["requests"] >= before + requests
            or ended(run)
            or (reading and run.read_done_at)
        ),
        what=f"{requests} requests",
    )
    time.sleep(delay)
    return worker.kill(pid)


def ended(run: SyncRun) -> bool:
    run.refresh_from_db()
    return run.final


def assert_moved_once(site: Site, run: SyncRun) -> None:
    """JD Edwards' records, ours, and HubSpot's own count are the same."""
    run.refresh_from_db()
    assert (run.status, run.read, run.problems) == (RunStatus.SUCCEEDED, 300, 0)
    assert run.created + run.updated == 300
    keys = SyncRecord.objects.values_list("source_id", flat=True)
    assert sorted(keys) == sorted(site.customers())
    assert_exact(site)


@pytest.mark.parametrize(
    ("system", "most"), [("jde", 12), ("hubspot", 3)], ids=["poll", "push"]
)
def test_killed_ten_times_and_nothing_is_lost_or_doubled(
    site: Site, system: str, most: int
) -> None:
    control = site.box.control(system)
    dice = random.Random(f"kill {system}")
    run = runs.start(site.flow, RunKind.SYNC)
    with driver() as worker:
        for _ in range(KILLS):
            code = killed_after(
                worker,
                run,
                control,
                dice.randint(1, most),
                dice.uniform(0, 0.02),
                reading=system == "jde",
            )
            assert code == -9, "the run ended before it was killed ten times"
            assert not ended(run)
        assert worker.ask("wait", worker.ask("execute", run.pk)) == 0
    assert_moved_once(site, run)
    assert site.run(RunKind.BACKFILL).unchanged == 300, (
        "nothing is left over for the next run"
    )


def test_two_workers_share_one_flow(site: Site) -> None:
    run = runs.start(site.flow, RunKind.SYNC)
    with driver(lease=30) as worker:
        both = [worker.ask("execute", run.pk), worker.ask("execute", run.pk)]
        both.append(worker.ask("push", site.flow.pk))
        assert [worker.ask("wait", pid) for pid in both] == [0, 0, 0]
    assert_moved_once(site, run)
    assert len(site.upserts()) >= 60
    assert run.created == 300, "no batch was sent by two of them"
