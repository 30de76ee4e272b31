"""A SYSPRO site to work with, and ways to look behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.sandbox.core.client import ControlClient
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.syspro.standin import SysproStandIn
from connectors.sdk.contract import Connector, Context
from connectors.sdk.network import NetworkPolicy
from connectors.sdk.records import (
    Cursor,
    SourceRecord,
    WriteItem,
    WriteResult,
    checked_results,
)
from connectors.sdk.shared.credentials import CredentialStore, MemoryCredentials
from connectors.systems.syspro.connector import SysproConnector

SETUP = r"/[Ss]etup/"
GOOD = {
    "operator": "HSYNC",
    "operator_password": "enet-secret-1",
    "company_id": "EDU1",
    "company_password": "company-secret-1",
    "odata_password": "odata-secret-1",
    "time_zone": "America/Chicago",
    "company_currency": "USD",
    "class_object": "ARSSCL",
    "terms_object": "ARSSTC",
    "due_days_column": "DueDays",
}


class Syspro:
    """One stand-in and the connectors opened on it."""

    def __init__(self, box: SandboxThread) -> None:
        self.url = box.url["syspro"]
        self.control: ControlClient = box.control("syspro")
        self.opened: list[SysproConnector] = []

    def open(
        self, store: CredentialStore | None = None, **settings: Any
    ) -> SysproConnector:
        """A connector with these settings changed and these shared credentials."""
        context = Context(
            network=NetworkPolicy.from_cidrs(["127.0.0.0/8"]),
            credentials=store or MemoryCredentials(),
        )
        given = {"base_url": self.url, **GOOD, **settings}
        self.opened.append(SysproConnector(given, context))
        return self.opened[-1]

    def logons(self) -> int:
        """How many times anybody has logged on."""
        return int(self.control.describe()["logons"])

    def stored(self, table: str, key: str) -> dict[str, Any]:
        """One row, by the first part of its key."""
        (row,) = self.control.records(table, [key])
        return dict(row)

    def keep_stealing(self) -> None:
        """Somebody logs on as our operator before each of our writes."""
        do = {"pass": {"steal_session": "HSYNC"}}
        self.control.faults({"match": {"path": SETUP}, "do": do})

    def fault(
        self, path: str, *, times: int | None = 1, skip: int = 0, **do: Any
    ) -> None:
        """Let the next requests to `path` go wrong, after `skip` good ones."""
        rule = {"match": {"path": path}, "times": times, "skip": skip, "do": do}
        self.control.faults(rule)


@pytest.fixture
def syspro() -> Iterator[Syspro]:
    """A site with forty customers and all that goes with them."""
    with SandboxThread(SysproStandIn()) as box:
        site = Syspro(box)
        site.control.seed(40)
        yield site
        for connector in site.opened:
            connector.close()


def everything(
    connector: SysproConnector, name: str, cursor: Cursor | None = None, **more: Any
) -> tuple[dict[str, SourceRecord], Cursor]:
    """All records of a read by key, and the cursor of its last page."""
    pages = list(connector.read(name, cursor, **more))
    records = [record for page in pages for record in page.records]
    found = {record.key: record for record in records}
    return found, pages[-1].cursor


def write(connector: Connector, name: str, *items: WriteItem) -> list[WriteResult]:
    """Write as the engine does."""
    match = connector.spec.object(name).match_field
    return list(checked_results(items, connector.write(name, items, match_field=match)))


def term(code: str, text: str = "By hand", **more: Any) -> WriteItem:
    """Terms to write."""
    return WriteItem(key=code, fields={"TermsCode": code, "Description": text, **more})


def change(customer: str, **fields: Any) -> WriteItem:
    """A change of a customer."""
    return WriteItem(key=customer, fields=fields, target_id=customer)
