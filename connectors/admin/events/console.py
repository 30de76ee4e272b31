"""Change events: what systems have told us, for who looks into a case."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from unfold.paginator import InfinitePaginator

from connectors.admin.base import ReadOnlyAdmin
from connectors.admin.columns import ago, column
from connectors.models import ChangeEvent, Connection, Fate

_COLOURS = {
    Fate.WAITING.label: "warning",
    Fate.READ.label: "success",
    Fate.OURS.label: "default",
    Fate.LEFT.label: "info",
}
_WAITING = "waiting"


class FateFilter(SimpleListFilter):
    """What became of them."""

    title = "state"
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return [(fate.value or _WAITING, fate.label) for fate in Fate]

    def queryset(
        self, _request: HttpRequest, queryset: QuerySet[ChangeEvent]
    ) -> QuerySet[ChangeEvent]:
        value = self.value()
        if value == _WAITING:
            return queryset.filter(taken_at=None)
        return queryset.filter(fate=value) if value else queryset


class ConnectionFilter(SimpleListFilter):
    """Events of one connection."""

    title = "connection"
    parameter_name = "connection"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        told = Connection.objects.filter(feed__isnull=False)
        return [(str(pk), name) for pk, name in told.values_list("pk", "name")]

    def queryset(
        self, _request: HttpRequest, queryset: QuerySet[ChangeEvent]
    ) -> QuerySet[ChangeEvent]:
        value = self.value()
        if not value or not value.isdigit():
            return queryset
        return queryset.filter(flow__source=int(value))


@admin.register(ChangeEvent)
class ChangeEventAdmin(ReadOnlyAdmin):
    """Written by the engine alone."""

    list_display = (
        "record", "told", "by", "flow", "how", "happened", "came", "state",
    )  # fmt: skip
    list_display_links = None
    list_select_related = ("flow",)
    list_filter = (FateFilter, ConnectionFilter, "flow", "via", "kind")
    list_per_page = 50
    list_max_show_all = 50
    paginator = InfinitePaginator
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-pk",)
    sortable_by = ()
    search_fields = ("key",)
    search_help_text = "The id of a record"
    actions = None

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[ChangeEvent], search_term: str
    ) -> tuple[QuerySet[ChangeEvent], bool]:
        term = search_term.strip()
        return (queryset.filter(key=term) if term else queryset), False

    @column("Record")
    def record(self, event: ChangeEvent) -> str:
        """With a way to what was made of it."""
        records = reverse("admin:connectors_syncrecord_changelist")
        query = urlencode({"q": event.key})
        return format_html(
            '<a class="record-id event-key" href="{}?{}">{}</a>',
            records,
            query,
            event.key,
        )

    @column("What happened")
    def told(self, event: ChangeEvent) -> str:
        what = event.what or event.kind
        short = Truncator(what).chars(60)
        return format_html('<span class="event-what" title="{}">{}</span>', what, short)

    @column("By")
    def by(self, event: ChangeEvent) -> str:
        return event.source

    @column("Via")
    def how(self, event: ChangeEvent) -> str:
        again = f", attempt {event.attempt + 1}" if event.attempt else ""
        return f"{event.get_via_display()}{again}"

    @column("Happened")
    def happened(self, event: ChangeEvent) -> str:
        return ago(event.occurred_at, never="–")

    @column("Told")
    def came(self, event: ChangeEvent) -> str:
        return ago(event.received_at)

    @column("State", label=_COLOURS)
    def state(self, event: ChangeEvent) -> str:
        return Fate(event.fate).label
