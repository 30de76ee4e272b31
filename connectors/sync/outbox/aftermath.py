"""What follows from outcomes, in the transaction that stores them: questions for a
person, what is gone, who waited for it, and what the source is to be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

from connectors.models import Binding, Change, Flow, Outcome, Review, SyncRecord
from connectors.sdk.errors import DependencyMissingError, UncertainWriteError
from connectors.sync.outbox import intents, store, writeback
from connectors.sync.outbox.ending import ARRIVED, Ending

Kept: TypeAlias = Sequence[tuple[Ending, store.Settled]]
# By run: how many more, or less, have which outcome.
Counts: TypeAlias = dict[int, Counter[str]]


class Aftermath:
    """For one flow."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.target = flow.target.spec.object(flow.target_object)
        self.write_back = writeback.Orders(flow)
        self._source, self._target = (
            ("left", "right") if flow.source_is_left else ("right", "left")
        )
        # The flows whose records may wait for those of this one, on either side.
        children = Flow.objects.filter(source=flow.source).exclude(pk=flow.pk)
        self._children = list(children.values_list("pk", flat=True))
        others = Flow.objects.filter(source=flow.target, target=flow.source)
        self._others = list(others.values_list("pk", flat=True))

    def follow(self, kept: Kept, counts: Counts) -> None:
        """Do all of it; what that does to the counts of runs is added."""
        self._ask(kept)
        self._note_gone(kept)
        self._clear_intents(kept)
        self._release(kept, counts)
        self.write_back.order(kept)

    def _ask(self, kept: Kept) -> None:
        Review.objects.bulk_create(
            (
                Review(
                    record_id=row.id,
                    kind=question.kind,
                    field=question.field,
                    source_value=question.source_value,
                    target_value=question.target_value,
                    candidates=question.candidates,
                    reason=question.reason,
                )
                for ending, row in kept
                if row.outcome == Outcome.CONFLICT
                for question in ending.decision.questions
            ),
            ignore_conflicts=True,
        )

    def _note_gone(self, kept: Kept) -> None:
        """Tombstones: what is gone on a side, by the key of the source's record."""
        here, there = [], []
        for ending, row in kept:
            decision = ending.decision
            if decision.record.change == Change.DELETED and row.outcome != (
                Outcome.WAITING
            ):
                here.append(decision.record.source_id)
            archived = decision.archive and row.outcome in ARRIVED
            if ending.gone or archived:
                there.append(decision.record.source_id)
        for side, keys in ((self._source, here), (self._target, there)):
            if keys:
                bound = Binding.objects.filter(
                    pair=self.flow.pair_id, **{f"{self._source}_id__in": keys}
                )
                bound.update(**{f"{side}_gone_at": store.now()})

    def _clear_intents(self, kept: Kept) -> None:
        if not self.target.create_is_not_idempotent:
            return
        intents.drop(
            self.flow,
            [
                ending.decision.record.source_id
                for ending, row in kept
                if not isinstance(ending.problem, UncertainWriteError)
                and (
                    row.outcome not in (Outcome.CONFLICT, Outcome.WAITING)
                    or _refused(ending)
                )
            ],
        )

    def _release(self, kept: Kept, counts: Counts) -> None:
        arrived = [(e.decision, row) for e, row in kept if row.outcome in ARRIVED]
        here, there = self.flow.source_object, self.flow.target_object
        names = [f"{here}:{one.record.source_id}" for one, _ in arrived]
        _let_go(self._children, names, counts)
        # What is bound now for the first time may be waited for on the other side too.
        new = [row for one, row in arrived if not (one.known and one.known.version)]
        names = [f"{there}:{row.target_id}" for row in new if row.target_id]
        _let_go(self._others, names, counts)


def _refused(ending: Ending) -> bool:
    """Whether it was not even sent, because it refers to nothing."""
    return bool(ending.result) and isinstance(ending.problem, DependencyMissingError)


def _let_go(flow_ids: Sequence[int], names: Sequence[str], counts: Counts) -> None:
    """What waits for these ("object:key") is due; what was given up waits again."""
    store.release(flow_ids, names)
    held = store.held(flow_ids, names)
    SyncRecord.objects.filter(pk__in=[pk for pk, _, _ in held]).update(
        outcome=Outcome.WAITING, due_at=store.now(), settled_at=None, attempts=0
    )
    for _, run_id, outcome in held:
        counts[run_id][outcome] -= 1
        counts[run_id][Outcome.WAITING] += 1
