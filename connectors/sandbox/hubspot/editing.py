"""Changes by a person or by HubSpot itself, for tests: not counted in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.crm.merging import merged
from connectors.sandbox.hubspot.crm.writes import Writer

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.crm.portal import Portal
    from connectors.sandbox.hubspot.crm.records import Record

DEFAULT_SOURCE, DEFAULT_USER = "CRM_UI", "userId:9500004"
KEYS = {"type", "action", "id", "key", "key_property", "set", "source", "source_id"}
KEYS |= {"into", "to_type", "to_id", "label_type", "count"}


class Editor:
    """Applies one change to a portal."""

    def __init__(self, portal: Portal):
        self.portal = portal

    def apply(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """The changed record.

        `type` and `id` (or `key` and `key_property`) name it; `action` is `update`
        (default), `create`, `fill` (`count` records at one time, `{n}` in a value
        being the number of each; the answer is the last), `delete`, `restore`,
        `merge` (`into`: surviving id), `associate` (`to_type`, `to_id`, optional
        `label_type`) or `dissociate` (`to_type`, `to_id`); `set` holds properties,
        read-only ones too; `source` and `source_id` say who it was.
        """
        unknown = set(change) - KEYS
        if unknown:
            message = f"an edit does not know {', '.join(sorted(unknown))}"
            raise ValueError(message)
        self.portal.settle()
        action = str(change.get("action", "update"))
        method = getattr(self, f"_{action}", None)
        if method is None:
            message = f"there is no action {action!r}"
            raise ValueError(message)
        record: Record = method(change, self._writer(change))
        return record.envelope(record.props)

    def _writer(self, change: Mapping[str, Any]) -> Writer:
        source = str(change.get("source", DEFAULT_SOURCE))
        stamp = self.portal.write_stamp(
            (source, str(change.get("source_id", DEFAULT_USER)))
        )
        return Writer(
            self.portal, self.portal.stores[change["type"]], stamp, internal=True
        )

    def _found(self, change: Mapping[str, Any]) -> Record:
        store = self.portal.stores[change["type"]]
        if "key" in change:
            record = store.find(str(change["key_property"]), str(change["key"]))
        else:
            record = store.by_id(str(change["id"]))
        if record is None:
            message = f"no such record: {dict(change)}"
            raise ValueError(message)
        return record

    def _update(self, change: Mapping[str, Any], writer: Writer) -> Record:
        plan = writer.plan(self._found(change), change["set"])
        return writer.apply(plan)[0]

    def _create(self, change: Mapping[str, Any], writer: Writer) -> Record:
        return writer.apply(writer.plan(None, change["set"]))[0]

    def _fill(self, change: Mapping[str, Any], writer: Writer) -> Record:
        last: Record | None = None
        for number in range(int(change["count"])):
            values = {
                name: str(value).replace("{n}", str(number))
                for name, value in change["set"].items()
            }
            last = writer.apply(writer.plan(None, values))[0]
        if last is None:
            message = "count must be at least 1"
            raise ValueError(message)
        return last

    def _delete(self, change: Mapping[str, Any], writer: Writer) -> Record:
        record = self._found(change)
        writer.archive(record)
        return record

    def _restore(self, change: Mapping[str, Any], writer: Writer) -> Record:
        record = self._found(change)
        writer.store.restore(record, writer.stamp)
        return record

    def _merge(self, change: Mapping[str, Any], writer: Writer) -> Record:
        primary = writer.store.get(str(change["into"]))
        return merged(self.portal, writer.store, writer, primary, self._found(change))

    def _associate(self, change: Mapping[str, Any], writer: Writer) -> Record:
        record = self._found(change)
        pair = (writer.store.object_type.name, str(change["to_type"]))
        types = [self.portal.links.default(pair)]
        if "label_type" in change:
            types.append(self.portal.links.types[(*pair, int(change["label_type"]))])
        self.portal.links.add(pair, (record.id, str(change["to_id"])), types)
        return record

    def _dissociate(self, change: Mapping[str, Any], writer: Writer) -> Record:
        record = self._found(change)
        pair = (writer.store.object_type.name, str(change["to_type"]))
        self.portal.links.unlink(pair, (record.id, str(change["to_id"])), None)
        return record
