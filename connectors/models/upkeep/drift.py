"""What has changed in the fields that a connection offers, and when they were read."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from connectors.models.connection import Connection


class DriftKind(models.TextChoices):
    """How a field has changed; the breaking ones hold what writes or reads it."""

    REMOVED = "removed", "Removed"
    RETYPED = "retyped", "Another type"
    READ_ONLY = "read_only", "Cannot be written any more"
    NOT_UNIQUE = "not_unique", "Not unique any more"
    OPTION_REMOVED = "option_removed", "Option removed"
    ADDED = "added", "Added"
    RELABELLED = "relabelled", "Another label"
    OPTION_ADDED = "option_added", "Option added"
    OPTION_RELABELLED = "option_relabelled", "Option with another label"


BREAKING = (
    DriftKind.REMOVED,
    DriftKind.RETYPED,
    DriftKind.READ_ONLY,
    DriftKind.NOT_UNIQUE,
    DriftKind.OPTION_REMOVED,
)


class CatalogueChange(models.Model):
    """One change of one field. A breaking one is open until `ended_at`: the field is as
    it was again, or a person has accepted it as it is.

    Of an option `before` and `after` are its value and label; `hint` says what may have
    taken its place.
    """

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="catalogue_changes"
    )
    object_type = models.CharField(max_length=80)
    field = models.CharField(max_length=200)
    label = models.CharField(max_length=300)
    kind = models.CharField(max_length=20, choices=DriftKind.choices)
    before = models.CharField(max_length=300, blank=True, default="")
    after = models.CharField(max_length=300, blank=True, default="")
    hint = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )

    class Meta:
        ordering = ["-at", "-pk"]
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["connection", "object_type"],
                name="catalogue_change_open",
                condition=models.Q(ended_at=None),
            ),
            models.Index(fields=["connection", "-at"], name="catalogue_change_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.object_type}.{self.field}: {self.get_kind_display()}"


class CatalogueRead(models.Model):
    """When the fields of a connection were last read by schedule, and are again."""

    connection = models.OneToOneField(
        Connection,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="catalogue_read",
    )
    due_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Fields of connection {self.connection_id}"
