"""Records that wait for each other in a ring would wait for ever."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.models import Flow, Outcome, SyncRecord
from connectors.sdk.errors import DependencyMissingError, RecordError
from connectors.sync.deciding.decision import Decision

# Longer rings than this are not looked for.
DEEPEST = 8


class CycleError(RecordError):
    """Each of several records waits for the next, and the last for the first."""

    error_class = "cycle"
    default_advice = (
        "Take the reference out of one of them (or let its row write only when "
        "updating), then replay."
    )


def report(flow: Flow, decisions: Sequence[Decision]) -> None:
    """Fail the records that wait for themselves, in the end.

    Looked at when a record has waited once: only then can the others have said what
    they wait for.
    """
    waiting = {
        f"{flow.source_object}:{d.record.source_id}": d
        for d in decisions
        if isinstance(d.error, DependencyMissingError)
        and d.record.outcome == Outcome.WAITING
    }
    paths = {
        name: [name, d.error.missing]
        for name, d in waiting.items()
        if isinstance(d.error, DependencyMissingError)
    }
    for _ in range(DEEPEST):
        following = _blockers(flow, {path[-1] for path in paths.values()})
        for name, path in list(paths.items()):
            if path[-1] == name:
                _fail(waiting[name], path)
                del paths[name]
            elif path[-1] in following:
                path.append(following[path[-1]])
            else:
                del paths[name]
        if not paths:
            return


def _blockers(flow: Flow, names: set[str]) -> dict[str, str]:
    """What these records ("object:key") wait for themselves."""
    found: dict[str, str] = {}
    by_object: dict[str, set[str]] = {}
    for name in names:
        object_type, _, key = name.partition(":")
        by_object.setdefault(object_type, set()).add(key)
    for object_type, keys in by_object.items():
        rows = SyncRecord.objects.filter(
            source_id__in=keys,
            flow__source=flow.source,
            flow__source_object=object_type,
            outcome=Outcome.WAITING,
        ).exclude(blocked_by="")
        for key, blocked_by in rows.values_list("source_id", "blocked_by"):
            found[f"{object_type}:{key}"] = blocked_by
    return found


def _fail(decision: Decision, path: list[str]) -> None:
    ring = " → ".join(name.replace(":", " ") for name in path)
    decision.fail(CycleError(f"These wait for each other: {ring}."))
