"""The object types, read from the data files once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "data"


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One row of objects.toml; `pipeline` names its pipeline and stage property."""

    name: str
    type_id: str
    singular: str
    legacy: str
    group: str
    defaults: tuple[str, ...]
    created: str = "createdate"
    modified: str = "hs_lastmodifieddate"
    require: tuple[str, ...] = ()
    require_one: tuple[str, ...] = ()
    pipeline: tuple[str, str] | None = None
    scope_name: str = ""
    umbrella: str | None = None
    custom: bool = False
    label: str = ""
    display: str = ""

    def scopes(self, kind: str, verb: str) -> list[str]:
        """Scopes of which one is needed: kind `objects` or `schemas`."""
        name = self.scope_name or self.name
        needed = [f"crm.{kind}.{name}.{verb}"]
        return [*needed, self.umbrella] if self.umbrella else needed


def data(name: str) -> dict[str, Any]:
    """One data file; a missing one is empty."""
    path = DATA / f"{name}.toml"
    return tomllib.loads(path.read_text()) if path.exists() else {}


@cache
def object_types() -> dict[str, ObjectType]:
    """Every object type by plural, singular and type id."""
    found: dict[str, ObjectType] = {}
    for name, row in data("objects").items():
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in row.items()
        }
        one = ObjectType(name=name, **values)
        found |= spellings(one)
    return found


@cache
def type_names() -> tuple[str, ...]:
    """Plural names, one per object type."""
    return tuple(data("objects"))


@cache
def option_list(name: str) -> tuple[tuple[str, str], ...]:
    """(value, label) pairs of a named option list."""
    return tuple(data("options")[name].items())


@cache
def standard_properties(object_type: str) -> dict[str, list[str]]:
    """Rows of the standard properties of a type, common ones included."""
    return {**data("properties/common"), **data(f"properties/{object_type}")}


def spellings(one: ObjectType) -> dict[str, ObjectType]:
    """An object type by everything that names it in a path."""
    return {one.name: one, one.singular: one, one.type_id: one}
