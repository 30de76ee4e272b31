"""Property definitions: what an account has, and creating what is ours.

Source: vendor sheet, section 3.13.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.sdk.errors import ConfigurationError, ConnectorError, NotFoundError
from connectors.sdk.http import HttpClient
from connectors.sdk.records import FieldInfo, FieldType, Option
from connectors.sdk.spec import ObjectSpec
from connectors.systems.hubspot.reading.wanted import VIRTUAL
from connectors.systems.hubspot.wire.faults import RefusedError
from connectors.systems.hubspot.wire.paths import Paths

MAX_TEXT = 65536
MAX_UNIQUE = 10
GROUP_LABEL = "ERP"
NOT_SHOWN = "HubSpot took the property but does not show it yet."
NOT_CREATED = "Not created in this HubSpot account yet."
READABLE_WITHIN = 10.0
_POLL_SECONDS = 0.25
_DONE = ("created", "exists")
RECORD_ID = "hs_object_id"

_TYPES: Mapping[str, FieldType] = {
    "string": "string",
    "number": "decimal",
    "date": "date",
    "datetime": "datetime",
    "bool": "boolean",
    "enumeration": "enum",
}
# Our type -> HubSpot's type and form field.
NATIVE: Mapping[str, tuple[str, str]] = {
    "string": ("string", "text"),
    "integer": ("number", "number"),
    "decimal": ("number", "number"),
    "boolean": ("bool", "booleancheckbox"),
    "date": ("date", "date"),
    "datetime": ("datetime", "date"),
    "enum": ("enumeration", "select"),
    "list": ("enumeration", "checkbox"),
}
_YES_NO = (Option(value="true", label="Yes"), Option(value="false", label="No"))


class Schema:
    """The properties of one object type in one account."""

    def __init__(
        self, http: HttpClient, paths: Paths, target: ObjectSpec, group: str
    ) -> None:
        self.http = http
        self.paths = paths
        self.target = target
        self.group = group

    def live(self) -> dict[str, Mapping[str, Any]]:
        """The definitions there are, by name."""
        answer = self.http.get(self.paths.properties(self.target.name)).json()
        return {one["name"]: one for one in answer.get("results", ())}

    def discover(self) -> list[FieldInfo]:
        """Live properties, then those of ours that are not there yet, then links."""
        live, known = self.live(), self.target.fields
        found = [
            field_of(one, known.get(name))
            for name, one in live.items()
            if not one.get("hidden") or name in known
        ]
        return found + list(self._not_there(live))

    def _not_there(self, live: Mapping[str, Any]) -> Iterator[FieldInfo]:
        for name, field in self.target.fields.items():
            if name in live:
                continue
            if field.references or name in VIRTUAL:
                yield field
            elif field.managed:
                yield replace(field, help=f"{NOT_CREATED} {field.help}".strip())

    # ---------------------------------------------------------------- creating ours

    def ensure(self, names: Sequence[str]) -> dict[str, str]:
        """Create the named properties of ours that are missing; see the contract."""
        try:
            live = self.live()
        except ConfigurationError as error:
            return dict.fromkeys(names, str(error))
        outcome = {name: self._present(name, live) for name in names}
        missing = [name for name, what in outcome.items() if not what]
        fields = [self.target.fields[name] for name in missing]
        return outcome | self.create(fields, live)

    def create(
        self, fields: Sequence[FieldInfo], live: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, str]:
        """Create properties that are not there; see the contract."""
        outcome = {one.name: self._surplus(one, fields, live) for one in fields}
        open_ = [one for one in fields if not outcome[one.name]]
        refusal = self._ensure_group() if open_ else ""
        for one in open_:
            outcome[one.name] = refusal or self._create(one)
        posted = [one for one in open_ if outcome[one.name] in _DONE]
        return outcome | (self._read_back(posted) if posted else {})

    def _surplus(
        self,
        field: FieldInfo,
        fields: Sequence[FieldInfo],
        live: Mapping[str, Mapping[str, Any]],
    ) -> str:
        """Why one more unique property cannot be created; "" when it can."""
        if not field.unique:
            return ""
        held = [
            name
            for name, one in live.items()
            if one.get("hasUniqueValue") and not one.get("hubspotDefined")
        ]
        before = [one.name for one in fields if one.unique]
        if len(held) + before.index(field.name) < MAX_UNIQUE:
            return ""
        return (
            f"HubSpot allows {MAX_UNIQUE} unique properties for each object, and "
            f"{self.target.name} have {len(held)}: {', '.join(held)}. Archive one of "
            "them in HubSpot first."
        )

    def _present(self, name: str, live: Mapping[str, Mapping[str, Any]]) -> str:
        """ "" when the property is to be created, else what there is to say of it."""
        field = self.target.fields.get(name)
        if field is None or not field.managed:
            return "This is not one of our properties, so it is not created."
        return fitness_of(field, live[name]) if name in live else ""

    def _ensure_group(self) -> str:
        """Why our group cannot be created; "" when it is there."""
        path = self.paths.groups(self.target.name)
        body = {"name": self.group, "label": GROUP_LABEL, "displayOrder": -1}
        try:
            try:
                self.http.get(self.paths.groups(self.target.name, self.group))
            except NotFoundError:
                self.http.post(path, json=body, idempotent=True)
        except RefusedError as refusal:
            return "" if refusal.status == 409 else str(refusal)
        except ConnectorError as error:
            return str(error)
        return ""

    def _create(self, field: FieldInfo) -> str:
        path = self.paths.properties(self.target.name)
        try:
            self.http.post(path, json=_definition(field, self.group), idempotent=True)
        except RefusedError as refusal:
            if refusal.status != 409:
                return str(refusal)
            return "exists"
        except ConnectorError as error:
            return str(error)
        return "created"

    def _read_back(self, fields: Sequence[FieldInfo]) -> dict[str, str]:
        """Why properties that were posted are not as they must be, by name.

        HubSpot takes a while to show them.
        """
        until = time.monotonic() + READABLE_WITHIN
        while True:
            try:
                live = self.live()
            except ConnectorError as error:
                return {one.name: str(error) for one in fields}
            hidden = [one.name for one in fields if one.name not in live]
            if not hidden or time.monotonic() > until:
                break
            time.sleep(_POLL_SECONDS)
        found = {
            one.name: fitness_of(one, live[one.name])
            for one in fields
            if one.name in live
        }
        unfit = {name: said for name, said in found.items() if said != "exists"}
        return dict.fromkeys(hidden, NOT_SHOWN) | unfit


def fitness_of(field: FieldInfo, live: Mapping[str, Any]) -> str:
    """ "exists", or why an existing property cannot serve as `field`."""
    wanted = NATIVE[field.type][0]
    if live.get("type") != wanted:
        return (
            f"It exists with the type {live.get('type')} where {wanted} is needed: "
            "archive or rename it in HubSpot."
        )
    if field.unique and not live.get("hasUniqueValue"):
        return (
            "It exists but is not unique, and HubSpot sets that only on creation: "
            "archive it in HubSpot, then create it again."
        )
    return "exists"


def _definition(field: FieldInfo, group: str) -> dict[str, Any]:
    kind, form = NATIVE[field.type]
    options = _YES_NO if field.type == "boolean" else field.options
    definition: dict[str, Any] = {
        "name": field.name,
        "label": field.label,
        "description": field.help,
        "groupName": group,
        "type": kind,
        "fieldType": form,
        "hasUniqueValue": field.unique,
    }
    if options:
        definition["options"] = [
            {
                "label": option.label,
                "value": option.value,
                "displayOrder": order,
                "hidden": False,
            }
            for order, option in enumerate(options)
        ]
    return definition


def field_of(live: Mapping[str, Any], known: FieldInfo | None) -> FieldInfo:
    """A live definition, with what spec.toml knows of the same name."""
    kind = _TYPES.get(live.get("type", ""), "string")
    if kind == "enum" and live.get("fieldType") == "checkbox":
        kind = "list"
    if known and (known.type, kind) == ("integer", "decimal"):
        kind = "integer"
    if known and known.references:
        kind = "reference"
    if live["name"] == RECORD_ID:
        # A number to HubSpot, a name to everybody else.
        kind = "string"
    metadata = live.get("modificationMetadata") or {}
    return FieldInfo(
        name=live["name"],
        label=live.get("label") or live["name"],
        type=kind,
        required=bool(known and known.required),
        read_only=bool(metadata.get("readOnlyValue") or live.get("calculated")),
        custom=not live.get("hubspotDefined"),
        unique=bool(live.get("hasUniqueValue") or _unique_by_nature(known)),
        searchable=known.searchable if known else kind == "string",
        managed=bool(known and known.managed),
        max_length=MAX_TEXT if kind == "string" else None,
        canonical=known.canonical if known else "",
        references=known.references if known else "",
        options=tuple(_options(live)),
        help=live.get("description") or (known.help if known else ""),
    )


def _unique_by_nature(known: FieldInfo | None) -> bool:
    """Ids and e-mail addresses are unique without HubSpot marking them so."""
    return known is not None and known.unique and not known.managed


def _options(live: Mapping[str, Any]) -> Iterator[Option]:
    for option in live.get("options") or ():
        if not option.get("hidden"):
            value = str(option.get("value"))
            yield Option(value=value, label=str(option.get("label") or value))
