"""What keeps the machinery honest: alerts, orders, rate ledger, heartbeats, canary."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from connectors.models.connection import Connection
from connectors.models.fields import EncryptedTextField, JsonField
from connectors.models.flow import Flow
from connectors.models.run import SyncRun


class AlertKind(models.TextChoices):
    """What a person is called for."""

    UNREACHABLE = "unreachable", "Connection unreachable"
    REFUSED = "refused", "Connection refused"
    STOPPED = "stopped", "Flow stopped"
    SILENT = "silent", "Nothing has run"
    WORKER = "worker", "No worker"
    BUDGET = "budget", "Requests used up"
    DRIFT = "drift", "Fields changed"
    EVENTS = "events", "Live changes interrupted"


class Alert(models.Model):
    """One open alert per kind and subject, counted rather than repeated.

    Acknowledged, it stays open, but somebody is at it. Resolved, it has ended: the
    same cause once more is a new alert, which nobody has acknowledged.
    """

    kind = models.CharField(max_length=12, choices=AlertKind.choices)
    subject = models.CharField(max_length=80)
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, null=True, blank=True
    )
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, null=True, blank=True)
    title = models.CharField(max_length=300)
    advice = models.TextField(blank=True)
    count = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    note = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["-last_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(resolved_at=None),
                name="alert_open",
            )
        ]

    def __str__(self) -> str:
        return self.title


class ReplayOrder(models.Model):
    """What a replay run is still to take up; a worker does it, in chunks.

    `selection` says which records (`sync/watch/selection.py`), `wanted` how many they
    were when it was ordered, `after` is the id of the last one looked at, `gone` counts
    those a fresh read did not find, `note` says why it ended early. `key` is the same
    for the same press of a button, so that a second click orders nothing.
    """

    run = models.OneToOneField(
        SyncRun, on_delete=models.CASCADE, primary_key=True, related_name="order"
    )
    key = models.CharField(max_length=64, unique=True)
    selection = JsonField()
    fresh = models.BooleanField(default=False)
    wanted = models.PositiveIntegerField()
    after = models.BigIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    note = models.TextField(blank=True, default="")
    filled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        # Nobody sees or changes it but on the page of its run.
        default_permissions = ()

    def __str__(self) -> str:
        return f"Order of replay run {self.run_id}"

    @property
    def left_out(self) -> int:
        """Of those wanted, how many had moved on before they could be taken up."""
        return max(0, self.wanted - self.gone - self.run.read)


class Heartbeat(models.Model):
    """When a process was last seen alive, and what it says of itself."""

    name = models.CharField(max_length=120, primary_key=True)
    seen_at = models.DateTimeField(default=timezone.now)
    details = JsonField(default=dict)

    def __str__(self) -> str:
        return self.name


class KeyCanary(models.Model):
    """A known text under the current key: unreadable means a key was lost."""

    TEXT = "the keys are right"

    value = EncryptedTextField(default=TEXT)

    def __str__(self) -> str:
        return "Key canary"
