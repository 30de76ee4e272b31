"""What the bindings say of records: the id on the other side, and what was agreed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from connectors.models import Flow
from connectors.sdk.records import Fields
from connectors.sdk.values import coded_types, load, typed
from connectors.sync.deciding.merge import Agreed
from connectors.sync.mapping.mapper import CompiledMapping
from connectors.sync.outbox import keyed


class Noted(NamedTuple):
    """What was agreed, as it is stored: the record that was carried over last, and both
    sides' values, where the binding keeps them."""

    record: int | None
    source: Any = None
    target: Any = None


@dataclass(slots=True)
class Known:
    """A binding, seen from a flow: the target's id, what was last agreed, and when.

    `gone` says since when the target's record is deleted or archived, `source_gone`
    the source's. What was `noted` becomes `agreed` by `Bindings.recall`.
    """

    target_id: str
    target_fingerprint: str
    version: datetime | None
    gone: datetime | None = None
    source_fingerprint: str = ""
    source_gone: datetime | None = None
    noted: Noted | None = None
    agreed: Agreed = field(default_factory=Agreed)


class Bindings:
    """The bindings of one flow's pair, by the source's keys.

    With `agreed` also what was agreed, of the source or of both: only flows of both
    directions need it.
    """

    def __init__(
        self,
        flow: Flow,
        mapping: CompiledMapping,
        *,
        agreed: Literal["nothing", "source", "both"],
    ) -> None:
        self.flow = flow
        self.source, self.target = (
            ("left", "right") if flow.source_is_left else ("right", "left")
        )
        noted = ["record", f"{self.source}_values", f"{self.target}_values"]
        self._noted = noted[: {"nothing": 0, "source": 2, "both": 3}[agreed]]
        # Of the fields that the mapping names: nobody asks for what others were.
        self._source_types = {
            name: mapping.types[name]
            for name in mapping.source_fields
            if name in mapping.types
        }
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
            *self._noted,
        ]
        found = keyed.bindings([self.flow.pair_id or 0], self.source, keys, columns)
        found.sort(key=lambda row: row[4] is None)
        return {
            row[0]: Known(
                row[1],
                row[2],
                keyed.moment(row[3]),
                keyed.moment(row[4]),
                row[5],
                keyed.moment(row[6]),
                Noted(*row[7:]) if self._noted else None,
            )
            for row in found
        }

    def recall(self, bound: Iterable[Known]) -> None:
        """Read what was noted of these: most of what is looked up is never asked so."""
        noted = [(known, known.noted) for known in bound if known.noted]
        told = self._told([one for _, one in noted])
        for known, one in noted:
            said = one if one.source is not None else told.get(one.record, one)
            known.noted = None
            known.agreed = Agreed(
                _fields(said.source, self._source_types),
                _fields(said.target, self._target_types),
            )

    def _told(self, noted: Iterable[Noted]) -> dict[int | None, Noted]:
        """What the last record of a binding carried over, where nothing else is noted:
        the flow of the other direction was added later."""
        ids = [one.record for one in noted if one.source is None and one.record]
        ours = self.flow.source_is_left
        return {
            pk: Noted(pk, *((payload, mapped) if left == ours else (mapped, payload)))
            for pk, left, payload, mapped in keyed.carried(ids)
        }


def _fields(stored: Any, types: dict[str, str]) -> Fields | None:
    """Values with their types; as a statement of ours brings JSON, text on SQLite."""
    values = load(stored) if isinstance(stored, (str, bytes)) else stored
    return None if values is None else typed(values, types)
