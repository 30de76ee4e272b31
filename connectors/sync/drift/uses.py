"""Which fields flows name, and for what: rows, guards, match rules, write-backs, and
the mark of deleted records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from connectors.models import (
    DriftKind,
    FieldMapping,
    Flow,
    Guard,
    GuardKind,
    MatchRule,
    SourceGone,
    WriteBack,
)
from connectors.sync.mapping.fields import listed
from connectors.sync.mapping.transforms import TRANSFORMS

LINES = "lines."
# What waits: all of it, deleted records that are to be marked, what is told the source.
Waits = Literal["flow", "marked", "told"]
_GONE = frozenset({DriftKind.REMOVED, DriftKind.RETYPED})
_UNWRITABLE = _GONE | {DriftKind.READ_ONLY, DriftKind.OPTION_REMOVED}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldUse:
    """One field that a flow names. `kind` is a word of the console, `what` says which
    one of them; `breaks` are the changes that spoil it, and `waits` what waits then."""

    flow: Flow
    of_source: bool
    object_type: str
    field: str
    kind: str
    what: str
    breaks: frozenset[DriftKind]
    waits: Waits = "flow"
    row: FieldMapping | None = None

    @property
    def connection_id(self) -> int:
        """The connection that has the field."""
        return self.flow.source_id if self.of_source else self.flow.target_id


def uses_of(flows: Sequence[Flow]) -> Iterator[FieldUse]:
    """Every field that these flows name; a constant number of queries.

    Flows come with their connections.
    """
    by_id = {flow.pk: flow for flow in flows}
    for row in FieldMapping.objects.filter(flow__in=flows, enabled=True):
        yield from _of_row(by_id[row.flow_id], row)
    for guard in Guard.objects.filter(flow__in=flows, enabled=True):
        yield from _of_guard(by_id[guard.flow_id], guard)
    for rule in MatchRule.objects.filter(flow__in=flows, enabled=True):
        yield from _of_rule(by_id[rule.flow_id], rule)
    for told in WriteBack.objects.filter(flow__in=flows, enabled=True):
        flow, what = by_id[told.flow_id], f"write-back {told}"
        yield _use(
            flow, told.source_field, "write-back", what, _UNWRITABLE,
            of_source=True, waits="told",
        )  # fmt: skip
    for flow in flows:
        if flow.source_gone == SourceGone.FLAG and flow.flag_field:
            yield _use(
                flow, flow.flag_field, "mark", "the mark of deleted records",
                _UNWRITABLE, of_source=False, waits="marked",
            )  # fmt: skip


def _of_row(flow: Flow, row: FieldMapping) -> Iterator[FieldUse]:
    transform = TRANSFORMS.get(row.transform)
    more = transform.fields(row.argument) if transform else set()
    what = f"row {row}"
    for name in sorted({row.source_field, *more} - {""}):
        yield _use(flow, name, "mapping row", what, _GONE, of_source=True, row=row)
    written = _UNWRITABLE
    if row.target_field == flow.match_field:
        written |= {DriftKind.NOT_UNIQUE}
    name = row.target_field
    yield _use(flow, name, "mapping row", what, written, of_source=False, row=row)


def _of_guard(flow: Flow, guard: Guard) -> Iterator[FieldUse]:
    names = listed(guard.field)
    if guard.kind == GuardKind.CREDIT:
        names.append(guard.argument.strip())
    for name in filter(None, names):
        yield _use(flow, name, "guard", f"guard “{guard}”", _GONE, of_source=True)


def _of_rule(flow: Flow, rule: MatchRule) -> Iterator[FieldUse]:
    ends: Iterable[tuple[str, bool]] = (
        (rule.source_field, True),
        (rule.source_field_2, True),
        (rule.target_field, False),
        (rule.target_field_2, False),
    )
    for name, of_source in ends:
        if name:
            what = f"match rule {rule}"
            yield _use(flow, name, "match rule", what, _GONE, of_source=of_source)


def _use(
    flow: Flow,
    name: str,
    kind: str,
    what: str,
    breaks: frozenset[DriftKind],
    *,
    of_source: bool,
    waits: Waits = "flow",
    row: FieldMapping | None = None,
) -> FieldUse:
    of_line = lines_of(flow, of_source=of_source) if name.startswith(LINES) else ""
    own = flow.source_object if of_source else flow.target_object
    return FieldUse(
        flow=flow,
        of_source=of_source,
        object_type=of_line or own,
        field=name.removeprefix(LINES) if of_line else name,
        kind=kind,
        what=what,
        breaks=breaks,
        waits=waits,
        row=row,
    )


def lines_of(flow: Flow, *, of_source: bool) -> str:
    """The object type of the lines of the flow's documents; "" where lines are no
    records of their own."""
    connection, object_type = (
        (flow.source, flow.source_object)
        if of_source
        else (flow.target, flow.target_object)
    )
    found = connection.spec.objects.get(object_type)
    return found.lines_of if found else ""
