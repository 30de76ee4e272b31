"""Which flows and rows a change of fields breaks, and what is to be done about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.models import CatalogueChange, DriftKind, Flow
from connectors.sdk.errors import DriftError
from connectors.sdk.records import FieldInfo, Option
from connectors.sync.drift.changes import open_changes
from connectors.sync.drift.uses import LINES, FieldUse, lines_of, uses_of


@dataclass(frozen=True, slots=True)
class Breakage:
    """One use of a field that a change breaks."""

    use: FieldUse
    change: CatalogueChange

    @property
    def flow(self) -> Flow:
        """The flow that names the field."""
        return self.use.flow

    @property
    def whole(self) -> bool:
        """Whether the whole flow waits."""
        return self.use.waits == "flow" and not self.option

    @property
    def waits(self) -> str:
        """What waits of the flow, where not all of it does."""
        words = _WAITS[self.use.waits]
        return _WAITS["option"] if self.option and not words else words

    @property
    def says(self) -> str:
        """What has happened to the field."""
        return says(self.change)

    @property
    def advice(self) -> str:
        """What a person can do."""
        return advice(self.change, self.use.kind)

    @property
    def field(self) -> str:
        """The field to look at: of a row the one it fills."""
        return self.use.row.target_field if self.use.row else self.change.field

    @property
    def option(self) -> str:
        """The value of the option that is gone, "" for other changes."""
        lost = self.change.kind == DriftKind.OPTION_REMOVED
        return self.change.before if lost else ""


_WAITS = {
    "flow": "",
    "option": "only records with this option wait",
    "marked": "only deleted records wait, which are to be marked",
    "told": "only what is to be told the source waits",
}
_ADVICE = {
    DriftKind.REMOVED: "Choose another field in the {it}, remove the {it}, or "
    "restore the field and press “Read fields” at the connection.",
    DriftKind.RETYPED: "See whether the {it} still fits; then press “Accept "
    "changes” at the connection, or give the field its type back.",
    DriftKind.READ_ONLY: "Choose another field in the {it} or remove the {it}.",
    DriftKind.NOT_UNIQUE: "Records are recognised by it: make it unique again, or "
    "press “Accept changes” at the connection if it surely is.",
    DriftKind.OPTION_REMOVED: "Map the value to another option with a value map and "
    "press “Accept changes” at the connection, or restore the option and press “Read "
    "fields” there.",
}


def advice(change: CatalogueChange, it: str) -> str:
    """What a person can do about a change that breaks a mapping row, or what it is."""
    return _ADVICE[DriftKind(change.kind)].format(it=it)


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
    """What open changes break in these flows; a constant number of queries, and one
    where there are none. Flows come with their connections.
    """
    flows = list(flows)
    ends = {pk for flow in flows for pk in (flow.source_id, flow.target_id)}
    changes: dict[tuple[int, str, str], list[CatalogueChange]] = {}
    for change in open_changes(ends):
        place = (change.connection_id, change.object_type, change.field)
        changes.setdefault(place, []).append(change)
    if not changes:
        return []
    return [
        Breakage(use, change)
        for use in uses_of(flows)
        for change in changes.get((use.connection_id, use.object_type, use.field), ())
        if change.kind in use.breaks
    ]


def held(flow: Flow, *, reading: bool = False) -> DriftError | None:
    """Why nothing of the flow may be sent, or with `reading` even be read."""
    found = [b for b in breakages([flow]) if b.whole]
    if reading:
        found = [b for b in found if b.use.of_source]
    return _error(found, "anything is sent") if found else None


def unmarkable(flow: Flow) -> DriftError | None:
    """Why deleted records of the flow cannot be marked now."""
    found = [b for b in breakages([flow]) if b.use.waits == "marked"]
    found = [b for b in found if not b.option or b.option == flow.flag_value]
    return _error(found, "it is marked") if found else None


def untellable(flow: Flow) -> bool:
    """Whether the flow's source lacks a field that it is to be told in."""
    return any(b.use.waits == "told" and not b.option for b in breakages([flow]))


def _error(found: Sequence[Breakage], what: str) -> DriftError:
    first = found[0]
    more = f" And {len(found) - 1} more." if len(found) > 1 else ""
    where = first.flow.source if first.use.of_source else first.flow.target
    return DriftError(
        f"Held before {what}: in “{where}” {first.says}.{more}",
        advice=first.advice,
        field=first.field,
    )


class Options:
    """The options that a flow's target has lost, by field and value; those of its
    documents' lines too."""

    def __init__(self, flow: Flow) -> None:
        of_lines = lines_of(flow, of_source=False)
        prefixes = {flow.target_object: "", of_lines: LINES}
        lost = open_changes([flow.target_id]).filter(
            object_type__in=prefixes, kind=DriftKind.OPTION_REMOVED
        )
        self._lost: dict[str, dict[str, CatalogueChange]] = {}
        for change in lost:
            name = prefixes[change.object_type] + change.field
            self._lost.setdefault(name, {})[change.before] = change

    def refusal(
        self, values: Mapping[str, object], lines: Sequence[Mapping[str, object]] = ()
    ) -> DriftError | None:
        """Why a record with these target values and lines has to wait, if so."""
        for name, lost in self._lost.items():
            of_line = name.startswith(LINES)
            own = name.removeprefix(LINES)
            for one in lines if of_line else (values,):
                # A field of several options holds them with semicolons between.
                for value in str(one.get(own) or "").split(";"):
                    if change := lost.get(value):
                        return DriftError(
                            f"Held before it is sent: {says(change)}.",
                            advice=advice(change, "mapping row"),
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
    prefixes = {lines_of(flow, of_source=of_source): LINES, object_type: ""}
    known = dict(fields)
    changes = list(open_changes([connection]).filter(object_type__in=prefixes))
    lost = [one for one in changes if one.kind == DriftKind.OPTION_REMOVED]
    gone = {
        (one.object_type, one.field) for one in changes if one.kind == DriftKind.REMOVED
    }
    if gone:
        rows = connection.catalogue.filter(
            object_type__in=prefixes, name__in={name for _, name in gone}
        )
        for row in rows:
            name = prefixes[row.object_type] + row.name
            if (row.object_type, row.name) in gone and name not in known:
                known[name] = replace(row.info, name=name)
    for one in lost:
        name = prefixes[one.object_type] + one.field
        if info := known.get(name):
            option = Option(value=one.before, label=one.after)
            known[name] = replace(info, options=(*info.options, option))
    return known
