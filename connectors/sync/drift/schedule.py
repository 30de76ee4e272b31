"""Reads the fields of connections again by schedule, as the least important work."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task

from connectors.models import CatalogueRead, Connection, FieldMapping
from connectors.sdk.errors import AuthenticationError, ConnectorError, RateLimitedError
from connectors.sync import connect
from connectors.sync.drift.uses import LINES

TASK = "connectors.tasks.refresh_fields"
# After a failure, and at least between two readings that a refusal has asked for.
SOON = timedelta(hours=1)


def start_due(queued: Collection[tuple[str, int]]) -> int:
    """Queue the readings that are due; how many."""
    every = timedelta(hours=settings.CATALOGUE_HOURS)
    if not every:
        return 0
    now = timezone.now()
    usable = Connection.objects.filter(enabled=True, stopped=False).filter(
        Q(flows_out__isnull=False) | Q(flows_in__isnull=False)
    )
    new = usable.filter(catalogue_read=None).distinct().values_list("pk", flat=True)
    CatalogueRead.objects.bulk_create(
        [CatalogueRead(connection_id=pk, due_at=now + every) for pk in new],
        ignore_conflicts=True,
    )
    started = 0
    for row in CatalogueRead.objects.filter(due_at__lte=now, connection__in=usable):
        # One conditional UPDATE decides which of several sweepers queues it.
        mine = CatalogueRead.objects.filter(pk=row.pk, due_at=row.due_at)
        if (TASK, row.pk) not in queued and mine.update(due_at=now + every):
            async_task(TASK, row.pk)
            started += 1
    return started


def refresh(connection_id: int) -> None:
    """Read the fields of every object that flows of the connection use."""
    connection = Connection.objects.filter(pk=connection_id).first()
    if connection is None or not connection.usable:
        return
    error, again = "", None
    try:
        for object_type in used(connection):
            connect.refresh_catalogue(connection, object_type, "reconciliation")
    except RateLimitedError as limit:
        error, again = str(limit), timedelta(seconds=limit.retry_after)
    except AuthenticationError as refusal:
        connect.stop(connection, f"{connection}: {refusal.message}", refusal.advice)
        error = str(refusal)
    except ConnectorError as problem:
        error, again = str(problem), SOON
    now = timezone.now()
    row, _ = CatalogueRead.objects.get_or_create(connection=connection)
    row.error = connect.redactor(connection)(error)
    row.read_at = row.read_at if error else now
    row.due_at = now + (again or timedelta(hours=settings.CATALOGUE_HOURS))
    row.save()


def soon(connection_id: int) -> None:
    """A field was refused: it may have changed. Not more often than every hour."""
    now = timezone.now()
    CatalogueRead.objects.filter(connection=connection_id, due_at__gt=now).filter(
        Q(read_at=None) | Q(read_at__lt=now - SOON)
    ).update(due_at=now)


def used(connection: Connection) -> list[str]:
    """The object types that flows read from it or write to it; the lines of documents
    where rows name them."""
    read = connection.flows_out.values_list("source_object", flat=True)
    written = connection.flows_in.values_list("target_object", flat=True)
    rows = FieldMapping.objects.filter(enabled=True)
    lines_read = rows.filter(flow__source=connection, source_field__startswith=LINES)
    lines_written = rows.filter(flow__target=connection, target_field__startswith=LINES)
    documents = {
        *lines_read.values_list("flow__source_object", flat=True),
        *lines_written.values_list("flow__target_object", flat=True),
    }
    objects = connection.spec.objects
    lines = {objects[name].lines_of for name in documents & set(objects)}
    return sorted({*read, *written, *lines} & set(objects))
