"""For what a run or a push sends its requests."""

from __future__ import annotations

from connectors.models import Flow, FlowState, RunKind, SyncRun
from connectors.sdk.shared.budgets import Priority


def of_run(run: SyncRun) -> Priority:
    """A replay is a person's; a full read may take several runs."""
    if run.kind == RunKind.REPLAY:
        return "people"
    if run.kind == RunKind.SCAN:
        return "reconciliation"
    return of_flow(run.flow)


def of_flow(flow: Flow) -> Priority:
    """What is due in a flow belongs to its full read until that has ended."""
    full = FlowState.objects.filter(flow=flow.pk, backfilling=True)
    return "backfill" if full.exists() else "live"
