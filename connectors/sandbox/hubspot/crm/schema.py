"""Definitions and groups of one object type: what may be created and changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.crm.properties import Property, standard
from connectors.sandbox.hubspot.errors import ApiError, invalid

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.crm.catalog import ObjectType
    from connectors.sandbox.hubspot.crm.portal import Portal

FIELD_TYPES = {
    "string": {"text", "textarea", "html", "phonenumber", "file"},
    "number": {"number"},
    "date": {"date"},
    "datetime": {"date"},
    "enumeration": {"select", "radio", "checkbox", "booleancheckbox"},
    "bool": {"booleancheckbox"},
    "phone_number": {"phonenumber"},
}
CALCULATED = "calculation_equation"
NAME = re.compile(r"[a-z][a-z0-9_]{0,99}\Z")
UNIQUE_CAP = 10
CUSTOM_CAP = 1000
REQUIRED = ("name", "label", "type", "fieldType", "groupName")


class Schema:
    """`live` is what record writes see; new definitions join it after the lag."""

    def __init__(self, object_type: ObjectType, portal: Portal):
        self.object_type = object_type
        self.portal = portal
        stamp = portal.stamp()
        self.live: dict[str, Property] = standard(
            object_type, portal.owners, portal.currencies, stamp
        )
        self.sort()
        self.archived: dict[str, Property] = {}
        self._coming: list[tuple[float, Property]] = []
        self.groups: dict[str, dict[str, Any]] = {}
        self.add_group(
            {"name": object_type.group, "label": object_type.group.capitalize()}
        )

    def settle(self, now: float) -> None:
        """Let definitions whose lag is over become visible."""
        while self._coming and self._coming[0][0] <= now:
            self._join(self._coming.pop(0)[1])

    def custom_count(self) -> int:
        return sum(not one.hubspot_defined for one in self._known().values())

    def read(self, name: str) -> Property:
        """A visible definition; 404 while unknown."""
        found = self.live.get(name) or self.archived.get(name)
        if found is None:
            raise ApiError(
                404,
                f"Property {name} for {self.object_type.type_id} does not exist",
                "OBJECT_NOT_FOUND",
            )
        return found

    def create(self, body: dict[str, Any], *, at_once: bool = False) -> Property:
        """A new definition, or an archived one restored as posted."""
        self._check_new(body)
        made = Property(body, self.portal.stamp())
        self.archived.pop(made.name, None)
        lag = 0.0 if at_once else self.portal.config.property_lag_s
        if lag > 0:
            self._coming.append((self.portal.clock.time() + lag, made))
        else:
            self._join(made)
        return made

    def update(self, name: str, body: dict[str, Any]) -> Property:
        found = self.read(name)
        if found.hubspot_defined and not found.options:
            raise invalid(
                f"Property {name} is defined by HubSpot and cannot be changed.",
                subCategory="PropertyValidationError.READ_ONLY_DEFINITION",
            )
        if body.get("hasUniqueValue", found.unique) != found.unique:
            message = "hasUniqueValue can only be set when a property is created."
            raise invalid(message, context={"propertyName": [name]})
        if body.get("type", found.type) != found.type:
            raise invalid(f"The type of {name} cannot be changed.")
        if "fieldType" in body:
            self._check_pair(found.type, body["fieldType"])
        if "groupName" in body:
            self._check_group(body["groupName"])
        found.change(body, self.portal.stamp())
        self.sort()
        return found

    def archive(self, name: str) -> None:
        """Away, restorable by creating the name again; unknown names are fine."""
        found = self.live.get(name)
        if found is None:
            return
        if found.hubspot_defined:
            raise invalid(
                f"Property {name} is defined by HubSpot and cannot be archived.",
                subCategory="PropertyValidationError.HUBSPOT_DEFINED_PROPERTY",
            )
        found.archived_at = self.portal.stamp()
        self.archived[name] = self.live.pop(name)
        self.sort()
        self.portal.stores[self.object_type.name].forget_unique(name)

    def add_group(self, body: dict[str, Any]) -> dict[str, Any]:
        name = str(body.get("name") or "")
        if not name or not body.get("label"):
            raise invalid("A property group needs name and label.")
        if name in self.groups:
            raise ApiError(
                409,
                f"A property group named '{name}' already exists.",
                "OBJECT_ALREADY_EXISTS",
                subCategory="Properties.GROUP_WITH_NAME_EXISTS",
            )
        order = body.get("displayOrder", len(self.groups))
        shown = {"name": name, "label": body["label"], "displayOrder": order}
        self.groups[name] = {**shown, "archived": False}
        return self.groups[name]

    def drop_group(self, name: str) -> None:
        if any(one.group == name for one in self._known().values()):
            raise invalid(
                f"Group {name} has active properties.",
                subCategory="PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES",
            )
        self.groups.pop(name, None)

    def _join(self, made: Property) -> None:
        self.live[made.name] = made
        self.sort()
        if made.unique:
            self.portal.stores[self.object_type.name].add_unique(made.name)

    def sort(self) -> None:
        """Tell apart, for the hot path, text without a form, values that need their
        check and no more, and all others."""
        simple = [one for one in self.live.values() if one.simple]
        self.plain = {one.name for one in simple if one.check is None}
        self.quick = {one.name: one.check for one in simple if one.check is not None}

    def _known(self) -> dict[str, Property]:
        return {**self.live, **{one.name: one for _, one in self._coming}}

    def _check_new(self, body: dict[str, Any]) -> None:
        lacking = [name for name in REQUIRED if not body.get(name)]
        if lacking:
            raise invalid(f"Some required fields were not set: [{', '.join(lacking)}]")
        name, known = str(body["name"]), self._known()
        if name in known:
            raise ApiError(
                409,
                f"A property named '{name}' already exists.",
                "OBJECT_ALREADY_EXISTS",
                subCategory="Properties.PROPERTY_WITH_NAME_EXISTS",
            )
        if NAME.match(name) is None:
            raise invalid(f"Property name {name} is invalid.")
        self._check_pair(body["type"], body["fieldType"])
        self._check_group(body["groupName"])
        if body["type"] == "enumeration" and not body.get("options"):
            raise invalid("Enumeration properties need at least one option.")
        self._check_caps(body, known)

    def _check_caps(self, body: dict[str, Any], known: dict[str, Property]) -> None:
        custom = [one for one in known.values() if not one.hubspot_defined]
        if len(custom) >= CUSTOM_CAP:
            raise invalid(f"The limit of {CUSTOM_CAP} custom properties is reached.")
        unique = sum(one.unique for one in custom)
        if body.get("hasUniqueValue") and unique >= UNIQUE_CAP:
            raise invalid(
                f"The limit of {UNIQUE_CAP} unique value properties is reached.",
                subCategory="PropertyValidationError.UNIQUE_PROPERTY_LIMIT_EXCEEDED",
            )

    def _check_group(self, name: str) -> None:
        if name not in self.groups:
            raise invalid(
                f"Property group {name} does not exist.",
                subCategory="PropertyValidationError.GROUP_DOES_NOT_EXIST",
            )

    def _check_pair(self, type_: str, field_type: str) -> None:
        allowed = FIELD_TYPES.get(type_)
        if allowed is None or field_type not in {*allowed, CALCULATED}:
            raise invalid(
                f"The fieldType {field_type} is not valid for the type {type_}.",
                subCategory="PropertyValidationError.INVALID_FIELD_TYPE",
            )
