"""How records are shown in reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from connectors.sandbox.hubspot.call import Call
from connectors.sandbox.hubspot.crm.portal import Portal
from connectors.sandbox.hubspot.crm.records import Record, RecordStore

HISTORY_CAP = 50


def wanted_names(portal: Portal, store: RecordStore, asked: Iterable[str]) -> list[str]:
    """Properties to show: unknown ones drop out, id and times are always there."""
    kind = store.object_type
    known = portal.schemas[kind.name].live
    names = [name for name in asked if name in known]
    if not names:
        return list(kind.defaults)
    return list(dict.fromkeys([*names, "hs_object_id", kind.created, kind.modified]))


def chosen(props: dict[str, str], names: list[str]) -> dict[str, str | None]:
    """The named values; unset and cleared are null."""
    return {name: props.get(name) or None for name in names}


def history(record: Record, names: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """Past values, newest first, each with when and by whom."""
    return {
        name: [
            {
                "value": values[name],
                "timestamp": stamp.iso,
                "sourceType": stamp.source[0],
                "sourceId": stamp.source[1],
            }
            for stamp, values in reversed(record.history)
            if name in values
        ]
        for name in names
    }


def linked(
    portal: Portal, store: RecordStore, record: Record, to: Iterable[str]
) -> dict[str, Any]:
    """The `associations` of a read: one entry per association type."""
    found = {}
    for word in to:
        kind = portal.kinds.get(word)
        if kind is None:
            continue
        pair = (store.object_type.name, kind.name)
        results = [
            {"id": other, "type": portal.links.types[(*pair, type_id)].name}
            for other, type_ids in portal.links.held(pair, record.id).items()
            for type_id in sorted(type_ids)
        ]
        if results:
            found[kind.name] = {"results": results}
    return found


class Reader:
    """Shows records the way one request asked for."""

    def __init__(
        self,
        call: Call,
        store: RecordStore,
        properties: Iterable[str],
        with_history: Iterable[str] = (),
        associations: Iterable[str] = (),
    ):
        self.portal = call.portal
        self.store = store
        self.names = wanted_names(self.portal, store, [*properties, *with_history])
        self.with_history = list(with_history)
        self.associations = list(associations)
        self.dated = call.dated

    def show(self, record: Record) -> dict[str, Any]:
        shown = record.envelope(chosen(record.props, self.names))
        if self.with_history:
            shown["propertiesWithHistory"] = history(record, self.with_history)
        if self.associations:
            found = linked(self.portal, self.store, record, self.associations)
            if found:
                shown["associations"] = found
        if self.dated:
            shown["url"] = self.portal.record_url(self.store, record)
        return shown
