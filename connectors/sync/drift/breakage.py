"""Which flows and rows a change of fields breaks, and what is to be done about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from connectors.models import CatalogueChange, DriftKind, FieldMapping, Flow
from connectors.sdk.errors import DriftError
from connectors.sdk.records import FieldInfo, Option
from connectors.sync.drift.changes import open_changes
from connectors.sync.mapping.transforms import TRANSFORMS


@dataclass(frozen=True, slots=True)
class Breakage:
    """One row that a change breaks. `whole` says that the whole flow waits, and not
    only the records that carry an option that is gone."""

    flow: Flow
    row: FieldMapping
    change: CatalogueChange
    of_source: bool
    whole: bool

    @property
    def says(self) -> str:
        """What has happened to the field."""
        return says(self.change)

    @property
    def advice(self) -> str:
        """What a person can do."""
        return _ADVICE[DriftKind(self.change.kind)]


_ADVICE = {
    DriftKind.REMOVED: "Choose another field in the mapping row, remove the row, or "
    "restore the field and press “Read fields” at the connection.",
    DriftKind.RETYPED: "See whether the mapping row still fits; then press “Accept "
    "changes” at the connection, or give the field its type back.",
    DriftKind.READ_ONLY: "Choose another field in the mapping row or remove the row.",
    DriftKind.NOT_UNIQUE: "Records are recognised by it: make it unique again, or "
    "press “Accept changes” at the connection if it surely is.",
    DriftKind.OPTION_REMOVED: "Map the value to another option with a value map and "
    "press “Accept changes” at the connection, or restore the option and press “Read "
    "fields” there.",
}


def says(change: CatalogueChange) -> str:
    """A breaking change in one phrase."""
    field = f"“{change.label}” ({change.field})"
    hint = f", {change.hint}" if change.hint else ""
    return {
        DriftKind.REMOVED: f"{field} was removed{hint}",
        DriftKind.RETYPED: f"{field} is of the type {change.after} now, "
        f"it was {change.before}",
        DriftKind.READ_ONLY: f"{field} cannot be written any more",
        DriftKind.NOT_UNIQUE: f"{field} is not unique any more",
        DriftKind.OPTION_REMOVED: f"{field} has lost the option “{change.after}” "
        f"({change.before}){hint}",
    }[DriftKind(change.kind)]


def breakages(flows: Iterable[Flow]) -> list[Breakage]:
    """What open changes break in these flows; two queries, or one where there are none.

    Flows come with their connections.
    """
    flows = list(flows)
    ends = {pk for flow in flows for pk in (flow.source_id, flow.target_id)}
    changes = list(open_changes(ends))
    if not changes:
        return []
    rows = FieldMapping.objects.filter(flow__in=flows, enabled=True)
    by_id = {flow.pk: flow for flow in flows}
    return [b for row in rows for b in _of_row(by_id[row.flow_id], row, changes)]


def _of_row(
    flow: Flow, row: FieldMapping, changes: Iterable[CatalogueChange]
) -> Iterator[Breakage]:
    source = (flow.source_id, flow.source_object)
    target = (flow.target_id, flow.target_object)
    read = _reads(row)
    for change in changes:
        end = (change.connection_id, change.object_type)
        gone = change.kind in (DriftKind.REMOVED, DriftKind.RETYPED)
        if end == source and change.field in read and gone:
            yield Breakage(flow, row, change, of_source=True, whole=True)
        elif end == target and change.field == row.target_field:
            if change.kind == DriftKind.NOT_UNIQUE and row.target_field != (
                flow.match_field
            ):
                continue
            whole = change.kind != DriftKind.OPTION_REMOVED
            yield Breakage(flow, row, change, of_source=False, whole=whole)


def _reads(row: FieldMapping) -> set[str]:
    transform = TRANSFORMS.get(row.transform)
    more = transform.fields(row.argument) if transform else set()
    return {row.source_field} | more


def held(flow: Flow, *, reading: bool = False) -> DriftError | None:
    """Why nothing of the flow may be sent, or with `reading` even be read."""
    found = [b for b in breakages([flow]) if b.whole]
    if reading:
        found = [b for b in found if b.of_source]
    if not found:
        return None
    first = found[0]
    more = f" And {len(found) - 1} more." if len(found) > 1 else ""
    where = first.flow.source if first.of_source else first.flow.target
    return DriftError(
        f"Held before anything is sent: in “{where}” {first.says}.{more}",
        advice=first.advice,
        field=first.row.target_field,
    )


class Options:
    """The options that a flow's target has lost, by field and value."""

    def __init__(self, flow: Flow) -> None:
        lost = open_changes([flow.target_id]).filter(
            object_type=flow.target_object, kind=DriftKind.OPTION_REMOVED
        )
        self._lost: dict[str, dict[str, CatalogueChange]] = {}
        for change in lost:
            self._lost.setdefault(change.field, {})[change.before] = change

    def refusal(self, values: Mapping[str, object]) -> DriftError | None:
        """Why a record with these target values has to wait, if so."""
        for name, lost in self._lost.items():
            # A field of several options holds them with semicolons between.
            for value in str(values.get(name) or "").split(";"):
                if change := lost.get(value):
                    return DriftError(
                        f"Held before it is sent: {says(change)}.",
                        advice=_ADVICE[DriftKind.OPTION_REMOVED],
                        field=name,
                    )
        return None


def as_mapped(
    flow: Flow, fields: Mapping[str, FieldInfo], *, of_source: bool
) -> dict[str, FieldInfo]:
    """The fields with those and the options that are gone: their rows must still be
    understood, so that their records can wait instead of failing."""
    connection, object_type = (
        (flow.source, flow.source_object)
        if of_source
        else (flow.target, flow.target_object)
    )
    known = dict(fields)
    changes = open_changes([connection]).filter(object_type=object_type)
    lost = [one for one in changes if one.kind == DriftKind.OPTION_REMOVED]
    gone = {one.field for one in changes if one.kind == DriftKind.REMOVED} - set(known)
    if gone:
        rows = connection.catalogue.filter(object_type=object_type, name__in=gone)
        known |= {row.name: row.info for row in rows}
    for one in lost:
        if info := known.get(one.field):
            option = Option(value=one.before, label=one.after)
            known[one.field] = replace(info, options=(*info.options, option))
    return known
