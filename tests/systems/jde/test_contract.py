"""The Jde connector keeps what every connector promises."""

from __future__ import annotations

from tests.systems.contract.suite import ConnectorContract


class TestJdeContract(ConnectorContract):
    slug = "jde"
