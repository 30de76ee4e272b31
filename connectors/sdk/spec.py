"""spec.toml: the one table of a system.

It is behind the connection form, the field catalogue, suggested mappings, limits and
the contract tests. Parsed once; anything unknown or missing raises SpecError with the
file and the key.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from connectors.canonical.model import Owner
from connectors.sdk.errors import SpecError
from connectors.sdk.records import FieldInfo, FieldType, Option
from connectors.sdk.setting import (
    ConsentSpec,
    SettingSpec,
    SettingType,
    VersionEnd,
    VersionSpec,
)
from connectors.sdk.shared.budgets import BudgetSpec, Priority

Kind = TypeVar("Kind")
Capability = Literal[
    "read",
    "fetch",
    "find",
    "keys",
    "write",
    "archive",
    "discover",
    "ensure_fields",
    "create_fields",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectSpec:
    """One object type of a system.

    `canonical` names the entity of the shared business model. `match_field` is the
    unique field that a write recognises a record by. `max_batch` is in records.

    Where `create_is_not_idempotent`, the same item sent twice makes two records; the
    target keeps `WriteItem.reference` in its `reference_field`, by which `find` tells
    whether it has arrived. `lines` are the fields of a document's lines; mappings name
    them as "lines.<name>". In spec.toml `lines_like` names another object of the system
    whose lines have the same fields. `lines_of` is the object type of the lines where
    they are records of their own.
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
    create_is_not_idempotent: bool = False
    reference_field: str = ""
    lines: Mapping[str, FieldInfo] = field(default_factory=dict)
    lines_of: str = ""

    def can(self, capability: Capability) -> bool:
        """Whether the object offers this."""
        return capability in self.capabilities

    def stored(self) -> dict[str, Any]:
        """As JSON, for `restored`."""
        table = asdict(self)
        table["capabilities"] = sorted(self.capabilities)
        return table

    @classmethod
    def restored(cls, table: Mapping[str, Any]) -> ObjectSpec:
        """The inverse of `stored`."""
        lists = {name: tuple(table[name]) for name in ("read_after",)}
        parts = {
            part: {name: _restored_field(one) for name, one in table[part].items()}
            for part in ("fields", "lines")
        }
        capabilities = frozenset(table["capabilities"])
        return cls(**{**table, **lists, **parts, "capabilities": capabilities})


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSpec:
    """A whole spec.toml. `kind` tells which attributes it keeps: canonical/model.py.

    `webhooks` are steps by which a person lets the system post changes to us, for a
    system that can. `journal_setting` is the switch of its journal, if it has one.
    """

    slug: str
    label: str
    settings: Mapping[str, SettingSpec]
    objects: Mapping[str, ObjectSpec]
    kind: Owner = "erp"
    description: str = ""
    concurrency: int = 2
    budgets: tuple[BudgetSpec, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)
    consent: ConsentSpec | None = None
    versions: VersionSpec | None = None
    webhooks: tuple[str, ...] = ()
    journal_setting: str = ""

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

    def applies(self, when: Mapping[str, str], values: Mapping[str, Any]) -> bool:
        """Whether the settings have the values that `when` names."""
        return all(
            str(values.get(name) or self.settings[name].fallback) == wanted
            for name, wanted in when.items()
        )

    def by_consent(self, values: Mapping[str, Any]) -> bool:
        """Whether these settings make a person connect on the system's own page."""
        return self.consent is not None and self.applies(self.consent.when, values)

    def version_end(self, values: Mapping[str, Any]) -> tuple[str, VersionEnd] | None:
        """The version these settings choose and its end, where that is known."""
        if self.versions is None:
            return None
        name = self.versions.setting
        chosen = str(values.get(name) or self.settings[name].fallback)
        end = self.versions.ends.get(chosen)
        return (chosen, end) if end else None

    def with_objects(self, found: Iterable[ObjectSpec]) -> SystemSpec:
        """The spec with object types of one connection; its own ones stay."""
        more = {one.name: one for one in found if one.name not in self.objects}
        return replace(self, objects={**self.objects, **more}) if more else self

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
        budgets, consent = system.pop("budgets", {}), system.pop("consent", None)
        self._one_of(system.get("kind", "erp"), Owner, "system.kind")
        spec = self._build(
            SystemSpec,
            "system",
            system
            | {
                "budgets": tuple(
                    self.budget(name, table) for name, table in budgets.items()
                ),
                "consent": consent
                and self._build(ConsentSpec, "system.consent", consent),
                "versions": self.versions(data.get("versions")),
                "notes": tuple(system.get("notes", ())),
                "webhooks": tuple(system.get("webhooks", ())),
                "settings": {
                    name: self.setting(name, table)
                    for name, table in data.get("settings", {}).items()
                },
                "objects": self.objects(data.get("objects", {})),
            },
        )
        self._named_settings(spec)
        return spec

    def versions(self, table: dict[str, Any] | None) -> VersionSpec | None:
        if table is None:
            return None
        ends = {
            name: self._build(VersionEnd, f"versions.ends.{name}", end)
            for name, end in table.get("ends", {}).items()
        }
        return self._build(VersionSpec, "versions", {**table, "ends": ends})

    def _named_settings(self, spec: SystemSpec) -> None:
        """Refuse names of settings that there are not."""
        named = {name for one in spec.settings.values() for name in one.when}
        named.update(*(budget.when for budget in spec.budgets))
        if spec.consent:
            named |= {*spec.consent.when, spec.consent.page}
        if spec.versions:
            named.add(spec.versions.setting)
        if unknown := sorted(named - set(spec.settings)):
            raise SpecError(f"{self.file}: there are no settings {unknown}")

    def budget(self, name: str, table: dict[str, Any]) -> BudgetSpec:
        where = f"system.budgets.{name}"
        for priority in table.get("shares", ()):
            self._one_of(priority, Priority, f"{where}.shares")
        return self._build(BudgetSpec, where, table | {"name": name})

    def setting(self, name: str, table: dict[str, Any]) -> SettingSpec:
        values = table | {"name": name, "choices": _options(table.get("choices", {}))}
        self._one_of(values.get("type", "string"), SettingType, f"settings.{name}.type")
        return self._build(SettingSpec, f"settings.{name}", values)

    def objects(self, tables: dict[str, dict[str, Any]]) -> dict[str, ObjectSpec]:
        found = {}
        for name, table in tables.items():
            like = table.get("lines_like", name)
            if like not in tables:
                raise SpecError(f"{self.file}: objects.{name}.lines_like: no “{like}”")
            lines = tables[like].get("lines", {})
            rest = {key: value for key, value in table.items() if key != "lines_like"}
            found[name] = self.object(name, rest | {"lines": lines})
        return found

    def object(self, name: str, table: dict[str, Any]) -> ObjectSpec:
        where = f"objects.{name}"
        for capability in table.get("capabilities", ()):
            self._one_of(capability, Capability, f"{where}.capabilities")
        entity = table.get("canonical", "")
        values = table | {
            "name": name,
            "capabilities": frozenset(table.get("capabilities", ())),
            "read_after": tuple(table.get("read_after", ())),
            "fields": self.fields(where, "fields", entity, table),
            "lines": self.fields(where, "lines", f"{entity}_line", table),
        }
        return self._build(ObjectSpec, where, values)

    def fields(
        self, where: str, part: str, entity: str, table: dict[str, Any]
    ) -> dict[str, FieldInfo]:
        return {
            name: self.field(f"{where}.{part}.{name}", entity, name, field_table)
            for name, field_table in table.get(part, {}).items()
        }

    def field(
        self, where: str, entity: str, name: str, table: dict[str, Any]
    ) -> FieldInfo:
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


def _restored_field(table: Mapping[str, Any]) -> FieldInfo:
    options = tuple(Option(**one) for one in table["options"])
    return FieldInfo(**{**table, "options": options})


def _options(table: Mapping[str, str]) -> tuple[Option, ...]:
    return tuple(Option(value=value, label=label) for value, label in table.items())
