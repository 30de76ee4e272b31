"""Records that refer to others: the target's ids of those, or what is missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias

from connectors.models import Flow, FlowStatus, ObjectPair
from connectors.sdk.errors import DependencyMissingError
from connectors.sync.mapping.mapper import LINES, Mapped, Reference
from connectors.sync.outbox import keyed


class Found(NamedTuple):
    """The target's id of a record, and whether it is deleted there."""

    target_id: str
    gone: bool


# By source object, target object and the source's key.
Resolved: TypeAlias = Mapping[tuple[str, str, str], Found]


def resolve(flow: Flow, mapped: Iterable[Mapped]) -> Resolved:
    """The target's ids of all records that are referred to, where they are bound."""
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in mapped:
        for reference in one.references:
            objects = (reference.source_object, reference.target_object)
            wanted[objects].add(reference.source_key)
    found: dict[tuple[str, str, str], Found] = {}
    for (source_object, target_object), keys in wanted.items():
        rows = _bound(flow, source_object, target_object, keys)
        # Of two bindings of one key, as after a merge, the one whose target is there.
        for key, target_id, gone in sorted(rows, key=lambda row: row[2] is None):
            where = (source_object, target_object, key)
            found[where] = Found(target_id, gone is not None)
    return found


def _bound(
    flow: Flow, source_object: str, target_object: str, keys: set[str]
) -> list[tuple[str, str, object]]:
    straight = ObjectPair.objects.filter(
        left=flow.source,
        left_object=source_object,
        right=flow.target,
        right_object=target_object,
    ).values_list("pk", flat=True)
    mirrored = ObjectPair.objects.filter(
        right=flow.source,
        right_object=source_object,
        left=flow.target,
        left_object=target_object,
    ).values_list("pk", flat=True)
    right = ("left_id", "right_id", "right_gone_at")
    left = ("right_id", "left_id", "left_gone_at")
    return [
        *keyed.bindings(straight, "left", keys, right),
        *keyed.bindings(mirrored, "right", keys, left),
    ]


def who_brings(flow: Flow, source_object: str, target_object: str) -> str:
    """What to do about a record that is missing; "" where a flow is to bring it."""
    flows = Flow.objects.filter(
        source=flow.source,
        source_object=source_object,
        target=flow.target,
        target_object=target_object,
    )
    names = {one.name: one.status for one in flows.only("name", "status")}
    if FlowStatus.ACTIVE in names.values():
        return ""
    if names:
        named = " or ".join(f"“{name}”" for name in names)
        return f"Resume the flow {named}, which brings it; then this one follows."
    label = flow.source.spec.object(source_object).label
    return (
        f"No flow brings {label} of {flow.source} to {flow.target}. Add one, or take "
        "the reference out of the mapping."
    )


def refs_of(
    mapped: Mapped, known: Resolved, advice: Callable[[str, str], str]
) -> dict[str, str]:
    """The target's ids by reference field; those of lines go into the lines.

    `advice` says of a source's and a target's object what to do, or nothing special.
    Raises DependencyMissingError, which names the missing one as "object:key".
    """
    refs: dict[str, str] = {}
    for reference in mapped.references:
        found = known.get(_key(reference))
        if found is None:
            said = advice(reference.source_object, reference.target_object)
            raise _missing(reference, "is not in the target yet", said)
        if reference.line is None:
            refs[reference.field] = found.target_id
        else:
            name = reference.field.removeprefix(LINES)
            mapped.lines[reference.line][name] = found.target_id
    return refs


def lost_of(mapped: Mapped, known: Resolved) -> dict[str, DependencyMissingError]:
    """By reference field, what to say if it had to be written: its record is gone."""
    return {
        reference.field: _missing(reference, "was deleted in the target")
        for reference in mapped.references
        if (found := known.get(_key(reference))) and found.gone
    }


def _key(reference: Reference) -> tuple[str, str, str]:
    return reference.source_object, reference.target_object, reference.source_key


def _missing(
    reference: Reference, how: str, advice: str = ""
) -> DependencyMissingError:
    error = DependencyMissingError(
        f"The {reference.source_object} record {reference.source_key} it refers to "
        f"{how}.",
        advice=advice,
        field=reference.field,
    )
    error.missing = f"{reference.source_object}:{reference.source_key}"
    return error
