"""Our side of a contest: the shipped worker on runs, and what they cost."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict

from connectors.models import SyncRun
from connectors.sandbox.core.client import ControlClient
from tests.bench.contest.rounds import Finish
from tests.bench.processes import Process, pss_mib, wait_until
from tests.bench.world import DatabaseServer

# Seconds between two looks at our memory.
LOOK = 0.5


def carried_out(
    runs: Sequence[SyncRun], labour: Process, hubspot: ControlClient, seconds: float
) -> Finish:
    """Runs that were started, up to the end of the last.

    Processor time is that of the worker and the database's sessions; memory that of
    the worker, all its processes together.
    """
    server = DatabaseServer()
    server.look()
    cpu, before = labour.cpu() + server.cpu(), hubspot.stats()
    finish, looked = Finish(0), 0.0

    def ended() -> bool:
        nonlocal looked
        server.look()
        if time.monotonic() - looked > LOOK:
            finish.peak = max(finish.peak, pss_mib(labour.pids()))
            looked = time.monotonic()
        for run in runs:
            run.refresh_from_db()
        return all(run.final for run in runs)

    wait_until(ended, seconds, "the runs", labour)
    after = hubspot.stats()
    began = min(run.queued_at for run in runs)
    # A run that is final has an end.
    end = max(run.finished_at or run.queued_at for run in runs)
    finish.records = sum(run.read for run in runs)
    finish.seconds = (end - began).total_seconds()
    finish.cpu = labour.cpu() + server.cpu() - cpu
    finish.requests = after["requests"] - before["requests"]
    finish.refused = after["rate_limited"] - before["rate_limited"]
    return finish


def emit(finish: Finish, **more: object) -> None:
    """Hand it to the process that has called."""
    json.dump({"finish": asdict(finish), **more}, sys.stdout)
