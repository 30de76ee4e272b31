"""The buttons of a flow; what cannot be undone asks first."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from connectors.admin.base import ConsoleAdmin, RefusedError, Reply, post_action
from connectors.admin.flows.mappings import MAP, mapping_formset, problems
from connectors.admin.flows.page import missing_fields
from connectors.models import FieldMapping, Flow, FlowStatus, RunKind, SyncRun
from connectors.sync import connect, runs
from connectors.sync.mapping.preview import preview
from connectors.sync.mapping.suggest import suggest

RUN = "connectors.run_flow"
REFUSALS = (runs.RunRefusedError,)

CREATE_WORDS = (
    "These fields are added to {flow.target_object} in {flow.target}. Everyone who "
    "works there will see them."
)
BACKFILL_WORDS = (
    (
        "All {flow.source_object} of {flow.source} are read from the beginning, not "
        "only those that changed, and sent to {flow.target} where they differ."
    ),
    (
        "Use it the first time a flow runs, and after a mapping got a new field that "
        "old records should have too."
    ),
    (
        "Records that are the same on both sides are left alone. Records sent before "
        "are updated, never created a second time. It may take long and use many "
        "calls; you can cancel it on the page of the run."
    ),
)


class FlowActions(ConsoleAdmin):
    """The part of the flows' admin that acts."""

    @post_action(
        RUN,
        label="Run now",
        icon="play_arrow",
        shown=lambda flow: flow.status == FlowStatus.ACTIVE,
        refusals=REFUSALS,
        title="Reads what has changed since the last run and sends it",
    )
    def run_now(self, request: HttpRequest, obj: Flow) -> Reply:
        """Start a run, as the schedule would."""
        return _started(runs.start(obj, RunKind.SYNC, request.user))

    @post_action(
        RUN,
        label="Pause",
        icon="pause",
        shown=lambda flow: flow.status == FlowStatus.ACTIVE,
    )
    def pause(self, request: HttpRequest, obj: Flow) -> Reply:
        """Start no more runs."""
        runs.pause(obj, request.user)
        return (
            "The flow is paused. Nothing is lost: what changes meanwhile is sent after "
            "you resume it."
        )

    @post_action(
        RUN,
        label="Resume",
        icon="play_arrow",
        shown=lambda flow: flow.status != FlowStatus.ACTIVE,
    )
    def resume(self, request: HttpRequest, obj: Flow) -> Reply:
        """Let the schedule start it again."""
        if not obj.mappings.filter(enabled=True).exists():
            raise RefusedError(
                "There are no mappings yet. Press “Suggest mappings” first, and save."
            )
        runs.resume(obj, request.user)
        return f"The flow is active: it looks for changes {obj.schedule_text}."

    @post_action(
        "connectors.backfill_flow",
        label="Backfill",
        icon="history",
        shown=lambda flow: flow.status == FlowStatus.ACTIVE,
        refusals=REFUSALS,
        title="Reads everything from the beginning; asks first",
    )
    def backfill(self, request: HttpRequest, obj: Flow) -> Reply:
        """Read the source from the beginning, after a confirmation."""
        if "confirmed" not in request.POST:
            return self._confirm(
                request,
                obj,
                "backfill",
                title=f"Backfill “{obj}”?",
                button="Read everything",
                paragraphs=[words.format(flow=obj) for words in BACKFILL_WORDS],
            )
        return _started(runs.start(obj, RunKind.BACKFILL, request.user))

    @post_action(
        MAP,
        label="Suggest mappings",
        icon="auto_awesome",
        title="Adds rows for target fields that mean the same as a source field",
    )
    def suggest_mappings(self, request: HttpRequest, obj: Flow) -> Reply:
        """Show suggested rows below the saved ones; nothing is saved by this."""
        count = len(suggest(obj))
        if not count:
            raise RefusedError(
                "Every field that both systems have in common is mapped already. Add "
                "further rows by hand."
            )
        self.log_change(request, obj, f"Suggested {count} mapping rows.")
        response = self.back(request, obj)
        response["Location"] += "?suggested=1#mappings-group"
        return response

    @post_action(MAP, label="Preview", shown=lambda _flow: False)
    def preview(self, request: HttpRequest, obj: Flow) -> Reply:
        """One real record through the rows as they stand in the form, saved or not."""
        rows, wrong = _posted_rows(request, obj)
        shown = preview(obj, request.POST.get("preview_key", "").strip(), rows)
        self.log_change(request, obj, f"Previewed the record {shown.key or '(none)'}.")
        inside = request.headers.get("X-Requested-With") == "fetch"
        name = "preview_table" if inside else "preview"
        context = self.page_context(
            request, obj, f"Preview of “{obj}”", preview=shown, wrong=wrong
        )
        return TemplateResponse(request, f"admin/connectors/flow/{name}.html", context)

    @post_action(
        MAP,
        label="Create missing fields",
        icon="add_box",
        shown=lambda flow: bool(missing_fields(flow)),
        title="Creates fields of ours in the target; asks first",
    )
    def create_fields(self, request: HttpRequest, obj: Flow) -> Reply:
        """Create fields of ours in the target, after a confirmation that lists them."""
        fields = missing_fields(obj)
        if not fields:
            raise RefusedError("The target has all the fields that the mapping needs.")
        if "confirmed" not in request.POST:
            return self._confirm(
                request,
                obj,
                "create_fields",
                title=f"Create {len(fields)} fields in “{obj.target}”?",
                button="Create them",
                paragraphs=[CREATE_WORDS.format(flow=obj)],
                items=[f"{f.label} ({f.name}, {f.type})" for f in fields],
            )
        return self._create(request, obj, [field.name for field in fields])

    def _create(self, request: HttpRequest, flow: Flow, names: list[str]) -> str:
        report = connect.ensure_fields(flow.target, flow.target_object, names)
        failed = [
            f"{name}: {what}"
            for name, what in report.items()
            if what not in ("created", "exists")
        ]
        done = [name for name, what in report.items() if what in ("created", "exists")]
        if failed:
            raise RefusedError(f"{len(done)} created. Not created: {' '.join(failed)}")
        return f"Created in {flow.target}: {', '.join(done)}."

    def _confirm(
        self, request: HttpRequest, obj: Flow, name: str, **words: Any
    ) -> HttpResponse:
        title = words.pop("title")
        context = self.page_context(
            request, obj, title, action=self.action_url(name, obj), **words
        )
        return TemplateResponse(
            request, "admin/connectors/shared/confirm.html", context
        )


def _started(run: SyncRun) -> str:
    return format_html(
        '{} #{} is queued: <a class="console-link" href="{}">follow it</a>.',
        "The backfill" if run.kind == RunKind.BACKFILL else "Run",
        run.pk,
        reverse("admin:connectors_syncrun_change", args=[run.pk]),
    )


def _posted_rows(
    request: HttpRequest, flow: Flow
) -> tuple[list[FieldMapping] | None, list[str]]:
    """The rows of the posted form and what is wrong in it; None: the saved rows."""
    formset = mapping_formset(request.POST, flow)
    if formset is None:
        return None, []
    wrong = [] if formset.is_valid() else problems(formset)
    rows = [
        form.instance
        for form in formset.rows()
        if not form.errors and form.instance.enabled
    ]
    return sorted(rows, key=lambda row: row.position), wrong
