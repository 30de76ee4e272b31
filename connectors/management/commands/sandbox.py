"""Serve the local stand-ins of the external systems."""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from connectors.sandbox.core.config import ConfigError
from connectors.sandbox.core.control import CONTROL
from connectors.sandbox.core.runner import PortTakenError, Service, serve
from connectors.sandbox.core.standin import StandIn
from connectors.sandbox.core.state import StateError, ensure_place, load, save
from connectors.sandbox.registry import STAND_INS, stand_in_class

FIRST_PORT = 8801
FAILED = 2
# Many small objects live for ever here: rarer collections, same memory.
GC_THRESHOLD = (100_000, 20, 50)

HELP = """\
Serves local stand-ins of the external systems on loopback, in one process, with
believable data. They are stateful and as strict as the real systems: they check
credentials and scopes, enforce rate limits, reject bad values and page. Everything
is in memory and gone when it stops, unless --state names a file to keep it in.

Each stand-in has a control surface under /__sandbox__/ on its own port:
  GET / config log faults ledger records/<type> clock stats
  PATCH config clock    POST reset seed edit    PUT faults    DELETE log faults
"""
EXAMPLES = """\
examples:
  manage.py sandbox --customers 1000
  manage.py sandbox --only hubspot --hubspot-port 0 --ready-file sandbox.json
  manage.py sandbox --latency-ms 80 --set hubspot.search_lag_s=10 \\
      --set hubspot.reject_share=0.01

exit codes:
  0  stopped by Control-C or SIGTERM
  2  wrong usage, a port that is taken, or a file that cannot be used
"""


class SettingError(ValueError):
    """A --set that cannot be applied."""


class Command(BaseCommand):
    help = HELP
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        for slug in STAND_INS:
            parser.add_argument(
                f"--{slug}-port",
                type=int,
                default=default_port(slug),
                help="0 takes any free port (default: %(default)s)",
            )
        parser.add_argument(
            "--only",
            action="append",
            choices=list(STAND_INS),
            help="serve this system alone (may be repeated)",
        )
        parser.add_argument(
            "--ready-file", type=Path, help="write addresses as JSON once listening"
        )
        self._add_behaviour(parser)

    def _add_behaviour(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--customers", type=whole, default=200, help="customers to invent"
        )
        parser.add_argument(
            "--seed", type=int, default=1, help="same seed, same data (default: 1)"
        )
        parser.add_argument(
            "--rate-limit", type=int, help="HubSpot requests per token in 10 s"
        )
        parser.add_argument(
            "--latency-ms", type=float, default=0.0, help="time every request takes"
        )
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="SYSTEM.KNOB=VALUE",
            help="turn a knob; GET /__sandbox__/config lists them (may be repeated)",
        )
        parser.add_argument(
            "--state",
            type=Path,
            metavar="FILE",
            help="go on with the records in FILE if it is there, and write them to it "
            "when stopped; a kill loses them",
        )

    def handle(self, **options: Any) -> None:
        try:
            standins = [
                prepared(slug, options) for slug in options["only"] or STAND_INS
            ]
            for place in filter(None, (options["state"], options["ready_file"])):
                ensure_place(place)
            fill(standins, options)
            asyncio.run(self._run(standins, options))
        except (PortTakenError, SettingError, ConfigError, StateError) as error:
            self.stderr.write(self.style.ERROR(f"sandbox: {error}"))
            sys.exit(FAILED)

    async def _run(self, standins: list[StandIn], options: dict[str, Any]) -> None:
        ports = {one.slug: options[f"{one.slug}_port"] for one in standins}
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        gc.set_threshold(*GC_THRESHOLD)
        service = await serve(standins, options["host"], ports)
        state: Path | None = options["state"]
        if state:
            # From now on the file is behind: a kill leaves none, not an old one.
            state.unlink(missing_ok=True)
        try:
            self._announce(service, standins)
            if options["ready_file"]:
                write_ready_file(options["ready_file"], service)
            await stop.wait()
        finally:
            await service.stop()
            if state:
                save(state, standins)
        self.stdout.write("sandbox stopped")

    def _announce(self, service: Service, standins: list[StandIn]) -> None:
        for one in standins:
            described = one.describe()
            url = service.url[one.slug]
            self.stdout.write(self.style.MIGRATE_HEADING(one.title))
            self.stdout.write(f"  address   {url}")
            self.stdout.write(f"  control   {url}{CONTROL}")
            for line in credential_lines(described):
                self.stdout.write(f"  {line}")
            self.stdout.write(f"  holds     {held_text(described)}\n\n")
        self.stdout.write("Control-C stops it.")
        self.stdout.flush()


def whole(text: str) -> int:
    """A number of things for argparse."""
    if not text.isdecimal():
        raise ArgumentTypeError(f"“{text}” is not a whole number")
    return int(text)


def default_port(slug: str) -> int:
    """A fixed port per system, in the order of the registry."""
    return FIRST_PORT + list(STAND_INS).index(slug)


def prepared(slug: str, options: dict[str, Any]) -> StandIn:
    """One stand-in with its knobs set, still empty."""
    standin = stand_in_class(slug)()
    standin.config.patch({"latency_ms": options["latency_ms"]})
    if slug == "hubspot" and options["rate_limit"] is not None:
        standin.config.patch({"rate_limit": options["rate_limit"]})
    for setting in options["set"]:
        system, name, value = parsed_setting(setting)
        if system == slug:
            standin.config.patch({name: value})
    return standin


def fill(standins: list[StandIn], options: dict[str, Any]) -> None:
    """Give the stand-ins the records of the state file, else invented ones."""
    held = load(options["state"], standins) if options["state"] else set()
    for one in standins:
        if one.slug not in held:
            one.seed(options["customers"], options["seed"])


def parsed_setting(text: str) -> tuple[str, str, Any]:
    """`hubspot.search_lag_s=3` -> system, knob, value (JSON, else plain text)."""
    target, equals, raw = text.partition("=")
    system, dot, name = target.partition(".")
    if not (equals and dot) or system not in STAND_INS:
        message = f"--set {text}: expected SYSTEM.KNOB=VALUE, SYSTEM one of "
        raise SettingError(message + ", ".join(STAND_INS))
    try:
        return system, name, json.loads(raw)
    except json.JSONDecodeError:
        return system, name, raw


def credential_lines(described: dict[str, Any]) -> list[str]:
    """What to sign in with: tokens or users, as the stand-in describes them."""
    lines = []
    for word in ("tokens", "users"):
        for position, one in enumerate(described.get(word) or []):
            shown = one
            if isinstance(one, dict):
                shown = f"{one['username']} / {one['password']}  {one.get('note', '')}"
            lines.append(f"{word if not position else '':<9} {shown}")
    return lines


def held_text(described: dict[str, Any]) -> str:
    """How many records of which kind, empty kinds left out."""
    counts = described.get("records") or described.get("tables") or {}
    held = [f"{count} {name}" for name, count in counts.items() if count]
    return ", ".join(held) or "nothing yet"


def write_ready_file(path: Path, service: Service) -> None:
    """{slug: {"url", "port"}}, complete as soon as the file is there."""
    ready = {
        slug: {"url": url, "port": int(url.rpartition(":")[2])}
        for slug, url in service.url.items()
    }
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(json.dumps(ready))
    unfinished.rename(path)
