"""Custom objects: what an account has defined itself, as object types of ours.

Source: vendor sheet, section 3.14.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.http import HttpClient
from connectors.sdk.records import FieldInfo
from connectors.sdk.spec import Capability, ObjectSpec
from connectors.systems.hubspot.schema import field_of
from connectors.systems.hubspot.wire.paths import Paths

KEY, RECORD_ID = "erp_key", "hs_object_id"
_CAPABILITIES: frozenset[Capability] = frozenset(
    {
        "read",
        "fetch",
        "find",
        "keys",
        "write",
        "archive",
        "discover",
        "ensure_fields",
        "create_fields",
    }
)
_ERP_KEY = FieldInfo(
    name=KEY,
    label="ERP key",
    unique=True,
    managed=True,
    max_length=65536,
    help="System and number; a record is recognised by it.",
)
_RECORD_ID = FieldInfo(name=RECORD_ID, label="Record ID", unique=True, read_only=True)


def custom_objects(
    http: HttpClient, paths: Paths, known: Mapping[str, ObjectSpec]
) -> list[ObjectSpec]:
    """The account's own object types; none where the token may not see them.

    `known` are the others: associations with them become references.
    """
    try:
        answer = http.get(paths.schemas).json()
    except ConfigurationError as error:
        if error.code != "MISSING_SCOPES":
            raise
        return []
    types = {one.native: one for one in known.values() if one.native}
    return [
        _object(one, types)
        for one in answer.get("results", ())
        if not one.get("archived")
    ]


def _object(schema: Mapping[str, Any], types: Mapping[str, ObjectSpec]) -> ObjectSpec:
    name = str(schema["fullyQualifiedName"])
    labels = schema.get("labels") or {}
    required = set(schema.get("requiredProperties") or ())
    fields = {_RECORD_ID.name: _RECORD_ID, _ERP_KEY.name: _ERP_KEY}
    for live in schema.get("properties") or ():
        if live["name"] in fields or live.get("hidden"):
            continue
        known = FieldInfo(
            name=live["name"],
            label=str(live.get("label") or live["name"]),
            required=live["name"] in required,
            unique=bool(live.get("hasUniqueValue")),
            searchable=live.get("type") == "string",
        )
        fields[live["name"]] = field_of(live, known)
    references = {one.name: one for one in _references(schema, types)}
    return ObjectSpec(
        name=name,
        label=str(labels.get("plural") or schema.get("name") or name),
        canonical="",
        key=RECORD_ID,
        native=str(schema["objectTypeId"]),
        match_field=KEY,
        name_field=str(schema.get("primaryDisplayProperty") or KEY),
        capabilities=_CAPABILITIES,
        fields={**references, **fields},
        read_after=tuple({one.references for one in references.values()}),
    )


def _references(
    schema: Mapping[str, Any], types: Mapping[str, ObjectSpec]
) -> Iterable[FieldInfo]:
    """A reference to each object type that records may be associated with."""
    own, seen = str(schema["objectTypeId"]), set()
    for one in schema.get("associations") or ():
        ends = {str(one.get("fromObjectTypeId")), str(one.get("toObjectTypeId"))}
        for native in ends - {own}:
            far = types.get(native)
            if own in ends and far and far.name not in seen:
                seen.add(far.name)
                yield FieldInfo(
                    name=f"link.{far.name}",
                    label=far.label,
                    type="reference",
                    references=far.name,
                    help=f"Links the record with one of the {far.label.lower()}.",
                )
