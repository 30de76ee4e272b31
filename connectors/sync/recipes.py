"""Recipes: ready flows for a pair of connections, as data.

A flow of a recipe goes from its source to its target, with `reverse` the other way. It
may hold any setting of a flow, and its `mappings`, `match_rules`, `guards` and
`write_backs`; rows are suggested besides, unless it says `suggest = false`. What only
the installation knows stands in `asks`, a question by name, and as {name} in the texts
of rows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from django.db import models, transaction

from connectors.models import (
    Connection,
    FieldMapping,
    Flow,
    FlowStatus,
    Guard,
    MatchRule,
    WriteBack,
)
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.spec import ObjectSpec
from connectors.sync import connect
from connectors.sync.mapping.mapper import LINES
from connectors.sync.mapping.suggest import suggest
from connectors.sync.mapping.versions import save_version

FOLDER = Path(__file__).resolve().parent.parent / "recipes"
_RULES: Mapping[str, type[models.Model]] = {
    "match_rules": MatchRule,
    "guards": Guard,
    "write_backs": WriteBack,
}
Table: TypeAlias = dict[str, Any]
_NOTHING: Mapping[str, str] = {}


class RecipeError(ConfigurationError):
    """The recipe is not there, or does not fit; nothing was installed."""


def slugs() -> list[str]:
    """The recipes there are."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def recipe(slug: str) -> Table:
    """One recipe by its file name. Raises RecipeError with the known ones."""
    if slug not in slugs():
        raise RecipeError(
            f"There is no recipe “{slug}”.", advice=f"Known: {', '.join(slugs())}."
        )
    return tomllib.loads((FOLDER / f"{slug}.toml").read_text(encoding="utf-8"))


def read_fields(slug: str, source: Connection, target: Connection) -> None:
    """Read anew which fields both sides of each flow really have.

    Raises RecipeError, and what the systems raise.
    """
    made = _fitting(slug, source, target)
    for table in made["flows"]:
        ends = _ends(table, source, target)
        connect.refresh_catalogue(ends["source"], ends["source_object"])
        connect.refresh_catalogue(ends["target"], ends["target_object"])


@transaction.atomic
def install(
    slug: str,
    source: Connection,
    target: Connection,
    *,
    prefix: str = "",
    answers: Mapping[str, str] = _NOTHING,
    status: FlowStatus = FlowStatus.ACTIVE,
) -> list[Flow]:
    """Create the recipe's flows that are not there yet, mapped; all of the recipe's
    flows, in its order, which is that of their dependencies.

    Flows of the same ends are left as they are: a person may have edited them. Raises
    RecipeError for connections of other systems, and for a question left open.
    """
    made = _fitting(slug, source, target)
    missing = [name for name in made.get("asks", {}) if not answers.get(name)]
    if missing:
        questions = "; ".join(f"{name}: {made['asks'][name]}" for name in missing)
        raise RecipeError(f"The recipe needs to know {questions}.")
    flows = []
    for table in made["flows"]:
        ends = _ends(table, source, target)
        flow = Flow.objects.filter(**ends).first()
        if flow is None:
            flow = _made(_filled(table, answers), ends, prefix, status)
        flows.append(flow)
    return flows


def ensure_fields(flow: Flow) -> dict[str, str]:
    """Create the fields of ours that the flow fills, in its target and, for what is
    told back, in its source; the reason by name for those that cannot be created."""
    rows = flow.mappings.filter(enabled=True)
    told = flow.write_backs.filter(enabled=True)
    refused: dict[str, str] = {}
    for connection, object_type, names in (
        (flow.target, flow.target_object, rows.values_list("target_field", flat=True)),
        (flow.source, flow.source_object, told.values_list("source_field", flat=True)),
    ):
        target = connection.spec.object(object_type)
        managed = _managed(target, names)
        if target.lines_of and any(name.startswith(LINES) for name in names):
            of_lines = connection.spec.object(target.lines_of)
            refused |= _created(connection, of_lines, [of_lines.match_field])
        if managed:
            refused |= _created(connection, target, managed)
    return refused


def _managed(target: ObjectSpec, names: Iterable[str]) -> list[str]:
    fields = target.fields
    return [name for name in names if name in fields and fields[name].managed]


def _created(
    connection: Connection, target: ObjectSpec, names: Sequence[str]
) -> dict[str, str]:
    """Create fields of ours; the reason by name for those that cannot be."""
    report = connect.ensure_fields(connection, target.name, names)
    done = ("created", "exists")
    return {name: said for name, said in report.items() if said not in done}


def _fitting(slug: str, source: Connection, target: Connection) -> Table:
    made = recipe(slug)
    for side, connection in (("source", source), ("target", target)):
        if connection.system != made[side]:
            raise RecipeError(
                f"The {side} of “{made['label']}” is {made[side]}, and “{connection}” "
                f"is {connection.system}."
            )
    return made


def _ends(table: Table, source: Connection, target: Connection) -> Table:
    back = table.get("reverse", False)
    return {
        "source": target if back else source,
        "source_object": table["source_object"],
        "target": source if back else target,
        "target_object": table["target_object"],
    }


def _filled(value: Any, answers: Mapping[str, str]) -> Any:
    """The same with the answers in their places."""
    if isinstance(value, dict):
        return {name: _filled(one, answers) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, answers) for one in value]
    if isinstance(value, str):
        for name, answer in answers.items():
            value = value.replace(f"{{{name}}}", answer)
    return value


def _made(table: Table, ends: Table, prefix: str, status: FlowStatus) -> Flow:
    parts = {"reverse", "suggest", "mappings", *_RULES}
    wanted = table.get("suggest", True)
    said = {name: value for name, value in table.items() if name not in parts}
    flow = Flow(**{**said, **ends, "name": f"{prefix}{table['name']}"})
    flow.status = status
    flow.save()
    for name, kind in _RULES.items():
        for position, row in enumerate(table.get(name, ())):
            kind(flow=flow, position=position, **row).save()
    _map(flow, table.get("mappings", ()), suggest(flow) if wanted else ())
    return flow


def _map(flow: Flow, rows: Sequence[Table], suggested: Iterable[FieldMapping]) -> None:
    given = [FieldMapping(flow=flow, **row) for row in rows]
    named = {row.target_field for row in given}
    others = [row for row in suggested if row.target_field not in named]
    for position, row in enumerate([*others, *given]):
        row.position = position
        row.save()
    save_version(flow)
