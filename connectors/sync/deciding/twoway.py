"""Decides where flows run both ways: merges with the target as it is now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Q

from connectors.models import Claim, Flow, Outcome, Review, ReviewKind
from connectors.models.record import DUE
from connectors.sdk.contract import Connector
from connectors.sdk.errors import ConnectorError, NotFoundError
from connectors.sdk.records import Fields, SourceRecord, WriteItem
from connectors.sync.deciding.decision import Decision, Question
from connectors.sync.deciding.known import Known
from connectors.sync.deciding.merge import Agreed, Merged, Merger
from connectors.sync.mapping.mapper import CompiledMapping
from connectors.sync.outbox import keyed

# Errors after which nobody knows whether the target has it.
_UNANSWERED = ("unavailable", "uncertain", "internal")


class Held(NamedTuple):
    """The target's ids that the other direction has in hand now, and those that it may
    be making records of."""

    now: set[str]
    creating: set[str]


class OtherDirectionError(ConnectorError):
    """The same record is on its way in the other direction; it comes again soon."""

    error_class = "busy"
    default_advice = "It is tried again by itself."


class TwoWayDecider:
    """For one flow and the one that runs against it."""

    def __init__(
        self, flow: Flow, against: Flow, mapping: CompiledMapping, merger: Merger
    ) -> None:
        self.flow = flow
        self.against = against
        self.mapping = mapping
        self.merger = merger
        self._target = "right" if flow.source_is_left else "left"

    def held(self) -> Held:
        """What the other direction has in hand, or has begun to send: a worker may have
        died, or an answer been lost, after it had been written.

        To be asked for before the bindings are read. What is bound between the two is
        found there; the other way round it would be missed by both.
        """
        claims = Claim.objects.filter(flow=self.against)
        begun = self.against.records.filter(
            Q(attempts__gte=1) | Q(error_class__in=_UNANSWERED), outcome__in=DUE
        )
        now = set(claims.values_list("source_id", flat=True))
        sent = set(begun.values_list("source_id", flat=True))
        return Held(now, self._creating(now | sent))

    def wait_for_others(self, decisions: Sequence[Decision], held: Held) -> None:
        """Let wait what the other direction has in hand.

        Both directions look after they have claimed, so at least one of them sees the
        other. A record that is not bound yet waits for all that the other direction is
        creating, or has begun to: it may be one of those. What was begun here itself
        is not, and goes on; or both would wait for ever. It also waits while a person
        is asked whether it is one of those: made here, it could not be chosen.
        """
        new = any(decision.known is None for decision in decisions)
        candidates = self._candidates() if new else set()
        for decision in decisions:
            if decision.known and decision.known.target_id in held.now:
                decision.error = OtherDirectionError(
                    "The other direction is writing this record at the moment."
                )
            elif decision.known is None and held.creating and not _begun(decision):
                decision.error = OtherDirectionError(
                    "The other direction is creating records at the moment; this may "
                    "be one of them."
                )
            elif decision.known is None and decision.record.source_id in candidates:
                decision.error = OtherDirectionError(
                    "A person is being asked which record of the target this is."
                )

    def _creating(self, keys: set[str]) -> set[str]:
        """Those of the other direction's records that have no partner here, or have
        lost it."""
        here = "left" if self._target == "right" else "right"
        bound = keyed.bindings(
            [self.flow.pair_id or 0],
            self._target,
            keys,
            (f"{self._target}_id", f"{here}_gone_at"),
        )
        return keys - {key for key, gone in bound if gone is None}

    def decide(self, decisions: Sequence[Decision], connector: Connector) -> None:
        """Merge records that are bound; asks the target for those with a change that
        the other direction might have changed too."""
        asked: list[tuple[Decision, Fields]] = []
        for decision in decisions:
            changed = self._changed(decision)
            if not changed:
                self._settle(decision, Merged())
                decision.end(
                    Outcome.UNCHANGED, "Both sides agree on these values already."
                )
            elif self.merger.looked_at.isdisjoint(changed):
                self._settle(decision, Merged(values=dict(changed)))
            else:
                asked.append((decision, changed))
        if asked:
            self._merge(asked, connector)

    def _changed(self, decision: Decision) -> Fields:
        mapped = {**decision.values, **decision.refs}
        return self.merger.changed(decision.source, mapped, self._agreed(decision))

    def _agreed(self, decision: Decision) -> Agreed:
        known = decision.known
        return known.agreed if known else Agreed()

    def _merge(
        self, asked: list[tuple[Decision, Fields]], connector: Connector
    ) -> None:
        names = sorted({name for _, changed in asked for name in changed})
        ids = sorted({decision.target_id for decision, _ in asked})
        found = connector.fetch(self.flow.target_object, ids, fields=names)
        there = {record.key: record for record in found if not record.deleted}
        answers = _answers([decision for decision, _ in asked])
        held: list[tuple[Decision, Merged, SourceRecord]] = []
        for decision, changed in asked:
            record = there.get(decision.target_id)
            if record is None:
                decision.fail(NotFoundError("The target's record is gone."))
                continue
            merged = self.merger.merge(
                changed,
                record,
                self._agreed(decision),
                version=decision.record.version,
                decided=answers.get(decision.record.id, {}),
            )
            if merged.held:
                held.append((decision, merged, record))
            else:
                self._settle(decision, merged, record)
        self._ask(held)

    def _ask(self, held: Sequence[tuple[Decision, Merged, SourceRecord]]) -> None:
        """Have a person asked, once: not while the other direction is asking."""
        waiting = self._in_review([decision.target_id for decision, _, _ in held])
        for decision, merged, record in held:
            if decision.target_id in waiting:
                decision.error = OtherDirectionError(
                    "Both sides have changed this record; a person is being asked."
                )
            else:
                self._settle(decision, merged, record)

    def _in_review(self, target_ids: list[str]) -> set[str]:
        """Those for which the other direction asks a person already."""
        if not target_ids:
            return set()
        asked = Review.objects.filter(
            record__flow=self.against,
            record__source_id__in=target_ids,
            kind=ReviewKind.CONFLICT,
            decided_at=None,
        )
        return set(asked.values_list("record__source_id", flat=True))

    def _candidates(self) -> set[str]:
        """Those that the other direction asks a person about: is it one of them?"""
        asked = Review.objects.filter(
            record__flow=self.against, kind=ReviewKind.MATCH, decided_at=None
        )
        offered = asked.values_list("candidates", flat=True)
        return {str(one["id"]) for several in offered for one in several}

    def _settle(
        self, decision: Decision, merged: Merged, there: SourceRecord | None = None
    ) -> None:
        known: Known | None = decision.known
        old = known.agreed if known else Agreed()
        mapped = {**decision.values, **decision.refs}
        decision.agreed = self.merger.agreed(decision.source, mapped, old, merged)
        decision.merged_at = there.modified_at if there else None
        decision.choices = merged.choices
        refs = {n: str(v) for n, v in merged.values.items() if n in decision.refs}
        values = {n: v for n, v in merged.values.items() if n not in decision.refs}
        if values or refs:
            decision.item = WriteItem(
                key=decision.record.correlation_id,
                fields=values,
                target_id=decision.target_id,
                refs=refs,
            )
            decision.values = values
        elif not merged.held:
            decision.end(
                Outcome.UNCHANGED, "What the target holds counts; nothing is written."
            )
        if merged.held:
            decision.ask(*self._questions(merged))

    def _questions(self, merged: Merged) -> list[Question]:
        return [
            Question(
                ReviewKind.CONFLICT,
                f"Both sides have changed “{self.mapping.target[name].label}”.",
                field=name,
                source_value=choice["source"],
                target_value=choice["target"],
            )
            for choice in merged.choices
            if (name := choice["field"]) in merged.held
        ]


def _begun(decision: Decision) -> bool:
    """Whether it may have been written already; then nobody else has made it."""
    return decision.record.attempts > 1 or decision.record.error_class in _UNANSWERED


def _answers(decisions: Sequence[Decision]) -> dict[int, dict[str, str]]:
    """What a person has said of fields, by record."""
    answers: dict[int, dict[str, str]] = defaultdict(dict)
    again = [d.record.id for d in decisions if d.record.replays]
    if again:
        decided = Review.objects.filter(
            record__in=again, kind=ReviewKind.CONFLICT, decided_at__isnull=False
        ).order_by("decided_at", "pk")
        for record_id, name, said in decided.values_list(
            "record_id", "field", "decision"
        ):
            answers[record_id][name] = said
    return answers
