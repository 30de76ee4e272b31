"""The filters of the queue; without one it shows what is open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils import timezone

from connectors.admin.columns import AGES
from connectors.models import Flow, Review, ReviewKind, SyncRecord
from connectors.sync.watch.selection import number, search

Reviews = QuerySet[Review]
OPEN, DECIDED, ALL = "open", "decided", "all"
STATES = {OPEN: "Open", DECIDED: "Decided", ALL: "All"}
# So many fields are offered; more would be no help.
_FIELDS = 100


def open_ones() -> Reviews:
    """What is not decided yet, found by its partial index."""
    return Review.objects.filter(decided_at=None).order_by()


class StateFilter(SimpleListFilter):
    """Open questions, unless others are asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return [(value, label) for value, label in STATES.items() if value != OPEN]

    def choices(self, changelist: Any) -> Iterator[Any]:
        chosen = self.value() or OPEN
        for value, label in STATES.items():
            query = None if value == OPEN else value
            yield {
                "selected": chosen == value,
                "query_string": changelist.get_query_string({"state": query}, ["p"]),
                "display": label,
            }

    def queryset(self, _request: HttpRequest, queryset: Reviews) -> Reviews:
        value = self.value()
        if value == ALL:
            return queryset
        if value == DECIDED:
            return queryset.filter(decided_at__isnull=False)
        # As a set of ids: otherwise SQLite walks all that were ever decided.
        return queryset.filter(pk__in=open_ones().values("pk"))


class KindFilter(SimpleListFilter):
    """What is to be decided."""

    title = "question"
    parameter_name = "kind"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return [(kind.value, kind.label) for kind in ReviewKind]

    def queryset(self, _request: HttpRequest, queryset: Reviews) -> Reviews:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class FlowFilter(SimpleListFilter):
    """Questions about records of one flow."""

    title = "flow"
    parameter_name = "flow"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        flows = Flow.objects.values_list("pk", "name")
        return [(str(pk), name) for pk, name in flows]

    def queryset(self, _request: HttpRequest, queryset: Reviews) -> Reviews:
        value = self.value()
        return queryset.filter(record__flow=number(value)) if value else queryset


class FieldFilter(SimpleListFilter):
    """Conflicts of one field of the target."""

    title = "field"
    parameter_name = "field"

    def lookups(self, request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        names = set(
            open_ones()
            .exclude(field="")
            .values_list("field", flat=True)
            .distinct()[:_FIELDS]
        )
        # One that was asked for is shown, also when its last question was decided.
        names |= {request.GET.get("field", "")} - {""}
        return [(name, name) for name in sorted(names)]

    def queryset(self, _request: HttpRequest, queryset: Reviews) -> Reviews:
        return queryset.filter(field=self.value()) if self.value() else queryset


class AgeFilter(SimpleListFilter):
    """When it was asked."""

    title = "age"
    parameter_name = "age"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return list(AGES.items())

    def queryset(self, _request: HttpRequest, queryset: Reviews) -> Reviews:
        value = self.value()
        if value not in AGES:
            return queryset
        now = timezone.now()
        if value == "older":
            return queryset.filter(opened_at__lt=now - timedelta(days=7))
        return queryset.filter(opened_at__gte=_since(str(value), now))


def _since(age: str, now: datetime) -> datetime:
    if age == "today":
        local = timezone.localtime(now)
        return local.replace(hour=0, minute=0, second=0, microsecond=0)
    return now - timedelta(days=1 if age == "24h" else 7)


def with_id(reviews: Reviews, term: str) -> Reviews:
    """Questions about a record with this id on either side, or with this candidate."""
    term = term.strip()
    if not term:
        return reviews
    records = search(SyncRecord.objects.order_by(), term)
    # Candidates are text here; only those of open questions are looked through.
    named = open_ones().annotate(named=Cast("candidates", TextField()))
    found = Review.objects.filter(
        Q(record__in=records.values("pk"))
        | Q(pk__in=open_ones().filter(record__target_id=term).values("pk"))
        | Q(pk__in=named.filter(named__contains=f'"{term}"').values("pk"))
    )
    return reviews.filter(pk__in=found.order_by().values("pk"))
