"""What all sortable rows of a flow's page share, whatever they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.forms import PaginationInlineFormSet

from connectors.admin.flows.lists import FieldPicker, SharedSelect
from connectors.models import Flow
from connectors.sdk.records import FieldInfo
from connectors.sync.mapping.fields import known_fields
from connectors.sync.owners import merged_fields

MAP = "connectors.map_flow"
FULL = "lists"
# Where a row goes that was added and not dragged anywhere.
_LAST = 1_000_000


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a row: its field, and perhaps another one below it."""

    field: forms.BoundField
    lower: forms.BoundField | None = None


class RowForm(forms.ModelForm):  # type: ignore[type-arg]
    """One row. What it may name depends on the flow, which the formset tells.

    `below` names the fields that share the cell of another one.
    """

    below: Mapping[str, str] = {}
    position = forms.IntegerField(required=False, widget=forms.HiddenInput())

    def __init__(
        self,
        *args: Any,
        flow: Flow,
        source_fields: Mapping[str, FieldInfo],
        target_fields: Mapping[str, FieldInfo],
        full_lists: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.flow = flow
        self.source_fields, self.target_fields = source_fields, target_fields
        if not self.instance.pk and "position" not in (kwargs.get("initial") or {}):
            self.initial["position"] = None
        for field in self.fields.values():
            if isinstance(field.widget, SharedSelect):
                field.widget.full = full_lists
            if isinstance(field.widget, FieldPicker):
                of_source = field.widget.side == "source"
                field.widget.known = source_fields if of_source else target_fields

    @property
    def cells(self) -> list[Cell]:
        """What the row shows, from left to right."""
        shown = {field.name: field for field in self.visible_fields()}
        lower = {self.below[n]: f for n, f in shown.items() if n in self.below}
        return [
            Cell(field, lower.get(name))
            for name, field in shown.items()
            if name not in self.below
        ]

    def has_changed(self) -> bool:
        """A new row that says nothing is none, wherever others were dragged."""
        said = set(self.changed_data) - (set() if self.instance.pk else {"position"})
        return bool(said)

    def clean_position(self) -> int:
        """Where the row stands; at the end until it is dragged elsewhere."""
        position = self.cleaned_data.get("position")
        return _LAST if position is None else int(position)

    def known(self, side: str) -> Mapping[str, FieldInfo]:
        """The fields of a side; empty where none is known."""
        return self.source_fields if side == "source" else self.target_fields

    def must_know(self, name: str, side: str) -> None:
        """Refuse a field that the side does not have."""
        value, fields = self.cleaned_data.get(name), self.known(side)
        if value and fields and value not in fields:
            self.add_error(name, f"The {side} has no field “{value}”.")


class RowFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    """All rows of one kind of a flow."""

    instance: Flow
    full_lists = False

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            how = {"class": "delete", "aria-label": "Remove this row"}
            form.fields["DELETE"].widget = forms.CheckboxInput(how)

    @cached_property
    def known(self) -> dict[str, Any]:
        """What all rows choose from, asked for once."""
        flow = self.instance
        return {
            "flow": flow,
            "source_fields": known_fields(flow.source, flow.source_object),
            "target_fields": known_fields(flow.target, flow.target_object),
            "full_lists": self.full_lists,
        }

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), **self.known}

    def rows(self) -> Iterator[Any]:
        """The forms that say something and are not deleted."""
        for form in self.forms:
            values = getattr(form, "cleaned_data", {})
            said = form.instance.pk or form.has_changed()
            if said and not values.get("DELETE"):
                yield form

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        saved = super().save(commit)
        self._renumber()
        return saved

    def _renumber(self) -> None:
        rows = self.model.objects.filter(**{self.fk.name: self.instance})
        for number, row in enumerate(rows.order_by("position", "pk")):
            if row.position != number:
                self.model.objects.filter(pk=row.pk).update(position=number)


class RowInline(TabularInline):  # type: ignore[misc]
    """Sortable rows on the flow's page."""

    formset = RowFormSet
    template = "admin/connectors/flow/mappings.html"
    ordering_field = "position"
    hide_ordering_field = True
    hide_title = True
    extra = 0

    def get_formset(self, request: HttpRequest, obj: Any = None, **how: Any) -> Any:
        """For browsers without scripts, on request, each row with all its options."""
        formset = super().get_formset(request, obj, **how)
        formset.full_lists = FULL in request.GET
        return formset

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


def merged_of(flow: Flow) -> frozenset[str]:
    """Its fields that the flow back carries too, asked for once per page."""
    if "_merged" not in flow.__dict__:
        flow.__dict__["_merged"] = merged_fields(counterpart_of(flow))
    found: frozenset[str] = flow.__dict__["_merged"]
    return found


def counterpart_of(flow: Flow) -> Flow | None:
    """The flow of the other direction, asked for once per page."""
    if "_counterpart" not in flow.__dict__:
        flow.__dict__["_counterpart"] = flow.counterpart
    found: Flow | None = flow.__dict__["_counterpart"]
    return found
