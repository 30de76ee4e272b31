"""What a person chose among a million records: as queries, each held by an index, and
as data, so that a worker finds the same ones later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from connectors.models import Binding, ObjectPair, Outcome, SyncRecord
from connectors.models.record import DONE, OPEN, PROBLEM
from connectors.sync.watch import tally

Records = QuerySet[SyncRecord]
Narrow = Callable[[Records, str, datetime], Records]

NEEDS_ME, WAITING, MOVING, FINISHED = "needs-me", "waiting", "on-its-way", "done"

# The last code point: no text with a prefix sorts above the prefix followed by it.
_LAST = "\U0010ffff"
# One id of a target is bound once per pair; more than this is no id.
_MANY = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Records by the list's filters (their names and values) or by id.

    Only what stood still at `moment`, and has not been taken up since: whatever is
    asked twice finds nothing the second time.
    """

    moment: datetime
    filters: Mapping[str, str] = field(default_factory=dict)
    ids: tuple[int, ...] = ()
    only_problems: bool = False

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.filters) - set(FILTERS)):
            raise ValueError(f"no such filter: {', '.join(unknown)}")

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {
            "moment": self.moment.isoformat(),
            "filters": dict(self.filters),
            "ids": list(self.ids),
            "only_problems": self.only_problems,
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Selection:
        """The selection that `as_json` wrote. Raises ValueError."""
        moment = parse_datetime(said["moment"])
        if moment is None:
            raise ValueError(f"not a moment: {said['moment']}")
        return cls(
            moment=moment,
            filters=said["filters"],
            ids=tuple(said["ids"]),
            only_problems=said["only_problems"],
        )

    def records(self) -> Records:
        """The records, in no order."""
        records = SyncRecord.objects.order_by()
        for name, value in self.filters.items():
            if value:
                records = FILTERS[name](records, value, self.moment)
        if self.ids:
            records = records.filter(pk__in=self.ids)
        if self.only_problems:
            records = records.filter(outcome__in=PROBLEM)
        return settled_before(records, self.moment)


def settled_before(records: Records, moment: datetime) -> Records:
    """Those that stood still at that moment and have not been taken up since."""
    still = Q(settled_at=None) | Q(settled_at__lte=moment)
    return records.filter(
        still, created_at__lte=moment, run__queued_at__lte=moment
    ).exclude(outcome=Outcome.PENDING)


def with_outcome(records: Records, value: str) -> Records:
    """The records of an outcome, or of a group of outcomes."""
    if value == FINISHED:
        # "Not open", so that the newest ids are read and not all that are done.
        return records.exclude(outcome__in=OPEN)
    if value in DONE:
        return records.filter(outcome=value)
    if value == NEEDS_ME:
        found = tally.problems()
    elif value == MOVING:
        found = tally.moving()
    elif value in Outcome.values:
        found = SyncRecord.objects.filter(outcome=value).order_by()
    else:
        return records.none()
    # As a set of ids: otherwise SQLite walks all records of a flow to find these few.
    return records.filter(pk__in=found.values("pk"))


def with_error(records: Records, **error: str) -> Records:
    """Open records whose error is of a class, or reads alike."""
    return records.filter(pk__in=tally.unsettled().filter(**error).values("pk"))


def with_number(records: Records, column: str, value: str) -> Records:
    """The records of a flow or run; none for a value that is no number."""
    return records.filter(**{column: number(value)})


def number(value: str | None) -> int:
    """An id from an address; 0, which no row has, for anything else."""
    return int(value) if value and value.isascii() and value.isdigit() else 0


def _midnight(moment: datetime) -> datetime:
    local = timezone.localtime(moment)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _since(records: Records, moment: datetime) -> Records:
    return records.filter(created_at__gte=moment, pk__gte=tally.first_pk_since(moment))


def _before(records: Records, moment: datetime) -> Records:
    return records.filter(created_at__lt=moment, pk__lte=tally.last_pk_before(moment))


AGES: dict[str, Callable[[Records, datetime], Records]] = {
    "today": lambda records, now: _since(records, _midnight(now)),
    "24h": lambda records, now: _since(records, now - timedelta(days=1)),
    "7d": lambda records, now: _since(records, now - timedelta(days=7)),
    "older": lambda records, now: _before(records, now - timedelta(days=7)),
}


def of_age(records: Records, value: str, now: datetime) -> Records:
    """Records read so long before `now`; all of them for an age that we do not know."""
    return AGES[value](records, now) if value in AGES else records


def _bound_to(target_id: str) -> list[str]:
    """The source's ids of the records bound to this id of a target.

    The bindings know them by an index that the far more numerous records then need
    not keep. It begins with the pair, so pairs are named, if only as "any".
    """
    bound = Binding.objects.filter(pair__in=ObjectPair.objects.values("pk"))
    return [
        *bound.filter(right_id=target_id).values_list("left_id", flat=True)[:_MANY],
        *bound.filter(left_id=target_id).values_list("right_id", flat=True)[:_MANY],
    ]


def search(records: Records, term: str) -> Records:
    """Records with this id on either side, or this correlation id.

    The source's id may be cut short: its beginning is enough.
    """
    term = term.strip()
    if not term:
        return records
    # The range is what the index finds; LIKE alone could not use it.
    begins = Q(
        source_id__gte=term, source_id__lt=term + _LAST, source_id__startswith=term
    )
    exact = Q(source_id__in=_bound_to(term)) | Q(correlation_id=term)
    found = SyncRecord.objects.filter(begins | exact).order_by()
    return records.filter(pk__in=found.values("pk"))


# The list's parameters, by name.
FILTERS: dict[str, Narrow] = {
    "outcome": lambda records, value, _: with_outcome(records, value),
    "flow": lambda records, value, _: with_number(records, "flow_id", value),
    "run": lambda records, value, _: with_number(records, "run_id", value),
    "error": lambda records, value, _: with_error(records, error_class=value),
    "error_fingerprint": lambda records, value, _: with_error(
        records, error_fingerprint=value
    ),
    "age": of_age,
    "q": lambda records, value, _: search(records, value),
}
