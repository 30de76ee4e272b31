"""A served sandbox with a connection to each of its systems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.test import Client
from django.urls import reverse

from connectors.models import Connection, Flow
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.hubspot.standin import HubSpotStandIn
from connectors.sandbox.jde.standin import JdeStandIn
from connectors.sync import connect

TOKEN = "pat-na1-sandbox-full"
PASSWORD = "sandbox-1"
SECRETS = (TOKEN, PASSWORD)


class World:
    """Both systems running, connected, their fields read."""

    def __init__(self, box: SandboxThread) -> None:
        self.box = box
        self.jde = self._connect(
            "JDE", "jde", {"username": "HSINTEG", "password": PASSWORD}
        )
        self.hubspot = self._connect("HubSpot", "hubspot", {"access_token": TOKEN})

    def _connect(self, name: str, system: str, values: dict[str, Any]) -> Connection:
        made = Connection(name=name, system=system)
        made.set_values({"base_url": self.box.url[system], **values})
        made.save()
        return made

    def read_fields(self) -> None:
        """Fill the catalogue of what the flow joins."""
        connect.refresh_catalogue(self.jde, "customers")
        connect.refresh_catalogue(self.hubspot, "companies")

    def flow(self, name: str = "Customers to companies") -> Flow:
        """A flow without mappings, paused as every new one."""
        made = Flow(
            name=name,
            source=self.jde,
            source_object="customers",
            target=self.hubspot,
            target_object="companies",
        )
        made.save()
        return made

    def requests(self, system: str) -> list[dict[str, Any]]:
        """The requests a system has seen since the last look."""
        control = self.box.control(system)
        seen: list[dict[str, Any]] = control.log()
        control.clear_log()
        return seen


@contextmanager
def world() -> Iterator[World]:
    """A small world; its database rows go with the test."""
    with SandboxThread(HubSpotStandIn(), JdeStandIn()) as box:
        box.control("hubspot").config(property_lag_s=0.0)
        box.control("jde").seed(12)
        yield World(box)


def rows_as_posted(flow: Flow, *more: dict[str, Any]) -> dict[str, Any]:
    """The flow's mapping rows as its page would post them, and further ones."""
    saved = list(flow.mappings.all())
    data: dict[str, Any] = {
        "mappings-TOTAL_FORMS": len(saved) + len(more),
        "mappings-INITIAL_FORMS": len(saved),
        "mappings-MIN_NUM_FORMS": 0,
        "mappings-MAX_NUM_FORMS": 1000,
    }
    stored = [
        {"id": row.pk, "position": row.position, **row.as_row(), "enabled": "on"}
        for row in saved
    ]
    for number, row in enumerate([*stored, *more]):
        usual = {"update_mode": "always", "enabled": "on", "flow": flow.pk}
        for name, value in {**usual, **row}.items():
            data[f"mappings-{number}-{name}"] = "" if value is None else value
    return data


def flow_as_posted(flow: Flow, *more: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The whole page of a flow that has not run, as it would be posted."""
    head = {
        "name": flow.name,
        "source": flow.source_id,
        "source_object": flow.source_object,
        "target": flow.target_id,
        "target_object": flow.target_object,
        "match_field": flow.match_field,
        "schedule": "300",
        "custom_seconds": "",
        "creates": "on" if flow.creates else "",
        "source_gone": flow.source_gone,
        "flag_field": flow.flag_field,
        "flag_value": flow.flag_value,
        "target_gone": flow.target_gone,
    }
    return {**head, **rows_as_posted(flow, *more), **rules_as_posted(), **changes}


def rules_as_posted(**rows: list[dict[str, Any]]) -> dict[str, Any]:
    """New rules by kind ("guards=[...]"), as a flow without any would post them."""
    data: dict[str, Any] = {}
    for kind in ("match_rules", "guards", "write_backs"):
        new = rows.get(kind, [])
        data |= {f"{kind}-TOTAL_FORMS": len(new), f"{kind}-INITIAL_FORMS": 0}
        for number, row in enumerate(new):
            usual = {"enabled": "on", "position": ""}
            data |= {f"{kind}-{number}-{n}": v for n, v in {**usual, **row}.items()}
    return data


def press(client: Client, obj: Any, name: str, **data: Any) -> Any:
    """Press a button of an object's page and follow to what it shows."""
    kind = obj._meta.model_name
    url = reverse(f"admin:connectors_{kind}_{name}", args=[obj.pk])
    return client.post(url, data, follow=True)


def page(client: Client, obj: Any, query: str = "") -> Any:
    """The page of an object."""
    kind = obj._meta.model_name
    return client.get(reverse(f"admin:connectors_{kind}_change", args=[obj.pk]) + query)


def said(response: Any) -> str:
    """The messages on a page."""
    return " ".join(str(message) for message in response.context["messages"])
