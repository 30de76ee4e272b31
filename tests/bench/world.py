"""A world to measure in: a sandbox, the product's own worker, and what they cost.

Nothing here is faster than what ships: the worker is `manage.py worker`, the sandbox
its own command, each in a process of its own.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

from connectors.models import Flow, FlowState, RunKind, SyncRun
from connectors.sandbox.core.client import ControlClient
from connectors.sync import runs
from tests.bench.processes import Process, cpu_seconds, peak_mib, wait_until

SYSTEMS = ("jde", "hubspot")


@dataclass
class Sandbox:
    """A running sandbox and the control of each of its systems."""

    process: Process
    url: dict[str, str]

    def __post_init__(self) -> None:
        self.jde, self.hubspot = (
            ControlClient(self.url[slug], timeout=120) for slug in SYSTEMS
        )

    def requests(self) -> dict[str, int]:
        """Requests that each system has answered so far."""
        return {
            "jde": self.jde.stats()["requests"],
            "hubspot": self.hubspot.stats()["requests"],
        }


@contextmanager
def sandbox(customers: int, *settings: str) -> Iterator[Sandbox]:
    """The sandbox with this many customers; `settings` are SYSTEM.KNOB=VALUE."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        arguments = [
            "sandbox", *(part for slug in SYSTEMS for part in ("--only", slug)),
            *(part for slug in SYSTEMS for part in (f"--{slug}-port", "0")),
            "--customers", str(customers), "--ready-file", str(ready),
            *(part for one in settings for part in ("--set", one)),
        ]  # fmt: skip
        with Process(arguments) as process:
            wait_until(ready.exists, 120, "the sandbox starts", process)
            places = json.loads(ready.read_text())
            yield Sandbox(process, {slug: places[slug]["url"] for slug in SYSTEMS})


@contextmanager
def worker() -> Iterator[Process]:
    """The shipped worker, ready to take tasks."""
    with Process(["worker"]) as process:
        # Supervisor, cluster, guard's helpers and two workers.
        wait_until(lambda: len(process.pids()) >= 6, 60, "the worker starts", process)
        time.sleep(2)
        yield process


class DatabaseServer:
    """Processor time of the sessions of our database; SQLite has none of its own."""

    def __init__(self) -> None:
        self._seen: dict[int, float] = {}

    def look(self) -> None:
        """Remember what each session has used: it is gone when the session ends."""
        if connection.vendor != "postgresql":
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            )
            for (pid,) in cursor.fetchall():
                self._seen[pid] = cpu_seconds(pid) or self._seen.get(pid, 0.0)

    def cpu(self) -> float:
        """Processor seconds so far, as of the last look."""
        return sum(self._seen.values())


@dataclass
class Measured:
    """What a run cost: seconds, processor seconds, requests, MiB."""

    run: SyncRun
    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    peak: float = 0.0
    sandbox_peak: float = 0.0
    refused: list[tuple[float, int]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Records per second."""
        return self.run.read / self.seconds if self.seconds else 0.0


class Meter:
    """Runs a flow by the worker, and measures."""

    def __init__(self, box: Sandbox, labour: Process) -> None:
        self.box = box
        self.labour = labour
        self.server = DatabaseServer()

    def run(self, flow: Flow, kind: RunKind, seconds: float) -> Measured:
        """A run from its start to its end. DeadError when that takes over `seconds`."""
        return self.carried_out(runs.start(flow, kind), seconds)

    def carried_out(self, run: SyncRun, seconds: float) -> Measured:
        """A run that was started, up to its end."""
        self.server.look()
        cpu, requests = self._cpu(), self.box.requests()
        measured = Measured(run)
        began = time.monotonic()

        def ended() -> bool:
            self.server.look()
            refused = self.box.hubspot.stats()["rate_limited"]
            measured.refused.append((time.monotonic() - began, refused))
            run.refresh_from_db()
            return run.final

        wait_until(ended, seconds, "the run", self.labour, self.box.process)
        measured.seconds = (run.finished_at - run.started_at).total_seconds()  # type: ignore[operator]
        measured.cpu = {k: v - cpu[k] for k, v in self._cpu().items()}
        after = self.box.requests()
        measured.requests = {k: after[k] - requests[k] for k in after}
        measured.peak = self.labour.peak()
        measured.sandbox_peak = peak_mib(self.box.process.process.pid)
        return measured

    def _cpu(self) -> dict[str, float]:
        return {
            "ours": self.labour.cpu(),
            "database": self.server.cpu(),
            "sandbox": self.box.process.cpu(),
        }


def unscheduled() -> None:
    """Let nothing run but what a benchmark starts."""
    Flow.objects.update(interval=None)
    FlowState.objects.update(next_run_at=None)
