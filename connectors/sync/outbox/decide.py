"""Decides what to do with each claimed record before anything is sent.

Maps it, finds its binding, resolves the records it refers to, and compares with what
the target is known to hold: write it, leave it alone, or say why it cannot go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.models import Flow, ObjectPair, Outcome
from connectors.sdk.contract import Connector
from connectors.sdk.errors import (
    ConnectorError,
    DependencyMissingError,
    MappingError,
)
from connectors.sdk.records import Fields, Scalar, WriteItem
from connectors.sdk.values import fingerprint, typed
from connectors.sync.mapping.mapper import CompiledMapping, Mapped
from connectors.sync.mapping.transforms import as_text
from connectors.sync.outbox import keyed
from connectors.sync.outbox.claim import Claimed


@dataclass(slots=True)
class Known:
    """What a binding says: the target's id, what was last agreed, and when."""

    target_id: str
    target_fingerprint: str
    version: datetime | None


@dataclass(slots=True)
class Decision:
    """What is to be done with one record.

    With an `item` it is to be written. Otherwise `outcome` says why not, with an
    error where it is one.
    """

    record: Claimed
    outcome: str = ""
    note: str = ""
    item: WriteItem | None = None
    error: ConnectorError | None = None
    target_id: str = ""
    target_fingerprint: str = ""
    values: Fields = field(default_factory=dict)


class Decider:
    """Decides for one flow with one version of its mapping."""

    def __init__(self, flow: Flow, mapping: CompiledMapping) -> None:
        self.flow = flow
        self.mapping = mapping
        # What a record is recognised by is sent whatever its row's mode.
        self.create_only = mapping.create_only - {flow.match_field}
        self.fill_empty = mapping.fill_empty - {flow.match_field}
        self.source_side = "left" if flow.source_is_left else "right"
        self.target_side = "right" if flow.source_is_left else "left"

    def decide(
        self, records: Sequence[Claimed], connector: Connector
    ) -> list[Decision]:
        """One decision for each record, in the same order.

        Asks the target only where the answer needs it: for replays, and for mappings
        that write only into an empty field or a new record.
        """
        known = self._known([record.source_id for record in records])
        mapped, decisions = {}, {}
        for record in records:
            found = self._mapped(record)
            if isinstance(found, Decision):
                decisions[record.id] = found
            else:
                mapped[record.id] = found
        references = self._resolve(mapped.values())
        for record in records:
            if record.id in mapped:
                decisions[record.id] = self._decide(
                    record, mapped[record.id], known.get(record.source_id), references
                )
        result = [decisions[record.id] for record in records]
        self._look_at_target(result, known, connector)
        return result

    def _mapped(self, record: Claimed) -> Mapped | Decision:
        try:
            mapped = self.mapping.apply(typed(record.payload, self.mapping.types))
        except MappingError as error:
            return Decision(record, Outcome.FAILED, error=error)
        except Exception as error:  # noqa: BLE001 - one record's values must not stop the rest
            problem = MappingError(f"The mapping fails: {error!r}.")
            return Decision(record, Outcome.FAILED, error=problem)
        if not as_text(mapped.values.get(self.flow.match_field)):
            problem = MappingError(
                f"“{self.flow.match_field}”, by which the target recognises the "
                "record, is empty.",
                field=self.flow.match_field,
            )
            return Decision(record, Outcome.FAILED, error=problem, values=mapped.values)
        return mapped

    def _decide(
        self,
        record: Claimed,
        mapped: Mapped,
        known: Known | None,
        references: Mapping[tuple[str, str, str], str],
    ) -> Decision:
        values = mapped.values
        target_id = known.target_id if known else ""
        if target_id:
            for name in self.create_only:
                values.pop(name, None)
        if known and _older(record.version, known.version):
            return Decision(
                record,
                Outcome.SKIPPED,
                note="A newer version of this record is in the target already. "
                "Replay from a fresh read to send it as it is now.",
                target_id=target_id,
                values=values,
            )
        refs, missing = _refs(mapped, references)
        if missing:
            return Decision(
                record, Outcome.WAITING, error=missing, target_id=target_id,
                values=values,
            )  # fmt: skip
        mark = fingerprint(values, refs)
        decision = Decision(
            record, target_id=target_id, target_fingerprint=mark, values=values
        )
        if known and known.target_fingerprint == mark and not record.replays:
            decision.outcome = Outcome.UNCHANGED
            decision.note = "The target holds these values already."
        else:
            decision.item = WriteItem(
                key=record.correlation_id, fields=values, target_id=target_id, refs=refs
            )
        return decision

    def _known(self, keys: list[str]) -> dict[str, Known]:
        source, target = self.source_side, self.target_side
        columns = (
            f"{source}_id", f"{target}_id", f"{target}_fingerprint", f"{source}_version"
        )  # fmt: skip
        rows = keyed.bindings([self.flow.pair_id or 0], source, keys, columns)
        return {
            key: Known(target_id, mark, keyed.moment(version))
            for key, target_id, mark, version in rows
        }

    def _resolve(self, mapped: Iterable[Mapped]) -> dict[tuple[str, str, str], str]:
        """The target's ids of the records that are referred to, where bound."""
        wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
        for one in mapped:
            for reference in one.references:
                objects = (reference.source_object, reference.target_object)
                wanted[objects].add(reference.source_key)
        found = {}
        for (source_object, target_object), keys in wanted.items():
            for key, target_id in self._bound(source_object, target_object, keys):
                found[(source_object, target_object, key)] = target_id
        return found

    def _bound(
        self, source_object: str, target_object: str, keys: set[str]
    ) -> Iterable[tuple[str, str]]:
        straight = ObjectPair.objects.filter(
            left=self.flow.source,
            left_object=source_object,
            right=self.flow.target,
            right_object=target_object,
        ).values_list("pk", flat=True)
        mirrored = ObjectPair.objects.filter(
            right=self.flow.source,
            right_object=source_object,
            left=self.flow.target,
            left_object=target_object,
        ).values_list("pk", flat=True)
        return [
            *keyed.bindings(straight, "left", keys, ("left_id", "right_id")),
            *keyed.bindings(mirrored, "right", keys, ("right_id", "left_id")),
        ]

    def _look_at_target(
        self,
        decisions: Sequence[Decision],
        known: Mapping[str, Known],
        connector: Connector,
    ) -> None:
        looked = [d for d in decisions if d.item and self._must_look(d)]
        if not looked:
            return
        current = self._current(looked, connector)
        for decision in looked:
            there = current.get(as_text(decision.values[self.flow.match_field]).lower())
            if there is not None:
                self._adapt(decision, there)

    def _must_look(self, decision: Decision) -> bool:
        new = not decision.target_id
        return bool(
            decision.record.replays or self.fill_empty or (self.create_only and new)
        )

    def _current(
        self, decisions: Sequence[Decision], connector: Connector
    ) -> dict[str, tuple[str, Fields]]:
        match = self.flow.match_field
        found = connector.find(
            self.flow.target_object,
            match,
            [as_text(d.values[match]) for d in decisions],
            fields=sorted({name for d in decisions for name in d.values}),
        )
        return {
            value.lower(): (records[0].key, records[0].fields)
            for value, records in found.items()
            if records
        }

    def _adapt(self, decision: Decision, there: tuple[str, Fields]) -> None:
        """Leave out what may not be overwritten; nothing left means unchanged."""
        item, (target_id, current) = decision.item, there
        assert item is not None  # noqa: S101 - only decisions with an item come here
        values = {
            name: value
            for name, value in item.fields.items()
            if name not in self.create_only
            and not (name in self.fill_empty and current.get(name) not in (None, ""))
        }
        decision.target_id = target_id
        decision.values = values
        if all(_same(value, current.get(name)) for name, value in values.items()):
            decision.item = None
            decision.outcome = Outcome.UNCHANGED
            decision.note = "The target was asked, and holds these values already."
        else:
            decision.item = WriteItem(
                key=item.key, fields=values, target_id=target_id, refs=item.refs
            )


def _refs(
    mapped: Mapped, known: Mapping[tuple[str, str, str], str]
) -> tuple[dict[str, str], DependencyMissingError | None]:
    """The target's ids by reference field; an error when one is not known yet."""
    refs: dict[str, str] = {}
    for reference in mapped.references:
        key = (reference.source_object, reference.target_object, reference.source_key)
        if key not in known:
            return refs, DependencyMissingError(
                f"The {reference.source_object} record {reference.source_key} it "
                "refers to is not in the target yet.",
                field=reference.field,
            )
        refs[reference.field] = known[key]
    return refs, None


def _older(version: datetime | None, known: datetime | None) -> bool:
    return version is not None and known is not None and version < known


def _same(ours: Scalar, theirs: Scalar) -> bool:
    if ours in (None, "") and theirs in (None, ""):
        return True
    if type(ours) is type(theirs):
        return ours == theirs
    return as_text(ours).strip().lower() == as_text(theirs).strip().lower()
