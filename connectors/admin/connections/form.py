"""The connection form: name, then the settings that the system's spec.toml names.

A secret is write-only. It is never put into a form, so no page, error or log can show
it; an empty field keeps the one that is stored, and a tick beside it removes one that
the system can do without.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.html import escape
from unfold import widgets

from connectors.models import Connection, Health
from connectors.sdk.setting import SettingSpec
from connectors.sdk.spec import SystemSpec
from connectors.sync.connect import validate_settings

PREFIX = "setting_"
REMOVE = "remove_"


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
        self.may_go = removable(self.spec, self.kept, self.instance.settings)
        for name in sometimes_removable(self.spec):
            if name not in self.may_go:
                del self.fields[REMOVE + name]
        for name, setting in self.spec.settings.items():
            field = self.fields[PREFIX + name]
            if setting.secret:
                self._prepare_secret(field, setting)
            else:
                value = self.instance.settings.get(name, setting.fallback)
                self.initial.setdefault(PREFIX + name, value)

    def _prepare_secret(self, field: forms.Field, setting: SettingSpec) -> None:
        kept = setting.name in self.kept
        given = kept or bool(setting.installed)
        field.required = setting.required and not (given or setting.when)
        installed = "set by the installation, leave blank to use it"
        elsewhere = installed if setting.installed else "not set"
        field.widget.attrs["placeholder"] = (
            "set, leave blank to keep it" if kept else elsewhere
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

    @property
    def removed(self) -> list[str]:
        """The names of the stored secrets that are to go."""
        return [n for n in self.may_go if self.cleaned_data.get(REMOVE + n)]

    @property
    def secrets_said(self) -> str:
        """Which secrets were given anew and which removed, for the history."""
        gone = [self.spec.settings[name].label for name in self.removed]
        said = (("changed", self.changed_secrets), ("removed", gone))
        return ". ".join(
            f"Secrets {w}: {', '.join(names)}" for w, names in said if names
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in self.removed:
            if cleaned.get(PREFIX + name):
                self.add_error(
                    PREFIX + name,
                    "Either give a new value or remove the stored one, not both.",
                )
        problems = validate_settings(self.spec.slug, self.values)
        for name, problem in {**self._missing_secrets(), **problems}.items():
            if PREFIX + name not in self.errors:
                self.add_error(PREFIX + name, problem)
        return cleaned

    def _missing_secrets(self) -> dict[str, list[str]]:
        """Secrets that these settings need, and that are neither given nor kept."""
        return {
            name: [f"{setting.label} is needed."]
            for name, setting in self.spec.settings.items()
            if setting.secret
            and setting.required
            and setting.when
            and self.spec.applies(setting.when, self.values)
            and not self.cleaned_data.get(PREFIX + name)
            and (name not in self.kept or name in self.removed)
            and not setting.installed
        }

    def save(self, commit: bool = True) -> Connection:  # noqa: FBT001, FBT002 - Django's signature
        before = self.instance.settings
        self.instance.set_values(self.values)
        kept = self.instance.secrets or {}
        self.instance.secrets = {n: v for n, v in kept.items() if n not in self.removed}
        secrets = self.changed_secrets or self.removed
        if before != self.instance.settings or secrets:
            # What the last test found was found with other settings.
            self.instance.health, self.instance.findings = Health.UNKNOWN, []
        connection: Connection = super().save(commit)
        return connection


def connection_form(spec: SystemSpec) -> type[ConnectionForm]:
    """The form class of one system."""
    fields = {PREFIX + name: _field(setting) for name, setting in spec.settings.items()}
    fields |= {REMOVE + n: _remove_field(n, spec) for n in sometimes_removable(spec)}
    return type(f"{spec.slug.title()}Form", (ConnectionForm,), {"spec": spec, **fields})


def sometimes_removable(spec: SystemSpec) -> list[str]:
    """The secrets that the system can do without, be it with other settings."""
    known = spec.settings.items()
    return [n for n, s in known if s.secret and (s.when or not s.required)]


def removable(
    spec: SystemSpec, kept: Iterable[str], settings: Mapping[str, Any]
) -> list[str]:
    """Those of these secrets that the system can do without as it is set up."""
    return [
        name
        for name in sometimes_removable(spec)
        if name in kept
        and not (
            spec.settings[name].required
            and spec.applies(spec.settings[name].when, settings)
        )
    ]


def fieldsets(
    spec: SystemSpec, head: tuple[str, ...], obj: Connection | None = None
) -> list[tuple[Any, Any]]:
    """The form's sections; what is rarely touched is folded away.

    Beside a secret that is stored and not needed stands how to remove it.
    """
    stored = {n for n, v in (obj.secrets or {}).items() if v} if obj else set()
    removed = removable(spec, stored, obj.settings) if obj else []

    def shown(*, advanced: bool) -> list[str]:
        return [
            name
            for n, s in spec.settings.items()
            if s.advanced == advanced
            for name in (PREFIX + n, *([REMOVE + n] if n in removed else ()))
        ]

    plain, rare = shown(advanced=False), shown(advanced=True)
    sections: list[tuple[Any, Any]] = [
        (None, {"fields": head}),
        ("How to reach it", {"fields": plain}),
    ]
    if rare:
        sections.append(
            ("Rarely needed settings", {"fields": rare, "classes": ["collapse"]})
        )
    return sections


def conditions(spec: SystemSpec) -> dict[str, Mapping[str, str]]:
    """Which fields count only with which values of other settings, for the page."""
    return {
        PREFIX + name: setting.when
        for name, setting in spec.settings.items()
        if setting.when
    }


def _remove_field(name: str, spec: SystemSpec) -> forms.Field:
    return forms.BooleanField(
        label=f"{spec.settings[name].label}: remove the stored value",
        required=False,
        widget=widgets.UnfoldBooleanSwitchWidget(),
    )


def _field(setting: SettingSpec) -> forms.Field:
    common: dict[str, Any] = {
        "label": setting.label,
        "help_text": escape(setting.help),
        # What only counts with other settings is asked for where they are looked at.
        "required": setting.required and not setting.when,
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
