"""What the sweeper does about events: wake flows, read journals, forget the old."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from connectors.models import ChangeEvent, Fate, Flow, FlowStatus
from connectors.sync.events import inbox, journals

# Rows that one sweep deletes at most, so that it stays short.
CHUNK = 5000


def sweep() -> int:
    """Do all of it once; how much there was to do, forgetting apart."""
    waiting = ChangeEvent.objects.filter(flow=OuterRef("pk"), taken_at=None)
    behind = Flow.objects.filter(Exists(waiting), status=FlowStatus.ACTIVE)
    woken = inbox.wake(inbox.with_state(behind))
    _leave_to_polling()
    _forget()
    return woken + journals.queue_due() + journals.catch_up_all()


def _forget() -> None:
    """Events that were taken long ago."""
    before = timezone.now() - timedelta(days=settings.EVENT_DAYS)
    old = ChangeEvent.objects.filter(received_at__lt=before, taken_at__lt=before)
    ids = list(old.order_by("received_at").values_list("pk", flat=True)[:CHUNK])
    for start in range(0, len(ids), 500):
        ChangeEvent.objects.filter(pk__in=ids[start : start + 500]).delete()


def _leave_to_polling() -> None:
    """Old events of flows that do not run: they go on from their cursor one day, and
    that read finds the same records."""
    now = timezone.now()
    old = ChangeEvent.objects.filter(
        received_at__lt=now - timedelta(days=settings.EVENT_DAYS), taken_at=None
    ).exclude(flow__status=FlowStatus.ACTIVE)
    ids = list(old.order_by("received_at").values_list("pk", flat=True)[:500])
    ChangeEvent.objects.filter(pk__in=ids).update(taken_at=now, fate=Fate.LEFT)
