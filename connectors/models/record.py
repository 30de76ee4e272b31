"""A sync record: one change of one business record.

Outbox entry, audit row and dead letter in one: it is stored before anything is sent
and says at the end what was sent and what came back.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from connectors.models.fields import JsonField
from connectors.models.flow import Flow
from connectors.models.run import SyncRun


class Outcome(models.TextChoices):
    """Where a record stands. The one state column there is."""

    PENDING = "pending", "Pending"
    WAITING = "waiting", "Waiting"
    CREATED = "created", "Created"
    UPDATED = "updated", "Updated"
    UNCHANGED = "unchanged", "Unchanged"
    CONFLICT = "conflict", "Conflict"
    FAILED = "failed", "Failed"
    DEAD = "dead", "Dead"
    SKIPPED = "skipped", "Skipped"


DUE = (Outcome.PENDING, Outcome.WAITING)
OPEN = (
    Outcome.PENDING,
    Outcome.WAITING,
    Outcome.CONFLICT,
    Outcome.FAILED,
    Outcome.DEAD,
)
PROBLEM = (Outcome.CONFLICT, Outcome.FAILED, Outcome.DEAD)
DONE = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED, Outcome.SKIPPED)


class Change(models.TextChoices):
    """What happened to the record in the source."""

    CHANGED = "", "Changed"
    DELETED = "deleted", "Deleted"
    MERGED = "merged", "Merged"


class SyncRecord(models.Model):
    """See the module.

    `payload` is what the source said, `mapped` what was (or would be) written.
    `original_payload` is kept when a person edits the payload. `attempts` counts
    starts, not failures: a record that kills its worker is counted too. An error's
    fingerprint is the same for errors that read alike. While a worker holds the record
    there is a Claim for it. One that waits for another names it in `blocked_by`, as
    "object:key". `choices` say which value won where both sides had changed, and why.
    """

    # Their indexes stand below, with the order that lists need.
    flow = models.ForeignKey(
        Flow, on_delete=models.CASCADE, related_name="records", db_index=False
    )
    run = models.ForeignKey(
        SyncRun, on_delete=models.CASCADE, related_name="records", db_index=False
    )
    source_id = models.CharField(max_length=200)
    target_id = models.CharField(max_length=200, blank=True)
    correlation_id = models.CharField(max_length=48)
    outcome = models.CharField(
        max_length=9, choices=Outcome.choices, default=Outcome.PENDING
    )
    change = models.CharField(
        max_length=7, choices=Change.choices, blank=True, default=Change.CHANGED
    )
    version = models.DateTimeField(null=True, blank=True)
    fingerprint = models.CharField(max_length=32)
    payload = JsonField()
    original_payload = JsonField(null=True, blank=True)
    mapped = JsonField(null=True, blank=True)
    response = JsonField(null=True, blank=True)
    choices = JsonField(null=True, blank=True)
    mapping_version = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    replays = models.PositiveSmallIntegerField(default=0)

    due_at = models.DateTimeField(default=timezone.now)
    blocked_by = models.CharField(max_length=281, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)

    error_class = models.CharField(max_length=20, blank=True, default="")
    error_message = models.TextField(blank=True, default="")
    error_field = models.CharField(max_length=200, blank=True, default="")
    error_fingerprint = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        verbose_name = "sync record"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["source_id", "flow"], name="record_source"),
            models.Index(fields=["correlation_id"], name="record_correlation"),
            models.Index(fields=["flow", "-id"], name="record_flow"),
            models.Index(fields=["run", "-id"], name="record_run"),
            models.Index(fields=["flow", "outcome", "due_at", "id"], name="record_due"),
            models.Index(fields=["outcome", "-id"], name="record_outcome"),
            models.Index(
                fields=["blocked_by"],
                name="record_blocked",
                condition=~models.Q(blocked_by=""),
            ),
        ]
        permissions = [
            ("replay_syncrecord", "Can replay sync records"),
            ("edit_payload", "Can edit the payload of a sync record"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} ({self.get_outcome_display().lower()})"


class Claim(models.Model):
    """A record in a worker's hands, until its lease ends.

    A table of its own, because a claim is made and dropped for every record there is:
    as columns of the wide, much indexed audit row it would be rewritten twice more.
    One source record is never in two hands: the constraint sees to it.
    """

    record = models.OneToOneField(
        SyncRecord, on_delete=models.CASCADE, primary_key=True, related_name="claim"
    )
    flow = models.ForeignKey(
        Flow, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    source_id = models.CharField(max_length=200)
    token = models.CharField(max_length=32)
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source_id", "flow"], name="claim_one_hand")
        ]

    def __str__(self) -> str:
        return f"Claim of record {self.record_id}"


class Attempt(models.Model):
    """An attempt that was not the last word on its record: a failure, a replay."""

    record = models.ForeignKey(
        SyncRecord, on_delete=models.CASCADE, related_name="history"
    )
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=9, choices=Outcome.choices)
    error_class = models.CharField(max_length=20, blank=True)
    error_message = models.TextField(blank=True)
    mapped = JsonField(null=True, blank=True)
    response = JsonField(null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"Attempt {self.number}"
