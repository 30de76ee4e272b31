"""Orders of events that once parted the two sides, each in its smallest form."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from connectors.models import (
    Binding,
    ConflictRule,
    Decision,
    Flow,
    ObjectPair,
    Review,
    SourceGone,
    SyncRecord,
    TargetGone,
)
from connectors.sdk.http import RetryPolicy
from connectors.sync import execution, replay, reviews
from tests.sync.pair import Pair
from tests.sync.pair import pair as pairs
from tests.sync.site import pass_time

pytestmark = pytest.mark.faults


@pytest.fixture
def pair(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    monkeypatch.setattr(RetryPolicy, "delay", lambda *_: 0.0)
    with pairs() as made:
        yield made


def joined(pair: Pair) -> tuple[str, str]:
    """A company of the left side and its copy on the right."""
    left = pair.left.create(name="Example Foods", phone="1", city="Basel")
    pair.round()
    return left, Binding.objects.get().right_id


def phones(pair: Pair, ids: tuple[str, str]) -> list[str]:
    return [
        side.companies()[key].get("phone") or ""
        for side, key in zip((pair.left, pair.right), ids, strict=True)
    ]


@pytest.mark.parametrize("what", ["apply_then_drop", "half_body"])
def test_a_copy_whose_answer_was_lost_is_not_taken_for_a_new_record(
    pair: Pair, what: str
) -> None:
    pair.right.control.faults({"match": {"path": "/batch/upsert"}, "do": {what: True}})
    pair.left.create(name="Example Foods", phone="1")
    pair.run(pair.there)
    pair.right.control.clear_faults()
    pair.run(pair.back)
    pass_time(days=1)
    execution.push_flow(pair.there.pk)
    pair.round()
    pass_time(days=1)
    pair.round()
    assert len(pair.left.companies()) == len(pair.right.companies()) == 1


@pytest.mark.parametrize("owner", ["left", "right"])
def test_a_change_that_won_and_was_taken_back_leaves_both_sides_equal(
    pair: Pair, owner: str
) -> None:
    ids = joined(pair)
    ObjectPair.objects.update(owners={"customer.phone": owner})
    sides = {"left": (pair.left, ids[0]), "right": (pair.right, ids[1])}
    for name, (side, key) in sides.items():
        side.edit(key, phone=name)
    pair.run(pair.back if owner == "left" else pair.there)
    side, key = sides[owner]
    side.edit(key, phone="1")
    pair.round()
    pair.round()
    assert phones(pair, ids) == ["1"] * 2, "who owns it said so last"


def test_a_copy_whose_origin_is_gone_becomes_the_origin_of_a_new_one(
    pair: Pair,
) -> None:
    first = pair.right.create(name="Example Foods", phone="1")
    pair.round()
    pair.round()
    copy = Binding.objects.get().left_id
    Flow.objects.filter(pk=pair.there.pk).update(target_gone=TargetGone.RECREATE)
    Flow.objects.filter(pk=pair.back.pk).update(source_gone=SourceGone.ARCHIVE)
    pair.right.control.edit(type="companies", action="delete", id=first)
    pair.left.edit(copy, phone="2")
    pair.round()
    pair.round()
    assert list(pair.left.companies()) == [copy]
    (again,) = pair.right.companies()
    assert again != first
    bound = Binding.objects.get()
    assert (bound.left_id, bound.right_id) == (copy, again)
    assert pair.left.companies()[copy]["erp_key"] == f"back:{again}"
    assert phones(pair, (copy, again)) == ["2"] * 2


def test_an_old_record_replayed_undoes_nothing_newer(pair: Pair) -> None:
    ids = joined(pair)
    pair.left.edit(ids[0], phone="old")
    pair.round()
    pair.right.edit(ids[1], phone="new")
    pair.round()
    # What the other direction wrote has been seen here.
    time.sleep(1.1)
    pair.left.edit(ids[0], description="shown again")
    pair.round()
    assert phones(pair, ids) == ["new"] * 2
    found = replay.replay(SyncRecord.objects.filter(flow=pair.there), None)
    for run in found.runs:
        pair.work(run)
    pair.round()
    assert phones(pair, ids) == ["new"] * 2


def test_an_old_question_is_about_the_newest_value(pair: Pair) -> None:
    ids = joined(pair)
    pair.rule(ConflictRule.HOLD)
    pair.left.edit(ids[0], phone="left")
    pair.right.edit(ids[1], phone="right")
    pair.run(pair.there)
    pair.left.edit(ids[0], phone="left again")
    pair.run(pair.there)
    while asked := Review.objects.filter(decided_at=None).order_by("pk").first():
        chosen = Review.objects.filter(pk=asked.pk)
        for run in reviews.decide(chosen, Decision.SOURCE, None).runs:
            pair.work(run)
    pass_time(days=1)
    pair.round()
    pair.round()
    assert phones(pair, ids) == ["left again"] * 2
