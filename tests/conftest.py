"""Fixtures that the engine's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sync import site as sites


@pytest.fixture
def site(transactional_db: None) -> Iterator[sites.Site]:
    """Both systems, thirty customers, one flow. Not in a transaction: the rate ledger
    and worker processes look at the database themselves."""
    with sites.site(30) as made:
        yield made
