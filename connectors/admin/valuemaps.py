"""Value maps: lookup tables that mappings use."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminTextareaWidget

from connectors.admin.base import ConsoleAdmin, Reply, post_action
from connectors.admin.columns import column
from connectors.admin.history import HistoryMixin
from connectors.models import CatalogueField, Flow, ValueMap
from connectors.sync.mapping.versions import save_version

# An owner's label ends with the address that people know them by.
_ADDRESS = re.compile(r"\(([^()\s]+@[^()\s]+)\)\Z")


class EntriesField(forms.CharField):
    """A table of text to text, one line each: "source = target"."""

    widget = UnfoldAdminTextareaWidget(
        attrs={"rows": 16, "class": "console-mono", "spellcheck": "false"}
    )

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return "\n".join(f"{source} = {target}" for source, target in value.items())
        return value

    def to_python(self, value: Any) -> dict[str, str]:  # type: ignore[override]
        entries: dict[str, str] = {}
        for number, line in enumerate(str(value or "").splitlines(), start=1):
            if line.strip():
                source, target = _pair(number, line)
                if entries.get(source, target) != target:
                    raise forms.ValidationError(
                        f"Line {number}: “{source}” stands for two different values."
                    )
                entries[source] = target
        return entries

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != (initial or {})
        except forms.ValidationError:
            return True


def _pair(number: int, line: str) -> tuple[str, str]:
    # A column pair pasted from a spreadsheet comes with a tab.
    for separator in ("\t", " = ", "="):
        source, found, target = line.partition(separator)
        if found and source.strip():
            return source.strip(), target.strip()
    raise forms.ValidationError(
        f"Line {number}: write it as “source = target”, not “{line.strip()[:60]}”."
    )


class ValueMapForm(forms.ModelForm):  # type: ignore[type-arg]
    """The map with its table as lines of text."""

    entries = EntriesField(
        label="Values",
        required=False,
        strip=False,
        help_text="One line per value: source = target. Two columns copied from a "
        "spreadsheet can be pasted as they are.",
    )

    class Meta:
        model = ValueMap
        fields = ("name", "entries", "otherwise")
        labels = {"otherwise": "A value that is not listed"}


@admin.register(ValueMap)
class ValueMapAdmin(HistoryMixin, ConsoleAdmin):
    """Lookup tables."""

    form = ValueMapForm
    list_display = ("name", "size", "otherwise_text", "used_by")
    search_fields = ("name",)
    show_full_result_count = True
    change_form_after_template = "admin/connectors/valuemap/used_by.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ValueMap]:
        maps: QuerySet[ValueMap] = super().get_queryset(request)
        return maps.annotate(rows=Count("fieldmapping"))

    @column("Values")
    def size(self, obj: ValueMap) -> int:
        return len(obj.entries)

    @column("A value that is not listed", ordering="otherwise")
    def otherwise_text(self, obj: ValueMap) -> str:
        return obj.get_otherwise_display()

    @column("Used by", ordering="rows")
    def used_by(self, obj: Any) -> str:
        return f"{obj.rows} mapping{'' if obj.rows == 1 else 's'}"

    def save_model(
        self, request: HttpRequest, obj: ValueMap, form: Any, change: Any
    ) -> None:
        """Save; what the flows that use it write out has changed with it."""
        super().save_model(request, obj, form, change)
        for flow in _flows(obj):
            save_version(flow, request.user)

    @post_action(
        "connectors.change_valuemap",
        label="Add a field's options",
        icon="playlist_add",
        title="Adds a line for each option of a field: its label = its stored value",
    )
    def add_options(self, request: HttpRequest, obj: ValueMap) -> Reply:
        """Show the fields that have options, or add those of the chosen one."""
        offered = _with_options()
        chosen = offered.filter(pk=request.POST.get("field") or 0).first()
        if chosen is None:
            context = self.page_context(
                request,
                obj,
                f"Options for “{obj}”",
                fields=offered,
                action=self.action_url("add_options", obj),
            )
            return TemplateResponse(
                request, "admin/connectors/valuemap/add_options.html", context
            )
        new = {k: v for k, v in _entries(chosen).items() if k not in obj.entries}
        obj.entries = {**obj.entries, **new}
        obj.save()
        for flow in _flows(obj):
            save_version(flow, request.user)
        return f"{len(new)} values of “{chosen.label}” were added."

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **how: Any
    ) -> Any:
        obj = how.get("obj")
        context["used_by"] = _flows(obj) if obj else None
        return super().render_change_form(request, context, **how)


def _with_options() -> QuerySet[CatalogueField]:
    """Fields whose stored values have labels for people."""
    known = CatalogueField.objects.filter(missing=False).exclude(options=[])
    ordered = known.select_related("connection").order_by(
        "connection__name", "object_type", "label"
    )
    return ordered.filter(type__in=["enum", "list"])


def _entries(field: CatalogueField) -> dict[str, str]:
    """The stored value by label, and by the e-mail address where a label has one."""
    entries: dict[str, str] = {}
    for option in field.options:
        address = _ADDRESS.search(option["label"])
        name = address.group(1) if address else option["label"]
        entries.setdefault(name, option["value"])
    return entries


def _flows(value_map: ValueMap) -> QuerySet[Flow]:
    return Flow.objects.filter(mappings__value_map=value_map).distinct()
