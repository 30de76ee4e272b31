"""Watches the records and links of a portal, and tells what happens to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.webhooks.happening import Happening

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.crm.portal import Portal
    from connectors.sandbox.hubspot.crm.records import Record, RecordStore, Stamp

Tell = Callable[[int, Happening], None]


class Watch:
    """One portal's; its stores and links call it."""

    def __init__(self, portal: Portal, tell: Tell):
        self.portal = portal
        self.tell = tell

    def created(self, store: RecordStore, record: Record) -> None:
        stamp, props = record.history[0]
        self._tell(store, "creation", record, stamp, changes=props)

    def changed(
        self,
        store: RecordStore,
        record: Record,
        before: Mapping[str, str],
        changes: Mapping[str, str],
        stamp: Stamp,
    ) -> None:
        new = {n: v for n, v in changes.items() if v != before.get(n, "")}
        if new:
            self._tell(store, "propertyChange", record, stamp, changes=new)

    def archived(self, store: RecordStore, record: Record, stamp: Stamp) -> None:
        self._tell(store, "deletion", record, stamp)

    def restored(self, store: RecordStore, record: Record, stamp: Stamp) -> None:
        self._tell(store, "restore", record, stamp)

    def merged(
        self,
        store: RecordStore,
        survivor: Record,
        pair: tuple[Record, Record],
        stamp: Stamp,
    ) -> None:
        """`pair`: the primary one, and the one merged into it."""
        primary, other = pair
        more: dict[str, Any] = {
            "primaryObjectId": int(primary.id),
            "mergedObjectIds": [int(other.id)],
            "newObjectId": int(survivor.id),
            "numberOfPropertiesMoved": len(other.props),
        }
        self._tell(store, "merge", survivor, stamp, more=more)

    def linked(
        self, pair: tuple[str, str], ids: tuple[str, str], *, removed: bool
    ) -> None:
        """Told in both directions, to who has subscribed to either."""
        stamp = self.portal.write_stamp(self.portal.last_source)
        for way, ends in ((pair, ids), (pair[::-1], ids[::-1])):
            store = self.portal.stores[way[0]]
            other = self.portal.stores[way[1]].object_type
            words = f"{store.object_type.singular}_to_{other.singular}".upper()
            more = {
                "associationType": words,
                "fromObjectId": int(ends[0]),
                "toObjectId": int(ends[1]),
                "associationRemoved": removed,
                "isPrimaryAssociation": False,
            }
            record = store.records.get(ends[0])
            if record is not None:
                self._tell(store, "associationChange", record, stamp, more=more)

    def _tell(
        self,
        store: RecordStore,
        verb: str,
        record: Record,
        stamp: Stamp,
        *,
        changes: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        told = Happening(
            store.object_type,
            verb,
            record.id,
            stamp.ms,
            stamp.source,
            changes or {},
            more or {},
        )
        self.tell(self.portal.id, told)
