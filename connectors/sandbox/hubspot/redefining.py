"""Changes of property definitions by an admin in the portal, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.crm.properties import Property
from connectors.sandbox.hubspot.crm.schema import FIELD_TYPES

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.crm.portal import Portal
    from connectors.sandbox.hubspot.crm.schema import Schema

KEYS = {"type", "action", "property", "name", "label", "to", "field_type", "options"}
ACTIONS = frozenset({
    "archive_property", "restore_property", "rename_property", "relabel_property",
    "retype_property", "lock_property", "set_options",
})  # fmt: skip


class Redefiner:
    """Applies one change of a definition to a portal; records keep their values."""

    def __init__(self, portal: Portal):
        self.portal = portal

    def apply(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """The definition after it.

        `type` and `property` name it; `action` is `archive_property` (refused for
        HubSpot's own, as in the portal), `restore_property`, `rename_property` (`name`:
        archived, and a new one with its label and definition), `relabel_property`
        (`label`), `retype_property` (`to`, `field_type`), `lock_property` (its values
        become read-only) or `set_options` (`options`: value to label, the whole list).
        """
        unknown = set(change) - KEYS
        if unknown:
            message = f"a redefinition does not know {', '.join(sorted(unknown))}"
            raise ValueError(message)
        self.portal.settle()
        schema = self.portal.schemas[str(change["type"])]
        found = schema.read(str(change["property"]))
        action = str(change["action"])
        changed: Property = getattr(self, f"_{action}")(schema, found, change)
        changed.updated_at = self.portal.stamp()
        changed.compile()
        schema.sort()
        return changed.as_dict()

    def _archive_property(
        self, schema: Schema, found: Property, _change: Mapping[str, Any]
    ) -> Property:
        schema.archive(found.name)
        return found

    def _restore_property(
        self, schema: Schema, found: Property, _change: Mapping[str, Any]
    ) -> Property:
        schema.archived.pop(found.name, None)
        found.archived_at = None
        schema.live[found.name] = found
        return found

    def _rename_property(
        self, schema: Schema, found: Property, change: Mapping[str, Any]
    ) -> Property:
        definition = {**found.as_dict(), "name": str(change["name"])}
        schema.archive(found.name)
        made = Property(definition, self.portal.stamp())
        schema.live[made.name] = made
        return made

    def _relabel_property(
        self, _schema: Schema, found: Property, change: Mapping[str, Any]
    ) -> Property:
        found.label = str(change["label"])
        return found

    def _retype_property(
        self, _schema: Schema, found: Property, change: Mapping[str, Any]
    ) -> Property:
        kind, form = str(change["to"]), str(change["field_type"])
        if form not in FIELD_TYPES.get(kind, ()):
            message = f"{form} does not go with {kind}"
            raise ValueError(message)
        found.type, found.field_type, found.check = kind, form, None
        found.many = (kind, form) == ("enumeration", "checkbox")
        return found

    def _lock_property(
        self, _schema: Schema, found: Property, _change: Mapping[str, Any]
    ) -> Property:
        found.read_only = True
        return found

    def _set_options(
        self, _schema: Schema, found: Property, change: Mapping[str, Any]
    ) -> Property:
        given = dict(change["options"])
        found.options = [
            {"label": label, "value": value, "displayOrder": order, "hidden": False}
            for order, (value, label) in enumerate(given.items())
        ]
        return found
