"""One HubSpot stand-in for all tests, on a free port, as good as new for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from connectors.sandbox.core.client import ControlClient
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.hubspot.config import HubSpotConfig
from connectors.sandbox.hubspot.standin import HubSpotStandIn

FULL = "pat-na1-sandbox-full"
GROUP = "mlc_erp"
KEY = "mlc_erp_key"


class Hub:
    """A plain HTTP client of the stand-in, and its control surface."""

    def __init__(self, url: str, session: requests.Session, control: ControlClient):
        self.url = url
        self.session = session
        self.control = control

    def call(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        token: str | None = FULL,
        **more: Any,
    ) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= more.pop("headers", {})
        return self.session.request(
            method, self.url + path, json=json, headers=headers, timeout=10, **more
        )

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.call("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> requests.Response:
        return self.call("POST", path, json, **more)

    def create(self, object_type: str, **properties: Any) -> str:
        """A new record's id."""
        answer = self.post(objects(object_type), {"properties": properties})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def batch(self, object_type: str, verb: str, *inputs: Any) -> requests.Response:
        path = f"{objects(object_type)}/batch/{verb}"
        return self.post(path, {"inputs": list(inputs)})

    def search(self, object_type: str, *filters: Any, **more: Any) -> requests.Response:
        body = {"filterGroups": [{"filters": list(filters)}] if filters else [], **more}
        return self.post(f"{objects(object_type)}/search", body)

    def add_key(self, object_type: str = "companies", name: str = KEY) -> None:
        """Our own group and a unique property in it, visible at once."""
        self.control.config(property_lag_s=0.0)
        base = f"/crm/properties/2026-09/{object_type}"
        self.post(f"{base}/groups", {"name": GROUP, "label": "ERP"})
        answer = self.post(base, definition(name, hasUniqueValue=True))
        assert answer.status_code == 201, answer.text


def objects(object_type: str, version: str = "2026-09") -> str:
    return f"/crm/objects/{version}/{object_type}"


def definition(name: str, **more: Any) -> dict[str, Any]:
    """A minimal text property in our group."""
    text = {"label": name, "type": "string", "fieldType": "text", "groupName": GROUP}
    return {"name": name, **text, **more}


def row(number: int, **properties: Any) -> dict[str, Any]:
    """An upsert input by our unique property, with a trace id."""
    key = f"ECC-{number}"
    return {
        "idProperty": KEY,
        "id": key,
        "objectWriteTraceId": f"row-{number}",
        "properties": {KEY: key, "name": f"Company {number}", **properties},
    }


@pytest.fixture(scope="session")
def hubspot_box() -> Iterator[SandboxThread]:
    with SandboxThread(HubSpotStandIn()) as box:
        yield box


@pytest.fixture
def hub(hubspot_box: SandboxThread) -> Iterator[Hub]:
    control = hubspot_box.control("hubspot")
    control.reset()
    defaults = HubSpotConfig().as_dict()
    control.config(**{**defaults, "search_lag_s": 0.0, "rate_limit": 10_000})
    with requests.Session() as session:
        yield Hub(hubspot_box.url["hubspot"], session, control)
