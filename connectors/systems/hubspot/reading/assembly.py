"""Rows to records: values with their types, references, lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.sdk.http import HttpClient
from connectors.sdk.records import Fields, Scalar, SourceRecord
from connectors.sdk.spec import ObjectSpec
from connectors.systems.hubspot.catalogue.labels import Target
from connectors.systems.hubspot.codec import Codec, moment
from connectors.systems.hubspot.reader import Reader
from connectors.systems.hubspot.reading.associations import Associations, End
from connectors.systems.hubspot.reading.wanted import VIRTUAL, Wanted
from connectors.systems.hubspot.wire.answers import Row
from connectors.systems.hubspot.wire.paths import Paths

LINE_ITEMS = "line_items"
_POSITION = "hs_position_on_quote"
_LAST = 10**9


class Assembler:
    """Makes the records of one object type, with the parts that a call wants."""

    def __init__(
        self,
        http: HttpClient,
        paths: Paths,
        target: ObjectSpec,
        codec: Codec,
        fields: Sequence[str],
    ) -> None:
        self.target = target
        self.codec = codec
        self.wanted = Wanted.of(target, fields)
        self.links = Associations(http, paths)
        self.reader = Reader(http, paths)

    def records(self, rows: Sequence[Row]) -> list[SourceRecord]:
        """One record for each row, in order."""
        if not rows:
            return []
        ids = [row.id for row in rows]
        far = {
            to_type: self.links.ends(self.target.name, to_type, ids)
            for to_type in {one.object_type for one in self.wanted.links.values()}
        }
        lines = self._lines(ids) if self.wanted.lines else {}
        return [self._record(row, far, lines.get(row.id, ())) for row in rows]

    def _record(
        self,
        row: Row,
        far: Mapping[str, Mapping[str, Sequence[End]]],
        lines: Sequence[Fields],
    ) -> SourceRecord:
        wanted = self.wanted
        texts = {name: row.properties.get(name) for name in wanted.properties}
        linked = {
            name: _linked(name, target, far[target.object_type].get(row.id, ()))
            for name, target in wanted.links.items()
        }
        changed = row.properties.get(wanted.modified) or row.updated_at
        return SourceRecord(
            key=row.id,
            fields={**self.codec.decode(texts), **linked},
            modified_at=moment(changed) if changed else None,
            lines=lines,
            deleted=row.archived,
            merged_keys=wanted.merged(row),
        )

    def _lines(self, ids: Sequence[str]) -> dict[str, list[Fields]]:
        """The lines of each document in their order."""
        held = self.links.of(self.target.name, LINE_ITEMS, ids)
        codec = Codec(self.target.lines.values())
        names = list(dict.fromkeys([*self.wanted.lines, _POSITION]))
        asked = [line for lines in held.values() for line in lines]
        rows = {row.id: row for row in self.reader.rows(LINE_ITEMS, asked, names)}
        found: dict[str, list[Fields]] = {}
        for key, lines in held.items():
            there = sorted((rows[one] for one in lines if one in rows), key=_place)
            found[key] = [
                codec.decode({n: row.properties.get(n) for n in self.wanted.lines})
                for row in there
            ]
        return found


def _linked(name: str, target: Target, ends: Sequence[End]) -> Scalar:
    ids = [end.id for end in ends if end.labelled(target.label)]
    if name in VIRTUAL:
        return ";".join(ids) or None
    return ids[0] if ids else None


def _place(row: Row) -> tuple[int, int]:
    """Lines without a position come last, in the order they were made."""
    text = (row.properties.get(_POSITION) or "").partition(".")[0]
    return int(text) if text.isdigit() else _LAST, int(row.id)
