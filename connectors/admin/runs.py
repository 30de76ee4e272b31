"""Runs: what each did, how far the one under way has come, what went wrong in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from connectors.admin.base import ReadOnlyAdmin, RefusedError, post_action
from connectors.admin.columns import ago
from connectors.models import Outcome, RunStatus, SyncRun
from connectors.sync import runs
from connectors.sync.watch import tally
from connectors.sync.worker.filling import unfilled

LABELS = {
    RunStatus.QUEUED: "info",
    RunStatus.RUNNING: "info",
    RunStatus.SUCCEEDED: "success",
    RunStatus.PARTIAL: "warning",
    RunStatus.FAILED: "danger",
    RunStatus.CANCELLED: "default",
}


def _live(run: SyncRun) -> bool:
    return not run.final


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    """The list of runs, and the page of one that keeps itself up to date."""

    list_display = (
        "title", "flow", "state", "seen", "written", "same", "held", "trouble",
        "took", "speed", "began",
    )  # fmt: skip
    list_display_links = ("title",)
    list_select_related = ("flow",)
    list_filter = ("status", "kind", "flow")
    list_per_page = 50
    list_max_show_all = 50
    paginator = InfinitePaginator
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-pk",)
    sortable_by = ()
    search_fields = ("=correlation_id",)
    search_help_text = "A correlation id"
    actions = None

    # --- the list ---

    @display(description="Run")
    def title(self, run: SyncRun) -> str:
        return f"#{run.pk} {run.get_kind_display()}"

    @display(
        description="Status",
        label={status.label: kind for status, kind in LABELS.items()},
    )
    def state(self, run: SyncRun) -> str:
        return RunStatus(run.status).label

    @display(description="Read")
    def seen(self, run: SyncRun) -> str:
        return f"{run.read:,}"

    @display(description="Unchanged")
    def same(self, run: SyncRun) -> str:
        return f"{run.unchanged:,}"

    @display(description="Waiting")
    def held(self, run: SyncRun) -> str:
        return f"{run.waiting:,}"

    @display(description="Written")
    def written(self, run: SyncRun) -> SafeString:
        text = f"{run.created:,} created, {run.updated:,} updated"
        total = run.created + run.updated
        return format_html('<span title="{}">{}</span>', text, f"{total:,}")

    @display(description="Problems")
    def trouble(self, run: SyncRun) -> SafeString | str:
        if not run.problems:
            return "0"
        return format_html(
            '<a class="console-error" href="{}">{}</a>',
            records_url(run, outcome="needs-me"),
            f"{run.problems:,}",
        )

    @display(description="Duration")
    def took(self, run: SyncRun) -> str:
        return span(run.duration)

    @display(description="Rate")
    def speed(self, run: SyncRun) -> str:
        return f"{run.rate:,.0f}/s" if run.rate else "–"

    @display(description="Queued")
    def began(self, run: SyncRun) -> str:
        return ago(run.queued_at)

    # --- the page of one run ---

    def get_urls(self) -> list[URLPattern]:
        progress_page = path(
            "<int:pk>/progress/",
            self.admin_site.admin_view(self.progress_view),
            name="connectors_syncrun_progress",
        )
        return [progress_page, *super().get_urls()]

    def page_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What a run did so far. There is nothing to post here but its buttons."""
        run = self._run(request, object_id)
        context = self.page_context(
            request,
            run,
            str(run),
            **progress(run),
            buttons=self.buttons(request, run),
        )
        return TemplateResponse(request, "admin/connectors/syncrun/page.html", context)

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that moves; asked every second until the run ends."""
        run = self._run(request, str(pk))
        return TemplateResponse(
            request, "admin/connectors/syncrun/progress.html", progress(run)
        )

    def _run(self, request: HttpRequest, object_id: str) -> SyncRun:
        found = SyncRun.objects.select_related("flow", "started_by", "order")
        run = found.filter(pk=object_id).first() if object_id.isdigit() else None
        if run is None:
            raise Http404
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        return run

    @post_action(
        "connectors.run_flow",
        label="Cancel",
        icon="cancel",
        shown=_live,
        danger=True,
        title="Reads no more; what was read already is still sent",
    )
    def cancel(self, request: HttpRequest, run: SyncRun) -> str:
        """Stop reading."""
        if not runs.cancel(run, request.user):
            raise RefusedError("This run has ended already.")
        return "The run is cancelled. Records already read are sent by the next run."

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncRun]:
        found: QuerySet[SyncRun] = super().get_queryset(request)
        return found


def progress(run: SyncRun) -> dict[str, Any]:
    """The context of the moving part of a run's page."""
    counts = [
        {
            "label": Outcome(name).label
            if name in Outcome.values
            else "Replayed since",
            "count": getattr(run, name),
            "url": records_url(run, outcome=name),
            "bad": name in ("conflict", "failed", "dead"),
        }
        for name in SyncRun.OUTCOME_COUNTS
        if getattr(run, name)
    ]
    problems = tally.of_run(tally.problems(), run.pk)
    errors = tally.error_groups(problems) if run.problems else []
    return {
        "run": run,
        "label_type": LABELS[RunStatus(run.status)],
        "counts": counts,
        "percent": int((run.progress or 0) * 100),
        "eta": span(eta(run)) if eta(run) else "",
        "duration": span(run.duration),
        "errors": [
            {"group": group, "url": records_url(run, error=group.fingerprint)}
            for group in errors
        ],
        "records_url": records_url(run),
        "progress_url": reverse("admin:connectors_syncrun_progress", args=[run.pk]),
        "order": getattr(run, "order", None),
        "filling": unfilled(run),
    }


def eta(run: SyncRun) -> timedelta | None:
    """How long the rest takes at the rate so far; None where that cannot be said."""
    if run.final or not run.expected or not run.rate:
        return None
    left = max(run.expected, run.read) - (run.read - run.pending)
    return timedelta(seconds=left / run.rate)


def records_url(run: SyncRun, *, outcome: str = "", error: str = "") -> str:
    """The records of a run, in the list."""
    url = reverse("admin:connectors_syncrecord_changelist") + f"?run={run.pk}"
    if outcome and outcome != "replayed":
        url += f"&outcome={outcome}"
    return f"{url}&error_fingerprint={error}" if error else url


def span(duration: timedelta | None) -> str:
    """A duration as a person says it."""
    if duration is None:
        return "–"
    seconds = max(0, int(duration.total_seconds()))
    if seconds < 1:
        return "under 1 s"
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
