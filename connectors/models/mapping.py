"""Field mappings, the tables they look values up in, and their versions."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from simple_history.models import HistoricalRecords

from connectors.models.fields import JsonField
from connectors.models.flow import Flow


class UpdateMode(models.TextChoices):
    """When a mapping writes."""

    ALWAYS = "always", "Always"
    CREATE_ONLY = "create_only", "Only when creating"
    FILL_EMPTY = "fill_empty", "Only when empty in the target"


class ConflictRule(models.TextChoices):
    """Whose value is taken when both sides have changed it."""

    OWNER = "owner", "The owner's"
    NEWEST = "newest", "The newest"
    HOLD = "hold", "A person decides"


class BlankRule(models.TextChoices):
    """What a value that is empty in the source does to the target."""

    OVERWRITE = "overwrite", "Empties it"
    IGNORE = "ignore", "Leaves it alone"
    CLEAR = "clear", "Empties it, also when the source says nothing"


class Otherwise(models.TextChoices):
    """What a value map does with a value it does not list."""

    FAIL = "fail", "Fail the record"
    KEEP = "keep", "Keep the value"
    BLANK = "blank", "Leave it empty"


class ValueMap(models.Model):
    """A lookup table: source value to target value."""

    name = models.CharField(max_length=120, unique=True)
    entries = JsonField(default=dict, blank=True)
    otherwise = models.CharField(
        max_length=5, choices=Otherwise.choices, default=Otherwise.FAIL
    )

    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Entries are a flat table of texts."""
        if not isinstance(self.entries, dict) or not all(
            isinstance(value, str) for value in self.entries.values()
        ):
            raise ValidationError({"entries": "Write a table of text to text."})


class FieldMapping(models.Model):
    """One row: source field, transform, target field, update mode.

    `argument` belongs to the transform (a template, a formula, a separator).
    `default` is used where the outcome is empty. `conflict` counts where a flow of the
    other direction fills the source's field from the target's.
    """

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="mappings")
    position = models.PositiveIntegerField(default=0, db_index=True)
    source_field = models.CharField(max_length=200, blank=True)
    transform = models.CharField(max_length=40, blank=True)
    argument = models.CharField(max_length=500, blank=True)
    value_map = models.ForeignKey(
        ValueMap, on_delete=models.PROTECT, null=True, blank=True
    )
    default = models.CharField(max_length=500, blank=True)
    target_field = models.CharField(max_length=200)
    update_mode = models.CharField(
        max_length=12, choices=UpdateMode.choices, default=UpdateMode.ALWAYS
    )
    conflict = models.CharField(
        max_length=6, choices=ConflictRule.choices, default=ConflictRule.OWNER
    )
    blank = models.CharField(
        max_length=9, choices=BlankRule.choices, default=BlankRule.OVERWRITE
    )
    enabled = models.BooleanField(default=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["flow", "target_field"],
                condition=models.Q(enabled=True),
                name="mapping_target",
                violation_error_message="Another row of this flow fills this field.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.source_field or self.argument} → {self.target_field}"

    def as_row(self) -> dict[str, Any]:
        """The row as a mapping version keeps it, its value map written out."""
        row: dict[str, Any] = {
            "source_field": self.source_field,
            "transform": self.transform,
            "argument": self.argument,
            "default": self.default,
            "target_field": self.target_field,
            "update_mode": self.update_mode,
        }
        # Written down where they differ from what rows did before there were rules.
        if self.conflict != ConflictRule.OWNER:
            row["conflict"] = self.conflict
        if self.blank != BlankRule.OVERWRITE:
            row["blank"] = self.blank
        if self.value_map:
            row["value_map"] = {
                "name": self.value_map.name,
                "entries": self.value_map.entries,
                "otherwise": self.value_map.otherwise,
            }
        return row


class MappingVersion(models.Model):
    """The mappings of a flow as they were, so that old records can be explained."""

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    rows = JsonField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["flow", "number"], name="mapping_version")
        ]

    def __str__(self) -> str:
        return f"Version {self.number}"
