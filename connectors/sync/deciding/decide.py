"""Decides what to do with each claimed record before anything is sent.

Maps it, finds its binding, resolves the records it refers to, and compares with what
the target is known to hold: write it, leave it alone, ask a person, or say why not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from connectors.models import Change, Flow, Outcome
from connectors.sdk.contract import Connector
from connectors.sdk.errors import DependencyMissingError, MappingError
from connectors.sdk.records import WriteItem
from connectors.sdk.values import fingerprint, typed
from connectors.sync.deciding import cycles
from connectors.sync.deciding.decision import Decision
from connectors.sync.deciding.gone import Gone
from connectors.sync.deciding.guards import Guards
from connectors.sync.deciding.known import Bindings
from connectors.sync.deciding.look import Look
from connectors.sync.deciding.matching import Matcher
from connectors.sync.deciding.merge import Merger
from connectors.sync.deciding.references import Parents, lost_of, refs_of, resolve
from connectors.sync.deciding.twoway import TwoWayDecider
from connectors.sync.drift.breakage import Options
from connectors.sync.intake.behind import behind, catch_up
from connectors.sync.mapping.mapper import LINES, CompiledMapping
from connectors.sync.mapping.transforms import as_text
from connectors.sync.outbox.claim import Claimed
from connectors.sync.outbox.intents import Doubts, reference_of


class Decider:
    """Decides for one flow with one version of its mapping.

    `against` is the flow of the other direction, with its mapping, where there is one.
    """

    def __init__(
        self,
        flow: Flow,
        mapping: CompiledMapping,
        against: tuple[Flow, CompiledMapping] | None = None,
    ) -> None:
        self.flow = flow
        self.mapping = mapping
        self.object = flow.target.spec.object(flow.target_object)
        self.two_way = None
        if against:
            other, back = against
            merger = Merger(flow, mapping, back)
            self.two_way = TwoWayDecider(flow, other, mapping, merger)
        agreed: Literal["nothing", "both"] = "both" if against else "nothing"
        self.bindings = Bindings(flow, mapping, agreed=agreed)
        self.look = Look(flow, mapping)
        self.doubts = Doubts(flow)
        self.gone = Gone(flow)
        self.guards = Guards(flow)
        self.matcher = Matcher(flow, mapping)
        self.options = Options(flow)

    def decide(
        self, records: Sequence[Claimed], connector: Connector
    ) -> list[Decision]:
        """One decision for each record, in the same order.

        Asks the target only where the answer needs it: for what may have been written
        already, for new records that have to be matched, for changes that meet, for
        replays, and for mappings that write only into an empty field or a new record.
        """
        held = self.two_way.held() if self.two_way else None
        known = self.bindings.known([record.source_id for record in records])
        decisions = [Decision(r, known.get(r.source_id)) for r in records]
        for decision in decisions:
            decision.target_id = decision.known.target_id if decision.known else ""
        gone = [d for d in decisions if d.record.change == Change.DELETED]
        self.doubts.settle(gone, connector)
        self.gone.of_source(_open(decisions))
        if self.two_way and held:
            self.two_way.wait_for_others(_open(decisions), held)
            catch_up(self.flow, self.mapping, _open(decisions))
        self.guards.leave_alone(_open(decisions))
        for decision in _open(decisions):
            self._map(decision)
        self.guards.check(_open(decisions))
        self.doubts.settle(_open(decisions), connector)
        self._resolve(_open(decisions))
        self.gone.of_target(_open(decisions))
        new = [d for d in _open(decisions) if not d.target_id]
        self.matcher.match(new, connector)
        self._plan(_open(decisions), connector)
        self.look.at(decisions, connector)
        for decision in decisions:
            _refuse_lost(decision)
        return decisions

    def _map(self, decision: Decision) -> None:
        record = decision.record
        try:
            decision.source = typed(record.payload, self.mapping.types)
            mapped = self.mapping.apply(decision.source)
        except MappingError as error:
            decision.fail(error)
            return
        except Exception as error:  # noqa: BLE001 - one record's values must not stop the rest
            decision.fail(MappingError(f"The mapping fails: {error!r}."))
            return
        if decision.known:
            kept = self.look.create_only
            for name in kept:
                mapped.values.pop(name, None)
            mapped.references = [r for r in mapped.references if r.field not in kept]
        decision.mapped, decision.values = mapped, mapped.values
        decision.error = self.options.refusal(mapped.values, mapped.lines)
        if decision.error:
            return
        if behind(decision):
            decision.end(
                Outcome.SKIPPED,
                "A newer version of this record is in the target already. "
                "Replay from a fresh read to send it as it is now.",
            )
        elif self._nameless(decision):
            decision.fail(
                MappingError(
                    f"“{self.flow.match_field}”, by which the target recognises the "
                    "record, is empty.",
                    field=self.flow.match_field,
                )
            )

    def _nameless(self, decision: Decision) -> bool:
        """Whether the target could not tell what this record is.

        What is never created is known by its id, or left alone.
        """
        if self.object.create_is_not_idempotent or not self.flow.creates:
            return False
        if self.two_way and decision.known:
            return False
        return not as_text(decision.values.get(self.flow.match_field))

    def _resolve(self, decisions: Sequence[Decision]) -> None:
        resolved = resolve(self.flow, [d.mapped for d in decisions])
        parents = Parents(self.flow, [d.mapped for d in decisions], resolved)
        for decision in decisions:
            try:
                decision.refs = refs_of(decision.mapped, resolved, parents.missing)
                decision.lost = lost_of(decision.mapped, resolved)
            except DependencyMissingError as error:
                decision.wait(error)
        cycles.report(self.flow, decisions)

    def _plan(self, decisions: Sequence[Decision], connector: Connector) -> None:
        """Items for what is to be written."""
        merged = [d for d in decisions if self.two_way and d.target_id]
        if self.two_way and merged:
            self.bindings.recall(d.known for d in merged if d.known)
            self.two_way.decide(merged, connector)
        for decision in decisions:
            if not decision.made:
                self._whole(decision)

    def _whole(self, decision: Decision) -> None:
        """The whole record, unless the target has just that already."""
        values, refs, mapped = decision.values, decision.refs, decision.mapped
        lines = None if mapped.leaves_lines else mapped.lines
        mark = fingerprint(values, refs, *([] if lines is None else [lines]))
        decision.target_fingerprint = mark
        known, record = decision.known, decision.record
        # What cannot be written twice is not written to repair it either.
        again = record.replays and not self.object.create_is_not_idempotent
        if known and known.target_fingerprint == mark and not again:
            decision.end(Outcome.UNCHANGED, "The target holds these values already.")
            return
        decision.item = WriteItem(
            key=record.correlation_id,
            fields=values,
            target_id=decision.target_id,
            refs=refs,
            lines=lines,
            reference=self._reference(record.source_id),
        )
        if self.two_way and not decision.agreed:
            source = {n: record.payload.get(n) for n in self.mapping.source_fields}
            decision.agreed = (source, {**values, **refs})

    def _reference(self, source_id: str) -> str:
        """Our name of a record, where the target keeps one."""
        if not self.object.reference_field:
            return ""
        return reference_of(self.flow, source_id)


def _refuse_lost(decision: Decision) -> None:
    """What is to be written refers to a record that is gone: the target would take the
    rest and refuse that, again and again."""
    item = decision.item
    written = [*item.refs, *_line_fields(item)] if item else []
    lost = [decision.lost[name] for name in written if name in decision.lost]
    if lost:
        decision.wait(lost[0])


def _line_fields(item: WriteItem) -> set[str]:
    return {f"{LINES}{name}" for line in item.lines or () for name in line}


def _open(decisions: Sequence[Decision]) -> list[Decision]:
    return [decision for decision in decisions if not decision.made]
