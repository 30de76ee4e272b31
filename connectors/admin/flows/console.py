"""Flows: what goes where, with the mapping editor and the buttons of every day."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from connectors.admin.base import ConsoleAdmin
from connectors.admin.columns import ago, column
from connectors.admin.flows.actions import FlowActions
from connectors.admin.flows.form import OPTIONS, FlowForm
from connectors.admin.flows.mappings import MappingInline, suggestions
from connectors.admin.flows.newfields import NewFields
from connectors.admin.flows.owners import OwnersPage, warning
from connectors.admin.flows.page import next_run, page_facts, problem_counts
from connectors.admin.flows.rows import MAP, counterpart_of
from connectors.admin.flows.rules import RULES
from connectors.admin.history import Change, HistoryMixin
from connectors.models import Flow, FlowStatus
from connectors.sync.mapping.versions import save_version

STATUS_COLOURS = {
    FlowStatus.ACTIVE.label: "success",
    FlowStatus.PAUSED.label: "warning",
    FlowStatus.STOPPED.label: "danger",
}
OBJECTS = ("source_object", "target_object")
SCHEDULE = ("schedule", "custom_seconds")
# The ends once they are fixed, in the words of the systems.
ENDS = ("source", "reads", "target", "writes")


@admin.register(Flow)
class FlowAdmin(HistoryMixin, FlowActions, NewFields, OwnersPage, ConsoleAdmin):
    """One object type of one system into one of another."""

    form = FlowForm
    inlines = (MappingInline, *RULES)
    list_display = ("name", "ends", "status_label", "every", "last", "next", "problems")
    list_filter = ("status", "source", "target")
    list_select_related = ("source", "target", "state")
    search_fields = ("name", "source_object", "target_object")
    history_children = ("mappings", "match_rules", "guards", "write_backs")
    show_full_result_count = True
    warn_unsaved_form = True
    change_form_outer_before_template = "admin/connectors/flow/before.html"
    change_form_after_template = "admin/connectors/flow/after.html"
    list_after_template = "admin/connectors/flow/list_after.html"

    class Media:
        js = ("connectors/rows.js", "connectors/picker.js", "connectors/mapping.js")

    # --- list -----------------------------------------------------------------------

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        counts = problem_counts(flow.pk for flow in changelist.result_list)
        for flow in changelist.result_list:
            flow.problem_count = counts[flow.pk]
        return changelist

    @column("From → to")
    def ends(self, obj: Flow) -> str:
        return f"{obj.source} {obj.source_object} → {obj.target} {obj.target_object}"

    @column("Status", ordering="status", label=STATUS_COLOURS)
    def status_label(self, obj: Flow) -> str:
        return str(obj.get_status_display())

    @column("Looks for changes", ordering="interval")
    def every(self, obj: Flow) -> str:
        return obj.schedule_text

    @column("Last run", ordering="state__last_run_at")
    def last(self, obj: Flow) -> str:
        return ago(obj.state.last_run_at)

    @column("Next run", ordering="state__next_run_at")
    def next(self, obj: Flow) -> str:
        return next_run(obj)

    @column("Read")
    def reads(self, obj: Flow) -> str:
        return obj.source.spec.object(obj.source_object).label

    @column("Write")
    def writes(self, obj: Flow) -> str:
        return obj.target.spec.object(obj.target_object).label

    @column("Problems")
    def problems(self, obj: Any) -> str:
        if not obj.problem_count:
            return "none"
        url = reverse("admin:connectors_syncrecord_changelist")
        return format_html(
            '<a class="console-error" href="{}?flow={}&amp;outcome=needs-me">{}</a>',
            url,
            obj.pk,
            obj.problem_count,
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Flow]:
        """Without the secrets of its connections."""
        flows: QuerySet[Flow] = super().get_queryset(request)
        return flows.select_related("source", "target", "state").defer(
            "source__secrets", "target__secrets"
        )

    # --- who may edit what ------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may only map opens the form too; the flow's own fields are closed."""
        return request.user.has_perm(MAP) or super().has_change_permission(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Any) -> tuple[Any, ...]:
        return self.inlines if obj else ()

    def get_readonly_fields(
        self, request: HttpRequest, obj: Flow | None = None
    ) -> tuple[str, ...]:
        if obj and not request.user.has_perm("connectors.change_flow"):
            fixed = ("name", *ENDS, *OBJECTS, "match_field", "every", *SCHEDULE)
            return (*fixed, *OPTIONS)
        # Once records have moved, other ends would be another flow.
        return (*ENDS, *OBJECTS) if obj and obj.runs.exists() else ()

    def get_fieldsets(
        self, request: HttpRequest, obj: Flow | None = None
    ) -> list[tuple[Any, Any]]:
        if set(ENDS) <= set(self.get_readonly_fields(request, obj)):
            from_to = [("source", "reads"), ("target", "writes")]
        else:
            from_to = [("source", "source_object"), ("target", "target_object")]
        if obj is None:
            when = ["schedule", "custom_seconds"]
        elif request.user.has_perm("connectors.change_flow"):
            when = ["match_field", "schedule", "custom_seconds"]
        else:
            when = ["match_field", "every"]
        head: tuple[Any, Any] = (None, {"fields": ["name", *from_to, *when]})
        if obj is None:
            return [head]
        flag = ("flag_field", "flag_value")
        options = ["creates", "source_gone", flag, "target_gone", "scan_interval"]
        folded = {"fields": options, "classes": ["collapse"]}
        return [head, ("Records that are new or gone", folded)]

    def history_changes(self, obj: Any, name: str, old: Any, new: Any) -> list[Change]:
        """Without the order of the rows, which changes nothing."""
        if name == "position":
            return []
        return super().history_changes(obj, name, old, new)

    # --- page -------------------------------------------------------------------------

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Any, inline: Any, prefix: str
    ) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_formset_kwargs(
            request, obj, inline, prefix
        )
        if request.method == "GET" and obj.pk and isinstance(inline, MappingInline):
            kwargs["initial"] = suggestions(request, obj)
        return kwargs

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **how: Any
    ) -> HttpResponse:
        obj = how.get("obj")
        context["show_save_and_add_another"] = False
        if obj:
            context.update(page_facts(obj))
            context["status_colour"] = STATUS_COLOURS[str(obj.get_status_display())]
            context["counterpart"] = counterpart_of(obj)
            context["owners_url"] = self.owners_url(obj)
            context["suggested"] = len(suggestions(request, obj))
            if request.user.has_perm(MAP):
                context["preview_url"] = self.action_url("preview", obj)
        return super().render_change_form(request, context, **how)

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: Any
    ) -> None:
        """Save the rows and keep them as a mapping version."""
        super().save_related(request, form, formsets, change)
        flow: Flow = form.instance
        version = save_version(flow, request.user) if change else None
        if version:
            self.message_user(
                request,
                f"The mappings are saved as version {version.number}. They hold for "
                "every record read from now on.",
            )
            if said := warning(flow):
                self.message_user(request, said, messages.WARNING)

    def response_add(
        self, request: HttpRequest, obj: Flow, post_url_continue: Any = None
    ) -> HttpResponse:
        """On to the mappings: a flow without them does nothing."""
        self.message_user(
            request,
            f"“{obj}” is saved and paused. Next: press “Suggest mappings”, look them "
            "over, save, try a preview, then press “Resume”.",
            messages.SUCCESS,
        )
        return HttpResponseRedirect(self.back(request, obj).url)
