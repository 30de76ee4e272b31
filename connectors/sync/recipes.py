"""Recipes: ready flows for a pair of connections, as data."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from connectors.models import Connection, FieldMapping, Flow, FlowStatus
from connectors.sync.mapping.suggest import suggest
from connectors.sync.mapping.versions import save_version

FOLDER = Path(__file__).resolve().parent.parent / "recipes"


def recipe(slug: str) -> dict[str, Any]:
    """One recipe by its file name."""
    return tomllib.loads((FOLDER / f"{slug}.toml").read_text(encoding="utf-8"))


@transaction.atomic
def install(
    slug: str, source: Connection, target: Connection, *, prefix: str = ""
) -> list[Flow]:
    """Create the recipe's flows that are not there yet, mapped and active.

    Flows of the same ends are left as they are: a person may have edited them.
    """
    flows = []
    for table in recipe(slug)["flows"]:
        rows = table.pop("mappings", [])
        ends = {
            "source": source,
            "source_object": table["source_object"],
            "target": target,
            "target_object": table["target_object"],
        }
        flow = Flow.objects.filter(**ends).first()
        if flow is None:
            flow = Flow(**ends, interval=table["interval"], status=FlowStatus.ACTIVE)
            flow.name = f"{prefix}{table['name']}"
            flow.save()
            _map(flow, rows)
        flows.append(flow)
    return flows


def _map(flow: Flow, rows: list[dict[str, Any]]) -> None:
    given = [FieldMapping(flow=flow, **row) for row in rows]
    named = {row.target_field for row in given}
    suggested = [row for row in suggest(flow) if row.target_field not in named]
    for position, row in enumerate([*suggested, *given]):
        row.position = position
        row.save()
    save_version(flow)
