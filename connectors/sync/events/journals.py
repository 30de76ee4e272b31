"""Journals: read from the stored place on, as often as their connection says.

The place moves in the transaction that stores the events. Where the system does not
know it any more, the flows are polled, and an alert says so until they have been.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django_q.tasks import async_task

from connectors.models import (
    AlertKind,
    Connection,
    EventFeed,
    Flow,
    FlowStatus,
    RunKind,
    Via,
)
from connectors.models.run import ENDED
from connectors.sdk.contract import Connector
from connectors.sdk.errors import AuthenticationError, ConnectorError
from connectors.sdk.events import JournalLostError, JournalPage
from connectors.sync import connect, faults, runs
from connectors.sync.events import inbox
from connectors.sync.watch import alerts
from connectors.systems import registry

log = structlog.get_logger(__name__)

TASK = "connectors.tasks.read_journal"
# Seconds a task reads before the next one goes on.
BUDGET = 45.0
# What looks at a flow's records from its cursor on, and so finds what was missed.
POLLS = (RunKind.SYNC, RunKind.BACKFILL)


def queue_due() -> int:
    """Queue the journals that are due to be read; how many."""
    now, queued = timezone.now(), 0
    for connection in _with_journal():
        feed, _ = EventFeed.objects.get_or_create(connection=connection)
        due = EventFeed.objects.filter(
            Q(journal_due_at=None) | Q(journal_due_at__lte=now), pk=feed.pk
        )
        if due.update(journal_due_at=now + _pause()):
            async_task(TASK, feed.pk)
            queued += 1
    return queued


def _pause() -> timedelta:
    return timedelta(seconds=settings.JOURNAL_SECONDS)


def _with_journal() -> Iterator[Connection]:
    switches = {
        slug: spec.journal_setting
        for slug, spec in registry.specs().items()
        if spec.journal_setting
    }
    found = Connection.objects.filter(system__in=switches, enabled=True, stopped=False)
    for connection in found.defer("secrets"):
        if connection.settings.get(switches[connection.system]):
            yield connection


def read(connection_id: int, *, budget: float = BUDGET) -> bool:
    """Store what is new in a journal; False when there is more. Raises nothing that a
    system does: the connection's page says it."""
    feed = EventFeed.objects.select_related("connection").get(pk=connection_id)
    connection, deadline = feed.connection, time.monotonic() + budget
    if not connection.usable:
        return True
    try:
        with (
            faults.blaming(connection),
            connect.open_connector(connection) as connector,
        ):
            return _read(feed, connector, deadline)
    except ConnectorError as error:
        _failed(feed, error)
        return True
    except (OperationalError, InterfaceError):
        # Nothing can be stored now; the next look begins at the same place.
        raise


def _read(feed: EventFeed, connector: Connector, deadline: float) -> bool:
    while True:
        try:
            page = connector.journal(feed.journal_offset)
        except JournalLostError as error:
            _lost(feed, connector, error)
            return True
        if not _stored(feed, page):
            # Another worker has gone on from the same place.
            return True
        feed.journal_offset = page.offset
        if page.last:
            return True
        if time.monotonic() > deadline:
            return False


def _stored(feed: EventFeed, page: JournalPage) -> bool:
    now = timezone.now()
    told = len(page.told)
    post = inbox.sorted_out(feed.connection, page.told, Via.JOURNAL)
    place = EventFeed.objects.filter(pk=feed.pk, journal_offset=feed.journal_offset)
    with transaction.atomic():
        moved = place.update(
            journal_offset=page.offset, journal_read_at=now, journal_problem="",
            received=F("received") + told,
            **({"received_at": now} if told else {}),
        )  # fmt: skip
        if not moved:
            return False
        inbox.store(post)
    inbox.wake(post.flows)
    if feed.journal_problem and feed.lost_at is None:
        alerts.resolve(AlertKind.EVENTS, feed.connection)
        feed.journal_problem = ""
    return True


def _failed(feed: EventFeed, error: ConnectorError) -> None:
    """It is looked at again when it is next due, or once the credentials are right."""
    said = connect.redactor(feed.connection)(str(error))
    log.warning("journal not read", connection=feed.connection.name, error=said)
    later = timezone.now() + max(_pause(), timedelta(minutes=1))
    EventFeed.objects.filter(pk=feed.pk).update(
        journal_problem=said, journal_due_at=later
    )
    if isinstance(error, AuthenticationError):
        # Polling has other credentials: only the journal stops telling.
        alerts.open_alert(
            AlertKind.EVENTS,
            feed.connection,
            title=f"{feed.connection}: the journal refuses us. {error.message}",
            advice=f"{error.advice} Changes are found by polling meanwhile.",
        )


def _lost(feed: EventFeed, connector: Connector, error: JournalLostError) -> None:
    """Go on from the newest place, and let polling find what lies between.

    The newest place comes first: what happens after it, the journal tells.
    """
    newest = connector.journal("")
    now = timezone.now()
    place = EventFeed.objects.filter(pk=feed.pk, journal_offset=feed.journal_offset)
    if not place.update(
        journal_offset=newest.offset, lost_at=now, journal_problem=str(error)
    ):
        return
    alerts.open_alert(
        AlertKind.EVENTS,
        feed.connection,
        title=f"{feed.connection}: {error.message}",
        advice="All its flows are polled from where they stand; this alert ends when "
        "they have been. If it comes often, look whether workers were away for days.",
    )
    catch_up(feed.connection, now)


def catch_up_all() -> int:
    """Poll on where a journal was lost; how many runs were started."""
    lost = EventFeed.objects.filter(lost_at__isnull=False).select_related("connection")
    return sum(catch_up(feed.connection, feed.lost_at) for feed in lost if feed.lost_at)


def catch_up(connection: Connection, since: datetime) -> int:
    """Poll each flow that has not begun to be since then; end the alert when all have.

    Flows that are paused or stopped are polled from where they stand when they go on.
    """
    started, behind = 0, False
    flows = Flow.objects.filter(
        source=connection, status=FlowStatus.ACTIVE, mapping_version__gt=0
    ).select_related("source", "target", "state")
    for flow in flows:
        polls = flow.runs.filter(kind__in=POLLS, queued_at__gte=since)
        if polls.filter(status__in=ENDED).exists():
            continue
        behind = True
        if polls.filter(status__in=runs.OPEN).exists():
            continue
        try:
            runs.start(flow, RunKind.SYNC)
            started += 1
        except runs.RunRefusedError:
            # Another run reads, or a connection is away: the next sweep tries again.
            continue
    if not behind:
        EventFeed.objects.filter(connection=connection, lost_at=since).update(
            lost_at=None, journal_problem=""
        )
        alerts.resolve(AlertKind.EVENTS, connection)
    return started
