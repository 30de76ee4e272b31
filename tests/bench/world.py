"""A world to measure in: a database of its own, a sandbox process, worker processes.

Nothing here is faster than what ships: the workers are the product's own worker, the
sandbox its own command.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parents[2]
POSTGRESQL = "postgres://postgres@127.0.0.1:5432"


@dataclass
class Sandbox:
    """A running sandbox process."""

    process: subprocess.Popen[bytes]
    url: Mapping[str, str]

    def control(self, slug: str, method: str, path: str, body: Any = None) -> Any:
        """Call its control surface."""
        request = Request(  # noqa: S310 - our own loopback address
            f"{self.url[slug]}/__sandbox__/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urlopen(request, timeout=120) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")


@contextlib.contextmanager
def sandbox(customers: int, *options: str) -> Iterator[Sandbox]:
    """The sandbox as a process of its own, on free ports."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        command = [
            sys.executable, "manage.py", "sandbox", "--jde-port", "0",
            "--hubspot-port", "0", "--customers", str(customers),
            "--ready-file", str(ready), *options,
        ]  # fmt: skip
        process = subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, stdout=subprocess.DEVNULL, env=os.environ.copy()
        )
        try:
            yield Sandbox(process, _ready(process, ready))
        finally:
            process.terminate()
            process.wait(30)


def _ready(process: subprocess.Popen[bytes], file: Path) -> Mapping[str, str]:
    for _ in range(1200):
        if process.poll() is not None:
            raise RuntimeError("the sandbox did not start")
        if file.exists():
            places = json.loads(file.read_text())
            return {slug: place["url"] for slug, place in places.items()}
        time.sleep(0.1)
    raise RuntimeError("the sandbox took too long to start")


@dataclass
class Worker:
    """The product's worker in a process of its own."""

    process: subprocess.Popen[bytes]

    def peak_mib(self) -> float:
        """The largest resident size of any process of the worker so far."""
        peak = 0.0
        for pid in _descendants(self.process.pid):
            with contextlib.suppress(OSError):
                for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                    if line.startswith("VmHWM"):
                        peak = max(peak, int(line.split()[1]) / 1024)
        return peak


def _descendants(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


@contextlib.contextmanager
def worker() -> Iterator[Worker]:
    """Start `manage.py worker`; stop it gracefully."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "worker"],
        cwd=ROOT,
        env=os.environ.copy(),
        start_new_session=True,
    )
    try:
        yield Worker(process)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(100)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@dataclass
class Measured:
    """One line of a table."""

    name: str
    seconds: float
    records: int
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Records per second."""
        return self.records / self.seconds if self.seconds else 0.0
