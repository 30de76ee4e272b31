"""Both sides show everything again and again, and nothing is ever written for it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from connectors.models import Binding, SyncRecord
from tests.sync.ledgers.engine import refresh_budget
from tests.sync.pair import Pair
from tests.sync.pair import pair as pairs
from tests.sync.site import assert_counts_add_up

# A thousand rounds take minutes; those of every day show each company as often.
ROUNDS, COMPANIES = (1000, 1) if os.environ.get("MLC_THOROUGH") == "1" else (20, 50)


@pytest.fixture
def pair(transactional_db: None) -> Iterator[Pair]:
    with pairs() as made:
        yield made


def test_a_thousand_echoes_cause_no_write(pair: Pair) -> None:
    for number in range(COMPANIES):
        side = (pair.left, pair.right)[number % 2]
        side.create(name=f"Example Foods {number}", phone=str(number))
    pair.round()
    pair.round()
    assert Binding.objects.count() == COMPANIES
    sides = (pair.left, pair.right)
    keys = [list(side.companies()) for side in sides]
    kept = SyncRecord.objects.count()
    for side in sides:
        side.control.clear_log()
    echoes = 0
    for number in range(ROUNDS):
        for side, its in zip(sides, keys, strict=True):
            for key in its:
                side.edit(key, description=str(number))
        refresh_budget()
        for run in pair.round():
            assert run.read == run.unchanged >= COMPANIES
            echoes += run.read
    assert echoes >= 2 * ROUNDS * COMPANIES >= 2000
    assert [side.writes() for side in sides] == [0, 0]
    assert SyncRecord.objects.count() == kept, "an echo is counted, and not stored"
    assert_counts_add_up()
