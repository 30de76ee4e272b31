"""The mapping editor: one sortable row per target field, checked as a whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias, cast

from django import forms
from django.db.models import QuerySet
from django.forms.utils import ErrorDict
from django.http import HttpRequest

from connectors.admin.flows.lists import (
    TRANSFORM_CHOICES,
    Choices,
    FieldPicker,
    SharedSelect,
    value_maps,
)
from connectors.admin.flows.rows import (
    MAP,
    RowForm,
    RowFormSet,
    RowInline,
    counterpart_of,
    merged_of,
)
from connectors.models import (
    BlankRule,
    ConflictRule,
    FieldMapping,
    Flow,
)
from connectors.sync.drift.breakage import breakages
from connectors.sync.mapping.suggest import suggest
from connectors.sync.mapping.validate import validate_row
from connectors.sync.owners import overwrites_owner

COLUMNS = (
    "source_field",
    "transform",
    "argument",
    "value_map",
    "default",
    "blank",
    "target_field",
    "update_mode",
    "conflict",
    "enabled",
    "position",
)


# By row: what has happened to its fields since it was written.
Broken: TypeAlias = Mapping[int, Sequence[str]]


class MappingForm(RowForm):
    """One row. `against_owner` marks one that overwrites what the target keeps,
    `broken` says which changed fields hold it."""

    # Two of a kind share a cell: the rows are wide enough.
    below = {
        "argument": "transform",
        "blank": "default",
        "conflict": "update_mode",
    }
    transform = forms.ChoiceField(
        required=False,
        choices=TRANSFORM_CHOICES,
        widget=SharedSelect("transform"),
    )
    blank = forms.ChoiceField(
        required=False,
        choices=BlankRule.choices,
        initial=BlankRule.OVERWRITE,
        label="An empty value",
        widget=SharedSelect("blank"),
    )
    conflict = forms.ChoiceField(
        required=False,
        choices=ConflictRule.choices,
        initial=ConflictRule.OWNER,
        label="Both changed",
        widget=SharedSelect("conflict"),
    )

    class Meta:
        model = FieldMapping
        fields = COLUMNS
        widgets = {
            "source_field": FieldPicker("source"),
            "target_field": FieldPicker("target"),
            # Not the theme's: those say their look in 600 characters each.
            "argument": forms.TextInput(),
            "default": forms.TextInput(),
            "update_mode": SharedSelect("update_mode"),
            "enabled": forms.CheckboxInput(),
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
        self, *args: Any, value_maps: Choices, broken: Broken, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.broken = broken.get(self.instance.pk or 0, ())
        if "value_map" in self.fields:
            self.fields["value_map"].widget = SharedSelect(
                "value_map", full=bool(kwargs.get("full_lists"))
            )
            self.fields["value_map"].widget.choices = value_maps
        # It matters where both sides are written.
        if counterpart_of(self.flow) is None:
            del self.fields["conflict"]

    @property
    def against_owner(self) -> bool:
        """Whether the row overwrites what the target keeps."""
        row = self.instance
        info = self.target_fields.get(row.target_field)
        if not info:
            return False
        return overwrites_owner(self.flow, row, info, merged_of(self.flow))

    def clean_blank(self) -> str:
        """What it was, where the page did not ask."""
        return str(self.cleaned_data.get("blank") or self.instance.blank)

    def clean_conflict(self) -> str:
        """What it was, where the page did not ask."""
        return str(self.cleaned_data.get("conflict") or self.instance.conflict)

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


class MappingFormSet(RowFormSet):
    """All mapping rows of a flow."""

    @cached_property
    def known(self) -> dict[str, Any]:
        """What all rows choose from, asked for once."""
        return {
            **super().known,
            "value_maps": value_maps(),
            "broken": broken_rows(self.instance),
        }

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
        return super().save(commit)


def broken_rows(flow: Flow) -> Broken:
    """What changed fields break, by row."""
    found: dict[int, list[str]] = defaultdict(list)
    for one in breakages([flow]) if flow.pk else ():
        if one.use.row:
            found[one.use.row.pk].append(f"{one.says}. {one.advice}")
    return found


class MappingInline(RowInline):
    """The rows on the flow's page."""

    model = FieldMapping
    form = MappingForm
    formset = MappingFormSet
    fields = COLUMNS
    verbose_name = "mapping row"
    verbose_name_plural = "Field mappings"

    def get_queryset(self, request: HttpRequest) -> QuerySet[FieldMapping]:
        queryset: QuerySet[FieldMapping] = super().get_queryset(request)
        return queryset.select_related("value_map")

    def get_extra(self, request: HttpRequest, obj: Flow | None = None, **_: Any) -> int:
        return len(suggestions(request, obj))


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
