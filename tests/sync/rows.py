"""Stored rows for tests that need no system: a flow with mappings, runs, records."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import F

from connectors.models import (
    Connection,
    FieldMapping,
    Flow,
    FlowStatus,
    Outcome,
    RunKind,
    RunStatus,
    SyncRecord,
    SyncRun,
)
from connectors.sync.mapping.versions import save_version
from tests.sync.site import ROWS

PAYLOAD = {"AN8": 1, "ALPH": "Example Foods", "city": "Basel", "ACL": "10.00"}


def connection(name: str, system: str) -> Connection:
    """A connection that nothing is behind."""
    made, _ = Connection.objects.get_or_create(name=name, system=system)
    return made


def flow(name: str = "Customers", **values: Any) -> Flow:
    """An active flow with the usual mapping."""
    made = Flow(
        name=name,
        source=connection("JDE", "jde"),
        source_object="customers",
        target=connection("HubSpot", "hubspot"),
        target_object="companies",
        **{"status": FlowStatus.ACTIVE, **values},
    )
    made.save()
    for position, row in enumerate(ROWS):
        FieldMapping.objects.create(flow=made, position=position, **row)
    save_version(made)
    made.refresh_from_db()
    return made


def run(of: Flow, **values: Any) -> SyncRun:
    """A run that has read everything and is sending."""
    usual: dict[str, Any] = {
        "kind": RunKind.SYNC,
        "status": RunStatus.RUNNING,
        "correlation_id": uuid.uuid4().hex[:16],
    }
    return SyncRun.objects.create(flow=of, **{**usual, **values})


def record(of: SyncRun, number: int, **values: Any) -> SyncRecord:
    """A due record of source record `number`, counted in its run."""
    usual: dict[str, Any] = {
        "source_id": str(number),
        "correlation_id": uuid.uuid4().hex,
        "payload": {**PAYLOAD, "AN8": number},
        "fingerprint": uuid.uuid4().hex,
    }
    made = SyncRecord.objects.create(flow=of.flow, run=of, **{**usual, **values})
    counted = {"read": F("read") + 1}
    if made.outcome != Outcome.PENDING:
        counted[made.outcome] = F(made.outcome) + 1
    SyncRun.objects.filter(pk=of.pk).update(**counted)
    return made
