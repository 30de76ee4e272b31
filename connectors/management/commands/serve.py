"""Run console and worker together."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from connectors.management.children import (
    ChildError,
    Children,
    ignore_signals,
    stoppable,
)
from connectors.management.common import LOOK, ConsoleCommand


class Command(ConsoleCommand):
    help = """\
Runs the web console and a worker together, for a single machine without anything that
runs the Procfile. Both write to this command's output. When one of them ends, the other
is stopped too and the command ends: let systemd or the like start it again."""
    examples = ("serve", "serve --host 0.0.0.0 --port 8080")
    exit_codes = {
        0: "stopped by Control-C or SIGTERM, after finishing what was begun",
        1: "console or worker ended by itself: its output says why",
    }

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--host",
            default="127.0.0.1",
            help="address to listen on (default: %(default)s)",
        )
        parser.add_argument(
            "--port", type=int, default=8000, help="port to listen on (default: 8000)"
        )
        parser.add_argument(
            "--web-workers", type=int, default=2, help="processes of the web server"
        )
        parser.add_argument(
            "--threads", type=int, default=4, help="threads in each of them"
        )

    def handle(
        self, *, host: str, port: int, web_workers: int, threads: int, **_options: Any
    ) -> None:
        children = Children(Path(settings.BASE_DIR))
        with stoppable():
            try:
                children.start("worker", "manage.py", "worker")
                children.start(
                    "console",
                    *("-m", "gunicorn", "mlconnector.wsgi", "--bind", f"{host}:{port}"),
                    *("--worker-class", "gthread", "--workers", str(web_workers)),
                    *("--threads", str(threads), "--access-logfile", "-"),
                )
                self._watch(children)
            except KeyboardInterrupt:
                return
            except ChildError as error:
                raise CommandError(str(error), returncode=LOOK) from error
            finally:
                ignore_signals()
                children.stop()

    def _watch(self, children: Children) -> None:
        while True:
            children.check()
            time.sleep(0.5)
