"""The list of sync records and the page of one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.paginator import InfinitePaginator

from connectors.admin.columns import ago
from connectors.admin.records import filters
from connectors.admin.records.edit import EditPages
from connectors.admin.records.page import page
from connectors.admin.records.words import LABELS
from connectors.admin.records.writeback import WriteBackButton
from connectors.admin.reviews.decide import PERMISSION as DECIDE
from connectors.models import CatalogueField, Outcome, SyncRecord
from connectors.models.record import DONE
from connectors.sync.watch.selection import Records, search
from connectors.sync.watch.story import load

_LARGE = ("payload", "original_payload", "mapped", "response", "choices")


@admin.register(SyncRecord)
class SyncRecordAdmin(WriteBackButton, EditPages):
    """A million rows: nothing here counts them, sorts them or reads their JSON."""

    list_display = ("record", "flow_name", "state", "what", "tries", "read")
    list_display_links = ("record",)
    list_select_related = ("flow",)
    list_filter = (
        filters.OutcomeFilter,
        filters.FlowFilter,
        filters.ErrorFilter,
        filters.AgeFilter,
        filters.RunFilter,
        filters.ErrorGroupFilter,
    )
    list_per_page = 50
    list_max_show_all = 50
    list_disable_select_all = True
    list_before_template = "admin/connectors/syncrecord/above_list.html"
    paginator = InfinitePaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-pk",)
    sortable_by = ()
    search_fields = ("source_id",)
    search_help_text = "Source, target or correlation id"
    actions = ("replay_ticked", "replay_ticked_fresh")

    class Media:
        css = {"all": ("connectors/records.css",)}

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> Records:
        records: Records = super().get_queryset(request)
        # By the catalogue's unique key, so for one page of rows only.
        label = CatalogueField.objects.filter(
            connection=OuterRef("flow__target"),
            object_type=OuterRef("flow__target_object"),
            name=OuterRef("error_field"),
        )
        return records.defer(*_LARGE).annotate(
            error_label=Subquery(label.values("label")[:1])
        )

    def get_search_results(
        self, _request: HttpRequest, queryset: Records, search_term: str
    ) -> tuple[Records, bool]:
        return search(queryset, search_term), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        if "cl" in context:
            context |= self._above_list(request, context["cl"])
        return response

    def _above_list(self, request: HttpRequest, cl: Any) -> dict[str, Any]:
        query = request.GET.copy()
        query.pop("p", None)
        chosen = request.GET.get("outcome", "")
        tabs = [("", "All"), *filters.GROUPS.items()]
        return {
            "tabs": [
                {
                    "label": label,
                    "url": cl.get_query_string({"outcome": value or None}, ["p"]),
                    "chosen": value == chosen,
                }
                for value, label in tabs
            ],
            "chips": _chips(cl),
            "replay_all_url": f"{self.replay_url()}?{query.urlencode()}"
            if self.has_replay_permission(request) and cl.result_list
            else "",
        }

    @display(description="Record")
    def record(self, record: SyncRecord) -> SafeString:
        return format_html('<span class="record-id">{}</span>', record.source_id)

    @display(description="Flow")
    def flow_name(self, record: SyncRecord) -> str:
        return record.flow.name

    @display(
        description="Outcome",
        label={Outcome(o).label: kind for o, kind in LABELS.items()},
    )
    def state(self, record: SyncRecord) -> str:
        return Outcome(record.outcome).label

    @display(description="Result")
    def what(self, record: SyncRecord) -> SafeString | str:
        if text := record.error_message[:300]:
            field = getattr(record, "error_label", None) or record.error_field
            return format_html(
                '<span class="{2}" title="{0}">{1}{0}</span>',
                text,
                # Many errors name it themselves.
                format_html("<strong>{}</strong>: ", field)
                if field and field not in text
                else "",
                "record-remark" if record.outcome in DONE else "record-error",
            )
        if not record.target_id:
            return "–"
        return format_html('<span class="record-id">→ {}</span>', record.target_id)

    @display(description="Attempts")
    def tries(self, record: SyncRecord) -> str:
        if record.replays:
            return f"{record.attempts}, replayed {record.replays}×"
        return str(record.attempts)

    @display(description="Read")
    def read(self, record: SyncRecord) -> str:
        return ago(record.created_at)

    # --- ticked rows ---

    @action(description="Replay", permissions=["replay"])
    def replay_ticked(self, request: HttpRequest, queryset: Records) -> HttpResponse:
        return self._ask(request, queryset)

    @action(description="Replay from a fresh read", permissions=["replay"])
    def replay_ticked_fresh(
        self, request: HttpRequest, queryset: Records
    ) -> HttpResponse:
        return self._ask(request, queryset)

    def _ask(self, request: HttpRequest, queryset: Records) -> HttpResponse:
        if request.POST.get("select_across") == "1":
            return HttpResponseRedirect(
                f"{self.replay_url()}?{request.GET.urlencode()}"
            )
        ticked = [str(pk) for pk in queryset.values_list("pk", flat=True)]
        return self.replay_confirmation(request, queryset, ticked)

    # --- the page of one record ---

    def get_urls(self) -> list[URLPattern]:
        views = (
            ("replay/", self.replay_many, "replay"),
            ("<int:pk>/state/", self.state_view, "state"),
        )
        return [
            path(
                route,
                self.admin_site.admin_view(view),
                name=f"connectors_syncrecord_{name}",
            )
            for route, view, name in views
        ] + super().get_urls()

    def page_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The story of a record. There is nothing to post here."""
        record = load(object_id) if object_id.isdigit() else None
        if record is None:
            raise Http404
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        context = self.page_context(
            request,
            record,
            f"{record.flow}: {record.source_id}",
            **page(record),
            buttons=self.buttons(request, record),
            may_decide=request.user.has_perm(DECIDE),
            state_url=reverse("admin:connectors_syncrecord_state", args=[record.pk]),
        )
        return TemplateResponse(
            request, "admin/connectors/syncrecord/page.html", context
        )

    def state_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asked every second by the page of a record on its way: settled yet?"""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = SyncRecord.objects.filter(pk=pk).values_list("outcome", flat=True)
        outcome = found.first()
        if outcome is None:
            raise Http404
        if outcome == Outcome.PENDING:
            return HttpResponse(status=204)
        return HttpResponse(headers={"HX-Refresh": "true"})


def _chips(cl: Any) -> list[dict[str, str]]:
    """The filters in force, each with the address that drops it."""
    chips: list[dict[str, str]] = []
    for spec in cl.filter_specs:
        if spec.parameter_name == "outcome" and spec.value() in filters.GROUPS:
            continue  # a tab shows it
        everything, *choices = spec.choices(cl)
        chips += [
            {
                "title": str(spec.title),
                "label": str(choice["display"]).lstrip("– "),
                "drop": everything["query_string"],
            }
            for choice in choices
            if choice["selected"]
        ]
    return chips
