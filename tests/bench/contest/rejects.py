"""Companies written by us and by peers, in turn, under HubSpot's limit.

Two flows (of a peer, two processes) write half of the customers each, at once, into one
account. It refuses rows inside batches, and some batches whole because of one row.

A case of its own process: `python -m tests.bench.contest.rejects 40000`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import django

django.setup()

from connectors.models import Connection, Flow  # noqa: E402
from connectors.sync import connect  # noqa: E402
from connectors.sync.mapping.versions import compiled  # noqa: E402
from tests.bench import report  # noqa: E402
from tests.bench.contest import peers  # noqa: E402
from tests.bench.contest.rounds import (  # noqa: E402
    Contestants,
    Finish,
    lines,
    options,
    play,
)
from tests.bench.environment import NAMES, run_case  # noqa: E402
from tests.bench.governed import (  # noqa: E402
    LIMIT,
    POISON,
    REJECT,
    WINDOW,
    fates,
    first_request,
    floor_seconds,
)
from tests.bench.install import MAPPED, install  # noqa: E402
from tests.bench.report import Line  # noqa: E402
from tests.bench.world import Sandbox, sandbox  # noqa: E402

LONGEST = 900.0
TOKEN = "pat-na1-sandbox-full"
KNOBS = (
    f"hubspot.rate_limit={LIMIT}",
    f"hubspot.reject_share={REJECT}",
    f"hubspot.poison_share={POISON}",
    "hubspot.property_lag_s=0",
)
Row = dict[str, str]


def rows_of(flow: Flow) -> list[Row]:
    """What the flow would send, as text: the peers get it ready-made."""
    mapping, found = compiled(flow), []
    with connect.open_connector(flow.source) as source:
        fields = mapping.source_fields
        for page in source.read(flow.source_object, None, fields=sorted(fields)):
            for record in page.records:
                values = mapping.apply(record.fields).values
                found.append({n: _text(v) for n, v in values.items() if v is not None})
    return found


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class Ground:
    """What the contest is about: customers, and which of them HubSpot refuses."""

    box: Sandbox
    folder: Path
    account: Connection
    rows: list[Row]
    bad: set[str]

    def cleared(self) -> None:
        """An account without records, with our fields."""
        self.box.hubspot.reset()
        connect.ensure_fields(self.account, "companies", MAPPED)

    def ours(self, database: str) -> Finish:
        """Both flows by us, in an environment of their own."""
        self.cleared()
        places = [self.box.url[slug] for slug in ("jde", "hubspot")]
        module = "tests.bench.contest.write_ours"
        told = json.loads(run_case(module, database, *places, seconds=LONGEST))
        finish = Finish(**told["finish"])
        finish.wrong = self.problems(told["failed"])
        good = {row["erp_key"] for row in self.rows} - self.bad
        if set(told["created"]) != good or told["rows"] != len(self.rows):
            finish.wrong.append("the audit rows are not one for each customer")
        return finish

    def peer(self, script: str) -> Finish:
        """Both halves by a peer, each in a process of its own."""
        self.cleared()
        # What the set-up has used of the first window shall not count.
        time.sleep(WINDOW + 1)
        self.box.hubspot.clear_log()
        before = self.box.hubspot.stats()
        place = Path(tempfile.mkdtemp(dir=self.folder))
        halves = [self._begun(script, place / str(turn), turn) for turn in (0, 1)]
        told = peers.ended(halves, LONGEST)
        after = self.box.hubspot.stats()
        ended = max(one["ended"] for one in told)
        return Finish(
            len(self.rows),
            ended - first_request(self.box.hubspot).timestamp(),
            sum(one["cpu"] for one in told),
            sum(one["peak"] for one in told),
            after["requests"] - before["requests"],
            after["rate_limited"] - before["rate_limited"],
            self.problems([key for one in told for key in one["refused"]]),
        )

    def _begun(self, script: str, place: Path, turn: int) -> peers.Peer:
        rows = place.with_suffix(".rows")
        rows.write_text(json.dumps(self.rows[turn::2]))
        url = self.box.url["hubspot"]
        return peers.Peer(
            script, place, {"url": url, "token": TOKEN, "rows": str(rows)}
        )

    def problems(self, told: Iterable[str]) -> list[str]:
        """What is not exactly right, by HubSpot's own book and what was reported."""
        told = set(told)
        book = self.box.hubspot.ledger("companies")["types"].get("companies", {})
        there = book.get("keys", {})
        good = {row["erp_key"]: row["name"] for row in self.rows}
        good = {key: name for key, name in good.items() if key not in self.bad}
        missing, stray = good.keys() - there.keys(), there.keys() - good.keys()
        strange = {k for k in good.keys() & there.keys() if _other(there[k], good[k])}
        silent, slandered = self.bad - told, told - self.bad
        heard = f"{len(self.bad & told):,} of {len(self.bad):,}"
        found = {
            f"refused rows reported: {heard}": silent,
            f"{len(missing):,} good rows missing": missing,
            f"{len(slandered):,} good rows reported as refused": slandered,
            f"{len(stray):,} rows that should not be there": stray,
            f"{len(strange):,} rows made twice or with other values": strange,
        }
        return [what for what, there_are in found.items() if there_are]


def _other(entry: dict[str, object], name: str) -> bool:
    last = entry["last"]
    assert isinstance(last, dict)
    return entry["created"] != 1 or last["name"] != name


def contestants(ground: Ground, given: argparse.Namespace) -> Contestants:
    """Ours on each database, then the peers."""
    found: dict[str, Callable[[], Finish]] = {
        f"ours, {NAMES[one]}": partial(ground.ours, one) for one in given.databases
    }
    if not given.without_peers:
        for peer in ("dlt", "singer"):
            found[peers.label(peer)] = partial(ground.peer, f"{peer}_write.py")
    return found


def measure(given: argparse.Namespace) -> list[Line]:
    """All rounds over so many customers."""
    with sandbox(given.count, *KNOBS) as box, tempfile.TemporaryDirectory() as folder:
        flow = install(box.url)[0]
        rows = rows_of(flow)
        bad = set.union(*fates(sorted(row["erp_key"] for row in rows)).values())
        ground = Ground(box, Path(folder), flow.target, rows, bad)
        found = play(contestants(ground, given), given.rounds)
    shown = lines(found)
    for line in shown:
        figures = line.figures
        floor = floor_seconds(round(figures["requests"] - figures["refused"]))
        figures["floor"] = floor
        figures["ratio"] = figures["seconds"] / floor if floor else None
    return shown


def main() -> None:
    """Measure one case and hand its lines to the parent."""
    report.end_on_sigterm()
    report.emit(measure(options().parse_args()))


if __name__ == "__main__":
    main()
