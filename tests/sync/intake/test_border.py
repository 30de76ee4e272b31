"""What HubSpot shows again because it changed at the very border of the last read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.models import Binding
from tests.sync.pair import Pair
from tests.sync.pair import pair as pairs
from tests.sync.site import assert_counts_add_up

pytestmark = pytest.mark.faults
MANY = 250


@pytest.fixture
def pair(transactional_db: None) -> Iterator[Pair]:
    with pairs() as made:
        yield made


def test_records_of_one_time_are_read_again_once_and_stored_once(pair: Pair) -> None:
    """More than a page of them; both reads see the same moment."""
    clock = pair.left.control.clock
    clock(frozen=True)
    for number in range(MANY):
        pair.left.create(name=f"Example Foods {number}")
    assert pair.run(pair.there).created == MANY
    kept = pair.there.records.count()
    for _ in range(3):
        run = pair.run(pair.there)
        assert run.read == run.unchanged <= MANY, "the border itself, no more of it"
    clock(frozen=False)
    clock(advance_s=5)
    assert pair.run(pair.there).read <= MANY
    assert pair.run(pair.there).read == 0, "the border has moved on"
    assert pair.there.records.count() == kept
    assert Binding.objects.count() == len(pair.right.companies()) == MANY
    assert_counts_add_up()
