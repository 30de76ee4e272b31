"""A HubSpot account with our properties in it, and ways to look into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from connectors.sandbox.core.client import ControlClient
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.hubspot.standin import HubSpotStandIn
from connectors.sdk.contract import Context
from connectors.sdk.network import NetworkPolicy
from connectors.sdk.records import Fields, WriteItem, WriteResult, checked_results
from connectors.systems.hubspot.connector import HubSpotConnector
from tests.systems.prepared import prepared

LOCAL = Context(network=NetworkPolicy.from_cidrs(["127.0.0.0/8"]))
FULL = "pat-na1-sandbox-full"
UPSERTS = r"/batch/upsert"


class Hub:
    """One stand-in account and the connectors opened on it."""

    def __init__(self, box: SandboxThread) -> None:
        self.box = box
        self.control: ControlClient = box.control("hubspot")
        self.opened: list[HubSpotConnector] = []
        self.control.config(
            property_lag_s=0.0,
            rate_limit=100_000,
            search_per_second=100_000,
            search_lag_s=0.0,
        )
        self.connector = self.open()

    def open(self, **settings: Any) -> HubSpotConnector:
        """Another connector, with these settings changed."""
        given = {
            "access_token": FULL,
            "base_url": self.box.url["hubspot"],
            "searches_per_second": 10_000,
            **settings,
        }
        self.opened.append(HubSpotConnector(given, LOCAL))
        return self.opened[-1]

    def prepare(self) -> Hub:
        """Have our properties everywhere, and no request so far."""
        prepared(self.box, "hubspot", "hub", self._create_ours)
        self.control.clear_log()
        return self

    def _create_ours(self) -> None:
        for name, target in self.connector.spec.objects.items():
            ours = [one.name for one in target.fields.values() if one.managed]
            if ours:
                self.connector.ensure_fields(name, ours)

    def write(
        self, items: Sequence[WriteItem], name: str = "companies", **settings: Any
    ) -> dict[str, WriteResult]:
        """Write by ERP key; the results by item key."""
        connector = self.open(**settings) if settings else self.connector
        results = connector.write(name, items, match_field="erp_key")
        return {one.key: one for one in checked_results(items, results)}

    def stored(self, name: str = "companies") -> dict[str, dict[str, str]]:
        """The properties of what is stored, by ERP key."""
        return {
            one["properties"]["erp_key"]: one["properties"]
            for one in self.control.records(name)
            if not one["archived"] and one["properties"].get("erp_key")
        }

    def requests(self, path: str) -> list[dict[str, Any]]:
        """The requests seen whose path holds `path`."""
        return [one for one in self.control.log() if path in one["path"]]

    def fault(self, path: str, *, times: int | None = 1, **do: Any) -> None:
        """Let the next requests to `path` go wrong."""
        self.control.faults({"match": {"path": path}, "times": times, "do": do})


@pytest.fixture
def bare_hub() -> Iterator[Hub]:
    """An account that does not have our properties yet."""
    with SandboxThread(HubSpotStandIn()) as box:
        hub = Hub(box)
        yield hub
        for connector in hub.opened:
            connector.close()


@pytest.fixture
def hub(bare_hub: Hub) -> Hub:
    """An account that has our properties."""
    return bare_hub.prepare()


def company(number: int, key: str = "", **fields: Any) -> WriteItem:
    """The n-th company to write; `key` names the item if it must differ."""
    erp_key = f"JDE:{number}"
    named: Fields = {"erp_key": erp_key, "name": f"Company {number}", **fields}
    return WriteItem(key=key or erp_key, fields=named)


def contact(number: int, company_id: str = "", **fields: Any) -> WriteItem:
    """The n-th contact to write, linked with a company if one is given."""
    erp_key = f"JDE:P{number}"
    named: Fields = {"erp_key": erp_key, "firstname": f"Ann {number}", **fields}
    refs = {"associatedcompany": company_id} if company_id else {}
    return WriteItem(key=erp_key, fields=named, refs=refs)
