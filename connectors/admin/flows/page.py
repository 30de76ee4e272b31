"""What the flow's pages show beside the form; nothing here asks a system."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Count
from django.utils import timezone

from connectors.admin.columns import ago
from connectors.admin.flows.lists import TYPE_WORDS, shared_options
from connectors.admin.flows.rules import ARGUMENTS
from connectors.models import CatalogueField, Flow, FlowStatus
from connectors.sdk.records import FieldInfo
from connectors.sync.drift.breakage import held
from connectors.sync.mapping.fields import known_fields
from connectors.sync.mapping.mapper import LINES
from connectors.sync.mapping.transforms import TRANSFORMS
from connectors.sync.watch import tally


def problem_counts(flow_ids: Iterable[int]) -> Counter[int]:
    """How many records of each flow need a person, one query for all."""
    rows = (
        tally.problems()
        .filter(flow_id__in=list(flow_ids))
        .values_list("flow_id")
        .annotate(Count("pk"))
    )
    return Counter(dict(rows))


def missing_fields(flow: Flow) -> list[CatalogueField]:
    """Fields of ours that the mapping writes and the target does not have yet.

    The catalogue has a field of ours either as the target reports it, as a custom
    one, or as spec.toml describes it, when the target has none of that name.
    """
    rows = flow.mappings.filter(enabled=True)
    names = list(rows.values_list("target_field", flat=True))
    ours = flow.target.catalogue.filter(managed=True, custom=False)
    target = flow.target.spec.objects.get(flow.target_object)
    found = list(ours.filter(object_type=flow.target_object, name__in=names))
    if target and target.lines_of and any(n.startswith(LINES) for n in names):
        # A line that is a record of its own is recognised by a key as well.
        key = flow.target.spec.object(target.lines_of).match_field
        found += ours.filter(object_type=target.lines_of, name=key)
    return found


def page_facts(flow: Flow) -> dict[str, Any]:
    """The context of the flow's page."""
    source = known_fields(flow.source, flow.source_object)
    target = known_fields(flow.target, flow.target_object)
    return {
        "facts": _facts(flow),
        "problem_count": problem_counts([flow.pk])[flow.pk],
        "hints": list(_hints(flow, target)),
        "source_fields": [_offered(field) for field in source.values()],
        "target_fields": [_offered(f) for f in target.values() if not f.read_only],
        "row_options": shared_options(),
        "row_arguments": ARGUMENTS,
        "transforms": {
            t.name: {
                "help": t.help,
                "argument": t.argument_label,
                "required": t.argument_required,
            }
            for t in TRANSFORMS.values()
        },
    }


def next_run(flow: Flow) -> str:
    """When the schedule starts it again, in words."""
    if flow.status != FlowStatus.ACTIVE or not flow.interval:
        return "–"
    at = flow.state.next_run_at
    return "due now" if at is None or at <= timezone.now() else ago(at)


def _facts(flow: Flow) -> dict[str, str]:
    state = flow.state
    return {
        "Looks for changes": flow.schedule_text,
        "Last run": ago(state.last_run_at),
        "Last success": ago(state.last_success_at),
        "Next run": next_run(flow),
        "Mappings": f"version {flow.mapping_version}"
        if flow.mapping_version
        else "none yet",
    }


def _hints(flow: Flow, target: dict[str, FieldInfo]) -> Iterable[str]:
    """What keeps the flow from working, with the next step."""
    for connection in (flow.source, flow.target):
        if not connection.enabled:
            yield f"“{connection}” is switched off; nothing can run."
        elif connection.stopped:
            yield (
                f"“{connection}” was refused by its system; correct it and test it, "
                "then the flow goes on."
            )
    if drift := held(flow):
        yield str(drift)
    filled = set(
        flow.mappings.filter(enabled=True).values_list("target_field", flat=True)
    )
    if not filled:
        yield (
            "There are no mappings yet. Press “Suggest mappings”, look the rows over, "
            "and save."
        )
    elif _unrecognised(flow, filled):
        known = target.get(flow.match_field)
        label = f"“{known.label}” ({known.name})" if known else flow.match_field
        yield (
            f"Records are recognised by {label}, and no mapping row fills it. Add one, "
            "or nothing can be written."
        )
    missing = missing_fields(flow)
    if missing:
        labels = ", ".join(field.label for field in missing)
        yield (
            f"“{flow.target}” does not have these fields of ours yet: {labels}. Press "
            "“Create missing fields”."
        )


def _unrecognised(flow: Flow, filled: Collection[str]) -> bool:
    """Whether the target could not tell which records it has already.

    One that gives its records their keys itself knows them by reference and binding.
    """
    target = flow.target.spec.object(flow.target_object)
    named = not target.create_is_not_idempotent and flow.match_field
    return bool(named) and flow.match_field not in filled


def _offered(field: FieldInfo) -> dict[str, Any]:
    """What the picker shows of a field; what is not so is left out."""
    said = {
        "name": field.name,
        "label": field.label,
        "type": TYPE_WORDS[field.type],
        "required": field.required,
        "custom": field.custom,
        "unique": field.unique,
        "help": field.help,
    }
    return {name: value for name, value in said.items() if value}
