"""One alert per connection for all that its changed fields break; ends by itself."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.utils import timezone

from connectors.models import (
    Alert,
    AlertKind,
    Connection,
    Flow,
    FlowStatus,
    Outcome,
    SyncRecord,
)
from connectors.sync import runs
from connectors.sync.drift.breakage import Breakage, breakages
from connectors.sync.watch import alerts

ERROR_CLASS = "drift"


def judge(connection: Connection) -> None:
    """Open, reword or resolve the alert of a connection, and let records go on whose
    reason to wait is over."""
    flows = list(
        Flow.objects.filter(Q(source=connection) | Q(target=connection)).select_related(
            "source", "target"
        )
    )
    found = breakages(flows)
    here = [b for b in found if b.change.connection_id == connection.pk]
    if here:
        _tell(connection, here)
        _take_over(here)
    else:
        alerts.resolve(AlertKind.DRIFT, connection)
    _release(flows, found)


def judge_open_ones() -> None:
    """Those that were told of: a mapping may have been mended since."""
    told = Alert.objects.filter(kind=AlertKind.DRIFT, resolved_at=None)
    wanted = Connection.objects.filter(pk__in=told.values("connection"))
    for connection in wanted.defer("secrets"):
        judge(connection)


def _take_over(found: Sequence[Breakage]) -> None:
    """A flow that a refusal of the field has stopped is held instead: it goes on by
    itself when that is mended."""
    for broken in found:
        flow = broken.flow
        named = f"“{broken.change.field}”" in flow.status_reason
        if flow.status == FlowStatus.STOPPED and broken.whole and named:
            runs.resume(flow)


def _tell(connection: Connection, found: Sequence[Breakage]) -> None:
    fields = {(b.change.object_type, b.change.field) for b in found}
    flows = {b.flow.pk for b in found}
    title = (
        f"{connection}: {_count(len(fields), 'field')} that flows use "
        f"{'has' if len(fields) == 1 else 'have'} changed; what "
        f"{_count(len(flows), 'flow')} would do with them waits."
    )
    lines = [f"{b.flow}, {b.use.what}: {b.says}. {b.advice}" for b in found]
    advice = "\n".join(lines)
    same = Alert.objects.filter(
        kind=AlertKind.DRIFT, connection=connection, resolved_at=None,
        title=title[:300], advice=advice,
    )  # fmt: skip
    if not same.exists():
        alerts.open_alert(AlertKind.DRIFT, connection, title=title, advice=advice)


def _release(flows: Sequence[Flow], found: Sequence[Breakage]) -> None:
    """Records that wait for a field are due once nothing of their flow is broken."""
    broken = {b.flow.pk for b in found}
    free = [flow.pk for flow in flows if flow.pk not in broken]
    SyncRecord.objects.filter(
        flow__in=free, outcome=Outcome.WAITING, error_class=ERROR_CLASS,
        due_at__gt=timezone.now(),
    ).update(due_at=timezone.now())  # fmt: skip


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
