"""How a connection's system tells us of changes: address, place, and what came."""

from __future__ import annotations

from django.db import models

from connectors.models.connection import Connection


class EventFeed(models.Model):
    """One row per connection that is told of changes.

    `token` is the secret part of the address that the system posts to; None while
    nobody has opened one. `dropped` counts events of objects that no flow reads, or of
    another account. `journal_offset` is the place in the system's journal up to which
    everything is stored. Since `lost_at` that place is not there any more, and the
    flows read by polling what may have been missed.
    """

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, primary_key=True, related_name="feed"
    )
    token = models.CharField(max_length=64, unique=True, null=True, blank=True)
    received = models.PositiveBigIntegerField(default=0)
    received_at = models.DateTimeField(null=True, blank=True)
    dropped = models.PositiveBigIntegerField(default=0)
    dropped_why = models.CharField(max_length=200, blank=True, default="")
    refused = models.PositiveBigIntegerField(default=0)
    refused_at = models.DateTimeField(null=True, blank=True)
    refused_why = models.CharField(max_length=300, blank=True, default="")

    journal_offset = models.CharField(max_length=200, blank=True, default="")
    journal_due_at = models.DateTimeField(null=True, blank=True)
    journal_read_at = models.DateTimeField(null=True, blank=True)
    journal_problem = models.TextField(blank=True, default="")
    lost_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        # Nobody sees or changes it but on the page of its connection.
        default_permissions = ()

    def __str__(self) -> str:
        return f"Events of connection {self.connection_id}"
