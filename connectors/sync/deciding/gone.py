"""Records that are deleted, archived or merged away on one of the sides.

What is gone is noted in the binding, so that a late change brings nothing back unless
the flow says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from connectors.models import (
    Change,
    Flow,
    Outcome,
    Review,
    ReviewKind,
    SourceGone,
    TargetGone,
)
from connectors.models import Decision as Said
from connectors.sdk.records import WriteItem
from connectors.sync.deciding.decision import Decision, Question
from connectors.sync.drift.breakage import unmarkable
from connectors.sync.intake.merges import MERGED_INTO


class Gone:
    """What one flow does about what is gone."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        flags = flow.source_gone == SourceGone.FLAG
        self.unmarkable = unmarkable(flow) if flags else None

    def of_source(self, decisions: Sequence[Decision]) -> None:
        """Decide the records that the source says are deleted."""
        deleted = [d for d in decisions if d.record.change == Change.DELETED]
        answers = _answers(deleted, ReviewKind.DELETE)
        for decision in deleted:
            self._deleted(decision, answers.get(decision.record.id, ""))

    def _deleted(self, decision: Decision, said: str) -> None:
        policy, how = self.flow.source_gone, _how(decision)
        if not decision.target_id:
            decision.end(Outcome.SKIPPED, f"{how}; it was never sent.")
        elif policy == SourceGone.ARCHIVE or said == Said.ARCHIVE:
            decision.archive = True
            decision.item = WriteItem(
                key=decision.record.correlation_id,
                fields={},
                target_id=decision.target_id,
            )
        elif policy == SourceGone.FLAG and self.unmarkable:
            decision.error = self.unmarkable
        elif policy == SourceGone.FLAG:
            decision.values = {self.flow.flag_field: self.flow.flag_value}
            decision.item = WriteItem(
                key=decision.record.correlation_id,
                fields=decision.values,
                target_id=decision.target_id,
            )
        elif policy == SourceGone.HOLD and not said:
            decision.ask(Question(ReviewKind.DELETE, f"{how}."))
        else:
            decision.end(Outcome.SKIPPED, f"{how}; the target keeps its record.")

    def of_target(self, decisions: Sequence[Decision]) -> None:
        """Decide the records whose target is known to be gone."""
        gone = [d for d in decisions if d.known and d.known.gone]
        answers = _answers(gone, ReviewKind.GONE)
        for decision in gone:
            self._target_gone(decision, answers.get(decision.record.id, ""))

    def _target_gone(self, decision: Decision, said: str) -> None:
        policy = self.flow.target_gone
        if policy == TargetGone.RECREATE or said == Said.CREATE:
            # As if it had never been bound: recognised by its key, or created.
            decision.target_id, decision.known = "", None
        elif policy == TargetGone.HOLD and not said:
            decision.ask(
                Question(
                    ReviewKind.GONE,
                    "Its record in the target was deleted, or merged into another.",
                )
            )
        else:
            decision.end(
                Outcome.SKIPPED,
                "Its record in the target was deleted, or merged into another, and "
                "stays so.",
            )


def _how(decision: Decision) -> str:
    """How the source's record went, in words."""
    survivor = (decision.record.payload or {}).get(MERGED_INTO)
    if survivor:
        return f"Merged into {survivor} in the source"
    return "Deleted in the source"


def _answers(decisions: Sequence[Decision], kind: str) -> dict[int, str]:
    """What a person has said last of each record."""
    again = [d.record.id for d in decisions if d.record.replays]
    if not again:
        return {}
    decided = Review.objects.filter(
        record__in=again, kind=kind, decided_at__isnull=False
    ).order_by("decided_at", "pk")
    return dict(decided.values_list("record_id", "decision"))
