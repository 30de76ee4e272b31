"""Which side keeps an attribute: what the pair says, or else its systems' habit."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from connectors.canonical.model import attribute
from connectors.models import (
    ConflictRule,
    FieldMapping,
    Flow,
    ObjectPair,
    UpdateMode,
)
from connectors.sdk.records import FieldInfo

Side = Literal["left", "right", ""]


def owner_side(pair: ObjectPair, canonical: str) -> Side:
    """The side that keeps an attribute such as "customer.phone"; "" for neither.

    Both sides' connections are read for the kinds of their systems, if they have not
    been loaded with the pair.
    """
    said = (pair.owners or {}).get(canonical)
    if said in ("left", "right"):
        return "left" if said == "left" else "right"
    return by_habit(pair, canonical)


def by_habit(pair: ObjectPair, canonical: str) -> Side:
    """The side that keeps it when nobody has said otherwise: the only one of the kind
    of system that keeps such attributes."""
    known = attribute(canonical)
    if known is None:
        return ""
    left = pair.left.spec.kind == known.owner
    right = pair.right.spec.kind == known.owner
    if left == right:
        return ""
    return "left" if left else "right"


def pair_of(flow: Flow) -> ObjectPair | None:
    """The flow's pair with the flow's ends as its own: they are not read again."""
    pair = flow.pair
    if pair is not None:
        ends = (flow.source, flow.target)
        pair.left, pair.right = ends if flow.source_is_left else ends[::-1]
    return pair


def target_side(flow: Flow) -> Side:
    """The side of its pair that a flow writes."""
    return "right" if flow.source_is_left else "left"


def merged_fields(back: Flow | None) -> frozenset[str]:
    """Target fields that the flow back carries too: changes of both sides are merged
    there, and the target keeps what it has changed itself."""
    if back is None:
        return frozenset()
    rows = back.mappings.filter(enabled=True).exclude(source_field="")
    return frozenset(rows.values_list("source_field", flat=True))


def overwrites_owner(
    flow: Flow, row: FieldMapping, info: FieldInfo, merged: Collection[str]
) -> bool:
    """Whether a row takes from the target what it keeps: whenever the source changes,
    and not only where the row's rule lets it. `merged` are the `merged_fields`."""
    if not row.enabled or row.update_mode != UpdateMode.ALWAYS:
        return False
    if row.target_field in merged and row.conflict != ConflictRule.NEWEST:
        return False
    return against_owner(flow, info)


def against_owner(flow: Flow, target_field_info: FieldInfo) -> bool:
    """Whether writing this field overwrites what the target itself keeps."""
    pair = pair_of(flow)
    if pair is None or not target_field_info.canonical:
        return False
    return owner_side(pair, target_field_info.canonical) == target_side(flow)
