"""Counting and finding what is not done, at any size of the record table.

Nearly all records are done. What is open is found by outcome, through indexes, and
never by walking a flow, a run or the table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Count, F, Max, Min, QuerySet, Value

from connectors.models import Flow, Outcome, RunStatus, SyncRecord, SyncRun
from connectors.models.record import DUE, OPEN, PROBLEM

# Workers on several hosts stamp records by their own clocks, and a page of records is
# stored at once: ids and creation times agree to within this.
_DISORDER = timedelta(minutes=10)
_PROBES = 128


def problems() -> QuerySet[SyncRecord]:
    """The records that need a person."""
    return SyncRecord.objects.filter(outcome__in=PROBLEM).order_by()


def unsettled() -> QuerySet[SyncRecord]:
    """Problems and what waits to be tried again: all that carry an error."""
    return SyncRecord.objects.filter(outcome__in=(*PROBLEM, Outcome.WAITING)).order_by()


def moving() -> QuerySet[SyncRecord]:
    """Records on their way."""
    return SyncRecord.objects.filter(outcome=Outcome.PENDING).order_by()


def _due() -> QuerySet[SyncRecord]:
    # The index begins with the flow, so flows are named, if only as "any".
    flows = Flow.objects.order_by().values("pk")
    return SyncRecord.objects.filter(flow__in=flows, outcome__in=DUE).order_by()


def due_count() -> int:
    """How many records wait to be sent."""
    return _due().count()


def oldest_due() -> datetime | None:
    """Since when the longest waiting due record has been due."""
    found: datetime | None = _due().aggregate(at=Min("due_at"))["at"]
    return found


def open_counts() -> Counter[tuple[int, str]]:
    """How many records are open, by flow id and outcome."""
    flows = Flow.objects.order_by().values("pk")
    rows = (
        SyncRecord.objects.filter(flow__in=flows, outcome__in=OPEN)
        .order_by()
        .values_list("flow_id", "outcome")
        .annotate(n=Count("pk"))
    )
    return Counter({(flow, outcome): n for flow, outcome, n in rows})


class _Word(Value):
    """A constant of ours that is written into the statement instead of bound.

    SQLite takes a partial index only when the query repeats its condition word for
    word; a list of parameters never matches.
    """

    def as_sql(self, _compiler: Any, _connection: Any) -> tuple[str, tuple[Any, ...]]:
        text = str(self.value)
        if not text.isalpha():
            raise ValueError(f"not a plain word: {text}")
        return f"'{text}'", ()


def open_runs() -> QuerySet[SyncRun]:
    """Runs that have not ended, found by their partial index."""
    live = (RunStatus.QUEUED, RunStatus.RUNNING)
    words = [_Word(status.value, output_field=CharField()) for status in live]
    return SyncRun.objects.filter(status__in=words)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorGroup:
    """Records of one flow whose errors read alike; `sample` is one of their errors."""

    flow_id: int
    flow: str
    fingerprint: str
    error_class: str
    message: str
    count: int
    newest: SyncRecord


def error_groups(records: QuerySet[SyncRecord], limit: int = 12) -> list[ErrorGroup]:
    """The largest groups of errors among these records, two queries in all."""
    grouped = list(
        records.order_by()
        .values("flow_id", "error_fingerprint")
        .annotate(n=Count("pk"), newest=Max("pk"))
        .order_by("-n", "-newest")[:limit]
    )
    newest = (
        SyncRecord.objects.select_related("flow")
        .defer("payload", "original_payload", "mapped", "response")
        .in_bulk([row["newest"] for row in grouped])
    )
    return [
        _group(row, newest[row["newest"]]) for row in grouped if row["newest"] in newest
    ]


def _group(row: Mapping[str, Any], newest: SyncRecord) -> ErrorGroup:
    return ErrorGroup(
        flow_id=newest.flow_id,
        flow=newest.flow.name,
        fingerprint=row["error_fingerprint"],
        error_class=newest.error_class,
        message=newest.error_message,
        count=row["n"],
        newest=newest,
    )


def of_run(records: QuerySet[SyncRecord], run_id: int) -> QuerySet[SyncRecord]:
    """These few records, as far as they are of this run.

    The sum keeps SQLite from walking all records of the run to find the few.
    """
    return records.alias(of=F("run_id") + 0).filter(of=run_id)


def first_pk_since(moment: datetime) -> int:
    """An id that no record created at or after `moment` is below.

    Creation times have no index of their own (each costs every insert); ids grow with
    them, so three rounds of probes find the place, whatever the size of the table.
    """
    return _bracket(moment - _DISORDER)[0]


def last_pk_before(moment: datetime) -> int:
    """An id that no record created before `moment` is above."""
    return _bracket(moment + _DISORDER)[1]


def _bracket(moment: datetime) -> tuple[int, int]:
    # One aggregate of both ends would read the whole table; each alone is a look-up.
    pks = SyncRecord.objects.values_list("pk", flat=True)
    low, high = pks.order_by("pk").first() or 0, pks.order_by("-pk").first() or 0
    for _ in range(3):
        low, high = _narrowed(low, high, moment)
    return low, high


def _narrowed(low: int, high: int, moment: datetime) -> tuple[int, int]:
    step = max(1, (high - low) // _PROBES)
    probes = SyncRecord.objects.filter(pk__in=range(low, high + 1, step)).order_by("pk")
    for pk, created_at in probes.values_list("pk", "created_at"):
        if created_at >= moment:
            return low, pk
        low = pk
    return low, high
