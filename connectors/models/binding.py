"""Which records on two sides are the same business record."""

from __future__ import annotations

from django.db import models
from simple_history.models import HistoricalRecords

from connectors.models.connection import Connection
from connectors.models.fields import JsonField


class ObjectPair(models.Model):
    """Two object types whose records are bound; shared by flows in both directions.

    `owners` says which side ("left" or "right") keeps a canonical attribute, where that
    is not the side that keeps it by habit.
    """

    left = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    left_object = models.CharField(max_length=80)
    right = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    right_object = models.CharField(max_length=80)
    owners = JsonField(default=dict, blank=True)

    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["left", "left_object", "right", "right_object"],
                name="object_pair",
            )
        ]

    def __str__(self) -> str:
        return f"{self.left_object} ↔ {self.right_object}"


class Binding(models.Model):
    """One pair of ids, with what was last agreed.

    A fingerprint covers the mapped fields of its side. `record` is the sync record that
    last carried it over. A version is the change time of that record; an older one
    never overwrites a newer one.

    `left_values` and `right_values` are the values last agreed, by the field names of
    each side; kept where flows run both ways, because only there they are needed to
    tell who has changed what. A side is gone since it was seen deleted or archived.
    """

    pair = models.ForeignKey(ObjectPair, on_delete=models.CASCADE)
    left_id = models.CharField(max_length=200)
    right_id = models.CharField(max_length=200)
    left_fingerprint = models.CharField(max_length=32, blank=True)
    right_fingerprint = models.CharField(max_length=32, blank=True)
    left_version = models.DateTimeField(null=True, blank=True)
    right_version = models.DateTimeField(null=True, blank=True)
    left_values = JsonField(null=True, blank=True)
    right_values = JsonField(null=True, blank=True)
    left_gone_at = models.DateTimeField(null=True, blank=True)
    right_gone_at = models.DateTimeField(null=True, blank=True)
    # A plain number: records may be purged, and a binding outlives them.
    record = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pair", "left_id"], name="binding_left"),
        ]
        indexes = [models.Index(fields=["pair", "right_id"], name="binding_right")]

    def __str__(self) -> str:
        return f"{self.left_id} ↔ {self.right_id}"
