"""Compares the ledgers of JD Edwards and HubSpot at rest with each other and ours."""

from __future__ import annotations

from collections import Counter

from connectors.models import RunKind
from tests.sync.ledgers.compare import (
    copied_once,
    created_once,
    everything_is_bound_or_explained,
    nothing_comes_back,
    nothing_is_left_over,
    nothing_more_is_written,
    values_agree,
)
from tests.sync.ledgers.erp.papers import Papers
from tests.sync.ledgers.erp.world import KINDS, PREFIX, ErpWorld
from tests.sync.ledgers.model import Users


def compare(world: ErpWorld, papers: Papers) -> None:
    """All of it; the world must be at rest."""
    everything_agrees(world, papers)
    for name in world.flows:
        world.go(name, RunKind.BACKFILL)
    for name in ("customers", "contacts"):
        world.go(name, RunKind.SCAN)
    world.settle()
    everything_agrees(world, papers)
    for kind in KINDS:
        users = world.users[kind]
        readers = world.readers[kind]
        flows = {side: world.flows[name] for side, name in readers.items()}
        everything_is_bound_or_explained(users, flows)
        nothing_is_doubled(users)
    nothing_is_created_twice(world)
    nothing_is_left_over(world)
    nothing_comes_back(world, *world.users.values())
    papers.touch()
    nothing_more_is_written(world, *world.users.values())


def everything_agrees(world: ErpWorld, papers: Papers) -> None:
    """Both sides hold the same values; the books are right."""
    for users in world.users.values():
        values_agree(users)
    papers.compare()


def nothing_is_doubled(users: Users) -> None:
    """What we made is one copy of one record."""
    for side, desk in users.desks.items():
        marks = desk.marks()
        times = Counter(mark for mark in marks.values() if mark)
        assert not [mark for mark, count in times.items() if count > 1]
        for key, mark in marks.items():
            if key not in users.made[side]:
                copied_once(users, (side, key), mark, PREFIX)


def nothing_is_created_twice(world: ErpWorld) -> None:
    """By the ledgers of both systems."""
    for kind, users in world.users.items():
        created_once(users, "right", "companies" if kind == "customers" else kind)
    tables = world.site.erp.ledger()["types"]
    twice = {name: one["created_twice"] for name, one in tables.items()}
    assert not any(twice.values()), twice
