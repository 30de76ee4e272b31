"""Whether this installation works: what /healthz answers.

Messages name no host, no address and no setting: anyone may read them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.fernet import InvalidToken
from django.db import DatabaseError, transaction
from django.utils import timezone
from django_q.models import OrmQ

from connectors.models import Heartbeat, KeyCanary
from connectors.sync.watch import tally
from connectors.sync.watch.idle import STALE, last_seen
from connectors.sync.watch.metrics import metrics_text

__all__ = ["Check", "Health", "health", "keys", "metrics_text", "worker"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at; `message` says what was found, in a sentence."""

    ok: bool
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """All checks by name; `ok` when every one is."""

    checks: dict[str, Check]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return all(check.ok for check in self.checks.values())


def health() -> Health:
    """Look at the database, the worker, the keys and the queue; writes nothing."""
    looks = {
        "database": _database,
        "worker": worker,
        "keys": keys,
        "queue": _queue,
    }
    return Health(checks={name: _guarded(look) for name, look in looks.items()})


def _guarded(look: Callable[[], Check]) -> Check:
    try:
        return look()
    except DatabaseError:
        return Check(ok=False, message="The database does not answer as it should.")


def _database() -> Check:
    # An UPDATE that meets no row still needs the right and the lock to write.
    try:
        with transaction.atomic():
            Heartbeat.objects.filter(name="").update(seen_at=timezone.now())
    except DatabaseError:
        return Check(ok=False, message="The database cannot be written to.")
    return Check(ok=True, message="The database can be read and written.")


def worker() -> Check:
    """Whether a worker has said lately that it is alive."""
    seen = last_seen()
    if seen is None:
        return Check(ok=False, message="No worker has ever been seen.")
    age = timezone.now() - seen
    return Check(
        ok=age <= STALE,
        message=f"A worker was last seen {max(0, int(age.total_seconds()))} s ago.",
    )


def keys() -> Check:
    """Whether what is encrypted can be read with the keys we have."""
    try:
        canary = KeyCanary.objects.first()
    except (InvalidToken, ValueError):
        return Check(
            ok=False, message="Stored secrets cannot be read: a key is missing."
        )
    if canary is None:
        return Check(ok=True, message="Nothing has been encrypted yet.")
    return Check(
        ok=canary.value == KeyCanary.TEXT,
        message="Stored secrets can be read."
        if canary.value == KeyCanary.TEXT
        else "Stored secrets read as something else: a key is wrong.",
    )


def _queue() -> Check:
    """How much is due; a long queue is work, not a fault."""
    due, tasks = tally.due_count(), OrmQ.objects.count()
    return Check(ok=True, message=f"{due} records to send, {tasks} tasks queued.")
