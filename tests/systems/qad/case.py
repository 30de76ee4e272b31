"""A QAD site in both editions, and ways to look behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connectors.sandbox.core.client import ControlClient
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.qad.config import QadConfig
from connectors.sandbox.qad.standin import QadStandIn
from connectors.sdk.contract import Context
from connectors.sdk.network import NetworkPolicy
from connectors.sdk.records import (
    Fields,
    SourceRecord,
    WriteItem,
    WriteResult,
    checked_results,
)
from connectors.systems.qad.connector import QadConnector

LOCAL = Context(network=NetworkPolicy.from_cidrs(["127.0.0.0/8"]))
PATHS = {"adaptive": "/clouderp", "enterprise": "/qxi/services/QdocWebService"}
CONTEXTS = {"adaptive": "SHARED10", "enterprise": "10USA"}


class Qad:
    """One site, and the connectors opened on it, by one of its faces."""

    def __init__(self, box: SandboxThread, face: str) -> None:
        self.box, self.face = box, face
        self.control: ControlClient = box.control("qad")
        self.context = CONTEXTS[face]
        self.opened: list[QadConnector] = []

    def open(self, **settings: Any) -> QadConnector:
        """A connector with these settings changed."""
        given = {
            "base_url": self.box.url["qad"] + PATHS[self.face], "face": self.face,
            "username": "svc_hub", "password": "sandbox-1", "domain": "10USA",
            "entity": "10USACO", "shared_set": "SHARED10",
            "time_zone": "America/Chicago", "default_site": "10-100",
            "page_size": 20, **settings,
        }  # fmt: skip
        self.opened.append(QadConnector(given, LOCAL))
        return self.opened[-1]

    def read(self, name: str, **settings: Any) -> dict[str, SourceRecord]:
        """All records of an object by key."""
        pages = self.open(**settings).read(name, None)
        return {record.key: record for page in pages for record in page.records}

    def order(self, reference: str, *lines: Fields, **more: Any) -> WriteItem:
        """An order of two lines for a good customer; `lines` replace its own."""
        usual: tuple[Fields, ...] = (
            line("00017", 2, amount="19.80"),
            line("FILT-3", 1, amount="5.25"),
        )
        return replace(
            WriteItem(
                key=reference,
                fields={"currencyCode": "USD", "amount": Decimal("25.05")},
                refs={"customer": f"{self.context}:customer:C1001"},
                reference=reference,
                lines=lines or usual,
            ),
            **more,
        )

    def write(self, *items: WriteItem, **settings: Any) -> list[WriteResult]:
        """Write orders as the engine does."""
        connector = self.open(**settings)
        results = connector.write("sales_orders", items, match_field="key")
        return list(checked_results(items, results))

    def orders(self, reference: str = "") -> list[dict[str, Any]]:
        """What the site holds under a purchase order, or all that it holds."""
        rows = self.control.records("orders")
        return [r for r in rows if not reference or r["purchaseOrder"] == reference]

    def fault(self, path: str, body: str = "", **do: Any) -> None:
        """Let the next POST to a path, with this in its body, go wrong."""
        match = {"path": path, "method": "POST", **({"body": body} if body else {})}
        self.control.faults({"match": match, "times": 1, "do": do})


def line(item: str, quantity: int, **more: Any) -> Mapping[str, Any]:
    """A line of an order, by the item's key."""
    values = {k: Decimal(v) if k == "amount" else v for k, v in more.items()}
    return {"item": f"10USA:item:{item}", "quantityOrdered": Decimal(quantity),
            **values}  # fmt: skip


@pytest.fixture(scope="module")
def site_box() -> Iterator[SandboxThread]:
    """One site for the tests of a module; each uses references of its own."""
    with SandboxThread(QadStandIn()) as box:
        box.control("qad").seed(45)
        yield box


def served(box: SandboxThread, face: str) -> Iterator[Qad]:
    """The site with its knobs as at first."""
    control = box.control("qad")
    control.config(**QadConfig().as_dict())
    control.config(log_bodies=True)
    control.clear_faults()
    control.clear_log()
    qad = Qad(box, face)
    yield qad
    for connector in qad.opened:
        connector.close()


@pytest.fixture(params=sorted(PATHS))
def qad(request: pytest.FixtureRequest, site_box: SandboxThread) -> Iterator[Qad]:
    """The site by each of its faces."""
    yield from served(site_box, request.param)


@pytest.fixture
def adaptive(site_box: SandboxThread) -> Iterator[Qad]:
    """The site by REST."""
    yield from served(site_box, "adaptive")


@pytest.fixture
def enterprise(site_box: SandboxThread) -> Iterator[Qad]:
    """The site by QXtend."""
    yield from served(site_box, "enterprise")
