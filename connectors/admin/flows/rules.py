"""Rules of a flow besides its mappings: matching, guards, what goes back."""

from __future__ import annotations

from typing import Any

from django import forms

from connectors.admin.flows.lists import FieldPicker, SharedSelect
from connectors.admin.flows.rows import RowForm, RowInline
from connectors.models import (
    Guard,
    GuardKind,
    MatchMethod,
    MatchRule,
    Told,
    WriteBack,
)

_NAMED = {Told.ASSIGNED: "Name the value.", Told.TEXT: "Write the text."}


class MatchRuleForm(RowForm):
    """A way to find the record of the target that a new one is."""

    class Meta:
        model = MatchRule
        fields = (
            "method", "source_field", "target_field", "source_field_2",
            "target_field_2", "enabled", "position",
        )  # fmt: skip
        widgets = {
            "method": SharedSelect("method"),
            "source_field": FieldPicker("source"),
            "target_field": FieldPicker("target"),
            "source_field_2": FieldPicker("source"),
            "target_field_2": FieldPicker("target"),
            "enabled": forms.CheckboxInput(),
        }
        labels = {
            "method": "Compare as",
            "source_field": "Field of the source",
            "target_field": "Field of the target",
            "source_field_2": "Postal code, source",
            "target_field_2": "Postal code, target",
            "enabled": "On",
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for side in ("source", "target"):
            self.must_know(f"{side}_field", side)
            name = f"{side}_field_2"
            self.must_know(name, side)
            by_name = cleaned.get("method") == MatchMethod.NAME_POSTCODE
            if by_name and not cleaned.get(name):
                self.add_error(name, "Choose the field of the postal code.")
            elif not by_name and cleaned.get(name):
                self.add_error(name, "Only “Name and postal code” looks at it.")
        return cleaned


class GuardForm(RowForm):
    """A condition that a record must meet before it is sent."""

    class Meta:
        model = Guard
        fields = ("name", "kind", "field", "argument", "enabled", "position")
        widgets = {
            "name": forms.TextInput(),
            "kind": SharedSelect("guard"),
            "field": FieldPicker("source"),
            "argument": forms.TextInput({"data-argument-of": "kind"}),
            "enabled": forms.CheckboxInput(),
        }
        labels = {
            "name": "Called",
            "kind": "Lets a record through when",
            "field": "Field of the source",
            "argument": "With",
            "enabled": "On",
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        kind, argument = cleaned.get("kind"), (cleaned.get("argument") or "").strip()
        if not cleaned.get("field"):
            self.add_error("field", "Choose the field that is looked at.")
        elif kind == GuardKind.REQUIRED:
            self._all_known(cleaned["field"])
        else:
            self.must_know("field", "source")
        if kind in (GuardKind.OPTED_IN, GuardKind.ONLY) and not argument:
            self.add_error("argument", "List the keys, or name a value map.")
        elif kind == GuardKind.CREDIT:
            if not argument:
                self.add_error("argument", "Name the field of the limit.")
            self.must_know("argument", "source")
        elif kind == GuardKind.DUPLICATE and argument and not _is_days(argument):
            self.add_error("argument", "Write how many days to look back, 1 to 3650.")
        elif kind == GuardKind.REQUIRED and argument:
            self.add_error("argument", "This one takes nothing here.")
        return cleaned

    def _all_known(self, text: str) -> None:
        names = [name.strip() for name in text.split(",") if name.strip()]
        unknown = [name for name in names if name not in self.source_fields]
        if unknown and self.source_fields:
            words = ", ".join(f"“{name}”" for name in unknown)
            self.add_error("field", f"The source has no field {words}.")


def _is_days(text: str) -> bool:
    return text.isascii() and text.isdigit() and 1 <= int(text) <= 3650


class WriteBackForm(RowForm):
    """A value that goes onto the source's record after it was written."""

    class Meta:
        model = WriteBack
        fields = (
            "value", "argument", "source_field", "moment", "enabled", "position",
        )  # fmt: skip
        widgets = {
            "value": SharedSelect("told"),
            "argument": forms.TextInput({"data-argument-of": "value"}),
            "source_field": FieldPicker("source"),
            "moment": SharedSelect("moment"),
            "enabled": forms.CheckboxInput(),
        }
        labels = {
            "value": "Write back",
            "argument": "Name or text",
            "source_field": "Into field of the source",
            "moment": "When",
            "enabled": "On",
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.must_know("source_field", "source")
        known = self.source_fields.get(cleaned.get("source_field") or "")
        if known and known.read_only:
            self.add_error("source_field", f"“{known.label}” cannot be written.")
        needed = _NAMED.get(cleaned.get("value"))  # type: ignore[arg-type]
        said = (cleaned.get("argument") or "").strip()
        if needed and not said:
            self.add_error("argument", needed)
        elif said and not needed and cleaned.get("value"):
            self.add_error("argument", "This value takes nothing here.")
        return cleaned


class MatchRuleInline(RowInline):
    """How new records meet those that are there already."""

    model = MatchRule
    form = MatchRuleForm
    fields = MatchRuleForm.Meta.fields
    verbose_name = "match rule"
    verbose_name_plural = "Match rules"
    explained = (
        "How a record that is not bound yet finds the one it is. Tried in this order; "
        "the first rule that finds anything decides. One found is bound, several go to "
        "a person. Without rules only the field that records are recognised by counts."
    )


class GuardInline(RowInline):
    """What stops a record."""

    model = Guard
    form = GuardForm
    fields = GuardForm.Meta.fields
    verbose_name = "guard"
    verbose_name_plural = "Guards"
    explained = (
        "Conditions before a record is sent. One that does not meet them fails, or is "
        "left alone, with the name of the guard. Fields that must be filled are "
        "separated by commas; keys too, or a value map is named that lists them. Of a "
        'listed key, * is any text: jde:* is what begins so, and "" what is empty.'
    )


class WriteBackInline(RowInline):
    """What the source is told."""

    model = WriteBack
    form = WriteBackForm
    fields = WriteBackForm.Meta.fields
    verbose_name = "write-back"
    verbose_name_plural = "Write-backs"
    explained = (
        "What the source's record is told after it was sent: for example the number "
        "that the target gave it. A write-back that fails repeats nothing there."
    )


RULES = (MatchRuleInline, GuardInline, WriteBackInline)
ARGUMENTS = {
    "kind": {
        GuardKind.OPTED_IN: "keys, or a value map",
        GuardKind.ONLY: "keys, or a value map",
        GuardKind.CREDIT: "field of the limit",
        GuardKind.DUPLICATE: "days, 30 if empty",
    },
    "value": {Told.ASSIGNED: "name of the value", Told.TEXT: "the text"},
}
