"""Matching before creating: is a new record one that the target has already?

The rules of a flow are tried in their order, and the first that finds anything
decides: one found is bound, several go to a person, and it is never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.models import Decision as Said
from connectors.models import (
    Flow,
    MatchMethod,
    MatchRule,
    Outcome,
    Review,
    ReviewKind,
    RunKind,
    SyncRun,
)
from connectors.sdk.contract import Connector
from connectors.sdk.records import Fields, SourceRecord
from connectors.sync.deciding.decision import Decision, Question
from connectors.sync.deciding.known import Known
from connectors.sync.deciding.normal import normal, searched
from connectors.sync.mapping.mapper import CompiledMapping
from connectors.sync.mapping.transforms import as_text
from connectors.sync.outbox import keyed


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a record is looked for by: its key in one form, and the texts to ask for."""

    key: str
    texts: list[str]


class Matcher:
    """Finds the target's records for one flow's new ones."""

    def __init__(self, flow: Flow, mapping: CompiledMapping) -> None:
        self.flow = flow
        self.mapping = mapping
        self.rules = list(flow.match_rules.filter(enabled=True))
        self.object = flow.target.spec.object(flow.target_object)
        self._side = "right" if flow.source_is_left else "left"

    def match(self, decisions: Sequence[Decision], connector: Connector) -> None:
        """Bind what matches; ask, or leave alone, what must not be created."""
        adopting = self._adopting(decisions)
        if not (self.rules or adopting or not self.flow.creates):
            return
        asked = self._follow(decisions)
        missing = self._by_key(asked, connector)
        for rule in self.rules:
            missing = self._by_rule(rule, missing, connector)
        for decision in missing:
            if decision.record.run_id in adopting:
                decision.end(
                    Outcome.SKIPPED, "Nothing matches it, and this run only adopts."
                )
            elif not self.flow.creates:
                decision.end(
                    Outcome.SKIPPED, "Nothing matches it, and the flow creates nothing."
                )

    def _adopting(self, decisions: Sequence[Decision]) -> set[int]:
        if not decisions:
            return set()
        runs = SyncRun.objects.filter(
            pk__in={d.record.run_id for d in decisions}, kind=RunKind.ADOPT
        )
        return set(runs.values_list("pk", flat=True))

    def _follow(self, decisions: Sequence[Decision]) -> list[Decision]:
        """What a person has decided needs no rule; the others."""
        again = [d.record.id for d in decisions if d.record.replays]
        decided = Review.objects.filter(
            record__in=again, kind=ReviewKind.MATCH, decided_at__isnull=False
        ).order_by("decided_at", "pk")
        said = {
            record: (decision, chosen)
            for record, decision, chosen in decided.values_list(
                "record_id", "decision", "chosen"
            )
        } if again else {}  # fmt: skip
        left = []
        for decision in decisions:
            answer, chosen = said.get(decision.record.id, ("", ""))
            if answer == Said.BIND:
                _adopt(decision, chosen)
            elif answer == Said.IGNORE:
                decision.end(Outcome.SKIPPED, "A person decided to leave it.")
            elif answer != Said.CREATE:
                left.append(decision)
        return left

    def _by_key(
        self, decisions: Sequence[Decision], connector: Connector
    ) -> list[Decision]:
        """By the unique field that the target recognises records by."""
        name = self.flow.match_field
        if name not in self.mapping.reads:
            return list(decisions)
        texts = {d.record.id: as_text(d.values.get(name)) for d in decisions}
        wanted = {pk: _Wanted(text, [text]) for pk, text in texts.items() if text}
        return self._matched(decisions, connector, wanted)

    def _by_rule(
        self, rule: MatchRule, decisions: Sequence[Decision], connector: Connector
    ) -> list[Decision]:
        wanted = {}
        for decision in decisions:
            source = decision.source
            key = _key(rule, source, rule.source_field, rule.source_field_2)
            texts = searched(rule.method, source.get(_asked(rule)[0]))
            if key and texts:
                wanted[decision.record.id] = _Wanted(key, texts)
        return self._matched(decisions, connector, wanted, rule)

    def _matched(
        self,
        decisions: Sequence[Decision],
        connector: Connector,
        wanted: Mapping[int, _Wanted],
        rule: MatchRule | None = None,
    ) -> list[Decision]:
        """Ask once for all; those that nothing was found for."""
        texts = sorted({text for one in wanted.values() for text in one.texts})
        if not texts:
            return list(decisions)
        found = connector.find(
            self.flow.target_object,
            _asked(rule)[1] if rule else self.flow.match_field,
            texts,
            fields=self._shown(rule),
        )
        asked = [d for d in decisions if d.record.id in wanted]
        hits = {d.record.id: _hits(wanted[d.record.id], found, rule) for d in asked}
        taken = self._taken({h.key for one in hits.values() for h in one})
        for decision in asked:
            self._conclude(decision, hits[decision.record.id], taken, rule)
        return [d for d in decisions if not hits.get(d.record.id)]

    def _shown(self, rule: MatchRule | None) -> list[str]:
        """What is read of a candidate: enough to compare it, and to show it."""
        names = {self.object.name_field, self.object.key, *self.mapping.reads}
        if rule:
            names |= {rule.target_field, rule.target_field_2}
        return sorted(name for name in names if name in self.object.fields)

    def _taken(self, ids: set[str]) -> dict[str, str]:
        """The source's keys that these records of the target are bound to already."""
        source = "left" if self._side == "right" else "right"
        rows = keyed.bindings(
            [self.flow.pair_id or 0], self._side, ids,
            (f"{self._side}_id", f"{source}_id"),
        )  # fmt: skip
        return dict(rows)

    def _conclude(
        self,
        decision: Decision,
        hits: list[SourceRecord],
        taken: dict[str, str],
        rule: MatchRule | None,
    ) -> None:
        if not hits:
            return
        free = [hit for hit in hits if hit.key not in taken]
        how = f"by {self._called(rule)}"
        if len(hits) == 1 and free:
            _adopt(decision, free[0].key)
            decision.note = f"Found in the target {how}."
            return
        reason = (
            f"{len(hits)} records of the target match {how}."
            if len(hits) > 1
            else f"What matches {how} is bound to {taken[hits[0].key]} already."
        )
        decision.ask(
            Question(
                ReviewKind.MATCH,
                reason,
                candidates=[self._candidate(hit, taken) for hit in hits],
            )
        )

    def _called(self, rule: MatchRule | None) -> str:
        """By what records were compared, as people call it."""
        name = rule.target_field if rule else self.flow.match_field
        info = self.mapping.target.get(name) or self.object.fields.get(name)
        label = info.label if info else name
        if rule and rule.method == MatchMethod.NAME_POSTCODE:
            return f"{label} and postal code"
        return label

    def _candidate(self, hit: SourceRecord, taken: dict[str, str]) -> dict[str, Any]:
        label = as_text(hit.fields.get(self.object.name_field)) or hit.key
        values = {n: v for n, v in hit.fields.items() if v not in (None, "")}
        return {
            "id": hit.key,
            "label": label,
            "values": values,
            "bound_to": taken.get(hit.key, ""),
        }


def _asked(rule: MatchRule) -> tuple[str, str]:
    """The fields by which the target is asked: the source's, the target's.

    Names are written in too many ways to be asked for: the postal code is.
    """
    if rule.method == MatchMethod.NAME_POSTCODE:
        return rule.source_field_2, rule.target_field_2
    return rule.source_field, rule.target_field


def _hits(
    wanted: _Wanted, found: Mapping[str, list[SourceRecord]], rule: MatchRule | None
) -> list[SourceRecord]:
    """Those of the found ones that really have the same key."""
    candidates = {
        hit.key: hit
        for text in wanted.texts
        for hit in found.get(text, [])
        if not hit.deleted
    }
    return [
        hit
        for hit in candidates.values()
        if rule is None
        or _key(rule, hit.fields, rule.target_field, rule.target_field_2) == wanted.key
    ]


def _adopt(decision: Decision, target_id: str) -> None:
    decision.target_id = target_id
    decision.known = Known(target_id, "", None)


def _key(rule: MatchRule, fields: Fields, first: str, second: str) -> str:
    """What two records must have in common, in one form; "" where it is not said."""
    one = normal(rule.method, fields.get(first))
    if rule.method != MatchMethod.NAME_POSTCODE:
        return one
    other = normal(MatchMethod.TAX_NUMBER, fields.get(second))
    return f"{one}|{other}" if one and other else ""
