"""The flow form: ends chosen from what the systems offer, a schedule in plain words."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from unfold import widgets

from connectors.models import Connection, Flow, SourceGone
from connectors.models.flow import interval_text
from connectors.sdk.spec import Capability, SystemSpec
from connectors.sync.mapping.fields import known_fields
from connectors.systems import registry

HAND, CUSTOM = "hand", "custom"
PRESETS = (60, 300, 900, 3600, 86400)
SHORTEST = 30
_SCHEDULES = [
    *((str(seconds), interval_text(seconds).capitalize()) for seconds in PRESETS),
    (HAND, interval_text(None).capitalize()),
    (CUSTOM, "Another interval"),
]
# What becomes of records that are new or gone.
OPTIONS = (
    "creates", "source_gone", "flag_field", "flag_value", "target_gone", "scan_interval"
)  # fmt: skip
_DAY = 86_400
_ENDS: tuple[tuple[str, Capability], ...] = (("source", "read"), ("target", "write"))


class FlowForm(forms.ModelForm):  # type: ignore[type-arg]
    """What goes where, how often. Nothing here asks a system."""

    source_object = forms.ChoiceField(
        label="Read", widget=widgets.UnfoldAdminSelectWidget()
    )
    target_object = forms.ChoiceField(
        label="Write", widget=widgets.UnfoldAdminSelectWidget()
    )
    match_field = forms.ChoiceField(
        label="Recognise records by",
        widget=widgets.UnfoldAdminSelectWidget(),
        help_text="A unique field of the target. The record that has the same value "
        "there is updated, otherwise one is created. A mapping row must fill it, "
        "unless the target numbers its records itself.",
    )
    scan_interval = forms.TypedChoiceField(
        label="Search for deletes",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "Never"), (_DAY, "Every day"), (7 * _DAY, "Every week")],
        widget=widgets.UnfoldAdminSelectWidget(),
        help_text="For sources that do not tell what was deleted: all their keys are "
        "compared with those that are bound.",
    )
    flag_field = forms.ChoiceField(
        label="Mark this field",
        required=False,
        widget=widgets.UnfoldAdminSelectWidget(),
        help_text="Only for “Mark it in the target”.",
    )
    schedule = forms.ChoiceField(
        label="Look for changes",
        choices=_SCHEDULES,
        initial="300",
        widget=widgets.UnfoldAdminSelectWidget(),
    )
    custom_seconds = forms.IntegerField(
        label="Seconds between looks",
        required=False,
        min_value=SHORTEST,
        max_value=31 * 86400,
        widget=widgets.UnfoldAdminIntegerFieldWidget(),
        help_text=f"Only for “Another interval”; at least {SHORTEST}.",
    )

    class Meta:
        model = Flow
        fields = (
            "name",
            "source",
            "source_object",
            "target",
            "target_object",
            "match_field",
            *OPTIONS,
        )
        labels = {
            "source": "From",
            "target": "To",
            "creates": "Create records that the target does not have",
            "source_gone": "Deleted or archived in the source",
            "flag_value": "With this value",
            "target_gone": "Changed in the source, but deleted in the target",
        }
        help_texts = {
            "name": "For example “Customers to HubSpot companies”.",
            "creates": "Switched off, the flow keeps records in agreement that are on "
            "both sides, and leaves every other one alone, with the reason.",
            "flag_value": "Only for “Mark it in the target”.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "schedule" in self.fields and self.instance.pk:
            self._show_schedule(self.instance.interval)
        if "match_field" in self.fields:
            self._offer_match_fields()
        if "flag_field" in self.fields:
            self._offer_flag_fields()
        if "source_gone" in self.fields:
            self._offer_what_the_target_can()
        for side, verb in _ENDS:
            if f"{side}_object" in self.fields:
                self._offer_objects(side, verb)

    def _show_schedule(self, interval: int | None) -> None:
        if not interval:
            self.initial["schedule"] = HAND
        elif interval in PRESETS:
            self.initial["schedule"] = str(interval)
        else:
            self.initial.update(schedule=CUSTOM, custom_seconds=interval)

    def _offer_match_fields(self) -> None:
        flow, field = self.instance, self.fields["match_field"]
        if not flow.pk:
            del self.fields["match_field"]
            return
        known = known_fields(flow.target, flow.target_object)
        choices = [(n, f"{f.label} ({n})") for n, f in known.items() if f.unique]
        if flow.match_field and flow.match_field not in dict(choices):
            choices.append((flow.match_field, flow.match_field))
        field.choices = choices  # type: ignore[attr-defined]

    def _offer_flag_fields(self) -> None:
        flow, field = self.instance, self.fields["flag_field"]
        known = known_fields(flow.target, flow.target_object) if flow.pk else {}
        choices = [(n, f"{f.label} ({n})") for n, f in known.items() if not f.read_only]
        if flow.flag_field and flow.flag_field not in dict(choices):
            choices.append((flow.flag_field, flow.flag_field))
        field.choices = [("", "None"), *choices]  # type: ignore[attr-defined]

    def _offer_what_the_target_can(self) -> None:
        """No archiving where the target has none; what was chosen stays to be seen."""
        flow, field = self.instance, self.fields["source_gone"]
        if not flow.pk or flow.source_gone == SourceGone.ARCHIVE:
            return
        if not flow.target.spec.object(flow.target_object).can("archive"):
            field.choices = [  # type: ignore[attr-defined]
                one for one in SourceGone.choices if one[0] != SourceGone.ARCHIVE
            ]

    def _offer_objects(self, side: str, verb: Capability) -> None:
        """All there are, by system; a script narrows them to the connection."""
        by_connection = {
            one.pk: _offered(one.spec, verb)
            for one in Connection.objects.filter(system__in=registry.specs())
        }
        offers = {slug: _offered(spec, verb) for slug, spec in registry.specs().items()}
        common = {name for offered in offers.values() for name, _ in offered}
        own = {
            choice: None
            for offered in by_connection.values()
            for choice in offered
            if choice[0] not in common
        }
        field = self.fields[f"{side}_object"]
        field.choices = [  # type: ignore[attr-defined]
            ("", "Choose"),
            *(
                (registry.spec(slug).label, offered)
                for slug, offered in offers.items()
                if offered
            ),
            *([("Object types of an account", list(own))] if own else []),
        ]
        field.widget.attrs["data-offers"] = json.dumps(by_connection)
        field.widget.attrs["data-of"] = f"id_{side}"
        related = self.fields[side].widget
        for name in ("add", "change", "delete", "view"):
            setattr(related, f"can_{name}_related", False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        schedule, seconds = cleaned.get("schedule"), cleaned.get("custom_seconds")
        if schedule == CUSTOM and not seconds and "custom_seconds" not in self.errors:
            self.add_error("custom_seconds", "Say how many seconds.")
        elif schedule:
            self.instance.interval = _interval(schedule, seconds)
        self._check_gone(cleaned)
        return cleaned

    def _check_gone(self, cleaned: dict[str, Any]) -> None:
        """Refuse what the target cannot do about records that are gone."""
        said, flow = cleaned.get("source_gone"), self.instance
        if said == SourceGone.FLAG:
            for name in ("flag_field", "flag_value"):
                if not cleaned.get(name):
                    self.add_error(name, "Say how it is marked.")
        elif said == SourceGone.ARCHIVE and flow.pk:
            spec = flow.target.spec
            if not spec.object(flow.target_object).can("archive"):
                self.add_error(
                    "source_gone", f"{spec.label} cannot archive {flow.target_object}."
                )


def _offered(spec: SystemSpec, verb: Capability) -> list[tuple[str, str]]:
    """Names and labels of the object types that can be read or written."""
    return [(one.name, one.label) for one in spec.objects.values() if one.can(verb)]


def _interval(schedule: str, seconds: int | None) -> int | None:
    if schedule == HAND:
        return None
    return seconds if schedule == CUSTOM else int(schedule)
