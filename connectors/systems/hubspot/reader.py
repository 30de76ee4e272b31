"""Records by id or by the value of a unique property, a hundred to a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.http import HttpClient
from connectors.sdk.records import SourceRecord
from connectors.systems.hubspot.codec import Codec, moment
from connectors.systems.hubspot.wire.answers import Row, chunks, read_answer, unique
from connectors.systems.hubspot.wire.faults import RefusedError
from connectors.systems.hubspot.wire.paths import Paths


@dataclass(frozen=True, slots=True)
class Reader:
    """Batch reads, which (unlike search) never lag behind a write."""

    http: HttpClient
    paths: Paths

    def rows(
        self,
        object_type: str,
        values: Sequence[str],
        properties: Sequence[str],
        *,
        id_property: str = "",
    ) -> list[Row]:
        """The records there are, with only the properties asked for."""
        return list(
            chain.from_iterable(
                self._page(object_type, part, properties, id_property)
                for part in chunks(unique(values))
            )
        )

    def by_id(
        self,
        object_type: str,
        keys: Sequence[str],
        properties: Sequence[str],
        codec: Codec,
    ) -> list[SourceRecord]:
        """The named records that are still there."""
        # An id that is not a number never was one of HubSpot's; asking for it fails
        # the ids beside it.
        keys = [key for key in keys if key.isdigit()]
        rows = self.rows(object_type, keys, properties)
        return [_record(row, properties, codec) for row in rows]

    def by_value(
        self,
        object_type: str,
        name: str,
        values: Sequence[str],
        properties: Sequence[str],
        codec: Codec,
    ) -> dict[str, list[SourceRecord]]:
        """Each asked value with the record that carries it, if one does."""
        asked = [value for value in values if value]
        rows = self.rows(object_type, asked, [*properties, name], id_property=name)
        found: dict[str, list[SourceRecord]] = {}
        for row in rows:
            value = (row.properties.get(name) or "").lower()
            found.setdefault(value, []).append(_record(row, properties, codec))
        return {value: found.get(value.lower(), []) for value in values}

    def _page(
        self,
        object_type: str,
        values: Sequence[str],
        properties: Sequence[str],
        id_property: str,
    ) -> list[Row]:
        body: dict[str, object] = {
            "properties": unique(properties),
            "propertiesWithHistory": [],
            "inputs": [{"id": value} for value in values],
        }
        if id_property:
            body["idProperty"] = id_property
        path = self.paths.batch(object_type, "read")
        try:
            response = self.http.post(path, json=body, idempotent=True)
        except RefusedError as refusal:
            raise _unreadable(object_type, id_property, refusal) from refusal
        return read_answer(response).results


def _unreadable(
    object_type: str, id_property: str, refusal: RefusedError
) -> ConfigurationError:
    """A read that is refused holds no data that could be at fault."""
    by = f" by “{id_property}”" if id_property else ""
    return ConfigurationError(
        f"HubSpot cannot look up {object_type}{by}: {refusal.message}",
        advice="Let the console create the ERP properties (on the flow's page), then "
        "resume the flow.",
        field=id_property,
        code=refusal.code,
        status=refusal.status,
        request_id=refusal.request_id,
    )


def _record(row: Row, properties: Sequence[str], codec: Codec) -> SourceRecord:
    wanted = {name: row.properties.get(name) for name in properties}
    return SourceRecord(
        key=row.id,
        fields=codec.decode(wanted),
        modified_at=moment(row.updated_at) if row.updated_at else None,
        deleted=row.archived,
    )
