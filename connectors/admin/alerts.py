"""Alerts: what a person is called for, who is at it, and that it is dealt with."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from connectors.admin.base import ReadOnlyAdmin, RefusedError, post_action
from connectors.admin.columns import ago
from connectors.models import Alert, AlertKind
from connectors.sync.watch import alerts

PERMISSION = "connectors.change_alert"
LABELS = {
    AlertKind.UNREACHABLE: "warning",
    AlertKind.REFUSED: "danger",
    AlertKind.STOPPED: "danger",
    AlertKind.SILENT: "warning",
    AlertKind.WORKER: "danger",
    AlertKind.BUDGET: "warning",
    AlertKind.DRIFT: "warning",
    AlertKind.EVENTS: "warning",
}


def _open(alert: Alert) -> bool:
    return alert.resolved_at is None


def _new(alert: Alert) -> bool:
    return alert.resolved_at is None and alert.acknowledged_at is None


class OpenFilter(SimpleListFilter):
    """Open alerts, unless others are asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return [
            ("new", "Needs me"),
            ("acknowledged", "Acknowledged"),
            ("resolved", "Resolved"),
            ("all", "All"),
        ]

    def choices(self, changelist: Any) -> Any:
        chosen = self.value() or "open"
        for value, label in (("open", "Open"), *self.lookup_choices):
            query = None if value == "open" else value
            yield {
                "selected": chosen == value,
                "query_string": changelist.get_query_string({"state": query}),
                "display": label,
            }

    def queryset(
        self, _request: HttpRequest, queryset: QuerySet[Alert]
    ) -> QuerySet[Alert]:
        value = self.value()
        if value == "all":
            return queryset
        if value in ("new", "acknowledged"):
            queryset = queryset.filter(acknowledged_at__isnull=value == "new")
        return queryset.filter(resolved_at__isnull=value != "resolved")


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """Alerts are opened by the engine; a person can only say who is at one, and that
    one is settled."""

    list_display = ("title", "kind_label", "seen", "since", "last", "state")
    list_filter = (OpenFilter, "kind")
    list_per_page = 50
    list_before_template = "admin/connectors/alert/above_list.html"
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-last_at",)
    sortable_by = ()
    list_select_related = ("acknowledged_by",)
    actions = ("acknowledge_ticked", "resolve_ticked")

    @display(
        description="Kind",
        label={kind.label: label for kind, label in LABELS.items()},
    )
    def kind_label(self, alert: Alert) -> str:
        return AlertKind(alert.kind).label

    @display(description="Seen")
    def seen(self, alert: Alert) -> str:
        return "once" if alert.count == 1 else f"{alert.count:,} times"

    @display(description="Open since")
    def since(self, alert: Alert) -> str:
        return ago(alert.opened_at)

    @display(description="Last seen")
    def last(self, alert: Alert) -> str:
        return ago(alert.last_at)

    @display(description="State")
    def state(self, alert: Alert) -> SafeString | str:
        if alert.resolved_at is None:
            return acknowledged(alert) or "Open"
        return format_html("Resolved {}", ago(alert.resolved_at))

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        """Whether this person may resolve alerts; the action asks by this name."""
        return request.user.has_perm(PERMISSION) and self.has_view_permission(request)

    @action(description="Acknowledge", permissions=["resolve"])
    def acknowledge_ticked(
        self, request: HttpRequest, queryset: QuerySet[Alert]
    ) -> None:
        """Say of the ticked alerts that this person is at them."""
        done = 0
        for alert in queryset.filter(resolved_at=None):
            if alerts.acknowledge(alert, request.user):
                self.log_change(request, alert, "Acknowledged.")
                done += 1
        text = "1 alert" if done == 1 else f"{done} alerts"
        level = messages.SUCCESS if done else messages.WARNING
        self.message_user(request, f"{text} acknowledged.", level)

    @action(description="Mark as resolved", permissions=["resolve"])
    def resolve_ticked(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        """Resolve the ticked alerts, each with a line in its history."""
        resolved = 0
        for alert in queryset.filter(resolved_at=None):
            if _resolve(alert):
                self.log_change(request, alert, "Marked as resolved.")
                resolved += 1
        text = "1 alert" if resolved == 1 else f"{resolved} alerts"
        level = messages.SUCCESS if resolved else messages.WARNING
        self.message_user(request, f"{text} marked as resolved.", level)

    @post_action(PERMISSION, label="Acknowledge", icon="visibility", shown=_new)
    def acknowledge(self, request: HttpRequest, alert: Alert) -> str:
        """Say that this person is at it; the page asks for a note along with it."""
        note = request.POST.get("note", "").strip()
        if not alerts.acknowledge(alert, request.user, note):
            raise RefusedError("It was acknowledged or resolved already.")
        return f"Acknowledged{f': {note[:300]}' if note else '.'}"

    @post_action(PERMISSION, label="Mark as resolved", icon="task_alt", shown=_open)
    def resolve(self, _request: HttpRequest, alert: Alert) -> str:
        """Say that this has been dealt with."""
        if not _resolve(alert):
            raise RefusedError("It is resolved already.")
        return "Marked as resolved. It opens again if the cause is still there."

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **how: Any
    ) -> HttpResponse:
        alert = how["obj"]
        buttons = self.buttons(request, alert)
        return TemplateResponse(
            request,
            "admin/connectors/alert/page.html",
            self.page_context(
                request,
                alert,
                alert.title,
                alert=alert,
                label_type=LABELS[AlertKind(alert.kind)],
                # The one that takes a note has a form of its own.
                buttons=[one for one in buttons if one.name != "acknowledge"],
                acknowledge=next(
                    (one for one in buttons if one.name == "acknowledge"), None
                ),
            ),
        )


def acknowledged(alert: Alert) -> SafeString | str:
    """Who is at it and since when; empty when nobody is."""
    if alert.acknowledged_at is None:
        return ""
    who = f" by {alert.acknowledged_by}" if alert.acknowledged_by else ""
    return format_html("Acknowledged{} {}", who, ago(alert.acknowledged_at))


def _resolve(alert: Alert) -> bool:
    """Resolve it unless someone already has."""
    return bool(
        Alert.objects.filter(pk=alert.pk, resolved_at=None).update(
            resolved_at=timezone.now()
        )
    )
