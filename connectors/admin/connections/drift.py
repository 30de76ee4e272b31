"""The connection page's changed fields: what breaks now, and what changed when."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest

from connectors.admin.base import ConsoleAdmin, RefusedError, post_action
from connectors.admin.columns import ago
from connectors.models import CatalogueChange, CatalogueRead, Connection, Flow
from connectors.sync.drift import changes
from connectors.sync.drift.breakage import Breakage, breakages
from connectors.sync.drift.changes import ACCEPTABLE, open_changes
from connectors.sync.drift.judge import judge

SHOWN = 30


def drift_facts(connection: Connection) -> dict[str, object]:
    """The context of the panel; a constant number of queries."""
    read = CatalogueRead.objects.filter(connection=connection).first()
    changes = list(
        CatalogueChange.objects.filter(connection=connection).select_related(
            "accepted_by"
        )[: SHOWN + 1]
    )
    flows = Flow.objects.filter(Q(source=connection) | Q(target=connection))
    found = breakages(flows.select_related("source", "target"))
    here = [b for b in found if b.change.connection_id == connection.pk]
    return {
        "drift_broken": here,
        "drift_changes": [(one, _state(one, here)) for one in changes[:SHOWN]],
        "drift_more": len(changes) > SHOWN,
        "drift_read": ago(read.read_at) if read and read.read_at else "",
        "drift_next": ago(read.due_at) if read else "",
        "drift_error": read.error if read else "",
    }


def acceptable(connection: Connection) -> bool:
    """Whether there is anything that a person may take as it is now."""
    return open_changes([connection]).filter(kind__in=ACCEPTABLE).exists()


class DriftMixin(ConsoleAdmin):
    """The button of it."""

    @post_action(
        "connectors.map_flow",
        label="Accept changes",
        icon="rule",
        title="Takes changed fields as they are now; what waits for them goes on",
        shown=acceptable,
    )
    def accept_changes(self, request: HttpRequest, obj: Connection) -> str:
        """A person has looked whether the mappings still fit."""
        count = changes.accept(obj, request.user)
        judge(obj)
        if not count:
            raise RefusedError("Somebody has accepted them already.")
        what = "1 change is" if count == 1 else f"{count} changes are"
        return f"{what} accepted; what waited for that goes on by itself."


def _state(change: CatalogueChange, broken: list[Breakage]) -> str:
    if change.ended_at is None:
        held = any(b.change == change for b in broken)
        return "Records wait" if held else "No flow uses it"
    if change.accepted_by:
        return f"Accepted by {change.accepted_by}"
    if change.ended_at == change.at:
        return "Breaks nothing"
    return "Undone"
