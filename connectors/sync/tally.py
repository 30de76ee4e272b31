"""Counting and finding what is not done, at any size of the record table.

Nearly all records are done, and three partial indexes hold the rest. SQLite takes a
partial index only when the query repeats its condition word for word: an IN list of
parameters never matches, so the outcomes are written into the statement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    CharField,
    Count,
    Expression,
    F,
    Max,
    Min,
    QuerySet,
    Value,
)

from connectors.models import Outcome, SyncRecord
from connectors.models.record import DUE, PROBLEM

# The conditions of the indexes record_problem and record_due, in their order.
UNSETTLED = (Outcome.WAITING, Outcome.CONFLICT, Outcome.FAILED, Outcome.DEAD)
MOVING = (Outcome.PENDING, Outcome.WAITING, Outcome.IN_FLIGHT)

# Workers on several hosts stamp records by their own clocks, and a page of records is
# stored at once: ids and creation times agree to within this.
_DISORDER = timedelta(minutes=10)
_PROBES = 128


class Literal(Value):
    """A constant of ours that is written into the statement instead of bound."""

    def as_sql(self, compiler: Any, _connection: Any) -> tuple[str, Sequence[Any]]:
        text = str(self.value)
        if not text.replace("_", "").isalpha():
            raise ValueError(f"not a plain word: {text}")
        return f"'{text}'", []


def literals(outcomes: Iterable[str]) -> list[Expression]:
    """Outcomes as they stand in the condition of a partial index."""
    return [Literal(str(outcome), output_field=CharField()) for outcome in outcomes]


def unsettled() -> QuerySet[SyncRecord]:
    """Waiting records and problems, found by their partial index."""
    return SyncRecord.objects.filter(outcome__in=literals(UNSETTLED)).order_by()


def problems() -> QuerySet[SyncRecord]:
    """The records that need a person."""
    return unsettled().filter(outcome__in=PROBLEM)


def moving() -> QuerySet[SyncRecord]:
    """The records the engine still works on, found by their partial index."""
    return SyncRecord.objects.filter(outcome__in=literals(MOVING)).order_by()


def open_counts() -> Counter[tuple[int, str]]:
    """How many records are open, by flow id and outcome."""
    counts: Counter[tuple[int, str]] = Counter()
    for rows in (unsettled(), moving().exclude(outcome=Outcome.WAITING)):
        grouped = rows.values_list("flow_id", "outcome").annotate(n=Count("pk"))
        counts.update({(flow, outcome): n for flow, outcome, n in grouped})
    return counts


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


def _group(row: dict[str, Any], newest: SyncRecord) -> ErrorGroup:
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


def oldest_due() -> datetime | None:
    """Since when the longest waiting due record has been due."""
    found: datetime | None = (
        moving().filter(outcome__in=DUE).aggregate(at=Min("due_at"))["at"]
    )
    return found


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
