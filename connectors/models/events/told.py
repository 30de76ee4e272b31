"""One thing a system told us: that a record changed. What it says now is read."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from connectors.models.fields import JsonField
from connectors.models.flow import Flow


class Via(models.TextChoices):
    """How it reached us."""

    WEBHOOK = "webhook", "Webhook"
    JOURNAL = "journal", "Journal"


class Fate(models.TextChoices):
    """What became of it."""

    WAITING = "", "Waiting"
    READ = "read", "Record read"
    OURS = "ours", "Our own change"
    LEFT = "left", "Left to polling"


class ChangeEvent(models.Model):
    """Stored before the system is answered; taken by the flow that reads the object.

    `identity` is the same for every delivery of one event. `what` and `source` are the
    system's own words for what happened and who did it. An event of the kind "line"
    names a line; it is followed by one for each document that has it. `run` is the run
    that read the record, a plain number: runs may be purged.
    """

    # Their indexes stand below.
    flow = models.ForeignKey(
        Flow, on_delete=models.CASCADE, related_name="events", db_index=False
    )
    identity = models.CharField(max_length=32)
    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=7, default="changed")
    what = models.CharField(max_length=120, blank=True, default="")
    source = models.CharField(max_length=120, blank=True, default="")
    merged_keys = JsonField(null=True, blank=True)
    via = models.CharField(max_length=7, choices=Via.choices)
    attempt = models.PositiveSmallIntegerField(default=0)
    occurred_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    taken_at = models.DateTimeField(null=True, blank=True)
    fate = models.CharField(
        max_length=4, choices=Fate.choices, blank=True, default=Fate.WAITING
    )
    run = models.BigIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = "change event"
        ordering = ["-pk"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["flow", "identity"], name="event_once")
        ]
        indexes = [
            models.Index(
                fields=["flow", "id"],
                name="event_waiting",
                condition=models.Q(taken_at=None),
            ),
            models.Index(fields=["key", "flow"], name="event_key"),
            models.Index(fields=["received_at"], name="event_received"),
        ]

    def __str__(self) -> str:
        return f"{self.what or self.kind} of {self.key}"
