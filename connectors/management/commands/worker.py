"""Run a worker."""

from __future__ import annotations

from typing import Any

from connectors.management.common import ConsoleCommand
from connectors.sync.worker.supervisor import Supervisor


class Command(ConsoleCommand):
    help = """\
Runs the background work: starts django-q's cluster (“qcluster”) in a process session
of its own, watches it, starts it again when it ends or hangs, and sweeps.

Start this rather than “qcluster”: a signal to the whole process group, as a terminal,
a Procfile runner and systemd send it, kills that cluster in the middle of its work.
Here it reaches only the supervisor, which lets the cluster finish what it has begun;
that may take a minute and a half. Q_WORKERS says how many tasks run at once. As many
workers on as many hosts as you like may share one PostgreSQL database."""
    examples = ("worker", "worker  # with Q_WORKERS=4 in the environment")
    exit_codes = {
        0: "stopped by SIGTERM or SIGINT, after finishing what was begun",
    }

    def handle(self, **_options: Any) -> None:
        Supervisor().run()
