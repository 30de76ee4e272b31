"""Two accounts of HubSpot joined by flows in both directions: the smallest world in
which a record has two sides that both can be read and written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from connectors.models import (
    Connection,
    FieldMapping,
    Flow,
    FlowStatus,
    RunKind,
    SyncRun,
)
from connectors.sandbox.core.client import ControlClient
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.registry import stand_in_class
from connectors.sync import connect, execution, runs
from connectors.sync.mapping.versions import save_version

TOKEN = "pat-na1-sandbox-full"
# What both directions carry.
SHARED = ("name", "phone", "city")
NEVER = {
    "property_lag_s": 0.0, "search_lag_s": 0.0,
    "rate_limit": 100_000, "search_per_second": 100_000,
}  # fmt: skip


class Side:
    """One of the accounts, as its own users see it."""

    def __init__(self, name: str, box: SandboxThread) -> None:
        self.control: ControlClient = box.control("hubspot")
        self.control.config(**NEVER)
        self.connection = Connection(name=name, system="hubspot")
        self.connection.set_values(
            {"base_url": box.url["hubspot"], "access_token": TOKEN}
            | {"overlap_seconds": 0, "searches_per_second": 1000, "archive_minutes": 0}
        )
        self.connection.save()
        connect.ensure_fields(self.connection, "companies", ["erp_key"])

    def create(self, **properties: Any) -> str:
        """A user makes a company."""
        made = self.control.edit(type="companies", action="create", set=properties)
        return str(made["id"])

    def edit(self, key: str, **properties: Any) -> None:
        """A user changes one."""
        self.control.edit(type="companies", id=key, set=properties)

    def companies(self) -> dict[str, dict[str, str]]:
        """What is there, by id."""
        return {
            one["id"]: one["properties"]
            for one in self.control.records("companies")
            if not one["archived"]
        }

    def writes(self) -> int:
        """How many requests have changed something here, other than a user's."""
        return sum(
            1
            for one in self.control.log()
            if "/batch/upsert" in one["path"] or "/batch/update" in one["path"]
        )


class Pair:
    """Both sides and both flows; `left` counts as the owner where nobody else does."""

    def __init__(self, left: SandboxThread, right: SandboxThread) -> None:
        self.left, self.right = Side("Left", left), Side("Right", right)
        self.there = self._flow("There", self.left, self.right)
        self.back = self._flow("Back", self.right, self.left)

    def _flow(self, name: str, source: Side, target: Side) -> Flow:
        flow = Flow(
            name=name, source=source.connection, source_object="companies",
            target=target.connection, target_object="companies",
            status=FlowStatus.ACTIVE,
        )  # fmt: skip
        flow.save()
        self.map(flow)
        return flow

    def map(self, flow: Flow, **rules: str) -> None:
        """Map the shared fields, with these rules for the rows."""
        flow.mappings.all().delete()
        for name in SHARED:
            FieldMapping.objects.create(
                flow=flow, source_field=name, target_field=name, **rules
            )
        FieldMapping.objects.create(
            flow=flow, source_field="hs_object_id", transform="template",
            argument=f"{flow.name.lower()}:{{value}}", target_field="erp_key",
            update_mode="create_only",
        )  # fmt: skip
        save_version(flow)

    def rule(self, rule: str) -> None:
        """Let conflicts go by this rule, in both directions."""
        for flow in (self.there, self.back):
            self.map(flow, conflict=rule)

    def run(self, flow: Flow, kind: RunKind = RunKind.SYNC) -> SyncRun:
        """One run of one direction, carried out here."""
        fresh = Flow.objects.select_related("source", "target").get(pk=flow.pk)
        return self.work(runs.start(fresh, kind))

    def work(self, run: SyncRun) -> SyncRun:
        """Carry a run out until it has ended."""
        for _ in range(20):
            if execution.execute(run.pk):
                break
        run.refresh_from_db()
        return run

    def round(self) -> tuple[SyncRun, SyncRun]:
        """Both directions, one after the other."""
        return self.run(self.there), self.run(self.back)


@contextmanager
def pair() -> Iterator[Pair]:
    """Serve, connect, map."""
    make = stand_in_class("hubspot")
    with SandboxThread(make()) as left, SandboxThread(make()) as right:
        yield Pair(left, right)
