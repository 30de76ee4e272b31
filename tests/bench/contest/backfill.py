"""A backfill read by us and by peers, in turn, from one stand-in.

A case of its own process: `python -m tests.bench.contest.backfill 100000`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import django

django.setup()

import msgspec  # noqa: E402

from tests.bench import report  # noqa: E402
from tests.bench.contest import contacts, peers  # noqa: E402
from tests.bench.contest.rounds import (  # noqa: E402
    Contestants,
    Finish,
    lines,
    options,
    play,
)
from tests.bench.environment import NAMES, run_case  # noqa: E402
from tests.bench.report import Line  # noqa: E402
from tests.bench.world import Sandbox, sandbox  # noqa: E402

LONGEST = 1200.0
KNOBS = (
    "hubspot.rate_limit=1000000000",
    "hubspot.daily_limit=1000000000",
    "hubspot.search_per_second=1000000",
    "hubspot.search_lag_s=0",
    "hubspot.property_lag_s=0",
)


@dataclass(frozen=True)
class Ground:
    """What one contest is about: a stand-in with so many contacts."""

    box: Sandbox
    folder: Path
    count: int
    at_once: int

    def ours(self, database: str, *, search: bool = False) -> Finish:
        """One backfill by us, in an environment of its own."""
        options = [self.box.url["hubspot"], str(self.count), str(self.at_once)]
        options += ["--search"] if search else []
        module = "tests.bench.contest.read_ours"
        said = run_case(module, database, *options, seconds=LONGEST)
        return Finish(**json.loads(said)["finish"])

    def peer(self, script: str, rows: Callable[[Path], Iterator[Any]]) -> Finish:
        """One backfill by a peer, and what it has left behind."""
        place = Path(tempfile.mkdtemp(dir=self.folder)) / "peer"
        before = self.box.hubspot.stats()
        wish = {
            "url": self.box.url["hubspot"],
            "token": contacts.TOKENS[0],
            "properties": contacts.NAMES,
        }
        (told,) = peers.ended([peers.Peer(script, place, wish)], LONGEST)
        after = self.box.hubspot.stats()
        groups = contacts.starts(self.count, self.at_once)
        wrong = contacts.problems(rows(place), groups)
        shutil.rmtree(place)
        return Finish(
            self.count,
            told["seconds"],
            told["cpu"],
            told["peak"],
            after["requests"] - before["requests"],
            after["rate_limited"] - before["rate_limited"],
            wrong,
        )


def of_dlt(folder: Path) -> Iterator[dict[str, Any]]:
    """The rows in dlt's files, with their columns' names as they were."""
    for path in sorted(folder.glob("files/hubspot/contacts/*.jsonl*")):
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for line in file:
                row = msgspec.json.decode(line)
                yield {n.removeprefix("properties__"): v for n, v in row.items()}


def of_singer(folder: Path) -> Iterator[dict[str, Any]]:
    """The records that the tap has written to its standard output."""
    with (folder / "output").open("rb") as file:
        for line in file:
            message = msgspec.json.decode(line)
            if message["type"] == "RECORD":
                yield message["record"]["properties"]


def contestants(ground: Ground, given: argparse.Namespace) -> Contestants:
    """Ours on each database, then the peers; where contacts share a time, ours by the
    search too: there a shared time is a trap, in the list it is none."""
    found: dict[str, Callable[[], Finish]] = {
        f"ours, {NAMES[one]}": partial(ground.ours, one) for one in given.databases
    }
    if ground.at_once:
        for one in given.databases[-1:]:
            name = f"ours, {NAMES[one]}, by search"
            found[name] = partial(ground.ours, one, search=True)
    if not given.without_peers:
        found[peers.label("dlt")] = partial(ground.peer, "dlt_read.py", of_dlt)
        tap = partial(ground.peer, "singer_read.py", of_singer)
        found[peers.label("singer")] = tap
    return found


def measure(given: argparse.Namespace, at_once: int) -> list[Line]:
    """All rounds over so many contacts, `at_once` of them of one time."""
    count = given.count
    with sandbox(0, *KNOBS) as box, tempfile.TemporaryDirectory() as folder:
        contacts.define(box.url["hubspot"])
        contacts.fill(box.hubspot, count, at_once)
        ground = Ground(box, Path(folder), count, at_once)
        found = play(contestants(ground, given), given.rounds)
    return lines(found, "at once, " if at_once else "")


def main() -> None:
    """Measure one case and hand its lines to the parent."""
    parser = options()
    parser.add_argument("--at-once", type=int, default=0)
    report.end_on_sigterm()
    given = parser.parse_args()
    report.emit(measure(given, given.at_once))


if __name__ == "__main__":
    main()
