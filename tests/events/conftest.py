"""The live world, served by the console itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.events.live import Live
from tests.sync.pair import pair as pairs


@pytest.fixture
def live(transactional_db: None, live_server: Any, settings: Any) -> Iterator[Live]:
    settings.HOOKS_URL = live_server.url
    with pairs() as made:
        yield Live(made)
