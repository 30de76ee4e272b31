"""Fixtures that the engine's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.sync import site as sites

# On a busy machine the first example of texts takes seconds, because the tables of
# Unicode are built for it; that says nothing about what is tested.
settings.register_profile(
    "shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shared machine")


@pytest.fixture
def site(transactional_db: None) -> Iterator[sites.Site]:
    """Both systems, thirty customers, one flow. Not in a transaction: the rate ledger
    and worker processes look at the database themselves."""
    with sites.site(30) as made:
        yield made
