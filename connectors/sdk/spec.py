"""spec.toml: the one table of a system.

It is behind the connection form, the field catalogue, suggested mappings, limits and
the contract tests. Parsed once; anything unknown or missing raises SpecError with the
file and the key.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from connectors.sdk.errors import SpecError
from connectors.sdk.records import FieldInfo, FieldType, Option

SettingType = Literal["string", "url", "integer", "boolean", "choice"]
Kind = TypeVar("Kind")
Capability = Literal["read", "fetch", "find", "write", "discover", "ensure_fields"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingSpec:
    """One field of the connection form. `advanced` ones are folded away."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectSpec:
    """One object type of a system.

    `canonical` names the entity of the shared business model. `match_field` is the
    unique field that a write recognises a record by. `max_batch` is in records.
    """

    name: str
    label: str
    canonical: str
    key: str
    capabilities: frozenset[Capability]
    fields: Mapping[str, FieldInfo]
    native: str = ""
    match_field: str = ""
    name_field: str = ""
    page_size: int = 100
    max_batch: int = 100
    read_after: tuple[str, ...] = ()

    def can(self, capability: Capability) -> bool:
        """Whether the object offers this."""
        return capability in self.capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSpec:
    """The budget of one account: `requests` in any window of `seconds`.

    Where the system tells its limits with each answer, the headers named here (lower
    case; the window in milliseconds) replace the figures.
    """

    requests: int
    seconds: float
    requests_header: str = ""
    window_ms_header: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSpec:
    """A whole spec.toml."""

    slug: str
    label: str
    settings: Mapping[str, SettingSpec]
    objects: Mapping[str, ObjectSpec]
    description: str = ""
    concurrency: int = 2
    rate: RateSpec | None = None
    notes: tuple[str, ...] = field(default_factory=tuple)

    def object(self, name: str) -> ObjectSpec:
        """The object type of that name; raises SpecError naming those there are."""
        try:
            return self.objects[name]
        except KeyError:
            known = ", ".join(sorted(self.objects))
            raise SpecError(
                f"{self.label} has no object type “{name}”.",
                advice=f"Choose one of: {known}.",
            ) from None

    @property
    def secrets(self) -> frozenset[str]:
        """The names of the settings that are secrets."""
        return frozenset(name for name, s in self.settings.items() if s.secret)


@cache
def load_spec(path: Path) -> SystemSpec:
    """Parse a spec.toml. Raises SpecError."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SpecError(f"{path.name}: {error}") from error
    return _Parser(path).system(data)


class _Parser:
    def __init__(self, path: Path) -> None:
        self.file = f"{path.parent.name}/{path.name}"

    def system(self, data: dict[str, Any]) -> SystemSpec:
        system = dict(data.get("system", {}))
        rate = system.pop("rate", None)
        return self._build(
            SystemSpec,
            "system",
            system
            | {
                "rate": self._build(RateSpec, "system.rate", rate) if rate else None,
                "notes": tuple(system.get("notes", ())),
                "settings": {
                    name: self.setting(name, table)
                    for name, table in data.get("settings", {}).items()
                },
                "objects": {
                    name: self.object(name, table)
                    for name, table in data.get("objects", {}).items()
                },
            },
        )

    def setting(self, name: str, table: dict[str, Any]) -> SettingSpec:
        values = table | {"name": name, "choices": _options(table.get("choices", {}))}
        self._one_of(values.get("type", "string"), SettingType, f"settings.{name}.type")
        return self._build(SettingSpec, f"settings.{name}", values)

    def object(self, name: str, table: dict[str, Any]) -> ObjectSpec:
        where = f"objects.{name}"
        for capability in table.get("capabilities", ()):
            self._one_of(capability, Capability, f"{where}.capabilities")
        entity = table.get("canonical", "")
        values = table | {
            "name": name,
            "capabilities": frozenset(table.get("capabilities", ())),
            "read_after": tuple(table.get("read_after", ())),
            "fields": {
                field_name: self.field(where, entity, field_name, field_table)
                for field_name, field_table in table.get("fields", {}).items()
            },
        }
        return self._build(ObjectSpec, where, values)

    def field(
        self, where: str, entity: str, name: str, table: dict[str, Any]
    ) -> FieldInfo:
        where = f"{where}.fields.{name}"
        self._one_of(table.get("type", "string"), FieldType, f"{where}.type")
        values = table | {"name": name, "options": _options(table.get("options", {}))}
        if values.get("canonical"):
            values["canonical"] = f"{entity}.{values['canonical']}"
        return self._build(FieldInfo, where, values)

    def _build(self, kind: type[Kind], where: str, values: dict[str, Any]) -> Kind:
        known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
        unknown = sorted(set(values) - known)
        if unknown:
            raise SpecError(f"{self.file}: {where} has unknown keys {unknown}")
        try:
            return kind(**values)
        except TypeError as error:
            raise SpecError(f"{self.file}: {where}: {error}") from error

    def _one_of(self, value: str, literal: Any, where: str) -> None:
        if value not in get_args(literal):
            raise SpecError(
                f"{self.file}: {where} is “{value}”, not one of {get_args(literal)}"
            )


def _options(table: Mapping[str, str]) -> tuple[Option, ...]:
    return tuple(Option(value=value, label=label) for value, label in table.items())
