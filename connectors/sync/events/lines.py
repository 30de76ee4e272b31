"""Events of lines: they lead to the documents that have the lines, which are read."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from connectors.models import ChangeEvent, Fate, FieldMapping, Flow
from connectors.sdk.contract import Connector
from connectors.sync.events.rows import OF_LINE, following, insert

# Lines looked up at once.
LOOK = 500
LINES = "lines."


def readers(flows: Iterable[Flow]) -> list[tuple[Flow, str]]:
    """The flows whose mappings read lines, with the object type of the lines."""
    found = [(flow, _lines_of(flow)) for flow in flows]
    having = [flow for flow, lines in found if lines]
    if not having:
        return []
    of_lines = Q(source_field__startswith=LINES) | Q(target_field__startswith=LINES)
    rows = FieldMapping.objects.filter(of_lines, flow__in=having, enabled=True)
    named = set(rows.values_list("flow", flat=True))
    return [(flow, lines) for flow, lines in found if flow.pk in named]


def _lines_of(flow: Flow) -> str:
    objects = flow.source.spec.objects
    found = objects.get(flow.source_object)
    return found.lines_of if found else ""


def lead(flow: Flow, connector: Connector) -> None:
    """Let each waiting event of a line be followed by one for each of its documents.

    What belongs to none (it was deleted) is left to polling.
    """
    waiting = ChangeEvent.objects.filter(flow=flow, taken_at=None, kind=OF_LINE)
    while events := list(waiting.order_by("pk")[:LOOK]):
        keys = list(dict.fromkeys(event.key for event in events))
        found = connector.documents(flow.source_object, keys)
        rows = [
            following(event, document)
            for event in events
            for document in found.get(event.key, ())
        ]
        with transaction.atomic():
            insert(rows)
            _taken([e.pk for e in events if found.get(e.key)], Fate.READ)
            _taken([e.pk for e in events if not found.get(e.key)], Fate.LEFT)


def _taken(ids: list[int], fate: Fate) -> None:
    events = ChangeEvent.objects.filter(pk__in=ids)
    events.update(taken_at=timezone.now(), fate=fate)
