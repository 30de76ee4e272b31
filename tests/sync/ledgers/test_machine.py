"""Runs the machine: a few examples always, many with MLC_THOROUGH=1."""

from __future__ import annotations

import pytest

from tests.faults.processes import driver
from tests.sync.ledgers.machine import Machine
from tests.sync.ledgers.proof import THOROUGH, prove
from tests.sync.ledgers.world import accounts

pytestmark = pytest.mark.faults
EXAMPLES, STEPS = (300, 30) if THOROUGH else (5, 12)


@pytest.mark.usefixtures("transactional_db")
def test_three_ledgers_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    with accounts() as (left, right), driver() as worker:
        prove(lambda: Machine(left, right, worker), monkeypatch, EXAMPLES, STEPS)
