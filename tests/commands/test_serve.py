"""Processes that are started, watched and stopped; console and worker together."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from connectors.management import children as module
from connectors.management.children import ChildError, Children, free_port
from tests.commands.shell import ROOT, database_url, ended, process
from tests.sync.site import eventually

SLEEP = "import time; time.sleep(600)"
DEAF = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('cannot hear', flush=True); time.sleep(600)"
)


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    made = Children(ROOT, tmp_path)
    yield made
    for child in made.running:
        child.process.kill()
        child.process.wait()


def alive(pid: int) -> bool:
    """Whether a process runs; one that is only waiting to be noticed does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_one_that_ends_is_noticed_with_its_last_words(children: Children) -> None:
    child = children.start("talker", "-c", "print('why it ended'); raise SystemExit(3)")
    child.process.wait()
    with pytest.raises(ChildError, match=r"(?s)talker ended with code 3.*why it ended"):
        children.check()


def test_one_may_end_when_its_work_is_done(children: Children) -> None:
    child = children.start("errand", "-c", "pass")
    child.ends = True
    children.finish(child)
    assert children.running == []


def test_an_errand_that_fails_is_noticed(children: Children) -> None:
    child = children.start("errand", "-c", "raise SystemExit(1)")
    child.ends = True
    with pytest.raises(ChildError, match="code 1"):
        children.finish(child)


def test_all_are_stopped(children: Children) -> None:
    pids = [children.start(name, "-c", SLEEP).process.pid for name in ("a", "b")]
    children.stop()
    assert not any(alive(pid) for pid in pids)


def test_a_deaf_one_is_killed(
    children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STOP_SECONDS", 0.5)
    child = children.start("deaf", "-c", DEAF)
    eventually(lambda: "cannot hear" in child.tail(), what="its first word")
    children.stop()
    assert child.process.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for it")
def test_children_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path;"
        "from connectors.management.children import Children;"
        "made = Children(Path.cwd(), Path(sys.argv[1]));"
        f"print(made.start('child', '-c', {SLEEP!r}).process.pid, flush=True);"
        "time.sleep(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout
    pid = int(parent.stdout.readline())
    assert alive(pid)
    parent.kill()
    parent.communicate()
    eventually(lambda: not alive(pid), what="the end of the child")


@pytest.mark.django_db(transaction=True)
def test_serve_runs_both_and_stops_both(tmp_path: Path) -> None:
    port = free_port(0)
    served = process("serve", "--port", str(port), DATABASE_URL=database_url())
    try:
        url = f"http://127.0.0.1:{port}/healthz"
        checks = eventually(lambda: healthy(url), what="a healthy answer")
    finally:
        served.send_signal(signal.SIGTERM)
        done = ended(served, seconds=120)
    assert (done.code, checks["worker"]["ok"]) == (0, True)
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)


def healthy(url: str) -> dict[str, dict[str, bool]] | None:
    """What /healthz says once it says that all is well."""
    try:
        # The socket listens before the first process behind it is ready.
        answer = requests.get(url, timeout=60)
    except requests.ConnectionError:
        return None
    checks: dict[str, dict[str, bool]] = answer.json()["checks"]
    return checks if answer.status_code == 200 else None
