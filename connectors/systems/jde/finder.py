"""Records by the value of one of their columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.sdk.records import SourceRecord
from connectors.systems.jde.joins.entities import Place
from connectors.systems.jde.joins.tables import kind_of
from connectors.systems.jde.reader import CHUNK, Reader
from connectors.systems.jde.wire.codecs import encode
from connectors.systems.jde.wire.query import Condition, Query, one_of
from connectors.systems.jde.wire.service import DataService


def find(
    service: DataService,
    reader: Reader,
    places: Sequence[Place],
    field_name: str,
    values: Sequence[str],
) -> dict[str, list[SourceRecord]]:
    """All records that carry each value, whatever its case.

    JD Edwards compares exactly, so each spelling a person may have used is asked for.
    """
    numbers: set[str] = set()
    for place in places:
        part = place.part
        for condition in _conditions(place, values):
            query = Query(
                table=part.table,
                columns=(*part.group, place.alias),
                seek=part.group,
                where=(*part.where, condition),
            )
            numbers |= {query.position(row)[0] for row in service.rows(query)}
    found: dict[str, list[SourceRecord]] = {value: [] for value in values}
    for record in reader.named(sorted(numbers)):
        for value in values:
            if _same(record.fields.get(field_name), value):
                found[value].append(record)
    return found


def _conditions(place: Place, values: Sequence[str]) -> Iterator[Condition]:
    kind = kind_of(place.alias)
    asked = [encode(kind, s) for v in values if v.strip() for s in place.spell(v)]
    spellings = sorted(
        {s for text in asked for s in (text, text.upper(), text.lower()) if s.strip()}
    )
    if place.within:
        for text in spellings:
            yield Condition(place.alias, "STR_CONTAIN", (text,))
        return
    for start in range(0, len(spellings), CHUNK):
        yield one_of(place.alias, spellings[start : start + CHUNK])


def _same(field: object, value: str) -> bool:
    return bool(value.strip()) and str(field).casefold() == value.strip().casefold()
