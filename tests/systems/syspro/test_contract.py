"""The SYSPRO connector keeps what every connector promises, over both wires."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.systems.benches import BENCHES, Bench
from tests.systems.contract.suite import ConnectorContract


class TestSysproContract(ConnectorContract):
    slug = "syspro"


class TestSysproBySoap(ConnectorContract):
    """e.net by SOAP."""

    slug = "syspro"
    variant = {"enet_transport": "soap"}


class TestSysproWithoutOdata(ConnectorContract):
    """Tables are read by e.net."""

    slug = "syspro"
    variant = {"read_by": "enet"}

    @pytest.fixture
    def bench(self) -> Bench:
        return replace(BENCHES["syspro"], data=r"/Query/Query")
