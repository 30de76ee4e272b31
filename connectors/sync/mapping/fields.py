"""The fields the mapping editor and the mapper know, without asking any system."""

from __future__ import annotations

from connectors.models import Connection
from connectors.sdk.records import FieldInfo


def known_fields(connection: Connection, object_type: str) -> dict[str, FieldInfo]:
    """The catalogue of an object type; the spec's fields until it was discovered."""
    rows = connection.catalogue.filter(object_type=object_type, missing=False)
    found = {row.name: row.info for row in rows}
    return found or dict(connection.spec.object(object_type).fields)
