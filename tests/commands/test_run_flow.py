"""run_flow and sweep, against the sandbox."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from connectors.models import Flow, FlowStatus, RunStatus, SyncRun
from connectors.sync import runs
from tests.commands.shell import ROOT, command, database_url, ended, process
from tests.sync.site import Site, assert_exact, eventually


def test_runs_to_the_end(site: Site) -> None:
    done = command("run_flow", "Customers")
    assert done.code == 0
    assert "succeeded" in done.out
    assert "30 of 30" in done.error, "progress goes to standard error"
    assert_exact(site)


def test_counts_as_json(site: Site) -> None:
    found = command("run_flow", "Customers", "--json").json
    assert (found["status"], found["read"], found["created"]) == ("succeeded", 30, 30)
    again = command("run_flow", "Customers", "--backfill", "--json").json
    assert (again["kind"], again["unchanged"]) == ("backfill", 30)


def test_failed_records_need_a_person(site: Site) -> None:
    site.remap(target_field="erp_credit_limit", source_field="ALPH")
    done = command("run_flow", "Customers", "--json")
    assert done.code == 1
    assert done.json["status"] == "partial"
    assert done.json["failed"] == 30
    assert "30 records need a person" in done.error


def test_a_failed_run_says_why(site: Site) -> None:
    site.erp.edit(action="kill_sessions")
    site.jde.set_values({**site.jde.settings, "password": "wrong"})
    site.jde.save()
    done = command("run_flow", "Customers")
    assert done.code == 1
    assert "JDE" in done.error


def test_a_paused_flow_is_for_later(site: Site) -> None:
    runs.pause(site.flow)
    done = command("run_flow", "Customers")
    assert (done.code, "paused" in done.error) == (3, True)
    assert not SyncRun.objects.exists()


def test_a_second_run_is_for_later(site: Site) -> None:
    assert command("run_flow", "Customers", "--queue").code == 0
    done = command("run_flow", "Customers")
    assert (done.code, "running already" in done.error) == (3, True)


def test_an_unknown_flow_lists_the_known(site: Site) -> None:
    done = command("run_flow", "Invoices")
    assert (done.code, "Known: Customers." in done.error) == (2, True)


def test_queued_for_a_worker(site: Site) -> None:
    found = command("run_flow", "Customers", "--queue", "--json").json
    assert found["status"] == "queued"
    assert site.tasks() == [("connectors.tasks.execute_run", (found["run"],))]


def test_a_worker_does_what_was_queued(site: Site) -> None:
    command("run_flow", "Customers", "--queue")
    worker = process("worker", DATABASE_URL=database_url())
    try:
        eventually(lambda: SyncRun.objects.get().final, what="the end of the run")
    finally:
        worker.send_signal(signal.SIGTERM)
    assert ended(worker, seconds=120).code == 0
    assert_exact(site)


def on_a_terminal(*arguments: str) -> tuple[subprocess.Popen[bytes], int]:
    """manage.py with its standard error on a terminal, and the other end of that."""
    here, there = os.openpty()
    started = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": database_url(),
            "TERM": "xterm",
        },
        stdout=subprocess.PIPE,
        stderr=there,
    )
    os.close(there)
    return started, here


def drawn(terminal: int) -> str:
    """All that was written to a terminal until it was closed."""
    parts = []
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(terminal)
    return b"".join(parts).decode()


def test_a_terminal_shows_a_bar(site: Site) -> None:
    started, terminal = on_a_terminal("run_flow", "Customers")
    text = drawn(terminal)
    out, _ = started.communicate(timeout=60)
    assert started.returncode == 0
    assert "━" in text
    assert "30 of 30" in text
    assert "━" not in out.decode()
    assert_exact(site)


def test_control_c_cancels_the_run(site: Site) -> None:
    site.erp.config(latency_ms=1500.0)
    started, terminal = on_a_terminal("run_flow", "Customers")
    eventually(lambda: SyncRun.objects.exclude(started_at=None).first(), what="a run")
    started.send_signal(signal.SIGINT)
    drawn(terminal)
    started.communicate(timeout=60)
    assert started.returncode == 1
    assert SyncRun.objects.get().status == RunStatus.CANCELLED


def test_sweep_starts_what_is_due(site: Site) -> None:
    assert command("sweep", "--json").json["started"] == 1
    assert "Nothing was left to do" in command("sweep").out
    assert SyncRun.objects.get().status == RunStatus.QUEUED


@pytest.mark.django_db
def test_sweep_says_what_it_did() -> None:
    Flow.objects.update(status=FlowStatus.PAUSED)
    assert "Nothing" in command("sweep").out
