"""A flow: one object type of one connection into one of another, on a schedule."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Literal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from connectors.models.binding import ObjectPair
from connectors.models.connection import Connection
from connectors.models.fields import JsonField


class FlowStatus(models.TextChoices):
    """Whether a flow runs; `stopped` is the engine's doing, `paused` a person's."""

    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    STOPPED = "stopped", "Stopped"


class SourceGone(models.TextChoices):
    """What is done about a record that was deleted or archived in the source."""

    IGNORE = "ignore", "Nothing"
    ARCHIVE = "archive", "Archive it in the target"
    FLAG = "flag", "Mark it in the target"
    HOLD = "hold", "A person decides"


class TargetGone(models.TextChoices):
    """What is done about a change of a record that is gone from the target."""

    LEAVE = "leave", "Leave it deleted"
    RECREATE = "recreate", "Create it again"
    HOLD = "hold", "A person decides"


class Flow(models.Model):
    """What goes where, how often, recognised by what.

    `interval` is in seconds; None runs only when a person says so. `match_field` is
    the unique target field that a record is recognised by; a mapping must fill it.
    With `creates` a record that nothing in the target matches is created there.
    `scan_interval`, in seconds, is for sources that do not tell what was deleted.
    """

    name = models.CharField(max_length=120, unique=True)
    source = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="flows_out"
    )
    source_object = models.CharField(max_length=80)
    target = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="flows_in"
    )
    target_object = models.CharField(max_length=80)
    match_field = models.CharField(max_length=200, blank=True)
    interval = models.PositiveIntegerField(
        null=True, blank=True, default=300, validators=[MinValueValidator(30)]
    )
    status = models.CharField(
        max_length=8, choices=FlowStatus.choices, default=FlowStatus.PAUSED
    )
    creates = models.BooleanField("create new records", default=True)
    source_gone = models.CharField(
        "deleted in the source",
        max_length=7,
        choices=SourceGone.choices,
        default=SourceGone.IGNORE,
    )
    scan_interval = models.PositiveIntegerField(
        "search for deletes every",
        null=True,
        blank=True,
        validators=[MinValueValidator(3600)],
    )
    flag_field = models.CharField("field of the mark", max_length=200, blank=True)
    flag_value = models.CharField("mark", max_length=200, blank=True)
    target_gone = models.CharField(
        "deleted in the target",
        max_length=8,
        choices=TargetGone.choices,
        default=TargetGone.LEAVE,
    )
    status_reason = models.TextField(blank=True, editable=False)
    mapping_version = models.PositiveIntegerField(default=0, editable=False)
    pair = models.ForeignKey(
        ObjectPair, on_delete=models.PROTECT, null=True, editable=False
    )
    source_is_left = models.BooleanField(default=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    history = HistoricalRecords(
        excluded_fields=["pair", "source_is_left", "mapping_version"]
    )

    class Meta:
        ordering = ["name"]
        permissions = [
            ("run_flow", "Can run, pause and resume a flow"),
            ("backfill_flow", "Can backfill a flow"),
            ("map_flow", "Can edit the mappings of a flow and preview them"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        """Save with its pair and its state row."""
        with transaction.atomic():
            self._find_pair()
            if self.target_object in self.target.spec.objects and not self.match_field:
                self.match_field = self.target.spec.object(
                    self.target_object
                ).match_field
            super().save(*args, **kwargs)  # type: ignore[arg-type]
            FlowState.objects.get_or_create(flow=self)

    def clean(self) -> None:
        """Refuse ends that the systems do not offer."""
        if self.source_id and self.target_id and self.source_id == self.target_id:
            raise ValidationError(
                {"target": "Choose another connection than the source."}
            )
        for side, verb in (("source", "read"), ("target", "write")):
            if not getattr(self, f"{side}_id"):
                continue
            spec = getattr(self, side).spec
            name = getattr(self, f"{side}_object")
            if name and (name not in spec.objects or not spec.objects[name].can(verb)):
                offered = [n for n, o in spec.objects.items() if o.can(verb)]
                raise ValidationError(
                    {
                        f"{side}_object": f"{spec.label} cannot {verb} “{name}”. "
                        f"It offers: {', '.join(offered) or 'nothing'}."
                    }
                )

    def _find_pair(self) -> None:
        mirrored = ObjectPair.objects.filter(
            left=self.target,
            left_object=self.target_object,
            right=self.source,
            right_object=self.source_object,
        ).first()
        self.source_is_left = mirrored is None
        self.pair = mirrored or self._straight_pair()

    def _straight_pair(self) -> ObjectPair:
        pair, _ = ObjectPair.objects.get_or_create(
            left=self.source,
            left_object=self.source_object,
            right=self.target,
            right_object=self.target_object,
        )
        return pair

    @property
    def counterpart(self) -> Flow | None:
        """The flow of the other direction, whose records are bound in the same pair."""
        others = Flow.objects.filter(pair=self.pair_id)
        return others.exclude(source_is_left=self.source_is_left).first()

    @property
    def ready(self) -> bool:
        """Whether it may run now."""
        return (
            self.status == FlowStatus.ACTIVE
            and self.source.usable
            and self.target.usable
        )

    @property
    def schedule_text(self) -> str:
        """The schedule in plain words."""
        return interval_text(self.interval)


def interval_text(seconds: int | None) -> str:
    """An interval in plain words: "every 5 minutes"."""
    if not seconds:
        return "only when started by hand"
    for unit, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % unit == 0:
            count = seconds // unit
            return f"every {name}" if count == 1 else f"every {count} {name}s"
    return f"every {seconds} seconds"


Lease = Literal["lease", "events"]


class FlowStateQuerySet(models.QuerySet["FlowState"]):
    """Claims and leases; every change is one conditional UPDATE.

    A flow has two: "lease" is held by who reads the source from its cursor on, "events"
    by who reads the records that the source has told of.
    """

    def claim(
        self, flow_id: int, *, seconds: float, lease: Lease = "lease"
    ) -> str | None:
        """Take the lease and return its token, or None: another worker holds it."""
        token, now = uuid.uuid4().hex, timezone.now()
        until = f"{lease}_until"
        free = Q(**{until: None}) | Q(**{f"{until}__lt": now})
        won = self.filter(free, flow_id=flow_id).update(
            **{f"{lease}_token": token, until: now + timedelta(seconds=seconds)}
        )
        return token if won else None

    def renew(
        self,
        flow_id: int,
        token: str,
        *,
        seconds: float,
        lease: Lease = "lease",
        **also: object,
    ) -> bool:
        """Keep the lease, and set `also`; False when it was lost, and work must end."""
        until = timezone.now() + timedelta(seconds=seconds)
        held = self.filter(flow_id=flow_id, **{f"{lease}_token": token})
        return bool(held.update(**{f"{lease}_until": until}, **also))

    def release(self, flow_id: int, token: str, *, lease: Lease = "lease") -> None:
        """Give the lease back, if it is still ours."""
        self.filter(flow_id=flow_id, **{f"{lease}_token": token}).update(
            **{f"{lease}_token": "", f"{lease}_until": None}
        )


class FlowState(models.Model):
    """What changes while a flow runs, apart from what a person sets.

    `backfilling` until everything there was has been read and sent once: a full read
    may go on for days, in more than one run. `kept` counts the pages stored: who
    compares records with what is known before storing them sees by it that another
    reader has stored some meanwhile.
    """

    flow = models.OneToOneField(
        Flow, on_delete=models.CASCADE, primary_key=True, related_name="state"
    )
    cursor = JsonField(null=True, blank=True)
    lease_token = models.CharField(max_length=32, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    events_token = models.CharField(max_length=32, blank=True, default="")
    events_until = models.DateTimeField(null=True, blank=True)
    kept = models.PositiveBigIntegerField(default=0)
    next_run_at = models.DateTimeField(null=True, blank=True)
    next_scan_at = models.DateTimeField(null=True, blank=True)
    last_run_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    backfilling = models.BooleanField(default=False)

    objects = FlowStateQuerySet.as_manager()

    def __str__(self) -> str:
        return f"State of flow {self.flow_id}"
