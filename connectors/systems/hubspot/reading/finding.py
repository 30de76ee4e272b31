"""Records by the value of a property: unique ones read, the others searched for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connectors.sdk.records import SourceRecord
from connectors.systems.hubspot.reading.assembly import Assembler
from connectors.systems.hubspot.reading.changes import RECORD_ID
from connectors.systems.hubspot.reading.fetching import Fetcher, Filter, Query
from connectors.systems.hubspot.wire.answers import Row, unique

# Of a search's 3,000 characters; the rest is for the names of properties.
VALUE_CHARS = 1200
MAX_VALUES = 100


@dataclass(frozen=True, slots=True)
class Finder:
    """Look-ups of one object type."""

    fetcher: Fetcher
    assembler: Assembler

    def by_id(self, keys: Sequence[str]) -> list[SourceRecord]:
        """The named records that are still there."""
        # An id that is not a number never was one of HubSpot's; asking for it fails
        # the ids beside it.
        named = [key for key in keys if key.isdigit()]
        return self.assembler.records(self._rows(named, ""))

    def archived(self, keys: Sequence[str]) -> list[SourceRecord]:
        """Those of the named records that are archived; only their ids count."""
        wanted = self.assembler.wanted
        rows = self.assembler.reader.rows(
            wanted.object_type, keys, [RECORD_ID], archived=True
        )
        return [wanted.gone(row) for row in rows]

    def by_unique(
        self, name: str, values: Sequence[str]
    ) -> dict[str, list[SourceRecord]]:
        """Each value with the record that carries it; never lags behind a write."""
        asked = [value for value in values if value]
        return self._by_value(name, values, self._rows(asked, name, name))

    def by_search(
        self, name: str, values: Sequence[str]
    ) -> dict[str, list[SourceRecord]]:
        """Each value with all records that carry it, as the search knows them."""
        # A search for text must be in lower case; for more than fits, nobody has a
        # record.
        asked = unique(value.lower() for value in values if value.strip())
        rows = {
            row.id: row
            for part in _portions([one for one in asked if len(one) <= VALUE_CHARS])
            for row in self._search(name, part)
        }
        return self._by_value(name, values, list(rows.values()))

    def _by_value(
        self, name: str, values: Sequence[str], rows: Sequence[Row]
    ) -> dict[str, list[SourceRecord]]:
        found: dict[str, list[SourceRecord]] = {}
        for row, record in zip(rows, self.assembler.records(rows), strict=True):
            value = (row.properties.get(name) or "").lower()
            found.setdefault(value, []).append(record)
        return {one: found.get(one.lower(), []) if one else [] for one in values}

    def _rows(self, values: Sequence[str], id_property: str, *more: str) -> list[Row]:
        wanted = self.assembler.wanted
        names = [*wanted.asked, *more]
        return self.assembler.reader.rows(
            wanted.object_type, values, names, id_property=id_property
        )

    def _search(self, name: str, values: Sequence[str]) -> Iterator[Row]:
        """All matches, by id: HubSpot shows no more than 10,000 of a search."""
        wanted = self.assembler.wanted
        chosen: Filter = {
            "propertyName": name,
            "operator": "IN",
            "values": list(values),
        }
        above = "0"
        names = unique([*wanted.asked, name])
        while above:
            beyond = {"propertyName": RECORD_ID, "operator": "GT", "value": above}
            query = Query([chosen, beyond], RECORD_ID, names)
            page = self.fetcher.found(wanted.object_type, query)
            yield from page.rows
            above = page.rows[-1].id if page.after and page.rows else ""


def _portions(values: Sequence[str]) -> Iterator[list[str]]:
    """Values that fit into one search."""
    portion: list[str] = []
    size = 0
    for value in values:
        if portion and (size + len(value) > VALUE_CHARS or len(portion) == MAX_VALUES):
            yield portion
            portion, size = [], 0
        portion.append(value)
        size += len(value) + 3
    if portion:
        yield portion
