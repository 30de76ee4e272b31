"""Flows in both directions: what the second one costs the first, and what it does.

Customers are carried over one way, changed and measured; then the back flow is
installed, and the same changes come again while some companies change in HubSpot too.

A case of its own process: `python -m tests.bench.twoway 50000 20000`.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import django

django.setup()

from connectors.models import Flow, ObjectPair, RunKind, SyncRecord  # noqa: E402
from connectors.sync import connect  # noqa: E402
from connectors.sync.mapping.versions import compiled  # noqa: E402
from connectors.sync.push import CLAIM  # noqa: E402
from tests.bench import report  # noqa: E402
from tests.bench.install import install, install_back  # noqa: E402
from tests.bench.report import Line  # noqa: E402
from tests.bench.sides import OWNERS, World, in_hubspot, in_jde  # noqa: E402
from tests.bench.world import Measured, Meter, Sandbox, sandbox, unscheduled, worker  # noqa: E402

LONGEST = 600.0
# Seconds on HubSpot's clock after which its search shows a write, and after which a
# read no longer goes back to it.
SHOWN, PAST = 4.0, 120.0
ROUNDS = 2


def written(box: Sandbox) -> Counter[str]:
    """What each side's own book counts."""
    books = {"JDE": box.jde, "HubSpot": box.hubspot}
    found: Counter[str] = Counter()
    for side, control in books.items():
        totals = control.ledger(detail=False)["totals"]
        for word in ("created", "updated", "deleted"):
            found[f"{side} {word}"] = totals[word]
    return found


@dataclass
class Bench:
    """Runs flows and says what is not exactly right of each run."""

    box: Sandbox
    meter: Meter
    lines: list[Line] = field(default_factory=list)

    def run(
        self,
        name: str,
        flow: Flow,
        kind: RunKind,
        updates: int,
        *,
        of: int = 0,
        created: int = 0,
    ) -> Measured:
        """One run that must create and update so many of its target and write nothing
        else.

        `of`: the changes that count as records; without it what was read does.
        """
        side = "HubSpot" if flow.source_is_left else "JDE"
        before = written(self.box)
        measured = self.meter.run(flow, kind, LONGEST)
        run = measured.run
        done = written(self.box)
        done.subtract(before)
        wanted = Counter({f"{side} created": created, f"{side} updated": updates})
        got = {n: getattr(run, n) for n in ("created", "updated", "unchanged", "read")}
        rest = run.read - created - updates
        checks = {
            f"the run {run.status}: {run.message}": run.status == "succeeded",
            f"{got}, not {created:,} and {updates:,}": (
                (run.created, run.updated, run.unchanged) == (created, updates, rest)
            ),
            f"only {run.read:,} read": run.read >= of,
            f"the systems' own books: {dict(done)}": done == wanted,
        }
        wrong = [what for what, right in checks.items() if not right]
        figures = _figures(measured, of or run.read)
        self.lines.append(Line(name, figures, wrong))
        return measured

    def wait(self, seconds: float) -> None:
        """Let time pass in HubSpot."""
        self.box.hubspot.clock(advance_s=seconds)

    def add(self, problems: Sequence[str]) -> None:
        """What was seen after the last run."""
        self.lines[-1].wrong += problems


def _figures(measured: Measured, records: int) -> dict[str, Any]:
    run, cpu = measured.run, measured.cpu
    return {
        "read": run.read,
        "written": run.updated,
        "seconds": measured.seconds,
        "rate": records / measured.seconds,
        "cpu_ours": cpu["ours"],
        "cpu_database": cpu["database"] or None,
        "cpu_each": (cpu["ours"] + cpu["database"]) / max(1, records) * 1e6,
        "jde": measured.requests["jde"],
        "hubspot": measured.requests["hubspot"],
        "each": 100 * measured.requests["hubspot"] / max(1, records),
    }


def conflict_problems(measured: Measured, world: World, round_: int) -> list[str]:
    """Whether exactly those that changed on both sides were told, each with the right
    winner and what both sides had."""
    wanted = {
        one: (name, "source" if name == "name" else "target", "owner",
              f"{name} {round_} of {one}", f"HubSpot {name} {round_}")
        for one in world.both
        for name in (world.turn[one],)
    }  # fmt: skip
    rows = SyncRecord.objects.filter(run=measured.run).exclude(choices=None)
    told: dict[str, list[tuple[str, ...]]] = {}
    for one, choices in rows.values_list("source_id", "choices"):
        if choices:
            told[one] = [_said(choice) for choice in choices]
    if told == {one: [choice] for one, choice in wanted.items()}:
        return []
    odd = next(o for o in chain(wanted, told) if told.get(o) != [wanted.get(o)])
    said = f"{told.get(odd)}, not {wanted.get(odd)}"
    return [f"{len(told):,} conflicts, not {len(wanted):,}; like {odd}: {said}"]


def _said(choice: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(choice[n] for n in ("field", "winner", "rule", "source", "target"))


def one_way(bench: Bench, flow: Flow, customers: int, changes: int) -> World:
    """All customers, not measured; then changes of some, without a back flow.

    Twice, as both ways: what is done for the first time is slower.
    """
    bench.run("", flow, RunKind.BACKFILL, 0, created=customers)
    backfill = bench.lines.pop()
    begins = in_jde(bench.box)[1]
    wanted, ids = in_hubspot(bench.box)
    world = World(bench.box, begins, ids, wanted)
    world.choose(changes)
    for round_ in range(1, ROUNDS + 1):
        world.change_jde(round_)
        bench.run(f"one way, {round_}", flow, RunKind.SYNC, changes, of=changes)
    bench.add([*backfill.wrong, *world.differences()])
    return world


def both_ways(bench: Bench, flow: Flow, back: Flow, world: World, round_: int) -> None:
    """The same changes again, and some in HubSpot, half of them of the same field."""
    changes, lost = len(world.changed), len(world.lost)
    bench.wait(PAST)
    world.change_jde(round_)
    world.change_hubspot(round_)
    name = f"both ways, {round_ - ROUNDS}"
    there = bench.run(name, flow, RunKind.SYNC, changes - lost, of=changes)
    bench.add(conflict_problems(there, world, round_))
    bench.wait(SHOWN)
    returned = lost + len(world.there)
    bench.run("   back", back, RunKind.SYNC, returned)
    bench.add(world.differences())


def reads_alone(bench: Bench, flow: Flow, world: World) -> None:
    """The batch reads that the second direction needs, and nothing else: of the same
    companies, with the same fields, as many at a time."""
    keys = [world.ids[one] for one in world.changed]
    before = bench.box.requests()["hubspot"]
    began = time.monotonic()
    with connect.open_connector(flow.target) as connector:
        fields = sorted(compiled(flow).reads)
        for start in range(0, len(keys), CLAIM):
            some = keys[start : start + CLAIM]
            found = connector.fetch(flow.target_object, some, fields=fields)
            assert len(found) == len(some)
    seconds = time.monotonic() - began
    calls = bench.box.requests()["hubspot"] - before
    figures = {"read": len(keys), "seconds": seconds, "hubspot": calls}
    bench.lines.append(Line("batch reads alone", figures))


def measure(customers: int, changes: int, latency_ms: float) -> list[Line]:
    """One way, both ways, and once more when nothing has changed."""
    knobs = ("hubspot.rate_limit=1000000", "hubspot.existing_share=0")
    with sandbox(customers, *knobs) as box:
        flow = install(box.url)[0]
        unscheduled()
        with worker() as labour:
            bench = Bench(box, Meter(box, labour))
            for control in (box.jde, box.hubspot):
                control.config(latency_ms=latency_ms)
            world = one_way(bench, flow, customers, changes)
            back = install_back(flow)
            ObjectPair.objects.filter(pk=flow.pair_id or 0).update(owners=OWNERS)
            unscheduled()
            bench.wait(PAST)
            bench.run("   back, first", back, RunKind.BACKFILL, 0)
            for round_ in range(ROUNDS + 1, 2 * ROUNDS + 1):
                both_ways(bench, flow, back, world, round_)
            reads_alone(bench, flow, world)
            bench.wait(SHOWN)
            bench.run("nothing new", flow, RunKind.SYNC, 0)
            bench.run("   back", back, RunKind.SYNC, 0)
            bench.add(world.differences())
    return bench.lines


if __name__ == "__main__":
    report.end_on_sigterm()
    parser = argparse.ArgumentParser()
    parser.add_argument("customers", type=int)
    parser.add_argument("changes", type=int)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    chosen = parser.parse_args()
    report.emit(measure(chosen.customers, chosen.changes, chosen.latency_ms))
