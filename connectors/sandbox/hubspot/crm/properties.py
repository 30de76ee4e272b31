"""Property definitions of one object type in one portal."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from connectors.sandbox.hubspot.crm import values
from connectors.sandbox.hubspot.crm.catalog import (
    ObjectType,
    option_list,
    standard_properties,
)

SPECIAL_CHECKS = {
    "email": values.email,
    "domain": values.domain,
    "not_negative": values.number_not_negative,
}


class Property:
    """One definition; `check` is None for plain text, the commonest kind."""

    __slots__ = (
        "archived_at",
        "calculated",
        "check",
        "created_at",
        "description",
        "display_order",
        "field_type",
        "form_field",
        "group",
        "hidden",
        "hubspot_defined",
        "label",
        "many",
        "name",
        "on_create_only",
        "options",
        "read_only",
        "rules",
        "type",
        "unique",
        "updated_at",
    )

    def __init__(self, body: dict[str, Any], stamp: str):
        self.name: str = body["name"]
        self.type: str = body["type"]
        self.field_type: str = body["fieldType"]
        self.unique = bool(body.get("hasUniqueValue", False))
        self.hubspot_defined = bool(body.get("hubspotDefined", False))
        self.calculated = bool(body.get("calculated", False))
        self.read_only = self.calculated or bool(body.get("readOnly", False))
        self.on_create_only = False
        self.archived_at: str | None = None
        self.created_at = self.updated_at = stamp
        self.check: values.Check | None = None
        self.rules: dict[str, list[str]] = {}
        self.change(body, stamp)

    def change(self, body: dict[str, Any], stamp: str) -> None:
        """Take the parts of a definition that may change later."""
        self.label = body.get("label", getattr(self, "label", self.name))
        self.group = body.get("groupName", getattr(self, "group", ""))
        self.description = body.get("description", getattr(self, "description", ""))
        self.hidden = body.get("hidden", getattr(self, "hidden", False))
        self.form_field = body.get("formField", getattr(self, "form_field", False))
        self.display_order = body.get(
            "displayOrder", getattr(self, "display_order", -1)
        )
        self.field_type = body.get("fieldType", self.field_type)
        if "options" in body or not hasattr(self, "options"):
            self.options: list[dict[str, Any]] = list(body.get("options") or [])
        self.many = self.type == "enumeration" and self.field_type == "checkbox"
        self.updated_at = stamp
        self.compile()

    def compile(self) -> None:
        """Build the check once, so that a write only calls it."""
        if self.type == "number":
            self.check = values.number
        elif self.type == "date":
            self.check = values.day
        elif self.type == "datetime":
            self.check = values.instant
        elif self.type == "bool":
            self.check = values.choice({"true": "Yes", "false": "No"}, many=False)
        elif self.type == "enumeration":
            known = {one["value"]: one["label"] for one in self.options}
            self.check = values.choice(known, many=self.many)

    def barred(self, *, create: bool) -> bool:
        """Whether an API client may not set it."""
        return self.read_only or (self.on_create_only and not create)

    @property
    def simple(self) -> bool:
        """Whether a value is judged by `check` alone."""
        return not (self.read_only or self.on_create_only or self.many or self.rules)

    def as_dict(self) -> dict[str, Any]:
        """The definition as the properties API shows it."""
        shown: dict[str, Any] = {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "groupName": self.group,
            "description": self.description,
            "options": self.options,
            "displayOrder": self.display_order,
            "hasUniqueValue": self.unique,
            "hidden": self.hidden,
            "formField": self.form_field,
            "calculated": self.calculated,
            "externalOptions": False,
            "hubspotDefined": self.hubspot_defined,
            "archived": self.archived_at is not None,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "dataSensitivity": "non_sensitive",
            "modificationMetadata": {
                "archivable": not self.hubspot_defined,
                "readOnlyDefinition": self.hubspot_defined,
                "readOnlyValue": self.read_only,
                "readOnlyOptions": self.hubspot_defined,
            },
        }
        if self.archived_at is not None:
            shown["archivedAt"] = self.archived_at
        return shown


def standard(
    object_type: ObjectType,
    owners: Container[str],
    currencies: Container[str],
    stamp: str,
) -> dict[str, Property]:
    """The definitions a portal is born with, by name."""
    found = {}
    for name, row in standard_properties(
        "custom" if object_type.custom else object_type.name
    ).items():
        found[name] = _standard_one(object_type, name, row, stamp)
        _join_account(found[name], row, owners, currencies)
    return found


def _standard_one(
    object_type: ObjectType,
    name: str,
    row: list[str],
    stamp: str,
) -> Property:
    kind, label, *flags = row
    type_, _, field_type = kind.partition("/")
    body: dict[str, Any] = {
        "name": name,
        "label": label,
        "type": type_,
        "fieldType": field_type,
        "groupName": object_type.group,
        "hubspotDefined": True,
        "hasUniqueValue": "unique" in flags,
        "calculated": "calc" in flags,
        "readOnly": "ro" in flags,
    }
    for flag in flags:
        if flag.startswith("options:"):
            body["options"] = option_rows(option_list(flag.removeprefix("options:")))
    made = Property(body, stamp)
    made.on_create_only = "on_create" in flags
    for flag in flags:
        made.check = SPECIAL_CHECKS.get(flag, made.check)
    if type_ == "enumeration" and not made.options:
        # Filled by HubSpot, or judged in the rules: a stage belongs to its pipeline.
        made.check = None
    return made


def _join_account(
    made: Property,
    row: list[str],
    owners: Container[str],
    currencies: Container[str],
) -> None:
    """Let what the account has now be the options."""
    if "owner" in row:
        made.check = values.member(owners, "owners of the account")
    elif "options:currency" in row:
        made.check = values.member(currencies, "currencies of the account")


def option_rows(pairs: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    """(value, label) pairs as the API shows options."""
    return [
        {"label": label, "value": value, "displayOrder": n, "hidden": False}
        for n, (value, label) in enumerate(pairs)
    ]
