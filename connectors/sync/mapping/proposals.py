"""Fields that a flow's source has and nothing in the target stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from connectors.models import FieldMapping, Flow
from connectors.sdk.records import FieldInfo, NewField
from connectors.sync import connect
from connectors.sync.mapping.fields import known_fields
from connectors.sync.mapping.mapper import LINES
from connectors.sync.mapping.transforms import TRANSFORMS
from connectors.sync.mapping.versions import save_version


@dataclass(frozen=True, slots=True)
class Proposal:
    """A field of the source and the one that would be created for it.

    `object_type` is the target's; with `of_lines` it is that of a document's lines.
    `same` is the label of a field that the target has for the same meaning.
    """

    source: FieldInfo
    object_type: str
    new: NewField
    of_lines: bool = False
    same: str = ""

    @property
    def target_field(self) -> str:
        """How a mapping names the new field."""
        return f"{LINES if self.of_lines else ''}{self.new.info.name}"


def can_propose(flow: Flow) -> bool:
    """Whether fields can be created in the target."""
    target = flow.target.spec.objects.get(flow.target_object)
    return target is not None and target.can("create_fields")


def proposals(flow: Flow) -> list[Proposal]:
    """One for each field of the source that no row reads. Asks the target."""
    target = flow.target.spec.object(flow.target_object)
    heads, lines = _unread(flow)
    found = _proposed(flow, target.name, heads)
    if target.lines_of and lines:
        found += _proposed(flow, target.lines_of, lines, of_lines=True)
    return found


def create(
    flow: Flow, chosen: Iterable[Proposal], user: Any, *, mapped: bool
) -> dict[str, str]:
    """Create the chosen fields; what became of each, by the name a mapping uses.

    With `mapped` each one that was created gets a row of its own.
    """
    by_type: dict[str, list[Proposal]] = {}
    for one in chosen:
        by_type.setdefault(one.object_type, []).append(one)
    report: dict[str, str] = {}
    made: list[Proposal] = []
    for object_type, several in by_type.items():
        infos = [one.new.info for one in several]
        said = connect.create_fields(flow.target, object_type, infos)
        report |= {one.target_field: said[one.new.info.name] for one in several}
        made += [one for one in several if said[one.new.info.name] == "created"]
    if mapped and made:
        _map(flow, made, user)
    return report


def _map(flow: Flow, made: Iterable[Proposal], user: Any) -> None:
    with transaction.atomic():
        position = flow.mappings.count()
        for place, one in enumerate(made):
            FieldMapping.objects.create(
                flow=flow,
                position=position + place,
                source_field=one.source.name,
                target_field=one.target_field,
            )
        save_version(flow, user)


def _proposed(
    flow: Flow, object_type: str, fields: list[FieldInfo], *, of_lines: bool = False
) -> list[Proposal]:
    bare = [replace(one, name=one.name.removeprefix(LINES)) for one in fields]
    found = connect.propose_fields(flow.target, object_type, bare)
    target = known_fields(flow.target, flow.target_object).values()
    same = {one.canonical: one.label for one in target if not one.read_only}
    return [
        Proposal(
            source,
            object_type,
            new,
            of_lines,
            same.get(source.canonical, "") if source.canonical else "",
        )
        for source, new in zip(fields, found, strict=True)
    ]


def _unread(flow: Flow) -> tuple[list[FieldInfo], list[FieldInfo]]:
    """Fields of the source that no row reads: its own, and those of its lines."""
    source: Mapping[str, FieldInfo] = known_fields(flow.source, flow.source_object)
    read: set[str] = set()
    for row in flow.mappings.filter(enabled=True):
        transform = TRANSFORMS.get(row.transform)
        read |= {row.source_field}
        read |= transform.fields(row.argument) if transform else set()
    left = [one for name, one in source.items() if name not in read]
    heads = [one for one in left if not one.name.startswith(LINES)]
    return heads, [one for one in left if one.name.startswith(LINES)]
