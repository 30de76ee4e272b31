"""What keeps the machinery honest: alerts, rate ledger, heartbeats, key canary."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from connectors.models.connection import Connection
from connectors.models.fields import EncryptedTextField, JsonField
from connectors.models.flow import Flow


class AlertKind(models.TextChoices):
    """What a person is called for."""

    UNREACHABLE = "unreachable", "Connection unreachable"
    REFUSED = "refused", "Connection refused"
    STOPPED = "stopped", "Flow stopped"
    SILENT = "silent", "Nothing has run"
    WORKER = "worker", "No worker"


class Alert(models.Model):
    """One open alert per kind and subject, counted rather than repeated."""

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


class RateBudget(models.Model):
    """The requests granted lately for one account, shared by all processes.

    `requests` may be sent in any window of `window_ms`; `grants` are the times (epoch
    milliseconds) of the latest ones.
    """

    key = models.CharField(max_length=160, unique=True)
    requests = models.PositiveIntegerField()
    window_ms = models.PositiveIntegerField()
    grants = JsonField(default=list)
    blocked_until_ms = models.BigIntegerField(default=0)
    granted_total = models.BigIntegerField(default=0)
    refused_total = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.key


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
