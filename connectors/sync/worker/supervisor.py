"""Keeps a `qcluster` running, and sweeps.

The cluster runs in a process session of its own: a terminal's or a platform's signal to
the group reaches only the supervisor, which passes one SIGTERM on to the cluster's main
process, the only way it stops gracefully. Whatever else ends the cluster, exit code 0
included, is repaired by starting it again, and so is one that lives but does nothing.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import FrameType

import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from connectors.models import Heartbeat
from connectors.sync.sweep import sweep

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 10.0
BEAT_SECONDS = 30.0
# Work waiting and no heartbeat from a worker for this long: the cluster is stuck.
STUCK = timedelta(minutes=2)
GRACE_SECONDS = 90.0
# With more than this in the queue, every task that starts beats anyway.
FEW = 20


def worker_name() -> str:
    """The heartbeat's name of the workers on this host."""
    return f"worker {socket.gethostname()}"


def beat(name: str) -> None:
    """A task: proves that a worker takes work."""
    Heartbeat.objects.update_or_create(
        name=name, defaults={"seen_at": timezone.now(), "details": {"pid": os.getpid()}}
    )


@dataclass
class Supervisor:
    """Runs until it is told to stop; see the module."""

    process: subprocess.Popen[bytes] | None = None
    stopping: bool = False
    started_at: float = 0.0
    last_sweep: float = field(default=0.0)
    last_beat: float = field(default=0.0)

    def run(self) -> None:
        """Start the cluster and watch it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        try:
            while not self.stopping:
                self.look()
                time.sleep(0.5)
        finally:
            self.stop()

    def look(self) -> None:
        """One look: restart what ended, sweep, send a heartbeat through the queue."""
        if self.process is None or self.process.poll() is not None:
            self._start()
        try:
            self._tend()
        except DatabaseError as error:
            # The database is away; the cluster waits for it as we do.
            log.warning("database unavailable", error=str(error))
            close_old_connections()
        except Exception:
            # A sweep that fails must not take the cluster down with it.
            log.exception("sweep failed")

    def _tend(self) -> None:
        now = time.monotonic()
        if now - self.last_sweep >= SWEEP_SECONDS:
            self.last_sweep = now
            sweep()
        if now - self.last_beat >= BEAT_SECONDS:
            self.last_beat = now
            if self._stuck():
                log.error("cluster is stuck, starting it again")
                self._kill_group()
            elif OrmQ.objects.count() < FEW:
                async_task("connectors.sync.worker.supervisor.beat", worker_name())

    def _stuck(self) -> bool:
        if time.monotonic() - self.started_at < STUCK.total_seconds():
            return False
        seen = Heartbeat.objects.filter(name=worker_name()).first()
        alive = seen and timezone.now() - seen.seen_at < STUCK
        waiting = OrmQ.objects.filter(lock__lte=timezone.now() - STUCK).exists()
        return waiting and not alive

    def _start(self) -> None:
        if self.process is not None:
            log.warning(
                "cluster ended, starting it again", code=self.process.returncode
            )
            self._kill_group()
            time.sleep(1.0)
        manage = Path(settings.BASE_DIR) / "manage.py"
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and file
            [sys.executable, str(manage), "qcluster"], start_new_session=True
        )
        self.started_at = time.monotonic()

    def stop(self) -> None:
        """Let the cluster finish what it has begun, then end it."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("cluster did not stop in time")
        self._kill_group()

    def _kill_group(self) -> None:
        """End what is left of the cluster: orphans go on working without a guard."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        finally:
            self.process.wait()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True
