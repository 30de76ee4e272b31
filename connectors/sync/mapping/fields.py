"""The fields the mapping editor and the mapper know, without asking any system."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from connectors.models import Connection, Flow, GuardKind
from connectors.sdk.records import FieldInfo
from connectors.sdk.spec import ObjectSpec


def known_fields(connection: Connection, object_type: str) -> dict[str, FieldInfo]:
    """The catalogue of an object type; the spec's fields until it was discovered.

    Those of a document's lines have "lines." before their name.
    """
    spec = connection.spec.object(object_type)
    rows = connection.catalogue.filter(object_type=object_type, missing=False)
    found = {row.name: row.info for row in rows} or dict(spec.fields)
    lines = dict(spec.lines)
    if spec.lines_of:
        lines |= _found_lines(connection, spec)
    for line in lines.values():
        name = f"lines.{line.name}"
        found[name] = replace(line, name=name, label=f"Line: {line.label}")
    return found


def _found_lines(connection: Connection, spec: ObjectSpec) -> dict[str, FieldInfo]:
    """The fields of a document's lines as they were discovered: what the account has
    added, and options. The key of a line is none of them: it is given by its place."""
    of_lines = connection.catalogue.filter(object_type=spec.lines_of, missing=False)
    rows = [row.info for row in of_lines if not row.managed]
    return {
        info.name: replace(spec.lines[info.name], options=info.options)
        if info.name in spec.lines
        else info
        for info in rows
        if info.name in spec.lines or (info.custom and not info.references)
    }


def wanted_fields(flow: Flow, mapped: Collection[str]) -> list[str]:
    """What is read of a record: what its rows read, and what the flow's match rules
    and guards look at besides."""
    names = set(mapped)
    for rule in flow.match_rules.filter(enabled=True):
        names |= {rule.source_field, rule.source_field_2}
    for guard in flow.guards.filter(enabled=True):
        names |= set(listed(guard.field))
        if guard.kind == GuardKind.CREDIT:
            names.add(guard.argument)
    return sorted(names - {""})


def listed(text: str) -> list[str]:
    """Names that a person has written with commas or line breaks between."""
    return [name.strip() for name in text.replace("\n", ",").split(",") if name.strip()]
