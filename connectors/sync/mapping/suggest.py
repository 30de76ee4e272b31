"""Suggested mappings: two fields that mean the same, whatever they are called."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.models import FieldMapping, Flow
from connectors.sdk.records import FieldInfo
from connectors.sync.mapping.fields import known_fields


def suggest(flow: Flow) -> list[FieldMapping]:
    """Unsaved rows for target fields that no row fills yet."""
    source = known_fields(flow.source, flow.source_object)
    target = known_fields(flow.target, flow.target_object)
    taken = set(flow.mappings.values_list("target_field", flat=True))
    by_meaning = {f.canonical: f for f in source.values() if f.canonical}
    key = _key_field(flow, source)
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
        rows.append(row)
    return rows


def _key_field(flow: Flow, source: Mapping[str, FieldInfo]) -> str:
    key = flow.source.spec.object(flow.source_object).key
    return key if key in source else ""
