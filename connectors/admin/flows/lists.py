"""What the rows of the mapping editor choose from, carried by the page once for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from django import forms
from django.db.models import TextChoices
from django.utils.html import format_html
from django.utils.safestring import SafeString

from connectors.models import (
    BlankRule,
    ConflictRule,
    GuardKind,
    MatchMethod,
    Moment,
    Told,
    UpdateMode,
    ValueMap,
)
from connectors.sdk.records import FieldInfo
from connectors.sync.mapping.transforms import TRANSFORMS

Choices: TypeAlias = Sequence[tuple[Any, str]]
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
TRANSFORM_CHOICES: Choices = [
    ("", "As it is"),
    *((t.name, t.label) for t in TRANSFORMS.values()),
]


class FieldPicker(forms.TextInput):
    """A text field that a script makes a searchable list of a catalogue.

    Without the script the browser's own list offers the same names. `known` is set
    by the form, which knows the flow.
    """

    known: Mapping[str, FieldInfo] = {}

    def __init__(self, side: str) -> None:
        self.side = side
        offered = {"data-picker": side, "list": f"{side}-field-list"}
        super().__init__(offered)

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


class SharedSelect(forms.Select):
    """A list whose options all rows share: the page carries them once, as JSON.

    A script fills it; by itself it holds the chosen option only, unless `full`.
    """

    def __init__(self, name: str, *, full: bool = False) -> None:
        super().__init__({"data-options": name})
        self.full = full

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        groups = super().optgroups(name, value, attrs)
        if self.full:
            return groups
        return [one for one in groups if any(o["selected"] for o in one[1])]


def value_maps() -> list[tuple[Any, str]]:
    """What a row may choose as its value map."""
    return [("", "None"), *ValueMap.objects.values_list("pk", "name")]


def shared_options() -> dict[str, Choices]:
    """The options of the lists that all rows share, by the name of the column."""
    return {
        "transform": TRANSFORM_CHOICES,
        "value_map": value_maps(),
        "update_mode": _of(UpdateMode),
        "blank": _of(BlankRule),
        "conflict": _of(ConflictRule),
        "method": _of(MatchMethod),
        "guard": [("", "Choose"), *_of(GuardKind)],
        "told": [("", "Choose"), *_of(Told)],
        "moment": _of(Moment),
    }


def _of(choices: type[TextChoices]) -> list[tuple[str, str]]:
    return [(one.value, str(one.label)) for one in choices]
