"""Processes of a benchmark: started, watched, measured and ended with their children.

Processor time and memory are read from /proc; nothing is added to what is measured.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from tests.bench.environment import ROOT

_TICKS = os.sysconf("SC_CLK_TCK")
_GRACE = 20.0


class DeadError(RuntimeError):
    """A process ended, or a wait took too long; with what the process said last."""


def cpu_seconds(pid: int, *, children: bool = True) -> float:
    """Processor time of a process, with that of its children that have ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    # The name in brackets may hold anything; the numbers come after it.
    numbers = text.rpartition(")")[2].split()[11:15]
    return sum(map(int, numbers if children else numbers[:2])) / _TICKS


def peak_mib(pid: int) -> float:
    """The largest resident size the process has had."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0.0


def pss_mib(pids: Iterable[int]) -> float:
    """What processes have in memory together; what they share counts once."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


def tree(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


@dataclass
class Process:
    """`manage.py` (or another program) with arguments, and whatever it starts."""

    arguments: Sequence[str]
    program: Sequence[str] = ("manage.py",)
    process: subprocess.Popen[bytes] = field(init=False)

    def __enter__(self) -> Process:
        # A file and not a pipe: nobody would read the pipe, and it would fill up.
        self.output = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [sys.executable, *self.program, *self.arguments],
            cwd=ROOT,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        pids = self.pids()
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_GRACE)
        # Whoever is left has lost its parent: the workers live in a session apart.
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(_GRACE)
        self.output.close()

    def pids(self) -> list[int]:
        """It and its descendants."""
        return tree(self.process.pid)

    def cpu(self) -> float:
        """Processor seconds of all of it so far."""
        return sum(map(cpu_seconds, self.pids()))

    def peak(self) -> float:
        """The largest resident size of any one of its processes, in MiB."""
        return max(map(peak_mib, self.pids()))

    def raise_if_dead(self) -> None:
        """Raise DeadError, with its output, when it has ended."""
        if self.process.poll() is not None:
            name = " ".join(self.arguments)
            raise DeadError(f"{name} ended ({self.process.returncode})\n{self.said()}")

    def said(self) -> str:
        """The end of its output."""
        self.output.flush()
        size = os.fstat(self.output.fileno()).st_size
        text = os.pread(self.output.fileno(), 4000, max(0, size - 4000))
        return text.decode(errors="replace").strip()


def wait_until(
    done: Callable[[], bool], seconds: float, what: str, *processes: Process
) -> None:
    """Look every tenth of a second; DeadError when time is up or a process has died."""
    deadline = time.monotonic() + seconds
    while not done():
        for process in processes:
            process.raise_if_dead()
        if time.monotonic() > deadline:
            said = "\n".join(process.said() for process in processes)
            raise DeadError(f"{what}: not within {seconds:.0f} s\n{said}")
        time.sleep(0.1)
