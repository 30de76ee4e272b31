"""Records by the value of one of their columns."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.sdk.records import SourceRecord
from connectors.systems.jde.joins.tables import Part, kind_of
from connectors.systems.jde.reader import CHUNK, Reader
from connectors.systems.jde.wire.codecs import encode
from connectors.systems.jde.wire.query import Query, one_of
from connectors.systems.jde.wire.service import DataService


def find(
    service: DataService,
    reader: Reader,
    place: tuple[Part, str],
    field_name: str,
    values: Sequence[str],
) -> dict[str, list[SourceRecord]]:
    """All records that carry each value, whatever its case.

    JD Edwards compares exactly, so each spelling a person may have used is asked for.
    """
    part, alias = place
    kind = kind_of(alias)
    asked = [encode(kind, value) for value in values if value.strip()]
    spellings = sorted(
        {s for text in asked for s in (text, text.upper(), text.lower())}
    )
    numbers: set[str] = set()
    for start in range(0, len(spellings), CHUNK):
        query = Query(
            table=part.table,
            columns=(*part.group, alias),
            seek=part.group,
            where=(*part.where, one_of(alias, spellings[start : start + CHUNK])),
        )
        numbers |= {query.position(row)[0] for row in service.rows(query)}
    found: dict[str, list[SourceRecord]] = {value: [] for value in values}
    for record in reader.named(sorted(numbers)):
        for value in values:
            if _same(record.fields.get(field_name), value):
                found[value].append(record)
    return found


def _same(field: object, value: str) -> bool:
    return bool(value.strip()) and str(field).casefold() == value.strip().casefold()
