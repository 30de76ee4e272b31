"""Bindings: which records of two systems are the same business record."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from connectors.admin.base import ReadOnlyAdmin
from connectors.admin.columns import ago
from connectors.models import Binding, ObjectPair, SyncRecord
from connectors.sync.watch.story import text


@admin.register(Binding)
class BindingAdmin(ReadOnlyAdmin):
    """Written by the engine alone."""

    list_display = ("left_id", "right_id", "pair_name", "updated")
    list_per_page = 50
    list_max_show_all = 50
    list_select_related = ("pair__left", "pair__right")
    list_filter = ("pair",)
    paginator = InfinitePaginator
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-pk",)
    sortable_by = ()
    search_fields = ("left_id",)
    search_help_text = "An id of either side"
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Binding]:
        # Secrets of the connections are not needed to name them.
        found: QuerySet[Binding] = super().get_queryset(request)
        return found.defer("pair__left__secrets", "pair__right__secrets")

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[Binding], search_term: str
    ) -> tuple[QuerySet[Binding], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        # The indexes begin with the pair, so it is named, if only as "any".
        pairs = ObjectPair.objects.values("pk")
        found = Binding.objects.filter(
            Q(pair__in=pairs, left_id=term) | Q(pair__in=pairs, right_id=term)
        )
        return queryset.filter(pk__in=found.values("pk")), False

    @display(description="Between")
    def pair_name(self, binding: Binding) -> str:
        pair = binding.pair
        return f"{pair.left} {pair.left_object} ↔ {pair.right} {pair.right_object}"

    @display(description="Last agreed")
    def updated(self, binding: Binding) -> str:
        return ago(binding.updated_at)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **how: Any
    ) -> HttpResponse:
        binding = how["obj"]
        records = reverse("admin:connectors_syncrecord_changelist")
        last = SyncRecord.objects.filter(pk=binding.record).only("mapped").first()
        agreed = sorted(((last and last.mapped) or {}).items())
        return TemplateResponse(
            request,
            "admin/connectors/binding/page.html",
            self.page_context(
                request,
                binding,
                str(binding),
                binding=binding,
                pair=binding.pair,
                record=last,
                agreed=[(name, text(value)) for name, value in agreed],
                left_url=f"{records}?{urlencode({'q': binding.left_id})}",
                right_url=f"{records}?{urlencode({'q': binding.right_id})}",
            ),
        )
