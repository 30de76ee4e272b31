"""Finding sync records among a million: filters and search, each held by an index."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from connectors.models import (
    Binding,
    Flow,
    ObjectPair,
    Outcome,
    SyncRecord,
    SyncRun,
)
from connectors.models.record import DONE, OPEN
from connectors.sync.watch import tally

Records = QuerySet[SyncRecord]

NEEDS_ME, WAITING, MOVING, FINISHED = "needs-me", "waiting", "on-its-way", "done"
GROUPS = {
    NEEDS_ME: "Needs me",
    WAITING: "Waiting",
    MOVING: "On its way",
    FINISHED: "Done",
}

ERROR_CLASSES = {
    "rejected": "Refused by the target",
    "mapping": "Mapping",
    "dependency": "Waits for another record",
    "ambiguous": "Several matches",
    "not_found": "Gone",
    "rate_limited": "Rate limit",
    "unavailable": "System unavailable",
    "uncertain": "Answer lost",
    "authentication": "Credentials",
    "configuration": "Set-up",
    "unsupported": "Not supported",
    "internal": "Internal",
}

# The last code point: no text with a prefix sorts above the prefix followed by it.
_LAST = "\U0010ffff"
# One id of a target is bound once per pair; more than this is no id.
_MANY = 50


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


class OutcomeFilter(SimpleListFilter):
    """Where records stand: what needs a person, what waits, what is done."""

    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return [*GROUPS.items(), *((o.value, f"– {o.label}") for o in Outcome)]

    def queryset(self, _request: HttpRequest, queryset: Records) -> Records:
        value = self.value()
        return with_outcome(queryset, value) if value else queryset


class FlowFilter(SimpleListFilter):
    """Records of one flow."""

    title = "flow"
    parameter_name = "flow"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        flows = Flow.objects.values_list("pk", "name")
        return [(str(pk), name) for pk, name in flows]

    def queryset(self, _request: HttpRequest, queryset: Records) -> Records:
        return _with_number(queryset, "flow_id", self.value())


class ErrorFilter(SimpleListFilter):
    """Open records by what went wrong."""

    title = "error"
    parameter_name = "error"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return list(ERROR_CLASSES.items())

    def queryset(self, _request: HttpRequest, queryset: Records) -> Records:
        if not self.value():
            return queryset
        found = tally.unsettled().filter(error_class=self.value())
        return queryset.filter(pk__in=found.values("pk"))


def _midnight() -> datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def _since(records: Records, moment: datetime) -> Records:
    return records.filter(created_at__gte=moment, pk__gte=tally.first_pk_since(moment))


def _before(records: Records, moment: datetime) -> Records:
    return records.filter(created_at__lt=moment, pk__lte=tally.last_pk_before(moment))


AGES: dict[str, tuple[str, Callable[[Records], Records]]] = {
    "today": ("Today", lambda records: _since(records, _midnight())),
    "24h": ("Last 24 hours", lambda records: _since(records, _days_ago(1))),
    "7d": ("Last 7 days", lambda records: _since(records, _days_ago(7))),
    "older": ("Older than 7 days", lambda records: _before(records, _days_ago(7))),
}


class AgeFilter(SimpleListFilter):
    """When the change was read from its source."""

    title = "age"
    parameter_name = "age"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return [(value, label) for value, (label, _) in AGES.items()]

    def queryset(self, _request: HttpRequest, queryset: Records) -> Records:
        if self.value() not in AGES:
            return queryset
        return AGES[str(self.value())][1](queryset)


class _GivenFilter(SimpleListFilter):
    """A filter that pages link to; it offers nothing but the value it was given."""

    def lookups(self, request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        value = request.GET.get(str(self.parameter_name), "")
        return [(value, self.label(value))] if value else []

    def label(self, value: str) -> str:
        """The value as a person knows it."""
        raise NotImplementedError


class RunFilter(_GivenFilter):
    """Records of one run."""

    title = "run"
    parameter_name = "run"

    def label(self, value: str) -> str:
        run = SyncRun.objects.select_related("flow").filter(pk=_number(value)).first()
        return str(run) if run else f"Run {value}"

    def queryset(self, _request: HttpRequest, queryset: Records) -> Records:
        return _with_number(queryset, "run_id", self.value())


class ErrorGroupFilter(_GivenFilter):
    """Open records whose errors read alike."""

    title = "errors like"
    parameter_name = "error_fingerprint"

    def label(self, value: str) -> str:
        one = tally.unsettled().filter(error_fingerprint=value).first()
        return one.error_message[:120] if one else "An error that no record has now"

    def queryset(self, _request: HttpRequest, queryset: Records) -> Records:
        if not self.value():
            return queryset
        found = tally.unsettled().filter(error_fingerprint=self.value())
        return queryset.filter(pk__in=found.values("pk"))


def _number(value: str | None) -> int:
    """An id from an address; 0, which no row has, for anything else."""
    return int(value) if value and value.isascii() and value.isdigit() else 0


def _with_number(records: Records, column: str, value: str | None) -> Records:
    return records.filter(**{column: _number(value)}) if value else records


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
