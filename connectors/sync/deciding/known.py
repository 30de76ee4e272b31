"""What the bindings say of records: the id on the other side, and what was agreed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.models import Flow, SyncRecord
from connectors.sdk.values import coded_types, load, typed
from connectors.sync.deciding.merge import Agreed
from connectors.sync.mapping.mapper import CompiledMapping
from connectors.sync.outbox import keyed


@dataclass(slots=True)
class Known:
    """A binding, seen from a flow: the target's id, what was last agreed, and when.

    `gone` says since when the target's record is deleted or archived, `source_gone`
    the source's.
    """

    target_id: str
    target_fingerprint: str
    version: datetime | None
    gone: datetime | None = None
    source_fingerprint: str = ""
    source_gone: datetime | None = None
    agreed: Agreed = field(default_factory=Agreed)


class Bindings:
    """The bindings of one flow's pair, by the source's keys.

    With `values` also what was agreed, which only flows of both directions need.
    """

    def __init__(self, flow: Flow, mapping: CompiledMapping, *, values: bool) -> None:
        self.flow = flow
        self.values = values
        self.source, self.target = (
            ("left", "right") if flow.source_is_left else ("right", "left")
        )
        self._source_types = mapping.types
        target_types = {name: mapping.target[name].type for name in mapping.reads}
        self._target_types = coded_types(target_types)

    def known(self, keys: Collection[str]) -> dict[str, Known]:
        """What is known of records, by their keys in the source.

        Of two bindings of one key, as after a merge, the one whose target is there.
        """
        columns = [
            f"{self.source}_id",
            f"{self.target}_id",
            f"{self.target}_fingerprint",
            f"{self.source}_version",
            f"{self.target}_gone_at",
            f"{self.source}_fingerprint",
            f"{self.source}_gone_at",
        ]
        if self.values:
            columns += [f"{self.source}_values", f"{self.target}_values", "record"]
        found = keyed.bindings([self.flow.pair_id or 0], self.source, keys, columns)
        found.sort(key=lambda row: row[4] is None)
        fallback = self._told(found) if self.values else {}
        return {
            row[0]: Known(
                row[1],
                row[2],
                keyed.moment(row[3]),
                keyed.moment(row[4]),
                row[5],
                keyed.moment(row[6]),
                self._agreed(row, fallback) if self.values else Agreed(),
            )
            for row in found
        }

    def _agreed(
        self, row: tuple[Any, ...], fallback: Mapping[int, tuple[Any, Any]]
    ) -> Agreed:
        source, target, record = _json(row[7]), _json(row[8]), row[9]
        if source is None and record in fallback:
            source, target = fallback[record]
        return Agreed(
            None if source is None else typed(source, self._source_types),
            None if target is None else typed(target, self._target_types),
        )

    def _told(self, found: list[tuple[Any, ...]]) -> dict[int, tuple[Any, Any]]:
        """What the last record of a binding carried over, where nothing else is noted:
        the flow of the other direction was added later."""
        ids = [row[9] for row in found if row[7] is None and row[9]]
        rows = SyncRecord.objects.filter(pk__in=ids).values_list(
            "pk", "flow__source_is_left", "payload", "mapped"
        )
        ours = self.flow.source_is_left
        return {
            pk: (payload, mapped) if left == ours else (mapped, payload)
            for pk, left, payload, mapped in rows
        }


def _json(stored: Any) -> Any:
    """A JSON column as a statement of ours brings it: text on SQLite."""
    return load(stored) if isinstance(stored, (str, bytes)) else stored
