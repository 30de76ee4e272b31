"""Processes of the product's own, on the database of the test."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 60.0


def environment(**changes: str) -> dict[str, str]:
    """This process's environment, with the test's database."""
    name = connection.settings_dict
    url = (
        f"sqlite:///{name['NAME']}"
        if connection.vendor == "sqlite"
        else f"postgres://{name['USER']}@{name['HOST']}:{name['PORT']}/{name['NAME']}"
    )
    return {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "Q_WORKERS": "1",
        **changes,
    }


class Driver:
    """Talks to tests/faults/driver.py."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, verb: str, number: int) -> int:
        """Its answer; an error when none comes."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{verb} {number}\n")
        self.process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            assert selector.select(LONGEST), f"no answer to {verb} {number}"
        return int(self.process.stdout.readline())

    def kill(self, pid: int) -> int:
        """SIGKILL; how the process ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return self.ask("wait", pid)


@contextlib.contextmanager
def driver(*, lease: float = 0.5) -> Iterator[Driver]:
    """A driver until the block ends; what its workers hold is theirs for `lease` s."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.driver", str(lease)],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield Driver(process)
    finally:
        end_group(process)
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()


@contextlib.contextmanager
def manage(
    *arguments: str, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A management command in a process group of its own."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=dict(env or environment()),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        end_group(process)


def end_group(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """Kill a process that we started in a session of its own, and its children."""
    for pid in [*descendants(process.pid)[::-1]]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait(LONGEST)


def descendants(pid: int) -> list[int]:
    """A process and all that it has started, parents first."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def alive(pid: int) -> bool:
    """Whether it runs (one that nobody has waited for yet does not)."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
