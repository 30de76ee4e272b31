"""Records of one object type: present state, unique indices, lagging search index."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.crm.catalog import ObjectType
from connectors.sandbox.hubspot.errors import ApiError, no_record, not_an_id

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.webhooks.watching import Watch

Source = tuple[str, str]
"""sourceType and sourceId of a write."""


@dataclass(slots=True)
class Stamp:
    """When and by whom; made once per request and shared by all it writes."""

    seconds: float
    ms: int
    iso: str
    source: Source


class Record:
    """One record. A write replaces `props` by a new dict, never changes it in
    place, so that the search index, history and ledger may keep references."""

    __slots__ = (
        "archived_at",
        "created",
        "history",
        "id",
        "indexed",
        "indexed_ms",
        "merged_into",
        "number",
        "props",
        "updated",
        "updated_ms",
    )

    def __init__(self, number: int, props: dict[str, str], stamp: Stamp):
        self.number = number
        self.id = str(number)
        self.props = props
        self.created = self.updated = stamp.iso
        self.updated_ms = stamp.ms
        self.archived_at: str | None = None
        self.merged_into: Record | None = None
        self.history: list[tuple[Stamp, dict[str, str]]] = [(stamp, props)]
        self.indexed: dict[str, str] | None = None
        self.indexed_ms = 0

    def envelope(self, properties: dict[str, Any]) -> dict[str, Any]:
        """The record as the API shows it, with the properties given."""
        shown: dict[str, Any] = {
            "id": self.id,
            "properties": properties,
            "createdAt": self.created,
            "updatedAt": self.updated,
            "archived": self.archived_at is not None,
        }
        if self.archived_at is not None:
            shown["archivedAt"] = self.archived_at
        return shown


class RecordStore:
    """All records of one object type in one portal."""

    def __init__(self, object_type: ObjectType, first_number: int):
        self.object_type = object_type
        self.records: dict[str, Record] = {}
        self.numbers: list[int] = []
        self.unique: dict[str, dict[str, Record]] = {}
        self.next_number = first_number
        self.timeline: list[tuple[int, int, Record]] = []
        """(modified ms, number, record) in the order the index learned of it."""
        self.timeline_ordered = True
        """False once the clock went back: then the timeline cannot be bisected."""
        self.index_version = 0
        self._unindexed: deque[tuple[float, Record, dict[str, str] | None, int]] = (
            deque()
        )

    watch: Watch | None = None
    """Who is told of changes; not part of a saved state."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: one for name, one in vars(self).items() if name != "watch"}

    def number(self) -> int:
        """The next record id; one taken by a refused create stays unused."""
        self.next_number += 1
        return self.next_number

    def add(self, record: Record, seconds: float) -> None:
        self.records[record.id] = record
        self.numbers.append(record.number)
        for name, index in self.unique.items():
            for value in _claimed(name, record.props):
                index[value] = record
        self._unindexed.append((seconds, record, record.props, record.updated_ms))
        if self.watch:
            self.watch.created(self, record)

    def replace(
        self, record: Record, changes: dict[str, str], stamp: Stamp, depth: int
    ) -> None:
        """A new version of the record with `changes` on top."""
        before = record.props
        record.props = {**before, **changes}
        for name, index in self.unique.items():
            if before.get(name) == record.props.get(name) and name != "email":
                continue
            old, new = _claimed(name, before), _claimed(name, record.props)
            if old != new:
                _release(index, old, record)
                index.update(dict.fromkeys(new, record))
        record.updated, record.updated_ms = stamp.iso, stamp.ms
        record.history.append((stamp, changes))
        if len(record.history) > depth:
            del record.history[: len(record.history) - depth]
        self._unindexed.append((stamp.seconds, record, record.props, stamp.ms))
        if self.watch:
            self.watch.changed(self, record, before, changes, stamp)

    def archive(self, record: Record, stamp: Stamp, *, told: bool = True) -> None:
        """Into the recycle bin; its unique values become free."""
        record.archived_at = stamp.iso
        for name, index in self.unique.items():
            _release(index, _claimed(name, record.props), record)
        self._unindexed.append((stamp.seconds, record, None, stamp.ms))
        if self.watch and told:
            self.watch.archived(self, record, stamp)

    def restore(self, record: Record, stamp: Stamp) -> None:
        """Out of the recycle bin, which only a person can do."""
        record.archived_at = None
        record.props = {**record.props, self.object_type.modified: stamp.iso}
        record.updated, record.updated_ms = stamp.iso, stamp.ms
        for name, index in self.unique.items():
            for value in _claimed(name, record.props):
                index.setdefault(value, record)
        self._unindexed.append((stamp.seconds, record, record.props, stamp.ms))
        if self.watch:
            self.watch.restored(self, record, stamp)

    def by_id(self, record_id: str) -> Record | None:
        """A record by id, archived ones and merged-away ones included."""
        return self.records.get(record_id)

    def get(self, record_id: str, *, archived: bool = False) -> Record:
        """One record for a read; merged-away ids lead to the survivor. Raises 404."""
        if not record_id.isdigit():
            raise not_an_id(record_id)
        record = self.records.get(record_id)
        while record is not None and record.merged_into is not None:
            record = record.merged_into
        if record is None or (record.archived_at is not None) != archived:
            raise no_record()
        return record

    def find(self, name: str, value: str) -> Record | None:
        """The record that owns a unique value; KeyError if not a unique property."""
        return self.unique[name].get(value.lower() if name == "email" else value)

    def resolve(self, value: str, id_property: str | None, *, archived: bool) -> Record:
        """A record by id or by a unique property. Raises 404."""
        if id_property is None or id_property == "hs_object_id":
            return self.get(value, archived=archived)
        if id_property not in self.unique:
            message = f"{id_property} is not a unique property"
            raise ApiError(400, message, "VALIDATION_ERROR")
        record = self.find(id_property, value)
        if record is None or (record.archived_at is not None) != archived:
            raise no_record()
        return record

    def page(self, after: str | None, limit: int, *, archived: bool) -> list[Record]:
        """Up to `limit` + 1 records by id from `after` on; the last starts the next."""
        start = bisect_left(self.numbers, int(after)) if after else 0
        found = []
        for position in range(start, len(self.numbers)):
            record = self.records[str(self.numbers[position])]
            hidden = record.merged_into is not None
            if not hidden and (record.archived_at is not None) == archived:
                found.append(record)
                if len(found) > limit:
                    break
        return found

    def add_unique(self, name: str) -> None:
        """Start an index of a unique property."""
        owners = (one for one in self.records.values() if one.archived_at is None)
        self.unique[name] = {
            one.props[name]: one for one in owners if one.props.get(name)
        }

    def forget_unique(self, name: str) -> None:
        self.unique.pop(name, None)

    def settle_index(self, before: float) -> None:
        """Let the search index learn every write made until `before` (seconds)."""
        waiting = self._unindexed
        while waiting and waiting[0][0] <= before:
            _, record, props, ms = waiting.popleft()
            record.indexed = props
            record.indexed_ms = ms
            if self.timeline and ms < self.timeline[-1][0]:
                self.timeline_ordered = False
            self.timeline.append((ms, record.number, record))
            self.index_version += 1
        if len(self.timeline) > 2 * len(self.records) + 1000:
            self._compact()

    def _compact(self) -> None:
        self.timeline = [
            row
            for row in self.timeline
            if row[0] == row[2].indexed_ms and row[2].indexed is not None
        ]


def _claimed(name: str, props: dict[str, str]) -> list[str]:
    """Values of a unique property a record holds; secondary emails count as well."""
    value = props.get(name)
    held = [value] if value else []
    if name == "email" and props.get("hs_additional_emails"):
        held += [one for one in props["hs_additional_emails"].split(";") if one]
    return held


def _release(index: dict[str, Record], held: list[str], record: Record) -> None:
    for value in held:
        if index.get(value) is record:
            del index[value]
