"""What the console's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from tests.admin import scene
from tests.admin import world as worlds


@pytest.fixture
def world(db: None) -> Iterator[worlds.World]:
    """Both systems, served on loopback, connected."""
    with worlds.world() as made:
        yield made


@pytest.fixture
def boss(db: None) -> Client:
    """Signed in as someone who may do everything."""
    return scene.superuser()
