"""Both directions of one record: changes meet, conflicts go by their rule, and our own
writes come back as nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.models import (
    Binding,
    ConflictRule,
    FieldMapping,
    MatchRule,
    ObjectPair,
    Outcome,
    Review,
    ReviewKind,
    SyncRecord,
)
from connectors.models import Decision as Said
from connectors.sync import execution, reviews
from connectors.sync.deciding.decide import Decider
from connectors.sync.deciding.decision import Decision
from connectors.sync.mapping.versions import against, compiled, save_version
from connectors.sync.outbox.claim import Claimed
from tests.sync.pair import Pair
from tests.sync.pair import pair as pairs
from tests.sync.site import assert_counts_add_up, pass_time


@pytest.fixture
def pair(transactional_db: None) -> Iterator[Pair]:
    with pairs() as made:
        yield made


def joined(pair: Pair) -> tuple[str, str]:
    """A company of the left side, created on the right: both ids."""
    left = pair.left.create(name="Example Foods", phone="1", city="Basel")
    pair.round()
    bound = Binding.objects.get()
    assert bound.left_id == left
    return left, bound.right_id


def values(pair: Pair, ids: tuple[str, str]) -> list[tuple[str, ...]]:
    """Name, phone and city on both sides."""
    return [
        tuple(side.companies()[key].get(n) or "" for n in ("name", "phone", "city"))
        for side, key in zip((pair.left, pair.right), ids, strict=True)
    ]


def test_what_is_created_on_one_side_is_created_once_on_the_other(pair: Pair) -> None:
    left, right = joined(pair)
    made = pair.right.create(name="From the right", city="Bern")
    pair.round()
    pair.round()
    assert len(pair.left.companies()) == len(pair.right.companies()) == 2
    assert Binding.objects.get(right_id=made).left_id != left
    assert Binding.objects.get(left_id=left).right_id == right
    assert_counts_add_up()


def test_our_own_writes_come_back_as_nothing(pair: Pair) -> None:
    ids = joined(pair)
    pair.left.control.clear_log()
    pair.right.control.clear_log()
    pair.left.edit(ids[0], phone="2")
    pair.round()
    assert (pair.left.writes(), pair.right.writes()) == (0, 1)
    for number in range(20):
        # Something that nobody maps makes both sides show the record again.
        pair.left.edit(ids[0], description=str(number))
        pair.right.edit(ids[1], description=str(number))
        there, back = pair.round()
        assert (there.read, back.read) == (1, 1)
        assert (there.unchanged, back.unchanged) == (1, 1)
    assert (pair.left.writes(), pair.right.writes()) == (0, 1)


def test_changes_of_different_fields_meet(pair: Pair) -> None:
    ids = joined(pair)
    pair.left.edit(ids[0], phone="2")
    pair.right.edit(ids[1], city="Zug")
    pair.round()
    assert values(pair, ids) == [("Example Foods", "2", "Zug")] * 2
    assert not SyncRecord.objects.exclude(choices=None).exists(), "no conflict"


@pytest.mark.parametrize("owner", ["left", "right"])
@pytest.mark.parametrize("first", ["there", "back"])
def test_the_owner_wins_whichever_direction_runs_first(
    pair: Pair, owner: str, first: str
) -> None:
    ids = joined(pair)
    ObjectPair.objects.update(owners={"customer.phone": owner})
    pair.left.edit(ids[0], phone="left")
    pair.right.edit(ids[1], phone="right")
    flows = [pair.there, pair.back]
    for flow in flows if first == "there" else flows[::-1]:
        pair.run(flow)
    pair.round()
    assert values(pair, ids) == [("Example Foods", owner, "Basel")] * 2
    told = SyncRecord.objects.exclude(choices=None).first()
    assert told is not None
    assert told.choices is not None
    (choice,) = told.choices
    assert {choice["source"], choice["target"]} == {"left", "right"}, (
        "the loser is kept"
    )
    assert (choice["field"], choice["rule"]) == ("phone", "owner")


@pytest.mark.parametrize("last", ["left", "right"])
def test_the_newest_wins(pair: Pair, last: str) -> None:
    ids = joined(pair)
    pair.rule(ConflictRule.NEWEST)
    pair.round()
    for number, side in enumerate(
        [pair.right, pair.left] if last == "left" else [pair.left, pair.right]
    ):
        side.control.clock(advance_s=3600 * (number + 1))
        name = "left" if side is pair.left else "right"
        side.edit(ids[0] if side is pair.left else ids[1], phone=name)
    pair.round()
    pair.round()
    assert values(pair, ids) == [("Example Foods", last, "Basel")] * 2


def held(pair: Pair) -> tuple[tuple[str, str], Review]:
    ids = joined(pair)
    pair.rule(ConflictRule.HOLD)
    pair.round()
    pair.left.edit(ids[0], phone="left", city="Bern")
    pair.right.edit(ids[1], phone="right")
    pair.round()
    pair.round()
    return ids, Review.objects.get()


def test_a_held_field_waits_and_the_others_go_on(pair: Pair) -> None:
    ids, review = held(pair)
    assert values(pair, ids) == [
        ("Example Foods", "left", "Bern"),
        ("Example Foods", "right", "Bern"),
    ]
    assert (review.kind, review.field) == (ReviewKind.CONFLICT, "phone")
    assert (review.source_value, review.target_value) == ("left", "right")
    assert review.record.outcome == Outcome.CONFLICT
    assert Review.objects.count() == 1, "the other direction does not ask again"


@pytest.mark.parametrize(
    ("said", "value"), [(Said.SOURCE, "left"), (Said.TARGET, "right")]
)
def test_what_a_person_decides_reaches_both_sides(
    pair: Pair, said: Said, value: str
) -> None:
    ids, review = held(pair)
    decided = reviews.decide(Review.objects.filter(pk=review.pk), said, None)
    assert decided.count == 1
    for run in decided.runs:
        pair.work(run)
    pair.left.control.clear_log()
    SyncRecord.objects.filter(outcome=Outcome.WAITING).update(
        due_at="2020-01-01T00:00Z"
    )
    pair.round()
    pair.round()
    assert values(pair, ids) == [("Example Foods", value, "Bern")] * 2
    assert not SyncRecord.objects.filter(outcome=Outcome.CONFLICT).exists()
    assert_counts_add_up()


def test_a_blank_is_a_change_like_any_other(pair: Pair) -> None:
    ids = joined(pair)
    pair.right.edit(ids[1], phone="")
    pair.round()
    assert values(pair, ids) == [("Example Foods", "", "Basel")] * 2


def test_a_second_direction_added_later_knows_what_was_carried_over(
    pair: Pair,
) -> None:
    """Before it was there, nobody noted what was agreed."""
    left = pair.left.create(name="Example Foods", phone="1", city="Basel")
    pair.back.delete()
    pair.run(pair.there)
    bound = Binding.objects.get(left_id=left)
    assert bound.left_values is None
    pair.back.pk = None
    pair.back = pair._flow("Back again", pair.right, pair.left)
    pair.right.edit(bound.right_id, phone="2")
    pair.round()
    assert values(pair, (left, bound.right_id)) == [("Example Foods", "2", "Basel")] * 2


def test_a_value_of_the_target_is_kept_where_a_row_says_so(pair: Pair) -> None:
    ids = joined(pair)
    pair.map(pair.there, update_mode="fill_empty")
    pair.map(pair.back)
    pair.round()
    pair.right.edit(ids[1], city="")
    pair.run(pair.back)
    pair.left.edit(ids[0], phone="left", city="Bern")
    pair.run(pair.there)
    assert values(pair, ids)[1] == ("Example Foods", "1", "Bern")


def test_a_newer_change_asks_again_in_place_of_the_older(pair: Pair) -> None:
    ids, first = held(pair)
    pair.left.edit(ids[0], phone="left again")
    pair.round()
    pair.round()
    first.refresh_from_db()
    assert first.decided_at
    assert "taken its place" in first.reason
    asked = Review.objects.get(decided_at=None)
    assert (asked.source_value, asked.target_value) == ("left again", "right")
    assert first.record.outcome == Outcome.SKIPPED
    assert_counts_add_up()


def unsent(pair: Pair, left: str, **properties: str) -> None:
    """A change of the left side that is read, and not written yet."""
    pair.left.edit(left, **properties)
    path = {"path": r"/companies/batch/update"}
    pair.right.control.faults({"match": path, "times": 20, "do": {"status": 503}})
    pair.run(pair.there)
    pair.right.control.clear_faults()
    assert SyncRecord.objects.latest("pk").outcome == Outcome.WAITING
    pass_time(hours=1)


def test_a_change_that_waits_while_the_other_side_loses_is_not_lost(pair: Pair) -> None:
    ids = joined(pair)
    FieldMapping.objects.create(flow=pair.back, source_field="zip", target_field="zip")
    save_version(pair.back)
    unsent(pair, ids[0], phone="left")
    pair.right.edit(ids[1], phone="right", zip="4001")
    assert pair.run(pair.back).updated == 1, "its postcode, but not its phone"
    pair.run(pair.there)
    assert values(pair, ids) == [("Example Foods", "left", "Basel")] * 2


def test_a_change_that_waits_takes_nothing_back(pair: Pair) -> None:
    ids = joined(pair)
    unsent(pair, ids[0], city="Bern")
    pair.right.edit(ids[1], name="Renamed")
    pair.run(pair.back)
    execution.push_flow(pair.there.pk)
    assert values(pair, ids) == [("Renamed", "1", "Bern")] * 2
    record = SyncRecord.objects.get(flow=pair.there, outcome=Outcome.UPDATED)
    assert record.payload["name"] == "Renamed"
    assert record.history.filter(note__startswith="Read again").exists()


def test_a_change_that_waits_goes_on_waiting_while_it_cannot_be_read_again(
    pair: Pair,
) -> None:
    ids = joined(pair)
    unsent(pair, ids[0], city="Bern")
    pair.right.edit(ids[1], name="Renamed")
    pair.run(pair.back)
    pair.left.control.faults(
        {"match": {"path": "/companies/batch/read"}, "times": 20, "do": {"status": 503}}
    )
    execution.push_flow(pair.there.pk)
    record = SyncRecord.objects.filter(flow=pair.there).latest("pk")
    assert (record.outcome, record.error_class) == (Outcome.WAITING, "busy")
    pair.left.control.clear_faults()
    pass_time(hours=1)
    execution.push_flow(pair.there.pk)
    assert values(pair, ids) == [("Renamed", "1", "Bern")] * 2


def test_what_is_bound_while_it_is_looked_at_is_not_made_again(pair: Pair) -> None:
    made = pair.right.create(name="From the right")
    path = {"path": r"/companies/batch/upsert"}
    pair.left.control.faults({"match": path, "times": 20, "do": {"status": 503}})
    pair.run(pair.back)
    two_way = Decider(pair.there, compiled(pair.there), against(pair.there)).two_way
    assert two_way
    held = two_way.held()
    unbound = Decision(Claimed(1, 1, "9", "", None, "", {}, 1, 0, "pending", ""))
    pair.left.control.clear_faults()
    pass_time(hours=1)
    pair.run(pair.back)
    assert Binding.objects.get().right_id == made
    two_way.wait_for_others([unbound], held)
    assert unbound.error, "when held was asked, it may have been that one"


def test_a_candidate_is_not_carried_over_while_a_person_is_asked(pair: Pair) -> None:
    MatchRule.objects.create(flow=pair.back, source_field="name", target_field="name")
    twins = [pair.left.create(name="Twin", city=city) for city in ("Basel", "Bern")]
    made = pair.right.create(name="Twin", city="Chur")
    pair.run(pair.back)
    review = Review.objects.get(kind=ReviewKind.MATCH)
    assert sorted(one["id"] for one in review.candidates) == sorted(twins)
    other = pair.left.create(name="Another")
    run = pair.run(pair.there)
    assert (run.created, run.waiting) == (1, 2)
    # Nor does their waiting keep anybody else waiting.
    pair.right.create(name="A third")
    assert pair.run(pair.back).created == 1
    decided = reviews.decide(
        Review.objects.filter(pk=review.pk), Said.BIND, None, chosen=twins[0]
    )
    pair.work(decided.runs[0])
    assert Binding.objects.get(right_id=made).left_id == twins[0]
    pass_time(hours=1)
    execution.push_flow(pair.there.pk)
    assert Binding.objects.filter(left_id__in=[*twins, other]).count() == 3
    assert len(pair.right.companies()) == len(pair.left.companies()) == 4
    assert_counts_add_up()
