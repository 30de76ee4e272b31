"""The queue of what waits for a person, and the page of one question."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from unfold.decorators import action, display
from unfold.paginator import InfinitePaginator

from connectors.admin.columns import ago
from connectors.admin.reviews import filters
from connectors.admin.reviews.decide import DecidePages
from connectors.admin.reviews.questions import questions
from connectors.admin.reviews.words import COLOURS
from connectors.models import Review, ReviewKind

_UNREAD = (
    *(f"record__{name}" for name in ("payload", "original_payload", "response")),
    "record__flow__source__secrets",
    "record__flow__target__secrets",
)
_LISTED = "record__mapped"
# So much of the reason stands in the list.
_REASON = 110


def with_flows(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """With what a question needs to be shown. Secrets stay unread."""
    return reviews.select_related(
        "decided_by", "record__flow__source", "record__flow__target",
        "record__flow__pair",
    ).defer(*_UNREAD)  # fmt: skip


@admin.register(Review)
class ReviewAdmin(DecidePages):
    """Nothing here counts all questions or reads the payloads of their records."""

    list_display = ("kind_label", "about", "source", "target", "asked", "decided")
    list_display_links = ("about",)
    list_filter = (
        filters.StateFilter,
        filters.KindFilter,
        filters.FlowFilter,
        filters.FieldFilter,
        filters.AgeFilter,
    )
    list_per_page = 50
    list_max_show_all = 50
    list_disable_select_all = True
    list_before_template = "admin/connectors/review/above_list.html"
    paginator = InfinitePaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-pk",)
    sortable_by = ()
    search_fields = ("chosen",)
    search_help_text = "Source or target id, also of a candidate"
    actions = ("decide_ticked",)

    class Media:
        css = {"all": ("connectors/reviews.css",)}
        js = ("connectors/reviews.js",)

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        return with_flows(super().get_queryset(request)).defer(*_UNREAD, _LISTED)

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[Review], search_term: str
    ) -> tuple[QuerySet[Review], bool]:
        return filters.with_id(queryset, search_term), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        may = self.has_decide_permission(request)
        query = request.GET.urlencode()
        for question in questions(changelist.result_list):
            url = reverse("admin:connectors_review_decide", args=[question.review.pk])
            question.review.question = question  # type: ignore[attr-defined]
            question.review.decide_url = (  # type: ignore[attr-defined]
                f"{url}{'?' if query else ''}{query}" if may else ""
            )
        return changelist

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
        chosen = request.GET.get("state", filters.OPEN)
        is_open = chosen == filters.OPEN
        return {
            "tabs": [
                {
                    "label": label,
                    "url": cl.get_query_string(
                        {"state": None if value == filters.OPEN else value}, ["p"]
                    ),
                    "chosen": value == chosen,
                }
                for value, label in filters.STATES.items()
            ],
            "may_decide": self.has_decide_permission(request),
            "many_url": f"{self.many_url()}?{query.urlencode()}"
            if self.has_decide_permission(request) and is_open and cl.result_list
            else "",
        }

    @display(
        description="Question",
        label={ReviewKind(kind).label: colour for kind, colour in COLOURS.items()},
    )
    def kind_label(self, review: Review) -> str:
        return ReviewKind(review.kind).label

    @display(description="About")
    def about(self, review: Any) -> SafeString:
        question = review.question
        return format_html(
            '<span class="review-about"><strong>{}</strong> <span class="record-id">'
            "{}</span><small>{}</small><small>{}</small></span>",
            question.field_label,
            review.record.source_id,
            question.flow.name,
            Truncator(review.reason).chars(_REASON),
        )

    @display(description="In the source")
    def source(self, review: Any) -> str:
        return self._cell("source", review)

    @display(description="In the target")
    def target(self, review: Any) -> str:
        return self._cell("target", review)

    @display(description="Asked")
    def asked(self, review: Review) -> str:
        return ago(review.opened_at)

    @display(description="Decision")
    def decided(self, review: Any) -> str:
        return self._cell("decision", review)

    def _cell(self, name: str, review: Any) -> str:
        return render_to_string(
            f"admin/connectors/review/cell_{name}.html",
            {
                "review": review,
                "question": review.question,
                "url": getattr(review, "decide_url", ""),
            },
        )

    # --- ticked rows ---

    @action(description="Decide…", permissions=["decide"])
    def decide_ticked(
        self, request: HttpRequest, queryset: QuerySet[Review]
    ) -> HttpResponse:
        """Ask what the ticked questions are to be decided as."""
        ticked = [str(pk) for pk in queryset.values_list("pk", flat=True)]
        return self.confirmation(request, ticked)

    # --- one question ---

    def get_urls(self) -> list[URLPattern]:
        views = (
            ("many/", self.decide_many, "many"),
            ("<int:pk>/decide/", self.decide_one, "decide"),
        )
        return [
            path(
                route,
                self.admin_site.admin_view(view),
                name=f"connectors_review_{name}",
            )
            for route, view, name in views
        ] + super().get_urls()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **how: Any
    ) -> HttpResponse:
        """Everything that helps to decide it, on one page."""
        review = with_flows(Review.objects.filter(pk=how["obj"].pk)).get()
        (question,) = questions([review])
        query = request.GET.get("_changelist_filters", "")
        back = reverse("admin:connectors_review_changelist")
        return TemplateResponse(
            request,
            "admin/connectors/review/page.html",
            self.page_context(
                request,
                review,
                f"{question.field_label or review.get_kind_display()}: "
                f"{review.record.source_id}",
                question=question,
                may_decide=self.has_decide_permission(request),
                list_query=query,
                back_url=f"{back}?{query}" if query else back,
            ),
        )
