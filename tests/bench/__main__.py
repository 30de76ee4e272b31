"""Measure, and print tables: `python -m tests.bench --help`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.bench import report
from tests.bench.cases import Case, lines_of
from tests.bench.contest.benches import CONTESTS, hold
from tests.bench.environment import NAMES, WORKERS, postgresql_problem
from tests.bench.report import Column, Line, console
from tests.bench.tables import (
    ADMIN,
    FLOW,
    GOVERNED,
    HOOKS,
    PICKUP,
    QAD,
    STREAM,
    SYSPRO,
    TWOWAY,
)

EPILOG = """\
flow      customers through poll, mapping, audit and batch upsert, by the shipped
          worker (2 workers), against a sandbox without limit or latency, then with
          200 ms per request; and once more, when nothing has changed
twoway    customers one way, then both ways: the same changes on one side, 2 % of them
          on both, as many on the other only; and once more, when nothing has changed
governed  40,000 upserts under 190 requests in 10 s, rows and whole batches refused
admin     the console's pages over 1,000,000 sync records
pickup    from a change in JD Edwards, or a pressed button, to HubSpot
qad       all items read and orders entered by the QAD connector alone, both editions
syspro    customers, contacts and invoices with lines from SYSPRO to HubSpot, by the
          worker; then the invoices again, which reads all open ones
stream    all contacts read by the HubSpot connector alone, none kept: memory stays flat
hooks     a flood of HubSpot's webhooks against the shipped web server: how soon they
          are answered, and until all they tell of has arrived
backfill  100,000 contacts of 100 properties read from a stand-in without limit, by us
          and by peers in turn; then with 20,000 that share one timestamp
rejects   40,000 companies written under 190 requests in 10 s by two flows at once, by
          us and by peers in turn; rows and whole batches are refused

Each case has a process, a sandbox and a database of its own; nothing is kept. A case
whose outcome is not exactly right shows "wrong" instead of a time. PostgreSQL is
expected on 127.0.0.1:5432, user postgres, without a password; the database mlc_bench
is dropped and created there. The peers of `backfill` and `rejects`, dlt and singer-sdk,
are installed on first use into var/peers, apart from the product.
"""


@dataclass(frozen=True)
class Bench:
    """A benchmark: its title, its table, its cases."""

    title: str
    columns: Sequence[Column]
    cases: Sequence[Case]
    quick: Sequence[Case]
    judge: Callable[[list[Line]], list[str]] = field(default=lambda _: [])


def _flow(customers: int, latency: int, seconds: float) -> Case:
    options = (str(customers), "--latency-ms", str(latency))
    return Case("tests.bench.flow", options, seconds)


def flow_verdict(lines: list[Line]) -> list[str]:
    """How memory grows with the number of records, and what latency costs."""
    first = [line for line in lines if line.case.startswith(("10,000 ", "100,000 "))]
    if any(line.wrong for line in first) or len(first) < 2:
        return []
    said = []
    small, large, *slow = first
    if large.figures["records"] > small.figures["records"]:
        growth = large.figures["peak"] / small.figures["peak"] - 1
        said.append(f"memory, ten times the records: {growth:+.0%} (aim: within 20%)")
    else:
        slow = [large]
        large = small
    if slow:
        kept = slow[0].figures["rate"] / large.figures["rate"]
        said.append(f"rate kept at 200 ms per request: {kept:.0%} (aim: over 50%)")
    return said


def twoway_verdict(lines: list[Line]) -> list[str]:
    """What the second direction costs the first, of each the last round.

    Processor time says more than records/s where others use the machine as well. The
    batch reads were measured one after the other; the workers share them.
    """
    alone = [one.figures for one in lines if one.case.startswith("one way")]
    both = [one.figures for one in lines if one.case.startswith("both ways")]
    reads = [one.figures for one in lines if one.case == "batch reads alone"]
    if not (alone and both and reads) or any(line.wrong for line in lines):
        return []
    before, after = alone[-1], both[-1]
    with_reads = before["seconds"] + reads[-1]["seconds"] / WORKERS
    rate, cpu = (after[n] / before[n] - 1 for n in ("rate", "cpu_each"))
    requests = f"{before['each']:.2f} one way, {after['each']:.2f} both ways"
    fair = with_reads / after["seconds"] - 1
    return [
        f"records/s, both ways against one way: {rate:+.0%}",
        f"records/s, against one way with the batch reads: {fair:+.0%} (aim: 15%)",
        f"processor time for a record, worker and database: {cpu:+.0%}",
        f"HubSpot requests for 100 records: {requests} (aim: one batch read more)",
    ]


def _twoway(customers: int, changes: int, latency: int, seconds: float) -> Case:
    options = (str(customers), str(changes), "--latency-ms", str(latency))
    return Case("tests.bench.twoway", options, seconds)


def stream_verdict(lines: list[Line]) -> list[str]:
    """How the reader's memory grows with the number of contacts."""
    if any(line.wrong for line in lines) or len(lines) < 2:
        return []
    small, large = (lines[n].figures for n in (0, -1))
    times, growth = large["records"] / small["records"], large["peak"] / small["peak"]
    return [
        f"memory, {times:.0f} times the contacts: {growth - 1:+.0%} (aim: within 20%)"
    ]


def _stream(count: int, seconds: float) -> Case:
    return Case("tests.bench.stream", (str(count),), seconds)


def _hooks(events: int, batch: int) -> Case:
    return Case("tests.bench.hooks", (str(events), str(batch)), 900)


FACES = ("adaptive", "enterprise")
BENCHES = {
    "flow": Bench(
        "Customers to companies, by the worker",
        FLOW,
        [_flow(10_000, 0, 600), _flow(100_000, 0, 1200), _flow(100_000, 200, 1200)],
        [_flow(10_000, 0, 600), _flow(10_000, 200, 600)],
        flow_verdict,
    ),
    "twoway": Bench(
        "Customers and companies in both directions, by the worker",
        TWOWAY,
        [_twoway(50_000, 20_000, 0, 1800)],
        [_twoway(5_000, 2_000, 0, 600)],
        twoway_verdict,
    ),
    "governed": Bench(
        "Upserts under 190 requests / 10 s, 1% of rows and 0.5% of batches refused",
        GOVERNED,
        [Case("tests.bench.governed", ("40000",), 600)],
        [Case("tests.bench.governed", ("20000",), 600)],
    ),
    "admin": Bench(
        "Pages of the console",
        ADMIN,
        [Case("tests.bench.admin", ("1000000",), 1500)],
        [Case("tests.bench.admin", ("100000",), 600)],
    ),
    "hooks": Bench(
        "A flood of webhooks, 10 at a time",
        HOOKS,
        [_hooks(10_000, 100), _hooks(10_000, 10)],
        [_hooks(10_000, 100)],
    ),
    "pickup": Bench(
        "Until HubSpot has it",
        PICKUP,
        [Case("tests.bench.pickup", ("10",), 300)],
        [Case("tests.bench.pickup", ("3",), 300)],
    ),
    "qad": Bench(
        "QAD: items read, orders entered",
        QAD,
        [Case("tests.bench.qad", ("100000", face), 600) for face in FACES],
        [Case("tests.bench.qad", ("10000", face), 300) for face in FACES],
    ),
    "syspro": Bench(
        "SYSPRO into HubSpot, by the worker",
        SYSPRO,
        [Case("tests.bench.syspro", ("25000",), 1800)],
        [Case("tests.bench.syspro", ("2000",), 600)],
    ),
    "stream": Bench(
        "All contacts, read and not kept",
        STREAM,
        [_stream(100_000, 600), _stream(1_000_000, 2400)],
        [_stream(10_000, 300), _stream(50_000, 300)],
        stream_verdict,
    ),
}


def main() -> int:
    """Run what was asked for; 1 when anything was wrong with us."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measure the product as it ships.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    known = (*BENCHES, *CONTESTS)
    parser.add_argument(
        "names", nargs="*", metavar="NAME",
        help=f"which of {', '.join(known)} (default: all)",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="smaller, in minutes")
    parser.add_argument("--db", choices=list(NAMES), help="only this database")
    beside = parser.add_argument_group("of backfill and rejects")
    beside.add_argument("--size", type=int, help="another number of records")
    beside.add_argument("--rounds", type=int, help="default: 3, with --quick 1")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(known)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    databases = _databases(chosen.db)
    if not databases:
        return 1
    right = []
    for name in chosen.names or known:
        if name in CONTESTS:
            small, rounds = chosen.quick, chosen.rounds or (1 if chosen.quick else 3)
            one = CONTESTS[name]
            size = chosen.size or (one.quick if small else one.size)
            right.append(hold(one, databases, size, rounds))
        else:
            bench = BENCHES[name]
            right += [run(bench, one, quick=chosen.quick) for one in databases]
    return 0 if all(right) else 1


def _databases(only: str | None) -> list[str]:
    wanted = [only] if only else list(NAMES)
    if "postgresql" in wanted and (problem := postgresql_problem()):
        console.print(f"[red]PostgreSQL is NOT measured[/red]: {problem}\n")
        wanted.remove("postgresql")
    return wanted


def run(bench: Bench, database: str, *, quick: bool) -> bool:
    """Run a benchmark's cases and show its table; whether all was right."""
    cases = bench.quick if quick else bench.cases
    lines = [one for case in cases for one in lines_of(case, database)]
    title = f"{bench.title} · {NAMES[database]} · {os.cpu_count()} cores"
    report.show(title, bench.columns, lines)
    for verdict in bench.judge(lines):
        console.print(f"  {verdict}\n", highlight=False)
    return not any(line.wrong for line in lines)


if __name__ == "__main__":
    sys.exit(main())
