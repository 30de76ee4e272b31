"""One page of a list or of a search, and HubSpot's own clock with it.

Lists are complete at any moment and have no end; searches lag some seconds behind,
take one sort rule and end at 10,000 results. Source: vendor sheet, sections 4.2, 4.4.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Self

from msgspec.structs import replace

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.http import HttpClient, Response
from connectors.sdk.values import dump
from connectors.systems.hubspot.reader import Reader, unreadable
from connectors.systems.hubspot.reading.wanted import modified_name
from connectors.systems.hubspot.wire.answers import Row, row_page
from connectors.systems.hubspot.wire.faults import RefusedError
from connectors.systems.hubspot.wire.paths import Paths

# The budget in spec.toml that searches count in.
SEARCHES = "search"
LIST_LIMIT = 100
SEARCH_LIMIT = 200
SEARCH_CHARS = 3000
# A whole address must stay below 8 KB, with the rest of it.
LIST_CHARS = 6000
Filter = Mapping[str, Any]


class StalePlaceError(ConfigurationError):
    """HubSpot does not know the place in a list that it has named."""

    @classmethod
    def of(cls, refusal: RefusedError) -> Self:
        return cls(
            f"HubSpot does not know the stored position of the read: {refusal.message}",
            advice="Start a full read.",
            status=refusal.status,
            request_id=refusal.request_id,
        )


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page of rows; `after` names the next one, `at` is HubSpot's clock in ms."""

    rows: list[Row]
    after: str
    at: int
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A search: filters that must all hold, sorted ascending by one property."""

    filters: Sequence[Filter]
    sort: str
    properties: Sequence[str]
    limit: int = SEARCH_LIMIT

    def body(self, after: str, properties: Sequence[str]) -> dict[str, Any]:
        """The body of the request for one page."""
        return {
            "filterGroups": [{"filters": list(self.filters)}] if self.filters else [],
            "sorts": [{"propertyName": self.sort, "direction": "ASCENDING"}],
            "properties": list(properties),
            "limit": self.limit,
            "after": after or "0",
        }


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Lists and searches of one account."""

    http: HttpClient
    paths: Paths
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reader", Reader(self.http, self.paths))

    def listed(
        self,
        object_type: str,
        properties: Sequence[str],
        *,
        after: str = "",
        limit: int = LIST_LIMIT,
        archived: bool = False,
    ) -> Fetched:
        """A page of all records there are, or of all archived ones.

        Raises StalePlaceError where HubSpot does not take `after`.
        """
        names = ",".join(properties)
        short = len(names) <= LIST_CHARS
        params = {
            "limit": str(min(limit, LIST_LIMIT)),
            "archived": str(archived).lower(),
            "properties": names if short else modified_name(object_type),
        }
        if after:
            params["after"] = after
        path = self.paths.records(object_type)
        try:
            response = self.http.get(path, params=params)
        except RefusedError as refusal:
            raise StalePlaceError.of(refusal) if after else refusal from refusal
        page = row_page(response)
        rows = page.results
        if not short and not archived:
            rows = self._filled(object_type, rows, properties)
        return Fetched(rows, page.after, _clock(response))

    def found(self, object_type: str, query: Query) -> Fetched:
        """The first page of a search that has anything on it.

        A page may be short or even empty without being the last one.
        """
        after = ""
        while True:
            page = self._search(object_type, query, after)
            if page.rows or not page.after:
                return page
            after = page.after

    def _search(self, object_type: str, query: Query, after: str) -> Fetched:
        body = query.body(after, query.properties)
        short = len(dump(body).decode()) <= SEARCH_CHARS
        if not short:
            body = query.body(after, [modified_name(object_type)])
        path = self.paths.search(object_type)
        try:
            response = self.http.post(
                path, json=body, idempotent=True, budgets=(SEARCHES,)
            )
        except RefusedError as refusal:
            by = query.filters[0]["propertyName"] if query.filters else ""
            raise unreadable(object_type, by, refusal) from refusal
        page = row_page(response)
        rows = page.results
        if not short:
            rows = self._filled(object_type, rows, query.properties)
        return Fetched(rows, page.after, _clock(response), page.total)

    def _filled(
        self, object_type: str, rows: Sequence[Row], properties: Sequence[str]
    ) -> list[Row]:
        """The rows with properties that had no room in the request.

        The time of change stays the one that was found: it tells the place of the row
        among the others, and what has changed since comes again later.
        """
        name = modified_name(object_type)
        ids = [row.id for row in rows]
        held = {row.id: row for row in self.reader.rows(object_type, ids, properties)}
        return [
            replace(
                held[row.id],
                properties={**held[row.id].properties, name: row.properties.get(name)},
            )
            for row in rows
            if row.id in held
        ]


def _clock(response: Response) -> int:
    """HubSpot's time in ms; ours where an answer has none."""
    try:
        seconds = parsedate_to_datetime(response.headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        seconds = time.time()
    return int(seconds * 1000)
