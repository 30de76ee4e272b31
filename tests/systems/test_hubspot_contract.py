"""The HubSpot connector keeps what every connector promises."""

from __future__ import annotations

from tests.systems.contract import ConnectorContract


class TestHubSpotContract(ConnectorContract):
    slug = "hubspot"
