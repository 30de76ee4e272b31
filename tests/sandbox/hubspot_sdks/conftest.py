"""The clients of both SDKs, and the custom object type that they write to."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from hubspot_sdk import DefaultHttpxClient, HubSpot

from connectors.sandbox.core.runner import SandboxThread
from tests.sandbox.conftest import FULL, Hub
from tests.sandbox.hubspot_sdks.samples import CUSTOM, SCHEMA


@pytest.fixture
def defined(hub: Hub) -> str:
    """The full name of the object type that the account has defined."""
    made = hub.post("/crm-object-schemas/2026-09/schemas", SCHEMA)
    assert made.json()["fullyQualifiedName"] == CUSTOM, made.text
    return CUSTOM


@pytest.fixture(scope="session", params=["2026-03", "2026-09"])
def dated(
    hubspot_box: SandboxThread, request: pytest.FixtureRequest
) -> Iterator[HubSpot]:
    """`hubspot_sdk`, made to refuse answers that its models do not describe.

    It knows the addresses of 2026-03 only; those of 2026-09 carry the same JSON.
    """

    def address(sent: httpx.Request) -> None:
        path = sent.url.raw_path.replace(b"/2026-03", f"/{request.param}".encode())
        sent.url = sent.url.copy_with(raw_path=path)

    with HubSpot(
        access_token=FULL,
        base_url=hubspot_box.url["hubspot"],
        max_retries=0,
        http_client=DefaultHttpxClient(event_hooks={"request": [address]}),
        _strict_response_validation=True,
    ) as made:
        yield made


@pytest.fixture
def client(hub: Hub, dated: HubSpot) -> HubSpot:
    """The same client for all tests, each with a fresh account."""
    return dated
