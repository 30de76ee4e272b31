"""Properties made after another system's fields, for a person to approve.

Source: vendor sheet, section 3.13.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.sdk.records import FieldInfo, FieldType, NewField
from connectors.systems.hubspot.schema import MAX_TEXT, NATIVE, Schema

NAME = re.compile(r"[a-z][a-z0-9_]{0,99}\Z")
PREFIX = "erp_"
_OTHER = re.compile(r"[^a-z0-9]+")


class Proposals:
    """Proposes and creates properties of one object type."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def like(self, fields: Sequence[FieldInfo]) -> list[NewField]:
        """A property for each field, with what it would be to HubSpot."""
        live = self.schema.live()
        return [self._proposed(one, live) for one in fields]

    def create(self, fields: Sequence[FieldInfo]) -> dict[str, str]:
        """Create the properties; one that cannot be is named with the reason."""
        live = self.schema.live()
        refused = {one.name: self._refusal(one, live) for one in fields}
        open_ = [one for one in fields if not refused[one.name]]
        return refused | self.schema.create(open_, live)

    def _proposed(
        self, field: FieldInfo, live: Mapping[str, Mapping[str, Any]]
    ) -> NewField:
        kind = _type(field)
        info = FieldInfo(
            name=_name(field.name),
            label=f"ERP {field.label}",
            type=kind,
            custom=True,
            unique=field.unique and kind == "string",
            max_length=MAX_TEXT if kind == "string" else None,
            options=field.options if kind in {"enum", "list"} else (),
            help=field.help,
        )
        return NewField(
            info=info,
            kind=" / ".join(NATIVE[kind]),
            group=self.schema.group,
            refusal=self._refusal(info, live),
        )

    def _refusal(self, field: FieldInfo, live: Mapping[str, Mapping[str, Any]]) -> str:
        if NAME.match(field.name) is None:
            return (
                f"“{field.name}” cannot be the name of a property: write small "
                "letters, digits and _, with a letter first."
            )
        if field.name in live:
            return f"There is a property “{field.name}” already: map it as it is."
        return ""


def _name(name: str) -> str:
    word = _OTHER.sub("_", name.lower()).strip("_")
    return word if word.startswith(PREFIX) else f"{PREFIX}{word}"


def _type(field: FieldInfo) -> FieldType:
    """A choice without options is text, and so is another record's key."""
    choice = field.type in {"enum", "list"}
    if field.type == "reference" or (choice and not field.options):
        return "string"
    if any(";" in one.value for one in field.options):
        # HubSpot separates the values of a list with it.
        return "string"
    return field.type
