"""Which parts of a record a call wants, told apart by where HubSpot keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.sdk.records import FieldInfo, SourceRecord
from connectors.sdk.spec import ObjectSpec
from connectors.systems.hubspot.catalogue.labels import Target, target_of
from connectors.systems.hubspot.codec import HELD_AS_PROPERTY, moment
from connectors.systems.hubspot.wire.answers import Row

LINE = "lines."
MERGED = "hs_merged_object_ids"
# Fields that hold all the associated ids, where a reference holds one.
VIRTUAL: Mapping[str, str] = {"invoice_ids": "invoices"}


def modified_name(object_type: str) -> str:
    """The property that tells when a record was last changed."""
    return "lastmodifieddate" if object_type == "contacts" else "hs_lastmodifieddate"


def _far(name: str, known: FieldInfo | None) -> Target | None:
    """What a field points to; None for one that is a property."""
    if name in HELD_AS_PROPERTY:
        return None
    far = VIRTUAL.get(name) or (known.references if known else "")
    return target_of(name, {name: far} if far else {})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Properties and line fields by name; `links` are fields with their far type."""

    object_type: str
    properties: tuple[str, ...]
    links: Mapping[str, Target]
    lines: tuple[str, ...]

    @classmethod
    def of(cls, target: ObjectSpec, fields: Sequence[str]) -> Wanted:
        """The named fields of an object, or all that spec.toml knows."""
        names = list(fields) or [*target.fields, *(LINE + one for one in target.lines)]
        links: dict[str, Target] = {}
        properties, lines = [], []
        for name in names:
            known = target.fields.get(name)
            far = _far(name, known)
            if far:
                links[name] = far
            elif name.startswith(LINE) and target.lines:
                lines.append(name.removeprefix(LINE))
            else:
                properties.append(name)
        return cls(target.name, tuple(properties), links, tuple(lines))

    @property
    def asked(self) -> list[str]:
        """The properties to ask for: those wanted, and what a record needs itself."""
        return list(dict.fromkeys([*self.properties, self.modified, MERGED]))

    @property
    def modified(self) -> str:
        """The property that tells when a record was last changed."""
        return modified_name(self.object_type)

    def merged(self, row: Row) -> list[str]:
        """Ids of the records that are gone into this one."""
        held = row.properties.get(MERGED) or ""
        return [one for one in held.split(";") if one and one != row.id]

    def gone(self, row: Row) -> SourceRecord:
        """An archived record, of which only the id counts."""
        at = row.archived_at or row.updated_at
        return SourceRecord(
            key=row.id,
            fields={},
            modified_at=moment(at) if at else None,
            deleted=True,
        )
