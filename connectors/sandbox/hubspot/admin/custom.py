"""Object types that an account has defined itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.crm.catalog import ObjectType
from connectors.sandbox.hubspot.errors import ApiError, invalid

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.crm.portal import Portal

NAME = re.compile(r"[a-z][a-z0-9_]{0,99}\Z")
TYPE_CAP = 10
FIRST_TYPE = 40_000_001
ALWAYS_LINKED = ("contacts", "companies", "deals", "tickets")


class CustomTypes:
    """The custom object types of one account."""

    def __init__(self, portal: Portal):
        self.portal = portal

    def all(self) -> list[ObjectType]:
        """Those there are, oldest first."""
        kinds = {one.name: one for one in self.portal.kinds.values() if one.custom}
        return list(kinds.values())

    def find(self, word: str) -> ObjectType:
        """By name or type id; 404 for others."""
        found = self.portal.kinds.get(word)
        if found is None or not found.custom:
            raise ApiError(404, f"Unable to infer object type from: {word}")
        return found

    def create(self, body: dict[str, Any]) -> ObjectType:
        """A new object type with its properties and associations."""
        name = self._checked(body)
        self.portal.custom_types += 1
        labels = body["labels"]
        made = ObjectType(
            name=f"p{self.portal.id}_{name}",
            type_id=f"2-{FIRST_TYPE + self.portal.custom_types}",
            singular=name,
            legacy=name.upper(),
            group=f"{name}_information",
            defaults=("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
            created="hs_createdate",
            require=tuple(body.get("requiredProperties") or ()),
            pipeline=("hs_pipeline", "hs_pipeline_stage"),
            scope_name="custom",
            custom=True,
            label=f"{labels['singular']}\n{labels['plural']}",
            display=body["primaryDisplayProperty"],
        )
        self.portal.add_type(made)
        schema = self.portal.schemas[made.name]
        for one in body["properties"]:
            schema.create({"groupName": made.group, **one}, at_once=True)
        for other in body.get("associatedObjects") or ():
            self.associate(made, str(other))
        return made

    def associate(self, one: ObjectType, other: str) -> dict[str, Any]:
        """Let records of the type be associated with those of another."""
        found = self.portal.kinds.get(other) or self.portal.kinds.get(other.lower())
        if found is None:
            raise invalid(f"Unable to infer object type from: {other}")
        made = self.portal.links.define_plain((one.name, found.name))
        return {
            "id": str(made.id),
            "fromObjectTypeId": one.type_id,
            "toObjectTypeId": found.type_id,
            "name": f"{one.singular}_to_{found.singular}",
        }

    def drop(self, one: ObjectType) -> None:
        """Only when all its records are gone."""
        live = self.portal.stores[one.name].records.values()
        if any(record.archived_at is None for record in live):
            raise invalid(f"Cannot delete {one.name}: it still has records.")
        self.portal.drop_type(one)

    def shown(self, one: ObjectType) -> dict[str, Any]:
        """The schema as the API shows it."""
        singular, _, plural = one.label.partition("\n")
        schema = self.portal.schemas[one.name]
        return {
            "id": one.type_id.removeprefix("2-"),
            "objectTypeId": one.type_id,
            "fullyQualifiedName": one.name,
            "name": one.singular,
            "labels": {"singular": singular, "plural": plural},
            "primaryDisplayProperty": one.display,
            "secondaryDisplayProperties": [],
            "requiredProperties": list(one.require),
            "searchableProperties": [one.display],
            "properties": [each.as_dict() for each in schema.live.values()],
            "associations": list(self._associations(one)),
            "allowsSensitiveProperties": False,
            "archived": False,
            "createdAt": self.portal.stamp(),
            "updatedAt": self.portal.stamp(),
        }

    def _associations(self, one: ObjectType) -> Iterator[dict[str, Any]]:
        for (source, target, type_id), link in self.portal.links.types.items():
            if one.name in (source, target) and link.label is None:
                yield {
                    "id": str(type_id),
                    "fromObjectTypeId": self.portal.kinds[source].type_id,
                    "toObjectTypeId": self.portal.kinds[target].type_id,
                    "name": link.name,
                }

    def _checked(self, body: dict[str, Any]) -> str:
        name, labels = str(body.get("name") or ""), body.get("labels") or {}
        properties = body.get("properties") or []
        known = {one.get("name") for one in properties}
        needed = {body.get("primaryDisplayProperty")} - {None}
        needed |= set(body.get("requiredProperties") or ())
        if NAME.match(name) is None:
            raise invalid(f"The object type name '{name}' is invalid.")
        if not labels.get("singular") or not labels.get("plural"):
            raise invalid("An object type needs a singular and a plural label.")
        if not body.get("primaryDisplayProperty") or not needed <= known:
            lacking = ", ".join(sorted(map(str, needed - known)))
            raise invalid(f"These properties are not defined: [{lacking}]")
        if any(one.singular == name for one in self.all()):
            raise ApiError(
                409,
                f"An object type named '{name}' already exists.",
                "OBJECT_ALREADY_EXISTS",
            )
        if len(self.all()) >= TYPE_CAP:
            raise invalid(f"The limit of {TYPE_CAP} custom objects is reached.")
        return name
