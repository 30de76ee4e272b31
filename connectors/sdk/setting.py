"""What spec.toml says of a connection's settings, and how they are read."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from urllib.parse import urlsplit

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.records import Option

SettingType = Literal["string", "url", "integer", "boolean", "choice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingSpec:
    """One field of the connection form. `advanced` ones are folded away.

    `when` names values that other settings must have for this one to count; it is not
    asked for otherwise. `environment` is a variable of the installation's environment
    that is used where the connection says nothing.
    """

    name: str
    label: str
    type: SettingType = "string"
    default: str | int | bool = ""
    required: bool = False
    secret: bool = False
    advanced: bool = False
    help: str = ""
    choices: tuple[Option, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    when: Mapping[str, str] = field(default_factory=dict)
    environment: str = ""

    @property
    def installed(self) -> str:
        """What the installation's environment says, "" when it says nothing."""
        return os.environ.get(self.environment, "") if self.environment else ""

    @property
    def fallback(self) -> str | int | bool:
        """What holds where a connection does not say."""
        return self.installed or self.default


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentSpec:
    """Which settings make a person connect on the system's own page, and where it is.

    `page` is the setting that holds the page's address.
    """

    when: Mapping[str, str]
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionEnd:
    """Until when the other side supports a version; not `certain`: by our reckoning."""

    on: date
    note: str = ""
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSpec:
    """The setting that chooses a version of the other side's API, and their ends."""

    setting: str
    ends: Mapping[str, VersionEnd]


class Given:
    """The settings of a connection, read with the spec's defaults behind them.

    Each method raises ConfigurationError that names the setting.
    """

    def __init__(
        self, settings: Mapping[str, Any], specs: Mapping[str, SettingSpec]
    ) -> None:
        self._settings, self._specs = settings, specs

    def _value(self, name: str) -> Any:
        value = self._settings.get(name)
        return self._specs[name].default if value in (None, "") else value

    def text(self, name: str) -> str:
        value = str(self._value(name)).strip()
        if self._specs[name].required and not value:
            raise self.wrong(name, "is missing")
        choices = {choice.value for choice in self._specs[name].choices}
        if choices and value not in choices:
            raise self.wrong(name, f"must be one of {', '.join(sorted(choices))}")
        return value

    def url(self, name: str) -> str:
        value = self.text(name)
        try:
            parts = urlsplit(value)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            usable = False
        if not usable:
            raise self.wrong(name, "is not a web address")
        return value

    def secret(self, name: str) -> str:
        # Blanks at either end may belong to a password.
        value = str(self._value(name))
        if not value:
            raise self.wrong(name, "is missing")
        return value

    def codes(self, name: str) -> list[str]:
        found = re.split(r"[,;\s]+", self.text(name).upper())
        return [code for code in found if code]

    def flag(self, name: str) -> bool:
        return str(self._value(name)).lower() in ("true", "1", "on", "yes")

    def number(self, name: str) -> int:
        spec = self._specs[name]
        try:
            number = int(self._value(name))
        except (TypeError, ValueError):
            raise self.wrong(name, "must be a whole number") from None
        low, high = spec.minimum, spec.maximum
        if (low is not None and number < low) or (high is not None and number > high):
            raise self.wrong(name, f"must lie between {low} and {high}")
        return number

    def wrong(self, name: str, why: str) -> ConfigurationError:
        return ConfigurationError(
            f"The setting “{self._specs[name].label}” {why}.",
            advice="Correct it in the connection.",
            field=name,
        )
