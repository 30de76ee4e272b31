"""Rounds of a contest: who is next, and what is shown of all rounds."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from tests.bench.environment import CaseError
from tests.bench.processes import DeadError
from tests.bench.report import Line


@dataclass
class Finish:
    """How one contestant came through one round.

    Seconds and processor seconds of the work; `peak` in MiB, all its processes
    together; `refused` counts the answers 429.
    """

    records: int
    seconds: float = 0.0
    cpu: float = 0.0
    peak: float = 0.0
    requests: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)


Contestants = Mapping[str, Callable[[], Finish]]


def rotated(names: Sequence[str], turn: int) -> list[str]:
    """The order of a round: another one begins each time."""
    first = turn % len(names)
    return [*names[first:], *names[:first]]


def play(contestants: Contestants, rounds: int) -> dict[str, list[Finish]]:
    """All rounds of all contestants; who falls is wrong, and the others go on."""
    names = list(contestants)
    found: dict[str, list[Finish]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in rotated(names, turn):
            try:
                finish = contestants[name]()
            except (CaseError, DeadError) as error:
                finish = Finish(0, wrong=[f"did not come to its end: {error}"])
            found[name].append(finish)
    return found


def lines(found: Mapping[str, Sequence[Finish]], prefix: str = "") -> list[Line]:
    """One line for each contestant: medians, and the spread of its times."""
    return [_line(prefix + name, rounds) for name, rounds in found.items()]


def _line(case: str, rounds: Sequence[Finish]) -> Line:
    seconds = [one.seconds for one in rounds]
    middle, cpu = median(seconds), median(one.cpu for one in rounds)
    records = median(one.records for one in rounds)
    figures = {
        "records": records,
        "seconds": middle,
        "spread": f"{min(seconds):.1f}–{max(seconds):.1f}",
        "rate": records / middle if middle else None,
        "cpu": cpu,
        "per_core": records / cpu if cpu else None,
        "peak": max(one.peak for one in rounds),
        "requests": median(one.requests for one in rounds),
        "refused": median(one.refused for one in rounds),
    }
    wrong = dict.fromkeys(reason for one in rounds for reason in one.wrong)
    return Line(case, figures, list(wrong))


def options() -> argparse.ArgumentParser:
    """What every contest is told: how many records, rounds, on which databases."""
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--databases", type=_names, default=["sqlite", "postgresql"])
    parser.add_argument("--without-peers", action="store_true")
    return parser


def _names(text: str) -> list[str]:
    return text.split(",")
