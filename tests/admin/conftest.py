"""What the console's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from tests.admin import scene
from tests.admin import world as worlds
from tests.events.conftest import live

__all__ = ["boss", "live", "world"]


@pytest.fixture
def world(transactional_db: None) -> Iterator[worlds.World]:
    """Both systems, served on loopback, connected.

    Not inside a transaction: the rate ledger counts in its own.
    """
    with worlds.world() as made:
        yield made


@pytest.fixture
def boss(db: None) -> Client:
    """Signed in as someone who may do everything."""
    return scene.superuser()
