"""The QAD connector keeps what every connector promises, in both editions."""

from __future__ import annotations

import pytest

from tests.systems.benches import BENCHES, Bench
from tests.systems.contract.suite import ConnectorContract


class TestQadContract(ConnectorContract):
    slug = "qad"


class TestQadEnterpriseContract(ConnectorContract):
    slug = "qad"

    @pytest.fixture
    def bench(self) -> Bench:
        return BENCHES["qad enterprise"]
