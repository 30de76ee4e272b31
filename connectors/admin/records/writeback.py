"""Telling the source again what it could not be told."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from connectors.admin.base import ReadOnlyAdmin, RefusedError, post_action
from connectors.admin.records.agreement import write_back_of
from connectors.admin.records.replay import PERMISSION
from connectors.models import SyncRecord, WriteBackJob


class WriteBackButton(ReadOnlyAdmin):
    """The part of the record console that concerns write-backs."""

    @post_action(
        PERMISSION,
        label="Write back again",
        icon="undo",
        shown=lambda record: write_back_of(record) is not None,
        title="Tells the source again; the record itself is not sent again",
    )
    def write_back_again(self, _request: HttpRequest, record: SyncRecord) -> str:
        """Make the write-back due at once, with all its attempts before it."""
        now = timezone.now()
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        due = WriteBackJob.objects.filter(free, record=record).update(
            due_at=now, held=False, attempts=0
        )
        if not due:
            raise RefusedError("It is being written back just now, or was already.")
        return f"It is written back to {record.flow.source} by the next worker."
