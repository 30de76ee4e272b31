"""The benchmarks of us beside peers: what they measure, and what is said of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tests.bench import report
from tests.bench.cases import Case, lines_of
from tests.bench.contest import peers
from tests.bench.report import Column, Line, console
from tests.bench.tables import BACKFILL, REJECTS

LONGEST = 7200.0


@dataclass(frozen=True)
class Contest:
    """All databases in one table, all contestants in turn; `cases` by their size."""

    title: str
    columns: Sequence[Column]
    cases: Callable[[int], Sequence[Case]]
    size: int
    quick: int
    notes: str


def _backfill(count: int, at_once: int) -> Case:
    options = (str(count), "--at-once", str(at_once))
    return Case("tests.bench.contest.backfill", options, LONGEST)


CONTESTS = {
    "backfill": Contest(
        "All contacts, 100 properties each, read by us and by peers",
        BACKFILL,
        lambda size: [_backfill(size, 0), _backfill(size, size // 5)],
        100_000,
        10_000,
        """\
  Ours reads, keeps an audit row for each record, maps it and stores its outcome, with
  two workers that are up. The peers read into files and keep no audit; starting them is
  not counted. CPU: worker and database. Peak: all processes, without PostgreSQL's.
  At once: every fifth contact has the same timestamp. All read the list, where that is
  no trap. In the search, by which ours reads changes, it is one: "by search" is ours
  reading all contacts as changes.
""",
    ),
    "rejects": Contest(
        "Companies written by two flows at once, 190 requests / 10 s",
        REJECTS,
        lambda size: [Case("tests.bench.contest.rejects", (str(size),), LONGEST)],
        40_000,
        8_000,
        """\
  Ours keeps an audit row for each record with its outcome; the peers keep none. Their
  scripts (tests/bench/peers) are as short as their documentation has them, and say what
  they do about refusals. From the first request to the last outcome; the floor is what
  so many requests need, the search for bad rows included. CPU: worker and database.
  Peak: all processes, without PostgreSQL's.
""",
    ),
}


def hold(contest: Contest, databases: Sequence[str], size: int, rounds: int) -> bool:
    """Run a contest and show its table; whether all was right with us."""
    options = ["--rounds", str(rounds), "--databases", ",".join(databases)]
    if not _peers():
        options.append("--without-peers")
    lines: list[Line] = []
    for case in contest.cases(size):
        # Each round of ours has a database of its own; this one is the referee's.
        lines += lines_of(replace(case, options=[*case.options, *options]), "sqlite")
    title = f"{contest.title} · {os.cpu_count()} cores · rounds: {rounds}"
    report.show(title, contest.columns, lines)
    console.print(contest.notes, highlight=False)
    return not any(line.wrong for line in lines if not _of_peers(line))


def _peers() -> bool:
    """Whether the peers are there; says when they are, or cannot be, installed."""
    try:
        if not peers.installed():
            console.print(f"[dim]Installing the peers into {peers.VENV} ...[/dim]")
        peers.install()
    except peers.NotInstalledError as error:
        console.print(f"[red]The peers are NOT measured[/red]: {error}\n")
        return False
    return True


def _of_peers(line: Line) -> bool:
    return line.case.endswith(tuple(map(peers.label, peers.NAMES)))
