"""The benchmarks still run, in sizes too small to say anything, and without peers."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.bench import report
from tests.bench.__main__ import BENCHES, stream_verdict
from tests.bench.contest import contacts, peers
from tests.bench.contest.benches import CONTESTS
from tests.bench.contest.rounds import Finish, lines, play, rotated
from tests.bench.environment import run_case
from tests.bench.processes import DeadError
from tests.bench.report import Line
from tests.sync.ledgers.proof import THOROUGH

CASES = [case for bench in BENCHES.values() for case in bench.cases]
CASES += [case for contest in CONTESTS.values() for case in contest.cases(10)]
# Half a minute each.
thorough = pytest.mark.skipif(not THOROUGH, reason="only with MLC_THOROUGH=1")
OURS_ALONE = ("--rounds", "1", "--databases", "sqlite", "--without-peers")


def of_case(module: str, *options: str) -> list[Line]:
    return report.received(
        run_case(f"tests.bench.{module}", "sqlite", *options, seconds=500)
    )


@pytest.mark.parametrize("module", sorted({case.module for case in CASES}))
def test_every_case_can_be_imported(module: str) -> None:
    importlib.import_module(module)


def test_a_flow_is_measured_and_right() -> None:
    found = of_case("flow", "40")
    assert [line.wrong for line in found] == [[], []]
    assert found[0].figures["records"] == 40


def test_a_stream_is_measured_and_right() -> None:
    (line,) = of_case("stream", "300")
    assert line.wrong == []
    assert line.figures["peak"] >= line.figures["before"] > 0


@thorough
def test_our_part_of_the_backfill_is_measured_and_right() -> None:
    """By the list and by the search, with more contacts of one time than a page has."""
    found = of_case("contest.backfill", "450", "--at-once", "320", *OURS_ALONE)
    assert [line.wrong for line in found] == [[], []]
    assert [line.figures["records"] for line in found] == [450, 450]


@thorough
def test_our_part_of_the_rejects_is_measured_and_right() -> None:
    (line,) = of_case("contest.rejects", "400", *OURS_ALONE)
    assert line.wrong == []
    assert line.figures["refused"] == 0
    assert line.figures["requests"] >= 4


GROUPS = contacts.starts(250, 120)


def arrived() -> list[dict[str, str]]:
    marks = [f"{first}.{n}" for first, size in GROUPS for n in range(size)]
    return [contacts.values(mark) for mark in marks]


def without_one(rows: list[dict[str, str]]) -> None:
    rows.pop()


def one_twice(rows: list[dict[str, str]]) -> None:
    rows.append(rows[0])


def another_value(rows: list[dict[str, str]]) -> None:
    rows[3][contacts.OURS[7]] = "something else"


def test_contacts_that_arrived_as_they_are_have_no_problems() -> None:
    assert sum(size for _, size in GROUPS) == 250
    assert contacts.problems(arrived(), GROUPS) == []


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (without_one, "1 of 250 rows missing"),
        (one_twice, "1 rows twice or unknown"),
        (another_value, "1 rows with other values"),
    ],
)
def test_what_is_wrong_with_contacts_is_told(spoil: Any, said: str) -> None:
    rows = arrived()
    spoil(rows)
    assert contacts.problems(rows, GROUPS) == [said]


def test_everybody_begins_a_round_equally_often() -> None:
    orders = [rotated(["a", "b", "c"], turn) for turn in range(6)]
    assert sorted(order[0] for order in orders) == ["a", "a", "b", "b", "c", "c"]
    assert all(sorted(order) == ["a", "b", "c"] for order in orders)


def test_who_falls_is_wrong_and_the_others_go_on() -> None:
    def falls() -> Finish:
        raise DeadError("fell")

    found = play({"one": falls, "other": lambda: Finish(3, seconds=2.0)}, rounds=2)
    one, other = lines(found)
    assert one.wrong == ["did not come to its end: fell"]
    assert other.wrong == []
    assert other.figures["rate"] == 1.5


def test_one_wrong_round_is_enough_to_have_no_time() -> None:
    right, wrong = Finish(1, seconds=1.0), Finish(1, seconds=9.0, wrong=["1 missing"])
    (line,) = lines({"one": [right, wrong, right]})
    assert line.wrong == ["1 missing"]


def test_the_median_and_the_spread_are_shown() -> None:
    rounds = [Finish(10, seconds=one) for one in (5.0, 1.0, 2.0)]
    (line,) = lines({"one": rounds})
    assert line.figures["seconds"] == 2.0
    assert line.figures["spread"] == "1.0–5.0"


@pytest.mark.parametrize(("peak", "said"), [(80.0, "+0%"), (120.0, "+50%")])
def test_growing_memory_of_a_stream_is_told(peak: float, said: str) -> None:
    sizes: list[Mapping[str, float]] = [
        {"records": 100, "peak": 80.0},
        {"records": 1000, "peak": peak},
    ]
    (verdict,) = stream_verdict([Line("", dict(one)) for one in sizes])
    assert f"memory, 10 times the contacts: {said}" in verdict


def test_peers_are_pinned_and_stay_out_of_the_product() -> None:
    pins = [
        line.split("==")
        for line in peers.REQUIREMENTS.read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert all(len(pin) == 2 and pin[1] for pin in pins)
    assert {peers.label(one) for one in peers.NAMES} == {
        f"{name.partition('[')[0]} {version}" for name, version in pins
    }
    root = Path(peers.REQUIREMENTS).parents[2]
    for path in root.glob("requirements*.txt"):
        assert not [pin for pin in pins if pin[0].split("[")[0] in path.read_text()]
