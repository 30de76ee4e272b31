"""Reads records again: what the source says of them now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from connectors.models import Change, Flow, Outcome, SyncRecord
from connectors.sdk.shared.budgets import Priority
from connectors.sdk.values import load
from connectors.sync import connect
from connectors.sync.mapping.fields import wanted_fields
from connectors.sync.mapping.mapper import CompiledMapping
from connectors.sync.outbox import keyed, store


class Now(NamedTuple):
    """What a sync record takes over of its source's record."""

    payload: dict[str, Any]
    fingerprint: str
    version: datetime | None


def read_again(
    flow: Flow,
    mapping: CompiledMapping,
    keys: Collection[str],
    *,
    priority: Priority = "live",
) -> dict[str, Now]:
    """Records by their keys in the source; those that are gone are left out.

    Raises ConnectorError.
    """
    with connect.open_connector(flow.source, priority) as connector:
        found = connector.fetch(
            flow.source_object,
            sorted(set(keys)),
            fields=wanted_fields(flow, mapping.source_fields),
        )
    now = {}
    for record in found:
        fields = mapping.stored(record)
        payload = load(store.json_text(fields))
        mark = mapping.source_fingerprint(fields)
        now[record.key] = Now(payload, mark, record.modified_at)
    return now


def lost_since(flow: Flow, records: Mapping[int, str]) -> set[int]:
    """Which of a flow's records, by id with their source ids, were read before the
    last that the source has said of them: that they are gone, or merged into another,
    whose the target's record is now."""
    told = keyed.records(flow.pk, set(records.values()), Outcome.values)
    last = {one.source_id: one.id for one in told}
    gone = SyncRecord.objects.filter(pk__in=last.values(), change=Change.DELETED)
    ends = dict(gone.values_list("source_id", "pk"))
    lost = {pk for pk, key in records.items() if pk < ends.get(key, 0)}
    return lost | _moved(flow, records)


def _moved(flow: Flow, records: Mapping[int, str]) -> set[int]:
    source, target = ("left", "right") if flow.source_is_left else ("right", "left")
    sent = SyncRecord.objects.filter(pk__in=records).exclude(target_id="")
    targets = dict(sent.values_list("pk", "target_id"))
    columns = (f"{target}_id", f"{source}_id")
    owners: dict[str, set[str]] = defaultdict(set)
    for target_id, key in keyed.bindings(
        [flow.pair_id or 0], target, set(targets.values()), columns
    ):
        owners[target_id].add(key)
    return {
        pk
        for pk, target_id in targets.items()
        if target_id in owners and records[pk] not in owners[target_id]
    }
