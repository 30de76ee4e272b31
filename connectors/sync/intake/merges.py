"""Records of a source that were merged: their bindings go to the one that is left.

A survivor that is bound, or becomes so, keeps one binding. The records of the other
side that lose theirs are told of as deletes of what was merged away, so that each goes
by the flow's rule for that, with the reason, and a later change of it by the rule of
the flow that runs the other way.

What was merged away while nobody knew whether it had been written is looked for in the
target all the same: by the survivor, if that has no binding, or else for itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.models import Binding, Change, Flow, Intent, Outcome, SyncRecord
from connectors.sdk.records import SourceRecord
from connectors.sync.outbox import keyed, store

# Stands in what is kept of a delete, where it was a merge: the survivor's key.
MERGED_INTO = "merged_into"


@dataclass(frozen=True, slots=True)
class _Bound:
    key: str
    other: str
    gone: datetime | None


@dataclass(frozen=True, slots=True)
class _Move:
    """A binding and its new key."""

    bound: _Bound
    key: str


class Merges:
    """What the merges on one page mean for one flow's bindings."""

    def __init__(self, flow: Flow, records: Sequence[SourceRecord]) -> None:
        self.flow = flow
        self.side, self.other = (
            ("left", "right") if flow.source_is_left else ("right", "left")
        )
        self.moves: list[_Move] = []
        self.gone: list[SourceRecord] = []
        # Records of which nobody knows whether they arrived, with their survivor's key.
        self.heirs: list[tuple[int, str]] = []
        self.doubted: list[tuple[int, str]] = []
        self._looked_for: set[str] = set()
        self._merged = [record for record in records if record.merged_keys]
        if self._merged:
            bound, doubts = self._bound(), self._doubts()
            for record in self._merged:
                self._look(record, bound)
                self._inherit(record, bound, doubts)

    def _bound(self) -> dict[str, _Bound]:
        keys = {*self._keys, *(record.key for record in self._merged)}
        columns = (f"{self.side}_id", f"{self.other}_id", f"{self.side}_gone_at")
        rows = keyed.bindings([self.flow.pair_id or 0], self.side, keys, columns)
        return {
            key: _Bound(key, other, keyed.moment(gone)) for key, other, gone in rows
        }

    def _doubts(self) -> dict[str, int]:
        """The records that may have been written, by their keys."""
        found = Intent.objects.filter(
            record__flow=self.flow, record__source_id__in=self._keys
        )
        return dict(found.values_list("record__source_id", "record"))

    @property
    def _keys(self) -> list[str]:
        return [key for record in self._merged for key in record.merged_keys]

    @property
    def keys(self) -> list[str]:
        """Of what was merged away, and of which nothing is to be sent any more."""
        return [key for key in self._keys if key not in self._looked_for]

    def _look(self, record: SourceRecord, bound: dict[str, _Bound]) -> None:
        lost = [bound[key] for key in _latest(record.merged_keys) if key in bound]
        lost = [one for one in lost if one.gone is None or self._missed(one)]
        if record.key not in bound and lost:
            first, *lost = lost
            self.moves.append(_Move(first, record.key))
        self.gone += [
            SourceRecord(
                key=one.key,
                fields={MERGED_INTO: record.key},
                modified_at=record.modified_at,
                deleted=True,
            )
            for one in lost
            if one.gone is None
        ]

    def _inherit(
        self, record: SourceRecord, bound: dict[str, _Bound], doubts: dict[str, int]
    ) -> None:
        """Who looks for what may have been written of those that were merged away."""
        heir = record.key not in bound and all(m.key != record.key for m in self.moves)
        for key in _latest(record.merged_keys):
            if key not in doubts or key in bound:
                continue
            if heir:
                self.heirs.append((doubts[key], record.key))
                heir = False
            else:
                self.doubted.append((doubts[key], record.key))
                self._looked_for.add(key)

    def _missed(self, bound: _Bound) -> bool:
        """Whether only the other direction has found that it is gone."""
        told = self.flow.records.filter(source_id=bound.key, change=Change.DELETED)
        return not told.exists()

    def follow(self, counts: dict[int, Counter[str]]) -> None:
        """Move the bindings, and let go again what was given up because the record
        was missed; what that does to counts is added."""
        for pk, survivor in self.heirs:
            SyncRecord.objects.filter(pk=pk).update(source_id=survivor)
        for pk, survivor in self.doubted:
            SyncRecord.objects.filter(pk=pk).update(
                change=Change.DELETED, payload={MERGED_INTO: survivor}
            )
        bindings = Binding.objects.filter(pair=self.flow.pair_id)
        for move in self.moves:
            if move.bound.gone:
                self._again(move.bound, counts)
            bindings.filter(**{f"{self.side}_id": move.bound.key}).update(
                **{
                    f"{self.side}_id": move.key,
                    f"{self.side}_fingerprint": "",
                    f"{self.side}_gone_at": None,
                    "updated_at": store.now(),
                }
            )

    def _again(self, bound: _Bound, counts: dict[int, Counter[str]]) -> None:
        """The other direction gave up a change before this one could say where the
        record is."""
        given_up = SyncRecord.objects.select_for_update(of=("self",)).filter(
            flow=self.flow.counterpart,
            source_id=bound.other,
            outcome=Outcome.SKIPPED,
            settled_at__gte=bound.gone,
        )
        last = given_up.order_by("-pk").values_list("pk", "run_id").first()
        if last is None:
            return
        SyncRecord.objects.filter(pk=last[0]).update(
            outcome=Outcome.WAITING,
            due_at=store.now(),
            settled_at=None,
            error_message="Its record in the target was merged into another.",
        )
        counts[last[1]][Outcome.SKIPPED] -= 1
        counts[last[1]][Outcome.WAITING] += 1


def _latest(keys: Sequence[str]) -> Sequence[str]:
    """Those of the last merge first, and of the two the one whose values won."""
    return [*keys[-2:], *reversed(keys[:-2])]
