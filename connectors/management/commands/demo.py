"""Show everything at work, with nothing but this machine."""

from __future__ import annotations

import fcntl
import logging
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from rich.console import Console
from rich.text import Text

from connectors.management.children import ChildError, ignore_signals, stoppable
from connectors.management.common import (
    LOOK,
    NOT_NOW,
    USAGE,
    WIDTH,
    ConsoleCommand,
)
from connectors.management.demo.installation import InstallationError
from connectors.management.demo.show import CUSTOMERS, Demo, DemoError, start_over
from connectors.management.demo.systems import ERPS
from connectors.sdk.errors import ConnectorError
from connectors.sync.runs import RunRefusedError


class Command(ConsoleCommand):
    help = """\
Shows everything at work: starts stand-ins of JD Edwards, SYSPRO, QAD and HubSpot, a
worker and the web console, connects them, moves what their flows carry, compares both
sides and keeps serving until Control-C. Start it with `make demo`: it needs settings of
its own, so that it never touches another installation.

All of it is kept in var/demo. A second demo goes on where the first one stopped, and
moves only what has changed."""
    # Model checks open the database, which a demo that starts over has to remove.
    requires_system_checks: tuple[str, ...] = ()
    examples = (
        "demo                      # as make demo does",
        "demo --once               # stop at the end: for scripts",
        "demo --customers 5000 --fresh",
        "demo --systems jde qad    # two of the ERPs",
        "demo --one-way --once     # into HubSpot alone",
    )
    exit_codes = {
        1: "something did not move as it should, or could not be started",
        2: "not started by make demo (or python -m connectors.management.demo)",
        3: "another demo is running in this folder",
    }

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--customers",
            type=int,
            help="customers to invent in a new demo (default: "
            f"{CUSTOMERS} in JD Edwards); the smaller ERPs get a share of them",
        )
        parser.add_argument(
            "--systems",
            nargs="+",
            choices=ERPS,
            default=ERPS,
            metavar="ERP",
            help=f"which of {', '.join(ERPS)} (default: all); those of an earlier "
            "demo in the folder stay",
        )
        parser.add_argument(
            "--port", type=int, default=8000, help="of the console (default: 8000)"
        )
        parser.add_argument(
            "--once", action="store_true", help="stop everything at the end and leave"
        )
        parser.add_argument(
            "--fresh", action="store_true", help="start over: forget earlier demos"
        )
        parser.add_argument(
            "--one-way",
            action="store_true",
            help="move nothing that HubSpot's users do into an ERP: no changes, "
            "products, invoices, payments, orders",
        )

    def handle(
        self,
        *,
        customers: int | None,
        port: int,
        once: bool,
        fresh: bool,
        one_way: bool,
        systems: Sequence[str],
        **_options: Any,
    ) -> None:
        if "DEMO_PASSWORD" not in os.environ:
            raise CommandError(
                "The demo has settings of its own: start it with “make demo”.",
                returncode=USAGE,
            )
        # What the worker and the console log is in files of theirs.
        logging.getLogger("connectors").setLevel(logging.WARNING)
        console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
        with alone(Path(settings.DATA_DIR)), stoppable():
            if fresh:
                start_over(Path(settings.DATA_DIR))
            demo = Demo(console, customers, port, not one_way, systems)
            try:
                well = demo.play()
                if not once:
                    demo.serve()
            except KeyboardInterrupt:
                well = True
            except (ChildError, DemoError, InstallationError, RunRefusedError,
                    ConnectorError) as error:  # fmt: skip
                console.print(Text.from_ansi(str(error)), style="red")
                well = False
            finally:
                stop(demo, console)
        if not well:
            raise CommandError("The demo did not go as it should.", returncode=LOOK)


def stop(demo: Demo, console: Console) -> None:
    """Stop the children; whoever is impatient waits, or they would be cut off."""
    ignore_signals()
    try:
        # A terminal that was closed cannot be written to.
        with suppress(OSError):
            console.print("Stopping ...", style="dim")
    finally:
        demo.close()
    with suppress(OSError):
        console.print("Stopped.", style="dim")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; it is free again however the demo ends."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                "Another demo is running in this folder.", returncode=NOT_NOW
            ) from None
        yield
