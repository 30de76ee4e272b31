"""What is about to be written, and what is still to be told to the source."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from connectors.models.fields import JsonField
from connectors.models.flow import Flow
from connectors.models.record import SyncRecord


class Intent(models.Model):
    """A record that is about to be sent to a target that would take it twice.

    Stored before the call and dropped with the outcome: one that is still there means
    that nobody knows whether the target has it. It is then looked for there by
    `reference` before anything is sent again. `sent` are the values that it has then,
    whatever has become of the record meanwhile; None where they are not known.
    """

    record = models.OneToOneField(
        SyncRecord, on_delete=models.CASCADE, primary_key=True, related_name="intent"
    )
    reference = models.CharField(max_length=80)
    sent = JsonField(null=True, blank=True)
    sent_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.reference


class WriteBackJob(models.Model):
    """Values to be written onto the source's record; apart from the record, so that a
    failure here repeats nothing there.

    `attempts` counts starts. A job that was done is deleted.
    """

    record = models.OneToOneField(
        SyncRecord, on_delete=models.CASCADE, related_name="write_back"
    )
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="+")
    values = JsonField()
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    held = models.BooleanField(default=False)
    error_class = models.CharField(max_length=20, blank=True, default="")
    error_message = models.TextField(blank=True, default="")
    lease_token = models.CharField(max_length=32, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["flow", "due_at"], name="write_back_due")]

    def __str__(self) -> str:
        return f"Write-back of record {self.record_id}"
