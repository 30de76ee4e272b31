"""Run a flow to its end, or queue a run of it."""

from __future__ import annotations

import signal
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

from django.core.management.base import CommandError
from django.db import connection
from rich.console import Console

from connectors.management.common import (
    LOOK,
    NOT_NOW,
    ConsoleCommand,
    add_json,
    find_flow,
)
from connectors.management.progress import RunProgress
from connectors.models import RunKind, RunStatus, SyncRun
from connectors.sync import execution, runs

# Seconds between two looks at a run.
GLANCE = 0.2
COUNTS = ("read", *SyncRun.OUTCOME_COUNTS)


class Command(ConsoleCommand):
    help = """\
Runs a flow once: reads what has changed in the source and writes it to the target.

The work is done in this process and shown as a progress bar; a worker that is running
helps. With --queue the run is only queued and a worker does it. Control-C cancels the
run: what was read stays in the outbox and is sent by the next run."""
    examples = (
        'run_flow "Customers to companies"',
        'run_flow "Customers to companies" --backfill',
        'run_flow "Customers to companies" --queue --json',
    )
    exit_codes = {
        0: "the run succeeded; with --queue: it is queued",
        1: "the run failed or was cancelled, or some of its records failed",
        3: "the run may not start now: paused, stopped, or running already",
    }

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="name of the flow")
        parser.add_argument(
            "--backfill",
            action="store_true",
            help="read everything again, not only what has changed",
        )
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--queue", action="store_true", help="leave the run to a worker"
        )
        how.add_argument(
            "--inline",
            action="store_true",
            help="do the run here and wait for its end (default)",
        )
        add_json(parser)

    def handle(
        self, *, name: str, backfill: bool, queue: bool, json: bool, **_options: Any
    ) -> None:
        flow = find_flow(name)
        kind = RunKind.BACKFILL if backfill else RunKind.SYNC
        try:
            run = runs.start(flow, kind)
        except runs.RunRefusedError as error:
            raise CommandError(str(error), returncode=NOT_NOW) from error
        if not queue:
            self._to_its_end(run)
        if json:
            self.write_json(as_json(run))
        else:
            self._write(run)
        if run.final and run.status != RunStatus.SUCCEEDED:
            raise CommandError(problem(run), returncode=LOOK)

    def _to_its_end(self, run: SyncRun) -> None:
        console = Console(stderr=True)
        follow = _watched if console.is_terminal else _alone
        try:
            with RunProgress(console) as progress:
                follow(run, progress)
        except KeyboardInterrupt:
            runs.cancel(run)
        run.refresh_from_db()

    def _write(self, run: SyncRun) -> None:
        self.stdout.write(f"{run}: {run.get_status_display().lower()}")
        self.write_table(
            [f">{name.capitalize()}" for name in COUNTS if _telling(run, name)],
            [[getattr(run, name) for name in COUNTS if _telling(run, name)]],
        )
        if run.message:
            self.stdout.write(run.message)


def _alone(run: SyncRun, progress: RunProgress) -> None:
    """Carry the run out in this thread, a line every minute."""
    while not run.final:
        if execution.execute(run.pk):
            # Others may hold the rest of it: then there is nothing to do but wait.
            time.sleep(GLANCE)
        run.refresh_from_db()
        progress.show(run)


def _watched(run: SyncRun, progress: RunProgress) -> None:
    """Carry the run out in a thread beside the one that draws."""
    with _control_c() as pressed, ThreadPoolExecutor(1) as pool:
        work = pool.submit(_carried_out, run.pk)
        while not work.done():
            if pressed.is_set():
                # The thread ends by itself once it sees the run cancelled.
                runs.cancel(run)
                break
            run.refresh_from_db()
            progress.show(run)
            time.sleep(GLANCE)
    work.result()
    run.refresh_from_db()
    progress.show(run)


@contextmanager
def _control_c() -> Iterator[Event]:
    """Set by Control-C: an exception could come where Python swallows it."""
    pressed = Event()
    before = signal.signal(signal.SIGINT, lambda *_: pressed.set())
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _carried_out(run_id: int) -> None:
    try:
        while not SyncRun.objects.get(pk=run_id).final:
            if execution.execute(run_id):
                time.sleep(GLANCE)
    finally:
        connection.close()


def _telling(run: SyncRun, name: str) -> bool:
    """Whether a count is worth a column: the everyday ones always are."""
    everyday = ("read", "created", "updated", "unchanged", "failed")
    return name in everyday or getattr(run, name) > 0


def problem(run: SyncRun) -> str:
    """Why a run needs a person."""
    if run.status == RunStatus.PARTIAL:
        return f"{run.problems:,} records need a person: see the console."
    return run.message or f"The run {run.get_status_display().lower()}."


def as_json(run: SyncRun) -> dict[str, Any]:
    """{"run", "flow", "kind", "status", "message", "seconds", counts by name}."""
    seconds = run.duration.total_seconds() if run.duration else None
    return {
        "run": run.pk,
        "flow": run.flow.name,
        "kind": run.kind,
        "status": run.status,
        "message": run.message,
        "correlation_id": run.correlation_id,
        "seconds": seconds,
        **{name: getattr(run, name) for name in COUNTS},
    }
