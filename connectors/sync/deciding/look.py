"""Looks at what the target holds, where the answer decides what may be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from connectors.models import Flow, Outcome
from connectors.sdk.contract import Connector
from connectors.sdk.records import Fields, WriteItem
from connectors.sync.deciding.decision import Decision
from connectors.sync.deciding.known import Known
from connectors.sync.deciding.merge import same
from connectors.sync.mapping.mapper import CompiledMapping
from connectors.sync.mapping.transforms import as_text


class Look:
    """For replays, and for rows that write only into new records or empty fields."""

    def __init__(self, flow: Flow, mapping: CompiledMapping) -> None:
        self.flow = flow
        self.mapping = mapping
        # What a record is recognised by is sent whatever its row's mode; but one that
        # another flow has brought, and that is known by its id, keeps its own.
        self.create_only = mapping.create_only - {flow.match_field}
        self.fill_empty = mapping.fill_empty
        target = flow.target.spec.object(flow.target_object)
        self._repeatable = not target.create_is_not_idempotent

    def at(self, decisions: Sequence[Decision], connector: Connector) -> None:
        """Look, and leave out what may not be overwritten."""
        looked = [d for d in decisions if d.item and self._must_look(d)]
        if not looked:
            return
        current = self._current(looked, connector)
        for decision in looked:
            there = current.get(self._called(decision))
            if there is not None:
                self._adapt(decision, there)

    def _match_value(self, decision: Decision) -> str:
        return as_text(decision.values.get(self.flow.match_field))

    def _by_id(self, decision: Decision) -> bool:
        """Whether the key that the target has may be another than ours."""
        return bool(decision.target_id) and self.flow.match_field in self.fill_empty

    def _called(self, decision: Decision) -> str:
        """What the target is asked for."""
        if self._by_id(decision):
            return decision.target_id
        return self._match_value(decision).lower()

    def _must_look(self, decision: Decision) -> bool:
        if not self._match_value(decision):
            return False
        new = not decision.target_id
        return bool(
            decision.record.replays or self.fill_empty or (self.create_only and new)
        )

    def _current(
        self, decisions: Sequence[Decision], connector: Connector
    ) -> dict[str, tuple[str, Fields]]:
        kind = self.flow.target_object
        names = {n for d in decisions for n in (*d.values, *self._refs(d.item))}
        fields = sorted(names)
        ids = [d.target_id for d in decisions if self._by_id(d)]
        keys = [self._match_value(d) for d in decisions if not self._by_id(d)]
        found = {}
        if keys:
            held = connector.find(kind, self.flow.match_field, keys, fields=fields)
            found = {
                key.lower(): records[0] for key, records in held.items() if records
            }
        if ids:
            known = connector.fetch(kind, ids, fields=fields)
            found |= {record.key: record for record in known}
        return {name: (one.key, one.fields) for name, one in found.items()}

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
        refs = {n: v for n, v in item.refs.items() if n not in self.create_only}
        decision.target_id = target_id
        decision.values = values
        whole = replace(item, fields=values, refs=refs, target_id=target_id)
        if self._holds(whole, current, decision.known):
            decision.end(
                Outcome.UNCHANGED,
                "The target was asked, and holds these values already.",
            )
        else:
            decision.item = whole

    def _holds(self, item: WriteItem, current: Fields, known: Known | None) -> bool:
        """Whether the target has all of it. Of lines it is not asked: they are sent
        again where that does no harm. References that it is not asked for are there
        once we have written them."""
        if item.lines is not None and self._repeatable:
            return False
        asked = self._refs(item)
        if item.refs and not asked and not (known and known.target_fingerprint):
            return False
        return all(
            same(value, current.get(name), self.mapping.target.get(name))
            for name, value in {**item.fields, **asked}.items()
        )

    def _refs(self, item: WriteItem | None) -> Mapping[str, str]:
        return item.refs if item and self._repeatable else {}
