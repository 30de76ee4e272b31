"""The demo from beginning to end."""

from __future__ import annotations

import os
import shutil
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from rich.console import Console

from connectors.management.children import Children, free_ports
from connectors.management.demo import installation, sandbox, summary
from connectors.management.demo.scenes.scene import Planted, Scene
from connectors.management.demo.systems import ERPS, HUBSPOT, SYSTEMS
from connectors.management.demo.verdict import Verdict
from connectors.management.progress import RunProgress
from connectors.models import Flow, RunKind, RunStatus, SyncRecord, SyncRun
from connectors.models.record import PROBLEM
from connectors.sandbox.core.client import ControlClient
from connectors.sync import runs

CUSTOMERS = 1000
GLANCE = 0.25
# Seconds without any change in a run before something must be wrong.
PATIENCE = 120.0
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class DemoError(RuntimeError):
    """The demo cannot go on; the text says why."""


@dataclass
class Demo:
    """One demo in DATA_DIR; `play` it, then `serve` or leave; `close` in any case."""

    console: Console
    customers: int | None
    port: int
    both_ways: bool = True
    chosen: Sequence[str] = ERPS
    folder: Path = field(default_factory=lambda: Path(settings.DATA_DIR))
    children: Children = field(init=False)
    url: str = ""
    sandbox: dict[str, ControlClient] = field(default_factory=dict)
    scenes: dict[str, Scene] = field(default_factory=dict)
    user: Any = None

    def __post_init__(self) -> None:
        self.children = Children(Path(settings.BASE_DIR), self.folder)

    @property
    def password(self) -> str:
        """The password of the console, from the demo's settings file."""
        return os.environ["DEMO_PASSWORD"]

    def play(self) -> bool:
        """All of it; whether everything moved as it should."""
        self._look_back()
        web_port, *sandbox_ports = self._ports()
        # Both take seconds and need nothing of the database.
        pages = self.children.start("pages", "manage.py", "collectstatic", "--noinput")
        pages.ends = True
        ready = self._start_sandbox(sandbox_ports)
        with self._step("Database"):
            call_command("migrate", verbosity=0)
            self.user = installation.ensure_admin(self.password)
            installation.free_what_was_held()
        before = installation.installed()
        erps = [one for one in ERPS if one in {*self.chosen, *before}]
        names = ", ".join(SYSTEMS[one].name for one in erps)
        with self._step(f"Sandbox: HubSpot, {names}"):
            self.children.wait_until(ready.exists, "sandbox")
            self.sandbox = sandbox.controls(ready)
            sandbox.fill(
                self.sandbox, {HUBSPOT, *erps} - before, self.customers or CUSTOMERS
            )
            self.scenes = sandbox.scenes(self.sandbox, erps, both_ways=self.both_ways)
            for slug in self.scenes.keys() - before:
                self.scenes[slug].prepare()
        self._note_customers()
        with self._step("Connections, fields and flows"):
            flows = self._install(before)
        with self._step("Worker and web console"):
            self.children.finish(pages)
            self._start_worker_and_web(web_port)
        done = self._run(flows)
        return self._sum_up(done)

    def serve(self) -> None:
        """Stay until interrupted; ChildError when a process ends by itself."""
        self.console.print("\nControl-C stops everything.", style="dim")
        while True:
            self.children.check()
            time.sleep(0.5)

    def close(self) -> None:
        """Stop whatever was started."""
        self.children.stop()

    # --- Steps ---------------------------------------------------------------------

    def _look_back(self) -> None:
        """Say whether an earlier demo goes on; one that was cut off starts over."""
        state, database = self.folder / "sandbox.state", self._database()
        if state.exists() and database.exists():
            self.console.print(
                "This folder has had its demo already: it goes on where that stopped, "
                "so only what has changed since will move. FRESH=1 starts over."
            )
            return
        if database.exists():
            self.console.print(
                "The last demo in this folder was cut off: starting over."
            )
        start_over(self.folder)

    def _database(self) -> Path:
        return Path(settings.DATABASES["default"]["NAME"])

    def _ports(self) -> list[int]:
        wanted = (self.port, *sandbox.PORTS)
        found = free_ports(wanted)
        for asked, given in zip(wanted, found, strict=True):
            if asked and asked != given:
                self.console.print(
                    f"Port {asked} is taken by another program; using {given} instead."
                )
        return found

    def _start_sandbox(self, ports: Sequence[int]) -> Path:
        ready = self.folder / "sandbox.json"
        ready.unlink(missing_ok=True)
        arguments = sandbox.arguments(self.folder / "sandbox.state", ready, ports)
        self.children.start("sandbox", "manage.py", "sandbox", *arguments)
        return ready

    def _note_customers(self) -> None:
        """Say so when the earlier demo's customers are not as many as asked for."""
        for slug, scene in self.scenes.items() if self.customers else ():
            wanted = SYSTEMS[slug].customers(self.customers or 0)
            held = scene.customers()
            if held != wanted:
                self.console.print(
                    f"This demo holds {held:,} customers of {scene.name} and goes on "
                    f"with them; for {wanted:,} start over with FRESH=1."
                )

    def _install(self, before: set[str]) -> list[Flow]:
        ends = {
            slug: installation.ensure_connection(SYSTEMS[slug], self.sandbox[slug].url)
            for slug in (HUBSPOT, *self.scenes)
        }
        for connection in ends.values():
            installation.check(connection)
        flows = []
        for slug, scene in self.scenes.items():
            made = installation.install_flows(
                SYSTEMS[slug], ends[slug], ends[HUBSPOT], both_ways=self.both_ways
            )
            if slug not in before:
                scene.adjust(made)
            flows += made
        return flows

    def _start_worker_and_web(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.children.start("worker", "manage.py", "worker", SITE_URL=self.url)
        self.children.start(
            "web",
            *("-m", "gunicorn", "mlconnector.wsgi", "--bind", f"127.0.0.1:{port}"),
            *("--worker-class", "gthread", "--workers", "1", "--threads", "8"),
            SITE_URL=self.url,
        )
        self.children.wait_until(lambda: answers(f"{self.url}/admin/login/"), "web")

    def _run(self, flows: Sequence[Flow]) -> list[SyncRun]:
        """One run after the other: contacts are linked to companies.

        What came back has changed the ERP's records, so those flows run once more.
        """
        back = {flow.pair_id for flow in flows if not flow.source_is_left}
        again = [f for f in flows if f.source_is_left and f.pair_id in back]
        done = []
        with RunProgress(self.console) as progress:
            for flow in (*flows, *again):
                if flow.source.system == HUBSPOT:
                    # Its users begin when their companies are there.
                    self.scenes[flow.target.system].act()
                done.append(self._run_one(flow, progress))
        return done

    def _run_one(self, flow: Flow, progress: RunProgress) -> SyncRun:
        run = installation.open_run(flow) or runs.start(flow, RunKind.SYNC, self.user)
        seen, since = -1, time.monotonic()
        while not run.final:
            self.children.check()
            done = run.read - run.pending
            if done != seen:
                seen, since = done, time.monotonic()
            elif time.monotonic() - since > PATIENCE:
                worker = self.children.named("worker")
                raise DemoError(f"{run} does not move.{worker.tail()}")
            progress.show(run)
            time.sleep(GLANCE)
            run.refresh_from_db()
        progress.show(run)
        return run

    def _sum_up(self, done: Sequence[SyncRun]) -> bool:
        left = [one for scene in self.scenes.values() for one in scene.left()]
        verdict = Verdict()
        with self._step("Both sides compared"):
            for scene in self.scenes.values():
                scene.check(verdict, left)
            held = self.sandbox[HUBSPOT].ledger(detail=False)["types"]
            for object_type, said in held.items():
                verdict.note(f"{object_type} created twice", said["created_twice"])
            failing = self._judge_runs(verdict, done, left)
            if not answers(f"{self.url}/healthz"):
                verdict.problems.append(f"{self.url}/healthz says that not all is well")
        self.console.print()
        self.console.print(summary.moved(done))
        summary.verdict(self.console, verdict)
        summary.footnote(self.console, failing, self.url)
        summary.address(self.console, self.url, installation.ADMIN, self.password)
        return verdict.ok

    def _judge_runs(
        self, verdict: Verdict, done: Sequence[SyncRun], left: Sequence[Planted]
    ) -> list[str]:
        """Note runs that failed and records that should not have; what is said of
        those that are left to a person."""
        known = {one.name: one for one in left}
        for run in done:
            if run.status not in (RunStatus.SUCCEEDED, RunStatus.PARTIAL):
                verdict.problems.append(f"{run}: {run.status}. {run.message}")
        found: dict[str, str] = {}
        failed: dict[str, list[str]] = {}
        records = SyncRecord.objects.filter(
            flow__in={run.flow_id for run in done}, outcome__in=PROBLEM
        ).select_related("flow__source")
        for record in records.order_by("pk"):
            flow = record.flow
            one = known.get((flow.source.system, flow.source_object, record.source_id))
            if one:
                found[record.source_id] = f"{flow}, {record.source_id}: {one.why}"
            else:
                failed.setdefault(f"{flow}", []).append(
                    f"{record}: {record.error_message}"
                )
        for name, cases in failed.items():
            verdict.note(f"records of “{name}” that should have moved", cases)
        return list(found.values())

    @contextmanager
    def _step(self, what: str) -> Iterator[None]:
        """Says what is being done, and when it is done, how long it took."""
        begun = time.monotonic()
        if self.console.is_terminal:
            with self.console.status(what):
                yield
        else:
            yield
        self.console.print(f"{what} ({time.monotonic() - begun:.1f} s)", style="dim")


def start_over(folder: Path) -> None:
    """Remove all of a demo but its keys and password, and the lock that is held."""
    connections.close_all()
    for path in folder.iterdir():
        if path.name in ("env", "lock"):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def answers(url: str) -> bool:
    """Whether a page is served."""
    try:
        with _open(url, timeout=10) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
