"""The shipped worker: a real queue in real processes, killed and stopped."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest
from django_q.models import OrmQ, Schedule
from django_q.tasks import async_task

from connectors.models import Heartbeat, RunKind, RunStatus, SyncRun
from connectors.sync import runs
from connectors.sync.worker import schedules
from tests.faults.processes import LONGEST, alive, descendants, manage
from tests.sync.site import Site, assert_exact, eventually

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
BEAT = "connectors.sync.worker.supervisor.beat"


def beaten(name: str) -> int:
    """Let a worker beat under this name; the number of its process."""
    async_task(BEAT, name)
    seen = eventually(
        lambda: Heartbeat.objects.filter(name=name).first(), what=f"the beat {name}"
    )
    return int(seen.details["pid"])


def test_a_queue_whose_idle_worker_is_killed_goes_on_working() -> None:
    """Unmended, the killed worker keeps the queue's lock and all others wait."""
    with manage("qcluster") as cluster:
        worker = beaten("first")
        for name in ("second", "third"):
            assert worker in descendants(cluster.pid)
            # Idle again: the task is gone and the worker waits for the next.
            eventually(lambda: not OrmQ.objects.exists(), what="an empty queue")
            os.kill(worker, signal.SIGKILL)
            before, worker = worker, beaten(name)
            assert worker != before


def ended(run: SyncRun) -> bool:
    run.refresh_from_db()
    return run.final


def cluster_of(supervisor: subprocess.Popen[bytes], before: int = 0) -> int:
    """The main process of the cluster that the supervisor has started since."""

    def found() -> int:
        children = [pid for pid in descendants(supervisor.pid)[1:2] if alive(pid)]
        return children[0] if children and children[0] != before else 0

    return int(eventually(found, what="a cluster"))


def test_a_worker_starts_what_is_due_survives_its_cluster_and_stops_gracefully(
    site: Site,
) -> None:
    # What once stopped every schedule of the queue: our flows do not hang on it.
    Schedule.objects.filter(name=schedules.SWEEP).update(args="(((", kwargs="{{")
    with manage("worker") as supervisor:
        first = eventually(SyncRun.objects.first, what="the sweep")
        eventually(lambda: ended(first), what="the end of the due run")
        assert (first.kind, first.status) == (RunKind.SYNC, RunStatus.SUCCEEDED)
        assert_exact(site)

        cluster = cluster_of(supervisor)
        os.kill(cluster, signal.SIGKILL)
        assert cluster_of(supervisor, cluster) != cluster
        second = runs.start(site.flow, RunKind.BACKFILL)
        eventually(lambda: ended(second), what="a run by the second cluster")
        assert (second.status, second.unchanged) == (RunStatus.SUCCEEDED, 30)
        assert not alive(cluster)

        processes = descendants(supervisor.pid)
        assert len(processes) > 2
        os.killpg(supervisor.pid, signal.SIGTERM)
        assert supervisor.wait(LONGEST) == 0
        eventually(
            lambda: not any(alive(pid) for pid in processes), what="the end of all"
        )
    assert_exact(site)
