"""Records by id or by the value of a unique property, a hundred to a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.http import HttpClient
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
        archived: bool = False,
    ) -> list[Row]:
        """The records there are (or those archived), with the properties asked for."""
        return list(
            chain.from_iterable(
                self._page(object_type, part, properties, id_property, archived)
                for part in chunks(unique(values))
            )
        )

    def _page(
        self,
        object_type: str,
        values: Sequence[str],
        properties: Sequence[str],
        id_property: str,
        archived: bool,  # noqa: FBT001 - one caller, above
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
            params = {"archived": "true"} if archived else None
            response = self.http.post(path, json=body, params=params, idempotent=True)
        except RefusedError as refusal:
            raise unreadable(object_type, id_property, refusal) from refusal
        return read_answer(response).results


def unreadable(
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
