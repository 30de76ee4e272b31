"""The flow form: ends chosen from what the systems offer, a schedule in plain words."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from unfold import widgets

from connectors.models import Connection, Flow
from connectors.models.flow import interval_text
from connectors.sdk.spec import Capability
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
        "there is updated, otherwise one is created. A mapping row must fill it.",
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
        )
        labels = {"source": "From", "target": "To"}
        help_texts = {"name": "For example “Customers to HubSpot companies”."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "schedule" in self.fields and self.instance.pk:
            self._show_schedule(self.instance.interval)
        if "match_field" in self.fields:
            self._offer_match_fields()
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

    def _offer_objects(self, side: str, verb: Capability) -> None:
        """All there are, by system; a script narrows them to the connection."""
        offers = {
            slug: [(o.name, o.label) for o in spec.objects.values() if o.can(verb)]
            for slug, spec in registry.specs().items()
        }
        by_connection = {
            pk: offers.get(system, [])
            for pk, system in Connection.objects.values_list("pk", "system")
        }
        field = self.fields[f"{side}_object"]
        field.choices = [  # type: ignore[attr-defined]
            ("", "Choose"),
            *(
                (registry.spec(slug).label, offered)
                for slug, offered in offers.items()
                if offered
            ),
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
        return cleaned


def _interval(schedule: str, seconds: int | None) -> int | None:
    if schedule == HAND:
        return None
    return seconds if schedule == CUSTOM else int(schedule)
