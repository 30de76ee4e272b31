"""Connections: choose a system, fill in its settings, test, read its fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator

from connectors.admin.base import RefusedError, post_action
from connectors.admin.columns import ago, column
from connectors.admin.connections.budgets import budget_facts
from connectors.admin.connections.consent import ConsentPages, redirect_uri
from connectors.admin.connections.drift import DriftMixin, drift_facts
from connectors.admin.connections.form import (
    conditions,
    connection_form,
    fieldsets,
)
from connectors.admin.connections.page import HEALTH_COLOURS, facts, worst
from connectors.admin.events.feed import FeedMixin
from connectors.admin.history import Change, HistoryMixin, text
from connectors.models import Connection
from connectors.sdk.errors import ConnectorError
from connectors.sdk.spec import SystemSpec
from connectors.sync import connect
from connectors.sync.access import consent
from connectors.systems import registry


@admin.register(Connection)
class ConnectionAdmin(FeedMixin, HistoryMixin, DriftMixin, ConsentPages):
    """Systems and their credentials."""

    list_display = ("name", "system_label", "health_label", "last_check", "message")
    list_filter = ("health", "enabled")
    search_fields = ("name", "system")
    show_full_result_count = True
    warn_unsaved_form = True
    change_form_outer_before_template = "admin/connectors/connection/before.html"
    list_after_template = "admin/connectors/connection/list_after.html"

    class Media:
        js = ("connectors/settings.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        """Secrets stay in the database until a form or a connector needs them."""
        connections: QuerySet[Connection] = super().get_queryset(request)
        return connections.defer("secrets")

    def lookup_allowed(
        self, lookup: str, value: str, request: HttpRequest | None = None
    ) -> bool:
        """No filtering by secrets through the address bar."""
        if lookup.split("__", maxsplit=1)[0] == "secrets":
            return False
        return bool(super().lookup_allowed(lookup, value, request))

    # --- list -----------------------------------------------------------------------

    @column("System", ordering="system")
    def system_label(self, obj: Connection) -> str:
        return obj.spec.label

    @column("Health", ordering="health", label=HEALTH_COLOURS)
    def health_label(self, obj: Connection) -> str:
        return str(obj.get_health_display()) if obj.enabled else "Switched off"

    @column("Last test", ordering="checked_at")
    def last_check(self, obj: Connection) -> str:
        return ago(obj.checked_at)

    @column("What the last test said")
    def message(self, obj: Connection) -> str:
        title = worst(obj)
        return format_html(
            '<span title="{}">{}</span>', title, Truncator(title).chars(90)
        )

    @column("Settings")
    def settings_shown(self, obj: Connection) -> str:
        """For who may see but not edit; of a secret only whether there is one."""
        spec, kept = obj.spec, obj.secrets or {}
        values: list[tuple[str, str]] = []
        for name, setting in spec.settings.items():
            if not spec.applies(setting.when, obj.settings):
                continue
            value = obj.settings.get(name, setting.fallback)
            if setting.secret:
                there = kept.get(name) or setting.installed
                values.append((setting.label, "set" if there else "not set"))
            elif value not in (None, ""):
                values.append((setting.label, text(value)))
        return format_html_join("", "<div>{}: {}</div>", values)

    # --- form -------------------------------------------------------------------------

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """First the system, then its fields."""
        if self.has_add_permission(request) and not self._chosen(request):
            context = self.page_context(
                request, None, "Which system?", systems=registry.specs().values()
            )
            return TemplateResponse(
                request, "admin/connectors/connection/choose.html", context
            )
        response: HttpResponse = super().add_view(request, form_url, extra_context)
        return response

    @staticmethod
    def _chosen(request: HttpRequest) -> SystemSpec | None:
        return registry.specs().get(request.GET.get("system", ""))

    def _spec(self, request: HttpRequest, obj: Connection | None) -> SystemSpec:
        return obj.spec if obj else self._chosen(request) or next(_any_spec())

    def get_form(
        self,
        request: HttpRequest,
        obj: Connection | None = None,
        change: bool = False,  # noqa: FBT001, FBT002 - Django's signature
        **kwargs: Any,
    ) -> type[ModelForm[Connection]]:
        kwargs["form"] = connection_form(self._spec(request, obj))
        kwargs["fields"] = ["name", "enabled"]
        if obj and not self.has_change_permission(request, obj):
            kwargs["fields"] = []
        form: type[ModelForm[Connection]] = super().get_form(
            request, obj, change, **kwargs
        )
        return form

    def get_fieldsets(
        self, request: HttpRequest, obj: Connection | None = None
    ) -> list[tuple[Any, Any]]:
        if obj and not self.has_change_permission(request, obj):
            shown = ("name", "system_label", "enabled", "settings_shown")
            return [(None, {"fields": shown})]
        head = ("name", "system_label", "enabled") if obj else ("name", "enabled")
        return fieldsets(self._spec(request, obj), head, obj)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Connection | None = None
    ) -> tuple[str, ...]:
        return ("system_label", "settings_shown") if obj else ()

    def save_model(
        self, request: HttpRequest, obj: Connection, form: Any, change: Any
    ) -> None:
        """Save; the history says that secrets changed, never what they are."""
        if said := form.secrets_said:
            # Where simple_history looks for the reason of a change.
            vars(obj)["_change_reason"] = said[:100]
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: Connection, post_url_continue: Any = None
    ) -> HttpResponse:
        button = "Connect" if obj.by_consent else "Test connection"
        said = f"“{obj}” is saved. Next: press “{button}”."
        self.message_user(request, said, messages.SUCCESS)
        return self.back(request, obj)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        # Only the choice of the system comes by address; nothing else is prefilled.
        return {}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **how: Any
    ) -> HttpResponse:
        obj = how.get("obj")
        context["show_save_and_add_another"] = False
        context["setting_conditions"] = conditions(self._spec(request, obj))
        if obj:
            context.update(facts(obj) | budget_facts(obj) | drift_facts(obj))
            if obj.by_consent:
                context["consent"] = consent.state_of(obj)
                context["redirect_uri"] = redirect_uri(request)
        else:
            context["spec"] = self._spec(request, None)
            context["title"] = f"New connection to {context['spec'].label}"
        return super().render_change_form(request, context, **how)

    # --- buttons ----------------------------------------------------------------------

    @post_action(
        "connectors.check_connection",
        label="Test connection",
        icon="network_check",
        title="Signs in with the saved settings and looks at what is allowed",
    )
    def test_connection(self, request: HttpRequest, obj: Connection) -> str:
        """Test with the saved settings; the findings show on the page."""
        result = connect.check(obj)
        if not result.ok:
            raise RefusedError(f"{result.message} All findings are below.")
        return f"“{obj}” works. {result.message}"

    @post_action(
        "connectors.check_connection",
        label="Read fields",
        icon="format_list_bulleted",
        title="Reads which fields the system has, custom ones included",
    )
    def read_fields(self, request: HttpRequest, obj: Connection) -> str:
        """Refresh the catalogue of every object type."""
        read, failed = _read_catalogue(obj)
        if failed:
            raise RefusedError(" ".join([*failed, *read]))
        return f"Fields read. {' '.join(read)}"

    def history_changes(self, obj: Any, name: str, old: Any, new: Any) -> list[Change]:
        """Settings one by one, by their labels."""
        if name != "settings":
            return super().history_changes(obj, name, old, new)
        old, new, known = old or {}, new or {}, obj.spec.settings
        return [
            Change(
                known[key].label if key in known else key,
                str(old.get(key, "(not set)")),
                str(new.get(key, "(not set)")),
            )
            for key in sorted({*old, *new})
            if old.get(key) != new.get(key)
        ]


def _any_spec() -> Iterator[SystemSpec]:
    return iter(registry.specs().values())


def _read_catalogue(connection: Connection) -> tuple[list[str], list[str]]:
    read, failed = [], []
    try:
        connect.refresh_objects(connection)
    except ConnectorError as error:
        failed.append(f"Object types: {error}")
    for name, one in connection.spec.objects.items():
        try:
            count = connect.refresh_catalogue(connection, name)
        except ConnectorError as error:
            failed.append(f"{one.label}: {error}")
        else:
            read.append(f"{one.label}: {count}.")
    return read, failed
