"""The connection form: name, then the settings that the system's spec.toml names.

A secret is write-only. It is never put into a form, so no page, error or log can show
it; an empty field keeps the one that is stored.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.html import escape
from unfold import widgets

from connectors.models import Connection, Health
from connectors.sdk.spec import SettingSpec, SystemSpec
from connectors.sync.connect import validate_settings

PREFIX = "setting_"


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Base of the form of each system; see `connection_form`."""

    spec: ClassVar[SystemSpec]

    class Meta:
        model = Connection
        fields = ("name", "enabled")
        labels = {"enabled": "In use"}
        help_texts = {
            "name": "How you recognise it, for example “HubSpot production”.",
            "enabled": "Switched off, nothing runs over this connection.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.system = self.spec.slug
        stored = (self.instance.secrets or {}) if self.instance.pk else {}
        self.kept = {name for name in self.spec.secrets if stored.get(name)}
        for name, setting in self.spec.settings.items():
            field = self.fields[PREFIX + name]
            if setting.secret:
                self._prepare_secret(field, setting)
            else:
                value = self.instance.settings.get(name, setting.default)
                self.initial.setdefault(PREFIX + name, value)

    def _prepare_secret(self, field: forms.Field, setting: SettingSpec) -> None:
        kept = setting.name in self.kept
        field.required = setting.required and not kept
        field.widget.attrs["placeholder"] = (
            "set, leave blank to keep it" if kept else "not set"
        )

    @property
    def values(self) -> dict[str, Any]:
        """Setting values by name; a number left blank falls back to the default."""
        cleaned = {n: self.cleaned_data.get(PREFIX + n) for n in self.spec.settings}
        return {name: value for name, value in cleaned.items() if value is not None}

    @property
    def changed_secrets(self) -> list[str]:
        """The labels of the secrets that were given anew."""
        return [
            self.spec.settings[name].label
            for name in self.spec.settings
            if name in self.spec.secrets and self.cleaned_data.get(PREFIX + name)
        ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name, problems in validate_settings(self.spec.slug, self.values).items():
            if PREFIX + name not in self.errors:
                self.add_error(PREFIX + name, problems)
        return cleaned

    def save(self, commit: bool = True) -> Connection:  # noqa: FBT001, FBT002 - Django's signature
        before = self.instance.settings
        self.instance.set_values(self.values)
        if before != self.instance.settings or self.changed_secrets:
            # What the last test found was found with other settings.
            self.instance.health, self.instance.findings = Health.UNKNOWN, []
        connection: Connection = super().save(commit)
        return connection


def connection_form(spec: SystemSpec) -> type[ConnectionForm]:
    """The form class of one system."""
    fields = {PREFIX + name: _field(setting) for name, setting in spec.settings.items()}
    return type(f"{spec.slug.title()}Form", (ConnectionForm,), {"spec": spec, **fields})


def fieldsets(spec: SystemSpec, head: tuple[str, ...]) -> list[tuple[Any, Any]]:
    """The form's sections; what is rarely touched is folded away."""
    plain = [PREFIX + n for n, s in spec.settings.items() if not s.advanced]
    rare = [PREFIX + n for n, s in spec.settings.items() if s.advanced]
    sections: list[tuple[Any, Any]] = [
        (None, {"fields": head}),
        ("How to reach it", {"fields": plain}),
    ]
    if rare:
        sections.append(
            ("Rarely needed settings", {"fields": rare, "classes": ["collapse"]})
        )
    return sections


def _field(setting: SettingSpec) -> forms.Field:
    common: dict[str, Any] = {
        "label": setting.label,
        "help_text": escape(setting.help),
        "required": setting.required,
    }
    if setting.secret:
        widget = widgets.UnfoldAdminPasswordWidget({"autocomplete": "new-password"})
        return forms.CharField(widget=widget, strip=True, **common)
    if setting.type == "boolean":
        common["required"] = False
        return forms.BooleanField(widget=widgets.UnfoldBooleanSwitchWidget(), **common)
    if setting.type == "integer":
        return forms.IntegerField(
            widget=widgets.UnfoldAdminIntegerFieldWidget(),
            min_value=setting.minimum,
            max_value=setting.maximum,
            **common,
        )
    if setting.choices:
        return forms.ChoiceField(
            widget=widgets.UnfoldAdminSelectWidget(),
            choices=[(option.value, option.label) for option in setting.choices],
            **common,
        )
    # Not a URLField: its own message would hide the reason validate_settings gives.
    widget = widgets.UnfoldAdminTextInputWidget(
        {"inputmode": "url", "spellcheck": "false"} if setting.type == "url" else {}
    )
    return forms.CharField(widget=widget, **common)
