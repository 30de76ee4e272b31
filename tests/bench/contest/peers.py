"""Peers: installed apart, run as processes of their own, and measured.

Their scripts are in tests/bench/peers; each gets a JSON file that says what to do, and
leaves one with its figures. The time is the one of the work alone: starting Python and
loading the peer's packages is not counted, as it is not for our worker, which is up.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.environment import ROOT
from tests.bench.processes import DeadError, pss_mib, tree

REQUIREMENTS = ROOT / "tests/bench/requirements-peers.txt"
FOLDER = ROOT / "var/peers"
VENV = FOLDER / ".venv"
SCRIPTS = ROOT / "tests/bench/peers"
NAMES = {"dlt": "dlt", "singer": "singer-sdk"}
# Seconds between two looks at a peer's memory.
LOOK = 0.2


class NotInstalledError(RuntimeError):
    """The peers cannot be installed; the text is what pip says."""


def label(peer: str) -> str:
    """Its name with the version that is pinned."""
    for line in REQUIREMENTS.read_text().splitlines():
        package, _, version = line.partition("==")
        if package.partition("[")[0] == NAMES[peer]:
            return f"{NAMES[peer]} {version}"
    raise KeyError(peer)


def installed() -> bool:
    """Whether the peers are there, as they are pinned now."""
    stamp = FOLDER / "installed"
    return stamp.exists() and stamp.read_text() == _mark()


def install() -> None:
    """Install them when they are not there. Raises NotInstalledError."""
    if installed():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    python = str(VENV / "bin/python")
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    for command in (
        (sys.executable, "-m", "venv", "--clear", str(VENV)),
        (python, *pip, "-r", str(REQUIREMENTS)),
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines()[-3:]
            raise NotInstalledError("\n".join(said))
    (FOLDER / "installed").write_text(_mark())


def _mark() -> str:
    return hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()


@dataclass
class Peer:
    """A script of a peer's at work; its output is in `folder`/output."""

    script: str
    folder: Path
    wish: Mapping[str, Any]
    peak: float = 0.0
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        wish = self.folder / "wish.json"
        wish.write_text(json.dumps({**self.wish, "folder": str(self.folder)}))
        environment = {
            "PATH": f"{VENV / 'bin'}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "RUNTIME__LOG_LEVEL": "ERROR",
            "SINGER_SDK_LOG_LEVEL": "ERROR",
        }
        with (
            (self.folder / "output").open("wb") as output,
            (self.folder / "complaints").open("wb") as complaints,
        ):
            self.process = subprocess.Popen(
                [str(VENV / "bin/python"), str(SCRIPTS / self.script), str(wish)],
                cwd=self.folder,
                env=environment,
                stdout=output,
                stderr=complaints,
            )

    def look(self) -> None:
        """Remember what it has in memory, if that is more than before."""
        self.peak = max(self.peak, pss_mib(tree(self.process.pid)))

    def figures(self) -> dict[str, Any]:
        """What it says of its work, once it has ended; DeadError when it cannot."""
        told = self.folder / "figures.json"
        if not told.exists():
            said = (self.folder / "complaints").read_text(errors="replace")
            raise DeadError(f"{self.script} ended: {said.strip()[-300:]}")
        return {**json.loads(told.read_text()), "peak": self.peak}


def ended(at_work: Sequence[Peer], seconds: float) -> list[dict[str, Any]]:
    """What each of them says in the end. DeadError when one takes over `seconds`."""
    deadline = time.monotonic() + seconds
    try:
        while any(one.process.poll() is None for one in at_work):
            for one in at_work:
                one.look()
            if time.monotonic() > deadline:
                raise DeadError(f"{at_work[0].script}: not within {seconds:.0f} s")
            time.sleep(LOOK)
    finally:
        for one in at_work:
            one.process.kill()
            one.process.wait()
    return [one.figures() for one in at_work]
