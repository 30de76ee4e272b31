"""Processes of ours: started, watched, and stopped on every way out."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

# The worker may take a minute and a half to finish what it has begun.
STOP_SECONDS = 100.0
START_SECONDS = 90.0
TAIL_LINES = 25
_PR_SET_PDEATHSIG = 1
_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ChildError(RuntimeError):
    """A process ended or did not come up; the text ends with the tail of its log."""


@dataclass(slots=True)
class Child:
    """One process and the file its output goes to; None is our own output.

    One that `ends` is meant to end by itself, once its work is done.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None
    ends: bool = False

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def tail(self) -> str:
        """How its log ends."""
        if self.log is None:
            return ""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        end = "\n".join(lines[-TAIL_LINES:]) or "(nothing)"
        return f" {self.log} ends:\n{end}"

    def fallen(self) -> ChildError:
        """The error of a process that ended by itself."""
        code = self.process.returncode
        return ChildError(f"The {self.name} ended with code {code}.{self.tail()}")


@dataclass(slots=True)
class Children:
    """All of them; the last one started is the first one stopped.

    They run in `root`, and each writes a log of its own in `logs`, if that is given.
    """

    root: Path
    logs: Path | None = None
    running: list[Child] = field(default_factory=list)

    def start(self, name: str, *arguments: str, **environ: str) -> Child:
        """Start `python ARGUMENTS` with a few more environment variables."""
        log = self.logs / f"{name}.log" if self.logs else None
        with log.open("wb") if log else nullcontext() as output:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, *arguments],
                cwd=self.root,
                env={**os.environ, **environ},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                # Control-C reaches us alone, and we stop them in good order.
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - no threads run here
            )
        child = Child(name, process, log)
        self.running.append(child)
        return child

    def check(self) -> None:
        """Raise ChildError when one of them has ended that should not have."""
        for child in self.running:
            if child.alive:
                continue
            if not child.ends or child.process.returncode != 0:
                raise child.fallen()

    def named(self, name: str) -> Child:
        """The running process of this name."""
        return next(child for child in self.running if child.name == name)

    def wait_until(self, ready: Callable[[], bool], name: str) -> None:
        """Wait until `ready`; ChildError when the process ends or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise ChildError(
                    f"The {name} does not answer after {START_SECONDS:.0f} s."
                    f"{self.named(name).tail()}"
                )
            time.sleep(0.1)

    def finish(self, child: Child) -> None:
        """Wait for a process that ends by itself; ChildError unless all went well."""
        child.process.wait()
        self.check()
        self.running.remove(child)

    def stop(self) -> None:
        """Stop all, the last one first; whoever does not listen is killed."""
        while self.running:
            child = self.running.pop()
            if child.alive:
                child.process.terminate()
            try:
                child.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()


def _end_with_parent() -> None:
    """Ask Linux to stop the process should we be killed outright."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port(wanted: int) -> int:
    """`wanted` if nobody listens there, else the next free one, else any."""
    for port in (*range(wanted, wanted + 10), 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ChildError("No port is free on 127.0.0.1.")


def free_ports(wanted: Sequence[int]) -> list[int]:
    """A free port for each, no two alike."""
    found: list[int] = []
    for port in wanted:
        taken = free_port(port)
        while taken in found:
            taken = free_port(taken + 1)
        found.append(taken)
    return found


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end us as Control-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_signals() -> None:
    """From now on nobody hurries us: what is being stopped would be cut off."""
    for number in _ENDINGS:
        signal.signal(number, signal.SIG_IGN)
