"""Addresses that systems post to, and what became of what they posted."""

from __future__ import annotations

import secrets
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from threading import Lock

import structlog
from django.conf import settings
from django.db import connection as db
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from connectors.models import Connection, EventFeed, Via
from connectors.sdk.events import Delivery, DeliveryRefusedError
from connectors.sync import connect
from connectors.sync.events import inbox
from connectors.systems import registry

log = structlog.get_logger(__name__)

PREFIX = "/hooks/"
_writing = Lock()


def url(feed: EventFeed) -> str:
    """The address to enter in the system, "" while none is open.

    Signatures cover it, so it is what the sender calls, whatever proxies make of it.
    """
    base = str(settings.HOOKS_URL or settings.SITE_URL).rstrip("/")
    return f"{base}{PREFIX}{feed.token}/" if feed.token else ""


def open_address(connection: Connection) -> EventFeed:
    """Let the system post; a second time gives another address, and ends the first."""
    feed, _ = EventFeed.objects.update_or_create(
        connection=connection, defaults={"token": secrets.token_urlsafe(32)}
    )
    return feed


def close_address(connection: Connection) -> None:
    """Nothing more is taken from the system's posts."""
    EventFeed.objects.filter(connection=connection).update(token=None)


def by_token(token: str) -> EventFeed | None:
    """Whose address this is."""
    found = EventFeed.objects.select_related("connection")
    return found.filter(token=token).first()


def accept(feed: EventFeed, delivery: Delivery, query: str = "") -> int:
    """Prove, read and store what was posted; how many events it holds.

    When this returns they are committed. `query` is what follows "?" in the address.
    Raises DeliveryRefusedError, after it was noted.
    """
    connection = feed.connection
    whole = url(feed) + (f"?{query}" if query else "")
    kind = registry.connector_class(connection.system)
    try:
        told = kind.received(connection.all_settings, replace(delivery, url=whole))
    except DeliveryRefusedError as error:
        _refused(feed, connect.redactor(connection)(error.message))
        raise
    post = inbox.sorted_out(connection, told, Via.WEBHOOK)
    with _one_by_one(), transaction.atomic():
        inbox.store(post)
        EventFeed.objects.filter(pk=feed.pk).update(
            received=F("received") + len(told), received_at=timezone.now()
        )
    inbox.wake(post.flows)
    return len(told)


def _one_by_one() -> AbstractContextManager[object]:
    """SQLite lets waiting writers in by chance, some of them after seconds; here those
    of one process wait in line."""
    return _writing if db.vendor == "sqlite" else nullcontext()


def _refused(feed: EventFeed, why: str) -> None:
    log.warning("delivery refused", connection=feed.connection.name, why=why)
    EventFeed.objects.filter(pk=feed.pk).update(
        refused=F("refused") + 1, refused_at=timezone.now(), refused_why=why[:300]
    )
