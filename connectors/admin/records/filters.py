"""The filters of the record list; what each finds: sync/watch/selection.py."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest
from django.utils import timezone

from connectors.admin.columns import AGES
from connectors.admin.policies.words import MEANINGS
from connectors.models import Flow, Outcome, SyncRun
from connectors.sync.watch import tally
from connectors.sync.watch.selection import (
    FINISHED,
    MOVING,
    NEEDS_ME,
    WAITING,
    Records,
    number,
    of_age,
    with_error,
    with_number,
    with_outcome,
)

GROUPS = {
    NEEDS_ME: "Needs me",
    WAITING: "Waiting",
    MOVING: "On its way",
    FINISHED: "Done",
}


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
        value = self.value()
        return with_number(queryset, "flow_id", value) if value else queryset


class ErrorFilter(SimpleListFilter):
    """Open records by what went wrong."""

    title = "error"
    parameter_name = "error"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return [(name, words.title) for name, words in MEANINGS.items()]

    def queryset(self, _request: HttpRequest, queryset: Records) -> Records:
        value = self.value()
        return with_error(queryset, error_class=value) if value else queryset


class AgeFilter(SimpleListFilter):
    """When the change was read from its source."""

    title = "age"
    parameter_name = "age"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return list(AGES.items())

    def queryset(self, _request: HttpRequest, queryset: Records) -> Records:
        return of_age(queryset, str(self.value()), timezone.now())


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
        run = SyncRun.objects.select_related("flow").filter(pk=number(value)).first()
        return str(run) if run else f"Run {value}"

    def queryset(self, _request: HttpRequest, queryset: Records) -> Records:
        value = self.value()
        return with_number(queryset, "run_id", value) if value else queryset


class ErrorGroupFilter(_GivenFilter):
    """Open records whose errors read alike."""

    title = "errors like"
    parameter_name = "error_fingerprint"

    def label(self, value: str) -> str:
        one = tally.unsettled().filter(error_fingerprint=value).first()
        return one.error_message[:120] if one else "An error that no record has now"

    def queryset(self, _request: HttpRequest, queryset: Records) -> Records:
        value = self.value()
        return with_error(queryset, error_fingerprint=value) if value else queryset
