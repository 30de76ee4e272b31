"""The HubSpot connector keeps what every connector promises, in every version."""

from __future__ import annotations

from tests.systems.contract.reading import ReadingContract
from tests.systems.contract.suite import ConnectorContract
from tests.systems.contract.writing import WritingContract


class TestHubSpotContract(ConnectorContract):
    slug = "hubspot"


class TestHubSpotOfMarch(ReadingContract, WritingContract):
    """Version 2026-03: reads and writes, which are what versions differ in."""

    slug = "hubspot"
    variant = {"api_version": "2026-03"}


class TestHubSpotV3(ReadingContract, WritingContract):
    """Version v3, whose associations are v4."""

    slug = "hubspot"
    variant = {"api_version": "v3"}
