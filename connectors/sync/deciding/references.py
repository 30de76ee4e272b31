"""Records that refer to others: the target's ids of those, or what is missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from connectors.models import Flow, FlowStatus, ObjectPair, Outcome, SyncRecord
from connectors.sdk.errors import DependencyMissingError, OrphanError
from connectors.sync.mapping.mapper import LINES, Mapped, Reference
from connectors.sync.outbox import keyed

_LOST = "was deleted in the target"
_RESTORE = (
    "Restore it there, or let the flow that brings it create it again; then this one "
    "follows."
)


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


@dataclass(frozen=True, slots=True)
class _Bringers:
    """The flows that bring one kind of record, and what they have said of some last:
    "" of those that are on their way, or whose end is no reason to wait."""

    flows: Sequence[Flow]
    said: Mapping[str, str]

    @property
    def active(self) -> Flow | None:
        return next((f for f in self.flows if f.status == FlowStatus.ACTIVE), None)


class Parents:
    """What is to be said of records that are referred to and not in the target."""

    def __init__(self, flow: Flow, mapped: Iterable[Mapped], known: Resolved) -> None:
        self.flow = flow
        wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
        for one in mapped:
            for reference in one.references:
                if _key(reference) not in known:
                    objects = (reference.source_object, reference.target_object)
                    wanted[objects].add(reference.source_key)
        self._bringers = {
            objects: self._look(*objects, keys) for objects, keys in wanted.items()
        }

    def missing(self, reference: Reference) -> DependencyMissingError:
        """Wait for it, or an OrphanError where nobody brings it."""
        objects = (reference.source_object, reference.target_object)
        bringers = self._bringers[objects]
        label = self.flow.source.spec.object(reference.source_object).label
        if not bringers.flows:
            return _missing(
                OrphanError,
                reference,
                "is not in the target",
                f"No flow brings {label} of {self.flow.source} to {self.flow.target}. "
                "Add one, or take the reference out of the mapping.",
            )
        if bringers.active is None:
            named = " or ".join(f"“{one.name}”" for one in bringers.flows)
            advice = f"Resume the flow {named}, which brings it; then this one follows."
            how = "is not in the target yet"
            return _missing(DependencyMissingError, reference, how, advice)
        said = bringers.said.get(reference.source_key)
        if said == "" or not _has_read(bringers.active):
            how = "is not in the target yet"
            return _missing(DependencyMissingError, reference, how)
        named = f"the flow “{bringers.active.name}”"
        if said:
            left = f"{named} has left it out: {said.removesuffix('.')}"
            how = f"is not in the target, because {left}"
            advice = "Replay that record when it may go, and this one follows; or take "
            return _missing(OrphanError, reference, how, f"{advice}the reference out.")
        return _missing(
            OrphanError,
            reference,
            f"is not in the target, and {named} does not find it in "
            f"{self.flow.source}: it is deleted there, not among what is read, or "
            "hidden from the connection's user",
        )

    def _look(
        self, source_object: str, target_object: str, keys: set[str]
    ) -> _Bringers:
        found = Flow.objects.filter(
            source=self.flow.source,
            source_object=source_object,
            target=self.flow.target,
            target_object=target_object,
        )
        flows = list(found.select_related("state"))
        last: dict[str, int] = {}
        said: dict[str, str] = {}
        for flow in flows:
            for one in keyed.records(flow.pk, keys, Outcome.values):
                said[one.source_id] = ""
                if one.outcome == Outcome.SKIPPED:
                    last[one.source_id] = one.id
                else:
                    last.pop(one.source_id, None)
        left = SyncRecord.objects.filter(pk__in=last.values())
        said |= dict(left.values_list("source_id", "error_message"))
        return _Bringers(flows, said)


def _has_read(flow: Flow) -> bool:
    """Whether it has come to the end of its source once."""
    return flow.state.last_success_at is not None and not flow.state.backfilling


def refs_of(
    mapped: Mapped,
    known: Resolved,
    missing: Callable[[Reference], DependencyMissingError],
) -> dict[str, str]:
    """The target's ids by reference field; those of lines go into the lines.

    Raises what `missing` says of the first that is not there.
    """
    refs: dict[str, str] = {}
    for reference in mapped.references:
        found = known.get(_key(reference))
        if found is None:
            raise missing(reference)
        if reference.line is None:
            refs[reference.field] = found.target_id
        else:
            name = reference.field.removeprefix(LINES)
            mapped.lines[reference.line][name] = found.target_id
    return refs


def lost_of(mapped: Mapped, known: Resolved) -> dict[str, DependencyMissingError]:
    """By reference field, what to say if it had to be written: its record is gone."""
    return {
        reference.field: _missing(OrphanError, reference, _LOST, _RESTORE)
        for reference in mapped.references
        if (found := known.get(_key(reference))) and found.gone
    }


def _key(reference: Reference) -> tuple[str, str, str]:
    return reference.source_object, reference.target_object, reference.source_key


def _missing(
    kind: type[DependencyMissingError],
    reference: Reference,
    how: str,
    advice: str = "",
) -> DependencyMissingError:
    """Names the missing one as "object:key"."""
    error = kind(
        f"The {reference.source_object} record {reference.source_key} it refers to "
        f"{how}.",
        advice=advice,
        field=reference.field,
    )
    error.missing = f"{reference.source_object}:{reference.source_key}"
    return error
