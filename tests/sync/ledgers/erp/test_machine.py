"""Runs the machine: a few examples always, many with MLC_THOROUGH=1."""

from __future__ import annotations

import pytest

from tests.faults.processes import driver
from tests.sync.ledgers.erp.machine import ErpMachine
from tests.sync.ledgers.erp.world import both
from tests.sync.ledgers.proof import THOROUGH, prove

pytestmark = pytest.mark.faults
EXAMPLES, STEPS = (300, 30) if THOROUGH else (2, 8)


@pytest.mark.usefixtures("transactional_db")
def test_jde_and_hubspot_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    with both() as box, driver() as worker:
        prove(lambda: ErpMachine(box, worker), monkeypatch, EXAMPLES, STEPS)
