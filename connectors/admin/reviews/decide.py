"""Deciding from the console: one question, those ticked, or all of a filter."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin import helpers
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Count
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.timezone import is_aware

from connectors.admin.base import ReadOnlyAdmin
from connectors.admin.reviews.filters import Reviews
from connectors.admin.reviews.questions import Choice
from connectors.admin.reviews.words import ICONS, called
from connectors.models import Decision, Flow, Review, ReviewKind, SyncRun
from connectors.models.review import OFFERED
from connectors.sync.reviews import NAMES_ONE, Decided, DecisionError, decide
from connectors.sync.watch.selection import number

PERMISSION = "connectors.decide_review"
TEMPLATE = "admin/connectors/review/many.html"
# So many are decided while the person waits for the page.
AT_ONCE = 1000


@dataclass(slots=True)
class Plan:
    """What many questions are, counted, and what all of them offer."""

    kinds: Counter[str] = field(default_factory=Counter)
    flows: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    choices: list[Choice] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.kinds.values())

    @property
    def parts(self) -> list[tuple[str, list[tuple[str, int]]]]:
        """The counts by what they are counted by, largest first."""
        parts = (("question", self.kinds), ("flow", self.flows), ("field", self.fields))
        return [(name, counts.most_common()) for name, counts in parts if counts]

    @property
    def now(self) -> int:
        """Those that one press decides."""
        return min(self.total, AT_ONCE)


def plan(reviews: Reviews) -> Plan:
    """Count open questions, in two queries."""
    found = Plan()
    plain = reviews.order_by().select_related(None).defer(None)
    rows = plain.values_list("kind", "record__flow", "field").annotate(n=Count("pk"))
    flows = {
        flow.pk: flow
        for flow in Flow.objects.select_related("source", "target").defer(
            "source__secrets", "target__secrets"
        )
    }
    seen: set[int] = set()
    for kind, flow_id, name, count in rows:
        found.kinds[str(ReviewKind(kind).label)] += count
        found.flows[str(flows[flow_id])] += count
        if name:
            found.fields[name] += count
        seen.add(flow_id)
    kinds = {row[0] for row in rows}
    # The systems are named where there are only two.
    one = flows[seen.pop()] if len(seen) == 1 else None
    found.choices = [
        Choice(
            value=decision.value,
            label=called(next(iter(kinds)), decision, one if len(kinds) == 1 else None),
            icon=ICONS[decision],
        )
        for decision in Decision
        if kinds
        and decision not in NAMES_ONE
        and all(decision in OFFERED[kind] for kind in kinds)
    ]
    return found


class DecidePages(ReadOnlyAdmin):
    """The part of the queue that decides."""

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether this person may decide; the action asks by this name."""
        return request.user.has_perm(PERMISSION) and self.has_view_permission(request)

    def _check(self, request: HttpRequest) -> None:
        if not self.has_decide_permission(request):
            raise PermissionDenied

    def decide_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Decide one question; then back to the list, or to its record's page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self._check(request)
        review = Review.objects.filter(pk=pk).first()
        if review is None:
            raise Http404
        self._decide(request, [pk])
        if request.POST.get("back") == "record":
            url = reverse("admin:connectors_syncrecord_change", args=[review.record_id])
            return HttpResponseRedirect(f"{url}#reviews")
        return HttpResponseRedirect(self.list_url(request))

    def decide_many(self, request: HttpRequest) -> HttpResponse:
        """All open questions of the list's filter (in the address), or those ticked."""
        self._check(request)
        ticked = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        if request.method == "POST" and "decision" in request.POST:
            if request.POST["decision"] in NAMES_ONE:
                raise BadRequest("One record cannot be meant by many.")
            found = self._meant(request, ticked)
            shown = found.filter(opened_at__lte=_shown_at(request))
            ids = shown.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]
            self._decide(request, list(ids))
            return HttpResponseRedirect(self.list_url(request))
        return self.confirmation(request, ticked)

    def confirmation(self, request: HttpRequest, ticked: list[str]) -> HttpResponse:
        """Say what would be decided, and ask."""
        query = "" if ticked else request.GET.urlencode()
        context = self.page_context(
            request,
            None,
            "Decide many at once",
            plan=plan(self._meant(request, ticked)),
            ticked=ticked,
            now=timezone.now().isoformat(),
            action_url=f"{self.many_url()}{'?' if query else ''}{query}",
            list_url=self.list_url(request),
        )
        return TemplateResponse(request, TEMPLATE, context)

    def _meant(self, request: HttpRequest, ticked: list[str]) -> Reviews:
        if ticked:
            found = Review.objects.filter(pk__in=[number(pk) for pk in ticked])
        else:
            found = self.get_changelist_instance(request).queryset
        return found.filter(decided_at=None)

    def _decide(self, request: HttpRequest, ids: list[int]) -> None:
        """Decide, note it in the history of each question, say what came of it."""
        decision = request.POST.get("decision", "")
        if decision not in Decision.values:
            raise BadRequest("There is no such decision.")
        begun = timezone.now()
        try:
            result = decide(
                Review.objects.filter(pk__in=ids, decided_at=None),
                decision,
                request.user,
                chosen=request.POST.get("chosen", "").strip()[:200],
            )
        except DecisionError as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        self._log(request, ids, decision, begun)
        level = messages.SUCCESS if result.count else messages.WARNING
        if result.reasons:
            level = messages.WARNING
        self.message_user(request, answer(result, len(ids)), level)

    def _log(
        self, request: HttpRequest, ids: list[int], decision: str, since: datetime
    ) -> None:
        """A line in the history of each question that this person decided just now."""
        kind = ContentType.objects.get_for_model(Review)
        mine = Review.objects.filter(
            pk__in=ids, decided_by=request.user.pk, decided_at__gte=since
        )
        LogEntry.objects.bulk_create(
            LogEntry(
                user_id=int(str(request.user.pk)),
                content_type=kind,
                object_id=str(review.pk),
                object_repr=str(review)[:200],
                action_flag=CHANGE,
                change_message=f"Decided: {Decision(decision).label}"
                f"{f' ({review.chosen})' if review.chosen else ''}.",
            )
            for review in mine
        )

    def list_url(self, request: HttpRequest) -> str:
        """The list with the filters that stand in the address."""
        query = request.GET.urlencode()
        url = reverse("admin:connectors_review_changelist")
        return f"{url}?{query}" if query else url

    def many_url(self) -> str:
        """The address of the page for many."""
        return reverse("admin:connectors_review_many")


def answer(result: Decided, asked: int) -> str:
    """What came of it, with links to the runs that send the records on."""
    left = asked - result.count
    if not result.count:
        return (
            "Nothing was decided: somebody was quicker, or the question does not offer "
            "this."
        )
    said: Any = format_html(
        "{} decided.",
        "1 question" if result.count == 1 else f"{result.count:,} questions",
    )
    if result.runs:
        said = format_html("{} {}.", said, _sent_on(result.runs))
    elif not result.reasons:
        said = format_html(
            "{} The record is sent on when its other questions are decided.", said
        )
    if left:
        said = format_html("{} {} left as they were: decided meanwhile.", said, left)
    for reason in result.reasons:
        said = format_html("{} Not sent on yet. {}", said, reason)
    return str(said) if not hasattr(said, "__html__") else said


def _sent_on(runs: list[SyncRun]) -> str:
    links = format_html_join(
        ", ",
        '<a class="record-link" href="{}">run #{}</a>',
        (
            (reverse("admin:connectors_syncrun_change", args=[run.pk]), run.pk)
            for run in runs
        ),
    )
    return format_html("Sent on by {}", links)


def _shown_at(request: HttpRequest) -> datetime:
    """When the page was made whose button was pressed; a lost one means now."""
    try:
        moment = parse_datetime(request.POST.get("shown_at", ""))
    except ValueError:
        moment = None
    return moment if moment and is_aware(moment) else timezone.now()
