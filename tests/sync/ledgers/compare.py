"""Compares three ledgers at rest: the left side's, ours, the right side's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from connectors.models import (
    Claim,
    Flow,
    Intent,
    Outcome,
    Review,
    RunKind,
    SyncRecord,
    SyncRun,
    WriteBackJob,
)
from connectors.sync.runs import OPEN
from tests.sync.ledgers.desks import Values
from tests.sync.ledgers.engine import Engine
from tests.sync.ledgers.model import OTHER, Record, Users
from tests.sync.ledgers.world import World
from tests.sync.site import assert_counts_add_up

PREFIX = {"left": "back:", "right": "there:"}


def compare(world: World, users: Users) -> None:
    """All of it; the world must be at rest."""
    values_agree(users)
    for name in world.flows:
        world.go(name, RunKind.BACKFILL)
    world.settle()
    values_agree(users)
    everything_is_bound_or_explained(users, world.flows)
    nothing_is_made_twice(users)
    nothing_is_left_over(world)
    nothing_comes_back(world, users)
    nothing_more_is_written(world, users)


def values_agree(users: Users) -> None:
    """What is bound is equal, and holds what a user wrote last."""
    left, right = (users.desks[side].live() for side in OTHER)
    for one, other in users.bound_pairs():
        for name in users.shared:
            here, there = left[one][name], right[other][name]
            assert here == there, (
                f"{name} of {one} ↔ {other}: {here!r}, {there!r}\n"
                f"{story(users, one, other)}"
            )
            allowed = users.allowed(one, other, name)
            assert not allowed or here in allowed, (
                f"{name} of {one} ↔ {other} is {here!r}; users wrote {allowed}\n"
                f"{story(users, one, other)}"
            )


def everything_is_bound_or_explained(users: Users, flows: Mapping[str, Flow]) -> None:
    """Each live record is bound once, or our last word on it says why not.

    `flows` are those that read the sides.
    """
    bound = users.bound_pairs()
    for position, side in enumerate(OTHER):
        times = Counter(pair[position] for pair in bound)
        for key in users.desks[side].live():
            assert times[key] < 2, f"{key} on the {side} is bound {times[key]} times"
            if times[key]:
                continue
            last = flows[side].records.filter(source_id=key).first()
            gone = users.partners((side, key))
            left = (Outcome.SKIPPED, Outcome.WAITING)
            explained = (
                last
                and last.error_message
                and (last.outcome in left or last.error_class == "orphan")
            )
            assert gone or explained, f"{key} on the {side} is forgotten: {last}"


def nothing_is_made_twice(users: Users) -> None:
    """One creation for each record of ours, but for those that were deleted since."""
    for side, desk in users.desks.items():
        created_once(users, side, "companies")
        for key, mark in desk.marks().items():
            if key not in users.made[side]:
                copied_once(users, (side, key), mark, PREFIX)


def created_once(users: Users, side: str, kind: str) -> None:
    """By HubSpot's own ledger."""
    ledger = users.hubspot(side).control.ledger(kind)["types"].get(kind)
    keys = ledger["keys"] if ledger else {}
    for key, counts in keys.items():
        gone = users.deleted[side].count(key) + counts["deleted"]
        assert counts["created"] <= 1 + gone, f"{key} made twice on the {side}"


def copied_once(
    users: Users, record: Record, mark: str, prefixes: Mapping[str, str]
) -> None:
    """What we made is a copy, and not of a copy of what is on this side besides it.

    Of its own copy it may be: one whose origin is gone is an origin itself, and the
    copy that is made of it then is what its key names.
    """
    side, key = record
    prefix, other = prefixes[side], OTHER[side]
    assert mark.startswith(prefix), f"“{mark}” of {key} is nobody's copy"
    origin = mark.removeprefix(prefix)
    if origin in users.made[other]:
        return
    first = users.desks[other].mark(origin).removeprefix(prefixes[other])
    others = {*users.live(side)} - {key}
    doubled = first in others and (side, first) not in users.restored
    assert not doubled, f"{first} on the {side} came back as {key}, {mark}"


def nothing_is_left_over(world: Engine) -> None:
    """No claim, no intent, no open run, nothing due, and counts that add up."""
    assert not world.unsettled()
    assert not Claim.objects.exists()
    assert not Intent.objects.exists()
    assert not WriteBackJob.objects.exists()
    assert not SyncRun.objects.filter(status__in=OPEN).exists()
    assert not Review.objects.filter(decided_at=None).exists()
    assert_counts_add_up()


def nothing_comes_back(world: Engine, *all_users: Users) -> None:
    """Replayed as they were read, all records leave everything as it is; what is made
    again has its origin still."""
    before = [_shown(users) for users in all_users]
    world.send_again(SyncRecord.objects.all())
    world.settle()
    for users, was in zip(all_users, before, strict=True):
        for (side, key), values in _shown(users).items():
            if (side, key) in was:
                assert values == was[side, key], f"{key} on the {side} went back"
                continue
            origins = users.partners((side, key))
            live = [one for one in origins if one[1] in users.live(one[0])]
            assert live, f"{key} on the {side} is made of what is gone"


def _shown(users: Users) -> dict[Record, Values]:
    return {
        (side, key): values
        for side, desk in users.desks.items()
        for key, values in desk.live().items()
    }


def nothing_more_is_written(world: Engine, *all_users: Users) -> None:
    """One more round, in which both sides show everything again."""
    for users in all_users:
        for side, desk in users.desks.items():
            for key in users.live(side):
                desk.touch(key)
    before = world.written()
    world.round()
    assert world.written() == before


def story(users: Users, left: str, right: str) -> str:
    """What we know of a pair, for the reader of a failure."""
    rows = SyncRecord.objects.filter(source_id__in=(left, right)).order_by("pk")
    told = [
        f"{r.pk} {r.flow} {r.source_id} {r.version:%M:%S.%f} {r.payload} → {r.mapped} "
        f"{r.outcome} {r.error_message} {r.choices or ''}"
        if r.version
        else f"{r.pk} {r.flow} {r.source_id} {r.change} {r.outcome} {r.error_message}"
        for r in rows
    ]
    ids = {f"{users.column('left')}_id": left, f"{users.column('right')}_id": right}
    bound = users.bindings().filter(**ids)
    told += [f"agreed {one.left_values} ↔ {one.right_values}" for one in bound]
    return "\n".join(told)
