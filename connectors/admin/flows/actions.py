"""The buttons of a flow; what cannot be undone asks first."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from connectors.admin.base import RefusedError, Reply, post_action
from connectors.admin.flows.confirming import Confirming
from connectors.admin.flows.mappings import mapping_formset, problems
from connectors.admin.flows.rows import MAP
from connectors.models import (
    FieldMapping,
    Flow,
    FlowStatus,
    RunKind,
    SyncRun,
)
from connectors.sync import runs
from connectors.sync.mapping.preview import preview
from connectors.sync.mapping.suggest import suggest

RUN = "connectors.run_flow"
REFUSALS = (runs.RunRefusedError,)

_NAMES = {RunKind.BACKFILL: "The backfill", RunKind.ADOPT: "The adoption"}

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


ADOPT_WORDS = (
    (
        "Reads all {flow.source_object} of {flow.source} and binds each to the record "
        "of {flow.target} that it matches, which is then brought up to date. Nothing "
        "is created: what matches nothing is listed among the run's records, and what "
        "matches several under Reviews."
    ),
    (
        "Use it before the first run where both systems already hold the same "
        "records, so that none of them is created a second time."
    ),
)


SCAN_WORDS = (
    (
        "Lists all keys of {flow.source_object} in {flow.source} and compares them "
        "with those that are bound. What is missing there counts as deleted, and goes "
        "by what the flow does about that."
    ),
    (
        "Started by hand, it is believed even when much is missing: see first that "
        "the connection's user may still see everything."
    ),
)


class FlowActions(Confirming):
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
            return self.confirm_first(
                request,
                obj,
                "backfill",
                title=f"Backfill “{obj}”?",
                button="Read everything",
                paragraphs=[words.format(flow=obj) for words in BACKFILL_WORDS],
            )
        return _started(runs.start(obj, RunKind.BACKFILL, request.user))

    @post_action(
        "connectors.backfill_flow",
        label="Adopt only",
        icon="join_inner",
        shown=lambda flow: flow.status == FlowStatus.ACTIVE,
        refusals=REFUSALS,
        title="Binds what matches, creates nothing, lists the rest; asks first",
    )
    def adopt(self, request: HttpRequest, obj: Flow) -> Reply:
        """Bind what is on both sides already, after a confirmation."""
        if "confirmed" not in request.POST:
            return self.confirm_first(
                request,
                obj,
                "adopt",
                title=f"Adopt what “{obj}” finds on both sides?",
                button="Bind what matches",
                paragraphs=[words.format(flow=obj) for words in ADOPT_WORDS],
            )
        return _started(runs.start(obj, RunKind.ADOPT, request.user))

    @post_action(
        "connectors.backfill_flow",
        label="Search for deletes",
        icon="search_off",
        shown=lambda flow: (
            flow.status == FlowStatus.ACTIVE
            and flow.source.spec.object(flow.source_object).can("keys")
        ),
        refusals=REFUSALS,
        title="Compares all keys of the source with those that are bound; asks first",
    )
    def scan(self, request: HttpRequest, obj: Flow) -> Reply:
        """Find what was deleted without a word, after a confirmation."""
        if "confirmed" not in request.POST:
            return self.confirm_first(
                request,
                obj,
                "scan",
                title=f"Search for what was deleted in {obj.source}?",
                button="Search",
                paragraphs=[words.format(flow=obj) for words in SCAN_WORDS],
            )
        return _started(runs.start(obj, RunKind.SCAN, request.user))

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


def _started(run: SyncRun) -> str:
    return format_html(
        '{} #{} is queued: <a class="console-link" href="{}">follow it</a>.',
        _NAMES.get(RunKind(run.kind), "Run"),
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
