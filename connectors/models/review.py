"""What waits for a person: two values, several candidates, a delete, a doubt."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from connectors.models.fields import JsonField
from connectors.models.record import SyncRecord


class ReviewKind(models.TextChoices):
    """What is to be decided."""

    CONFLICT = "conflict", "Both sides changed"
    MATCH = "match", "Several could be meant"
    DELETE = "delete", "Deleted in the source"
    GONE = "gone", "Deleted in the target"
    UNCERTAIN = "uncertain", "Perhaps written already"


class Decision(models.TextChoices):
    """What a person may say; which of these, depends on the kind."""

    SOURCE = "source", "Take the source's value"
    TARGET = "target", "Keep the target's value"
    BIND = "bind", "Bind to this one"
    CREATE = "create", "Create a new one"
    IGNORE = "ignore", "Ignore this record"
    ARCHIVE = "archive", "Archive it in the target"
    WRITTEN = "written", "It was written: bind to this one"
    SEND = "send", "It was not written: send it again"


OFFERED: dict[str, tuple[Decision, ...]] = {
    ReviewKind.CONFLICT: (Decision.SOURCE, Decision.TARGET),
    ReviewKind.MATCH: (Decision.BIND, Decision.CREATE, Decision.IGNORE),
    ReviewKind.DELETE: (Decision.ARCHIVE, Decision.IGNORE),
    ReviewKind.GONE: (Decision.CREATE, Decision.IGNORE),
    ReviewKind.UNCERTAIN: (Decision.WRITTEN, Decision.SEND, Decision.IGNORE),
}


class ReviewQuerySet(models.QuerySet["Review"]):
    """Questions that nobody has to answer any more."""

    def overtaken(self, records: Iterable[int]) -> None:
        """A newer change has taken the place of these records: it asks for itself."""
        self.filter(record__in=list(records), decided_at=None).update(
            decided_at=timezone.now(),
            decision=Decision.IGNORE,
            reason="A newer change of this record has taken its place.",
        )


class Review(models.Model):
    """One question about one record; the record waits as a conflict until all of its
    questions are decided.

    `field` is the target field of a conflict. `candidates` are what could be meant:
    `{"id", "label", "values", "bound_to"}` each. `chosen` is the id that was bound to.
    """

    record = models.ForeignKey(
        SyncRecord, on_delete=models.CASCADE, related_name="reviews"
    )
    kind = models.CharField(max_length=9, choices=ReviewKind.choices)
    field = models.CharField(max_length=200, blank=True, default="")
    source_value = JsonField(null=True, blank=True)
    target_value = JsonField(null=True, blank=True)
    candidates = JsonField(default=list, blank=True)
    reason = models.TextField(blank=True, default="")
    opened_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    decision = models.CharField(
        max_length=8, choices=Decision.choices, blank=True, default=""
    )
    chosen = models.CharField(max_length=200, blank=True, default="")

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "kind", "field"],
                condition=Q(decided_at=None),
                name="review_open",
            )
        ]
        permissions = [("decide_review", "Can decide what waits for a person")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.field or self.record_id}"

    @property
    def offered(self) -> tuple[Decision, ...]:
        """What may be decided here."""
        return OFFERED[self.kind]
