"""One execution of a flow, and its counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Value, When
from django.utils import timezone

from connectors.models.flow import Flow


class RunKind(models.TextChoices):
    """Why a run reads or sends."""

    SYNC = "sync", "Changes"
    BACKFILL = "backfill", "Backfill"
    ADOPT = "adopt", "Adopt only"
    SCAN = "scan", "Search for deletes"
    REPLAY = "replay", "Replay"
    EVENTS = "events", "Live changes"


class RunStatus(models.TextChoices):
    """Where a run stands; the last four are final."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    PARTIAL = "partial", "Partly done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


FINAL = (
    RunStatus.SUCCEEDED,
    RunStatus.PARTIAL,
    RunStatus.FAILED,
    RunStatus.CANCELLED,
)
# The two that all its records decide between, also after it has ended.
ENDED = (RunStatus.SUCCEEDED, RunStatus.PARTIAL)
UNSETTLED = frozenset({"waiting", "failed", "dead", "conflict"})


class SyncRun(models.Model):
    """Counts always add up: read = the sum of the outcomes + what is still pending.

    They count the records that this run read (or, for a replay, took up) by the
    outcome they have now, and change in the transaction that changes the record. A
    record that a later replay took up counts there, and here as `replayed`.
    """

    OUTCOME_COUNTS = (
        "created",
        "updated",
        "unchanged",
        "waiting",
        "conflict",
        "failed",
        "dead",
        "skipped",
        "replayed",
    )

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=8, choices=RunKind.choices)
    status = models.CharField(
        max_length=9, choices=RunStatus.choices, default=RunStatus.QUEUED
    )
    correlation_id = models.CharField(max_length=32, unique=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    read_done_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)

    expected = models.PositiveIntegerField(null=True, blank=True)
    read = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0)
    conflict = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    dead = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    replayed = models.PositiveIntegerField(default=0)

    error_class = models.CharField(max_length=20, blank=True)
    message = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["flow"],
                condition=models.Q(kind="events", status__in=["queued", "running"]),
                name="run_events_once",
            )
        ]
        indexes = [
            models.Index(fields=["flow", "-id"], name="run_of_flow"),
            models.Index(
                fields=["status"],
                name="run_open",
                condition=models.Q(status__in=["queued", "running"]),
            ),
            models.Index(
                fields=["flow", "-id"],
                name="run_events",
                condition=models.Q(kind="events"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.flow} #{self.pk}"

    @classmethod
    def recount(cls, moves: Mapping[int, Mapping[str, int]], **also: object) -> None:
        """Add to the outcome counts of runs, by id; and set `also` in each of them.

        Call it in the transaction that moves the records, and last: the rows of runs
        are locked after all others and in order of their ids, so that no two
        transactions wait for each other. `pending` has no count of its own: it is what
        is left of `read`. A run that has ended is called a success only as long as
        nothing of it waits or has failed.
        """
        for run_id in sorted(moves):
            changes: dict[str, object] = {
                name: F(name) + count
                for name, count in moves[run_id].items()
                if count and name in cls.OUTCOME_COUNTS
            }
            if changes or also:
                cls.objects.filter(pk=run_id).update(**changes, **also)
        unsettled = [run for run, move in moves.items() if UNSETTLED & move.keys()]
        ended = cls.objects.filter(pk__in=unsettled, status__in=ENDED)
        if unsettled:
            arrived = When(
                **dict.fromkeys(UNSETTLED, 0), then=Value(RunStatus.SUCCEEDED)
            )
            ended.update(status=Case(arrived, default=Value(RunStatus.PARTIAL)))

    @property
    def final(self) -> bool:
        """Whether the run has ended."""
        return self.status in FINAL

    @property
    def pending(self) -> int:
        """Records read but without an outcome yet."""
        settled: int = sum(getattr(self, name) for name in self.OUTCOME_COUNTS)
        return self.read - settled

    @property
    def problems(self) -> int:
        """Records that need a person."""
        return self.failed + self.dead + self.conflict

    @property
    def duration(self) -> timedelta | None:
        """From start to end, or to now."""
        if not self.started_at:
            return None
        return (self.finished_at or timezone.now()) - self.started_at

    @property
    def rate(self) -> float | None:
        """Records with an outcome per second."""
        duration = self.duration
        if not duration or duration.total_seconds() < 0.001:
            return None
        return (self.read - self.pending) / duration.total_seconds()

    @property
    def progress(self) -> float | None:
        """From 0 to 1, where the size of the read is known."""
        total = max(self.expected or 0, self.read)
        if self.final:
            return 1.0
        return (self.read - self.pending) / total if total else None
