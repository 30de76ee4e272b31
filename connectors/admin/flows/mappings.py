"""The mapping editor: one sortable row per target field, checked as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias, cast

from django import forms
from django.db.models import QuerySet
from django.forms.utils import ErrorDict
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold import widgets
from unfold.admin import TabularInline
from unfold.forms import PaginationInlineFormSet

from connectors.models import FieldMapping, Flow, ValueMap
from connectors.sdk.records import FieldInfo
from connectors.sync.mapping.fields import known_fields
from connectors.sync.mapping.suggest import suggest
from connectors.sync.mapping.transforms import TRANSFORMS
from connectors.sync.mapping.validate import validate_row

MAP = "connectors.map_flow"
Choices: TypeAlias = Sequence[tuple[Any, str]]
COLUMNS = (
    "source_field",
    "transform",
    "argument",
    "value_map",
    "default",
    "target_field",
    "update_mode",
    "enabled",
    "position",
)
TYPE_WORDS = {
    "string": "text",
    "integer": "whole number",
    "decimal": "number",
    "boolean": "yes or no",
    "date": "date",
    "datetime": "date and time",
    "enum": "choice",
    "list": "choices",
    "reference": "link to a record",
}
# Where a row goes that was added and not dragged anywhere.
_LAST = 1_000_000


class FieldPicker(widgets.UnfoldAdminTextInputWidget):  # type: ignore[misc]
    """A text field that a script makes a searchable list of a catalogue.

    Without the script the browser's own list offers the same names. `known` is set
    by the form, which knows the flow.
    """

    known: Mapping[str, FieldInfo] = {}

    def __init__(self, side: str) -> None:
        super().__init__(
            {
                "data-picker": side,
                "list": f"{side}-field-list",
                "autocomplete": "off",
                "spellcheck": "false",
                "placeholder": "Choose a field",
            }
        )

    def render(
        self, name: str, value: Any, attrs: Any = None, renderer: Any = None
    ) -> SafeString:
        info = self.known.get(value or "")
        hint = f"{info.label} · {TYPE_WORDS[info.type]}" if info else ""
        return format_html(
            '{}<span class="picker-hint">{}</span>',
            super().render(name, value, attrs, renderer),
            hint,
        )


class MappingForm(forms.ModelForm):  # type: ignore[type-arg]
    """One row. What it may name depends on the flow, which the formset tells."""

    transform = forms.ChoiceField(
        required=False,
        choices=[("", "As it is"), *((t.name, t.label) for t in TRANSFORMS.values())],
        widget=widgets.UnfoldAdminSelectWidget(),
    )
    position = forms.IntegerField(required=False, widget=forms.HiddenInput())

    class Meta:
        model = FieldMapping
        fields = COLUMNS
        widgets = {
            "source_field": FieldPicker("source"),
            "target_field": FieldPicker("target"),
        }
        labels = {
            "source_field": "From field",
            "argument": "With",
            "default": "If empty, use",
            "target_field": "To field",
            "update_mode": "Write",
            "enabled": "On",
        }

    def __init__(
        self,
        *args: Any,
        source_fields: Mapping[str, FieldInfo],
        target_fields: Mapping[str, FieldInfo],
        value_maps: Choices,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if "value_map" in self.fields:
            self.fields["value_map"].widget.choices = value_maps
        self.source_fields, self.target_fields = source_fields, target_fields
        if not self.instance.pk and "position" not in (kwargs.get("initial") or {}):
            self.initial["position"] = None
        for name, known in (("source", source_fields), ("target", target_fields)):
            if f"{name}_field" in self.fields:
                self.fields[f"{name}_field"].widget.known = known

    def clean_position(self) -> int:
        """Where the row stands; at the end until it is dragged elsewhere."""
        position = self.cleaned_data.get("position")
        return _LAST if position is None else int(position)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        row = {name: str(cleaned.get(name) or "") for name in COLUMNS}
        problems = validate_row(row, self.source_fields, self.target_fields)
        for name, problem in problems.items():
            if name not in self.errors:
                self.add_error(name, problem)
        return cleaned

    def validate_constraints(self) -> None:
        """The formset judges the rows together: two of them may swap fields."""


class MappingFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    """All rows of a flow."""

    instance: Flow

    @cached_property
    def known(self) -> dict[str, Any]:
        """What all rows choose from, asked for once."""
        flow = self.instance
        return {
            "source_fields": known_fields(flow.source, flow.source_object),
            "target_fields": known_fields(flow.target, flow.target_object),
            "value_maps": [("", "None"), *ValueMap.objects.values_list("pk", "name")],
        }

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), **self.known}

    def rows(self) -> Iterator[MappingForm]:
        """The forms that say something and are not deleted."""
        for form in self.forms:
            values = getattr(form, "cleaned_data", {})
            said = form.instance.pk or form.has_changed()
            if said and not values.get("DELETE"):
                yield form

    def clean(self) -> None:
        super().clean()
        taken: set[str] = set()
        for form in self.rows():
            values = getattr(form, "cleaned_data", {})
            target = values.get("target_field")
            if not target or not values.get("enabled"):
                continue
            if target in taken:
                form.add_error("target_field", "Another row fills this field already.")
            taken.add(target)

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        # The database holds one row per target field; rows that swap theirs step
        # aside first. Their histories tell the change itself.
        moving = [f.instance.pk for f in self.initial_forms if f.has_changed()]
        FieldMapping.objects.filter(pk__in=moving).update(enabled=False)
        saved = super().save(commit)
        _renumber(self.instance)
        return saved


def _renumber(flow: Flow) -> None:
    for number, row in enumerate(flow.mappings.order_by("position", "pk")):
        if row.position != number:
            FieldMapping.objects.filter(pk=row.pk).update(position=number)


class MappingInline(TabularInline):  # type: ignore[misc]
    """The rows on the flow's page."""

    model = FieldMapping
    form = MappingForm
    formset = MappingFormSet
    fields = COLUMNS
    ordering_field = "position"
    hide_ordering_field = True
    hide_title = True
    verbose_name = "mapping row"
    verbose_name_plural = "Field mappings"

    def get_queryset(self, request: HttpRequest) -> QuerySet[FieldMapping]:
        queryset: QuerySet[FieldMapping] = super().get_queryset(request)
        return queryset.select_related("value_map")

    def get_extra(self, request: HttpRequest, obj: Flow | None = None, **_: Any) -> int:
        return len(suggestions(request, obj))

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "value_map" and hasattr(field.widget, "widget"):
            field.widget = field.widget.widget
        return field

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("connectors.view_flow") or request.user.has_perm(
            MAP
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(MAP)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(MAP)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(MAP)


def suggestions(request: HttpRequest, flow: Flow | None) -> list[dict[str, Any]]:
    """Unsaved rows to show below the saved ones, when the page was asked for them."""
    if flow is None or request.method != "GET" or "suggested" not in request.GET:
        return []
    if not request.user.has_perm(MAP):
        return []
    rows: Iterable[FieldMapping] = suggest(flow)
    return [{name: getattr(row, name) for name in COLUMNS} for row in rows]


def problems(formset: MappingFormSet) -> list[str]:
    """What is wrong with rows of a formset, in words, for pages that do not edit."""
    found = []
    for number, form in enumerate(formset.forms, start=1):
        errors: ErrorDict = form.errors
        for name, texts in errors.items():
            label = form.fields[name].label if name in form.fields else ""
            found.append(f"Row {number}{f', {label}' if label else ''}: {texts[0]}")
    return found


def mapping_formset(data: Any, flow: Flow) -> MappingFormSet | None:
    """The posted rows of a flow's page; None when none were posted."""
    kind = forms.inlineformset_factory(
        Flow,
        FieldMapping,
        form=MappingForm,
        formset=MappingFormSet,
        fields=COLUMNS,
        extra=0,
    )
    if f"{kind.get_default_prefix()}-TOTAL_FORMS" not in data:
        return None
    rows = flow.mappings.select_related("value_map")
    return cast("MappingFormSet", kind(data=data, instance=flow, queryset=rows))
