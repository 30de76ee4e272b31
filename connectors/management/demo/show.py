"""The demo from beginning to end."""

from __future__ import annotations

import json
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
from connectors.management.demo import documents, installation, summary, unsettled
from connectors.management.demo.planted import Planted, plant, planted
from connectors.management.demo.verify import Verdict, verify
from connectors.management.progress import RunProgress
from connectors.models import Flow, RunKind, RunStatus, SyncRecord, SyncRun
from connectors.models.record import PROBLEM
from connectors.sandbox.core.client import ControlClient
from connectors.sync import runs

CUSTOMERS = 1000
GLANCE = 0.25
# Seconds without any change in a run before something must be wrong.
PATIENCE = 120.0
SYSTEMS = ("hubspot", "jde")
SANDBOX_PORTS = (8801, 8802)
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
    folder: Path = field(default_factory=lambda: Path(settings.DATA_DIR))
    children: Children = field(init=False)
    url: str = ""
    sandbox: dict[str, ControlClient] = field(default_factory=dict)
    user: Any = None

    def __post_init__(self) -> None:
        self.children = Children(Path(settings.BASE_DIR), self.folder)

    @property
    def password(self) -> str:
        """The password of the console, from the demo's settings file."""
        return os.environ["DEMO_PASSWORD"]

    def play(self) -> bool:
        """All of it; whether everything moved as it should."""
        again = self._look_back()
        web_port, *sandbox_ports = self._ports()
        # Both take seconds and need nothing of the database.
        pages = self.children.start("pages", "manage.py", "collectstatic", "--noinput")
        pages.ends = True
        ready = self._start_sandbox(sandbox_ports)
        with self._step("Database"):
            call_command("migrate", verbosity=0)
            self.user = installation.ensure_admin(self.password)
            installation.free_what_was_held()
        with self._step("Sandbox: JD Edwards and HubSpot"):
            self._meet_sandbox(ready)
            if not again:
                plant(self.sandbox["jde"])
                unsettled.prepare(self.sandbox["jde"])
        self._note_customers()
        with self._step("Connections, fields and flows"):
            flows = self._install()
            if not again:
                unsettled.ask_about_phones(flows)
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

    def _look_back(self) -> bool:
        """Whether an earlier demo goes on here; one that was cut off starts over."""
        state, database = self.folder / "sandbox.state", self._database()
        if state.exists() and database.exists():
            self.console.print(
                "This folder has had its demo already: it goes on where that stopped, "
                "so only what has changed since will move. FRESH=1 starts over."
            )
            return True
        if database.exists():
            self.console.print(
                "The last demo in this folder was cut off: starting over."
            )
        start_over(self.folder)
        return False

    def _database(self) -> Path:
        return Path(settings.DATABASES["default"]["NAME"])

    def _ports(self) -> list[int]:
        wanted = (self.port, *SANDBOX_PORTS)
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
        wanted = self.customers or CUSTOMERS
        arguments = ["--state", str(self.folder / "sandbox.state")]
        arguments += ["--ready-file", str(ready), "--customers", str(wanted)]
        for system, port in zip(SYSTEMS, ports, strict=True):
            arguments += [f"--{system}-port", str(port), "--only", system]
        self.children.start("sandbox", "manage.py", "sandbox", *arguments)
        return ready

    def _meet_sandbox(self, ready: Path) -> None:
        self.children.wait_until(ready.exists, "sandbox")
        for system, told in json.loads(ready.read_text()).items():
            self.sandbox[system] = ControlClient(told["url"])

    def _note_customers(self) -> None:
        """Say so when the earlier demo's customers are not as many as asked for."""
        held = sum(row["AT1"] == "C" for row in self.sandbox["jde"].records("F0101"))
        if self.customers and held != self.customers:
            self.console.print(
                f"This demo holds {held:,} customers and goes on with them; for "
                f"{self.customers:,} start over with FRESH=1."
            )

    def _install(self) -> list[Flow]:
        ends = {
            system: installation.ensure_connection(system, self.sandbox[system].url)
            for system in SYSTEMS
        }
        for connection in ends.values():
            installation.check(connection)
        return installation.install_flows(
            ends["jde"], ends["hubspot"], both_ways=self.both_ways
        )

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
                if flow.source.system == "hubspot":
                    # Its users begin when their companies are there.
                    documents.seed(self.sandbox["jde"], self.sandbox["hubspot"])
                done.append(self._run_one(flow, progress))
        return done

    def _run_one(self, flow: Flow, progress: RunProgress) -> SyncRun:
        run = open_run(flow) or runs.start(flow, RunKind.SYNC, self.user)
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
        spoiled = planted(self.sandbox["jde"])
        left = [*spoiled, *unsettled.unsettled(self.sandbox["hubspot"])]
        with self._step("Both sides compared"):
            token = installation.CREDENTIALS["hubspot"]["access_token"]
            verdict = verify(
                self.sandbox["jde"],
                self.sandbox["hubspot"],
                token,
                {one.key for one in spoiled},
            )
            if self.both_ways:
                documents.check(self.sandbox["jde"], self.sandbox["hubspot"], verdict)
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
        found = {}
        records = SyncRecord.objects.filter(
            flow__in={run.flow_id for run in done}, outcome__in=PROBLEM
        ).select_related("flow__source")
        for record in records.order_by("pk"):
            flow = record.flow
            one = known.get((flow.source.system, flow.source_object, record.source_id))
            if one:
                found[record.source_id] = f"{flow}, {record.source_id}: {one.why}"
            else:
                verdict.problems.append(f"{flow}: {record}: {record.error_message}")
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


def open_run(flow: Flow) -> SyncRun | None:
    """A run of the flow that is under way, left over by an earlier demo."""
    open_runs = flow.runs.filter(status__in=runs.OPEN).exclude(kind=RunKind.REPLAY)
    return open_runs.select_related("flow").first()


def answers(url: str) -> bool:
    """Whether a page is served."""
    try:
        with _open(url, timeout=10) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
