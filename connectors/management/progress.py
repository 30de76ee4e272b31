"""How far runs are: a bar per run on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from connectors.models import SyncRun

# Seconds between two lines about one run where nothing can be redrawn.
LINE_SECONDS = 5.0


class RunProgress:
    """`show` a run as often as you like; used as a context manager."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[counts]}"),
            TextColumn("{task.fields[speed]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[int, TaskID] = {}
        self._said: dict[int, float] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def show(self, run: SyncRun) -> None:
        """Show how far the run is by now."""
        if self.console.is_terminal:
            self._draw(run)
        elif run.final or self._is_time(run):
            self.console.print(line(run))

    def _draw(self, run: SyncRun) -> None:
        if run.pk not in self._tasks:
            self._tasks[run.pk] = self._bars.add_task(
                str(run.flow), total=None, counts="", speed=""
            )
        done, total = done_of(run)
        if run.final:
            # A run that had nothing to do is a full bar too.
            done = total = max(total, 1)
        # Without a total the bar swings.
        self._bars.update(
            self._tasks[run.pk],
            completed=done,
            total=total or None,
            counts=counts(run),
            speed=speed(run),
        )

    def _is_time(self, run: SyncRun) -> bool:
        now = time.monotonic()
        due = now - self._said.setdefault(run.pk, now) >= LINE_SECONDS
        if due:
            self._said[run.pk] = now
        return due


def done_of(run: SyncRun) -> tuple[int, int]:
    """Records with an outcome, and how many are expected as far as is known."""
    done = run.read - run.pending
    total = run.read if run.read_done_at else max(run.expected or 0, run.read)
    return done, total


def counts(run: SyncRun) -> str:
    """How many records of how many have an outcome."""
    done, total = done_of(run)
    if not total:
        return "nothing to do" if run.final else ""
    return f"{done:,} of {total:,}"


def speed(run: SyncRun) -> str:
    """Records per second, once it says anything."""
    return f"{run.rate:,.0f}/s" if run.rate and run.read else ""


def line(run: SyncRun) -> str:
    """The state of a run in one line."""
    parts = [run.get_status_display().lower(), counts(run), speed(run)]
    return f"{run.flow}: {', '.join(part for part in parts if part)}"
