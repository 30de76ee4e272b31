"""Suggested mappings: two fields that mean the same, whatever they are called."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.models import FieldMapping, Flow, UpdateMode
from connectors.sdk.records import FieldInfo
from connectors.sync.mapping.fields import known_fields
from connectors.sync.owners import against_owner


def suggest(flow: Flow) -> list[FieldMapping]:
    """Unsaved rows for target fields that no row fills yet.

    Where a flow of the other direction brings back what the target itself keeps, that
    goes into new records only, or nowhere when the flow makes none.
    """
    source = known_fields(flow.source, flow.source_object)
    target = known_fields(flow.target, flow.target_object)
    taken = set(flow.mappings.values_list("target_field", flat=True))
    taken |= _ours(flow)
    by_meaning = {f.canonical: f for f in source.values() if f.canonical}
    key = _key_field(flow, source)
    two_way = flow.counterpart is not None
    position = flow.mappings.count()
    rows: list[FieldMapping] = []
    for info in target.values():
        if info.name in taken or info.read_only or not info.canonical:
            continue
        row = FieldMapping(flow=flow, position=position + len(rows))
        row.target_field = info.name
        found = by_meaning.get(info.canonical)
        if info.canonical.endswith(".key") and key:
            # The key says which system the number is from, so that two ERPs may
            # feed one account.
            row.source_field, row.transform = key, "template"
            row.argument = f"{flow.source.system}:{{value}}"
        elif found:
            row.source_field = found.name
        else:
            continue
        kept = two_way and info.name != flow.match_field and against_owner(flow, info)
        if kept and not flow.creates:
            continue
        if kept:
            row.update_mode = UpdateMode.CREATE_ONLY
        rows.append(row)
    return rows


def _ours(flow: Flow) -> set[str]:
    """Where the sync keeps its own name of a record."""
    return {flow.target.spec.object(flow.target_object).reference_field}


def _key_field(flow: Flow, source: Mapping[str, FieldInfo]) -> str:
    key = flow.source.spec.object(flow.source_object).key
    return key if key in source else ""
