"""What an account has and may be given: object types, properties, links, options."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from connectors.sdk.contract import Connector
from connectors.sdk.http import HttpClient
from connectors.sdk.records import FieldInfo, NewField
from connectors.sdk.spec import Capability, ObjectSpec, load_spec
from connectors.systems.hubspot.access.account import AccountGuard
from connectors.systems.hubspot.catalogue.custom import custom_objects
from connectors.systems.hubspot.catalogue.directory import (
    DIRECTORIES,
    STAGED,
    Directory,
)
from connectors.systems.hubspot.catalogue.labels import Labels
from connectors.systems.hubspot.catalogue.options import Options
from connectors.systems.hubspot.catalogue.proposals import Proposals
from connectors.systems.hubspot.schema import Schema
from connectors.systems.hubspot.wire.paths import Paths, is_custom

SPEC = Path(__file__).with_name("spec.toml")


class Definitions(Connector):
    """The part of the connector that speaks of definitions, not of records."""

    http: HttpClient
    paths: Paths
    guard: AccountGuard

    @abstractmethod
    def _setting(self, name: str) -> Any:
        """A setting, or its default."""

    @abstractmethod
    def _open(self, capability: Capability, object_type: str) -> ObjectSpec:
        """The object, if it offers this and the account is the right one."""

    def discover(self, object_type: str) -> list[FieldInfo]:
        """The account's properties, ours that are not created yet, and links."""
        target = self._open("discover", object_type)
        if object_type in DIRECTORIES:
            return list(target.fields.values())
        options = Options(self._directory, self.guard.currencies())
        found = options.filled(object_type, self._schema(target).discover())
        return [*found, *self._labels.fields(target)]

    def objects(self) -> list[ObjectSpec]:
        """The account's custom objects."""
        self.guard.admit(self.http, self.paths)
        known = load_spec(SPEC).objects
        return custom_objects(self.http, self.paths, known)

    def ensure_fields(self, object_type: str, names: Sequence[str]) -> dict[str, str]:
        """Create the named ERP properties, in their own group."""
        return self._schema(self._open("ensure_fields", object_type)).ensure(names)

    def propose_fields(
        self, object_type: str, like: Sequence[FieldInfo]
    ) -> list[NewField]:
        """Properties after an ERP's fields, in our group."""
        target = self._open("create_fields", object_type)
        return Proposals(self._schema(target)).like(like)

    def create_fields(
        self, object_type: str, fields: Sequence[FieldInfo]
    ) -> dict[str, str]:
        """Create properties that a person has chosen."""
        target = self._open("create_fields", object_type)
        return Proposals(self._schema(target)).create(fields)

    @cached_property
    def _group(self) -> str:
        return str(self._setting("property_group"))

    @cached_property
    def _directory(self) -> Directory:
        custom = [one.name for one in self.spec.objects.values() if is_custom(one.name)]
        size = int(self._setting("page_size"))
        return Directory(self.http, self.paths, [*STAGED, *custom], size)

    @cached_property
    def _labels(self) -> Labels:
        return Labels(self.http, self.paths)

    def _schema(self, target: ObjectSpec) -> Schema:
        return Schema(self.http, self.paths, target, self._group)
