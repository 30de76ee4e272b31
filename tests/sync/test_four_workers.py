"""Four workers, two for each direction, over two hundred records that both sides change
while both accounts answer badly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db.models import Q

from connectors.models import Binding, Claim, Outcome, RunKind, SyncRecord, SyncRun
from connectors.models.record import DUE
from connectors.sync import runs
from connectors.sync.outbox import claim
from tests.faults.processes import Driver, driver
from tests.sync.pair import Pair, Side
from tests.sync.pair import pair as pairs
from tests.sync.site import assert_counts_add_up, pass_time

pytestmark = pytest.mark.faults
EACH = 100
SHARED = ("name", "phone", "city")
# Each kind of fault so often, spread over the writes of both accounts.
TIMES = 4
FAULTS: tuple[dict[str, Any], ...] = (
    {"status": 503},
    {"drop": True},
    {"apply_then_drop": True},
    {"half_body": True},
)
ROUNDS = 10


@pytest.fixture
def pair(transactional_db: None) -> Iterator[Pair]:
    with pairs() as made:
        yield made


def fill(side: Side, name: str) -> None:
    """A user imports so many companies at once."""
    side.control.edit(
        type="companies", action="fill", count=EACH,
        set={"name": f"{name} {{n}}", "phone": "0", "city": "Basel"},
    )  # fmt: skip


def misbehave(pair: Pair) -> None:
    for side in (pair.left, pair.right):
        side.control.config(latency_ms=3.0)
        for do in FAULTS:
            for path in (r"/companies/batch/(upsert|update)", r"/companies/batch/read"):
                side.control.faults({"match": {"path": path}, "times": TIMES, "do": do})


def behave(pair: Pair) -> None:
    for side in (pair.left, pair.right):
        side.control.clear_faults()


def four(worker: Driver, pair: Pair) -> None:
    """Two workers on each direction's run until both have ended, or come no further."""
    started = [runs.start(flow, RunKind.SYNC) for flow in fresh(pair)]
    pids = [worker.ask("execute", run.pk) for run in started]
    pids += [worker.ask("push", run.flow_id) for run in started]
    for pid in pids:
        assert worker.ask("wait", pid) == 0


def fresh(pair: Pair) -> list[Any]:
    for flow in (pair.there, pair.back):
        flow.refresh_from_db()
    return [pair.there, pair.back]


def settle(worker: Driver, pair: Pair) -> None:
    """What the sweeper and time do, until nothing is due any more."""
    for _ in range(ROUNDS):
        pass_time(days=1)
        claim.reclaim()
        four(worker, pair)
        if not SyncRecord.objects.filter(outcome__in=DUE).exists():
            return
    left = SyncRecord.objects.filter(outcome__in=DUE).values_list(
        "flow__name", "source_id", "outcome", "error_message"
    )
    raise AssertionError(list(left[:5]))


def change(pair: Pair) -> None:
    """Users of both sides change every record, half of them the same field."""
    bound = list(Binding.objects.order_by("pk").values_list("left_id", "right_id"))
    for number, (left, right) in enumerate(bound):
        pair.left.edit(left, phone=f"left {number}")
        mine = {"phone": f"right {number}"} if number % 2 else {"city": f"Zug {number}"}
        pair.right.edit(right, **mine)


def shown(values: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(values.get(name) or "" for name in SHARED)


def assert_agreed(pair: Pair) -> None:
    """Every record is bound once, equal on both sides, and holds what its rule says."""
    left, right = pair.left.companies(), pair.right.companies()
    bound = list(Binding.objects.order_by("pk").values_list("left_id", "right_id"))
    assert Counter(one for one, _ in bound) == Counter(left.keys()), spare(left, bound)
    assert Counter(other for _, other in bound) == Counter(right.keys()), spare(
        right, bound
    )
    for number, (one, other) in enumerate(bound):
        assert shown(left[one]) == shown(right[other]), story(one, other)
        assert left[one]["phone"] == f"left {number}", "the left side is the owner"
        assert left[one]["city"] == ("Basel" if number % 2 else f"Zug {number}")


def spare(there: Mapping[str, Mapping[str, str]], bound: list[Any]) -> str:
    """What we know of the first record that nothing is bound to."""
    ids = {one for both in bound for one in both}
    key = next((key for key in there if key not in ids), "")
    source = there.get(key, {}).get("erp_key", "").partition(":")[2]
    return f"{key} {there.get(key)}\n{story(source, key)}"


def story(left: str, right: str) -> str:
    """What we know of two records, for the reader of a failure."""
    rows = SyncRecord.objects.filter(source_id__in=(left, right)).order_by("pk")
    told = [
        f"{r.pk} {r.flow} {r.source_id} {r.version} {r.payload} -> {r.mapped} "
        f"{r.outcome} {r.error_message} {r.choices or ''} to {r.target_id} at "
        f"{r.settled_at}, after {[(a.error_class, a.note) for a in r.history.all()]}"
        for r in rows
    ]
    bound = Binding.objects.filter(Q(left_id=left) | Q(right_id=right))
    told += [f"agreed {one.left_values} <-> {one.right_values}" for one in bound]
    return "\n".join(told)


def assert_nothing_twice(pair: Pair) -> None:
    for side in (pair.left, pair.right):
        assert len(side.companies()) == 2 * EACH
        held = side.control.ledger("companies")["types"]["companies"]
        assert held["created_twice"] == []
        assert held["totals"]["created"] == EACH, "and the others are its users' own"
    assert not Claim.objects.exists()
    assert not SyncRun.objects.filter(status__in=runs.OPEN).exists()
    lost = (Outcome.FAILED, Outcome.DEAD, Outcome.CONFLICT)
    assert not SyncRecord.objects.filter(outcome__in=lost).exists()
    assert_counts_add_up()


def test_four_workers_at_once(pair: Pair) -> None:
    fill(pair.left, "Left")
    fill(pair.right, "Right")
    with driver(lease=10) as worker:
        misbehave(pair)
        four(worker, pair)
        behave(pair)
        settle(worker, pair)
        misbehave(pair)
        change(pair)
        four(worker, pair)
        behave(pair)
        settle(worker, pair)
    assert_agreed(pair)
    assert_nothing_twice(pair)
    before = pair.left.writes(), pair.right.writes()
    pair.round()
    assert (pair.left.writes(), pair.right.writes()) == before, "at rest"
