"""The history page: who changed what, when, from what to what, and who pressed what.

Two sources are told as one story: the stored versions of the object (and of the rows
that belong to it), and what the buttons noted in the admin's own log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

SHOWN = 200
# Rows of one save follow one another at this distance at the most.
TOGETHER = timedelta(seconds=1)
_VERBS = {"+": "added", "~": "changed", "-": "deleted"}


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after, as text."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened; a `heap` ("rows added") may come many at once."""

    at: datetime
    who: str
    title: str
    changes: list[Change] = field(default_factory=list)
    name: str = ""
    heap: str = ""


class HistoryMixin:
    """Gives an admin of a model with stored versions its history page.

    `history_children` names reverse relations whose rows belong to the object.
    """

    history_children: tuple[str, ...] = ()

    def history_view(
        self: Any,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        entries = sorted(self.history_entries(obj), key=lambda e: e.at, reverse=True)
        context = self.page_context(
            request,
            obj,
            f"History of {obj}",
            entries=list(_heaped(entries[:SHOWN])),
            shown=SHOWN,
        )
        return TemplateResponse(
            request,
            "admin/connectors/shared/history.html",
            context | (extra_context or {}),
        )

    def history_entries(self: Any, obj: Model) -> Iterator[Entry]:
        """Everything known of the object, in no order."""
        yield from _versions(self, type(obj), {"id": obj.pk}, obj)
        for name in self.history_children:
            child: Any = obj._meta.get_field(name)
            where = {child.field.attname: obj.pk}
            yield from _versions(self, child.related_model, where, obj)
        yield from _pressed(obj)

    def history_changes(
        self, _obj: Model, name: str, old: Any, new: Any
    ) -> list[Change]:
        """How a changed column of `obj` is shown; a subclass may take JSON apart."""
        return [Change(name.replace("_", " ").capitalize(), text(old), text(new))]


def stored_versions(admin: Any, model: Any) -> Iterator[Entry]:
    """What was done to the rows of a model, told of all of them together."""
    yield from _versions(admin, model, {}, None)


def _heaped(entries: list[Entry]) -> Iterator[Entry]:
    """Rows that were added (or deleted) together become one entry."""
    for together in _saved_together(entries):
        first = together[0]
        if len(together) > 1:
            names = ", ".join(entry.name for entry in together)
            title = f"{len(together)} {first.heap}: {names}"
            yield Entry(at=first.at, who=first.who, title=title)
        else:
            yield first


def _saved_together(entries: list[Entry]) -> Iterator[list[Entry]]:
    """Runs of entries of one heap, each within `TOGETHER` of the one before it."""
    together: list[Entry] = []
    for entry in entries:
        if together and not _belongs(entry, together[-1]):
            yield together
            together = []
        together.append(entry)
    if together:
        yield together


def _belongs(entry: Entry, previous: Entry) -> bool:
    same = bool(entry.heap) and (entry.who, entry.heap) == (previous.who, previous.heap)
    return same and previous.at - entry.at <= TOGETHER


def text(value: Any) -> str:
    """A stored value as a person reads it."""
    if value in (None, "", [], {}):
        return "(empty)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{k} = {v}" for k, v in value.items())
    return str(value)


def _versions(
    admin: Any, model: Any, where: dict[str, Any], obj: Model | None
) -> Iterator[Entry]:
    # Newest first from the table, then oldest first: each is compared with the one
    # before it, and the one beyond the limit only serves to be compared with.
    rows = list(
        model.history.filter(**where)
        .select_related("history_user")
        .order_by("-history_id")[: SHOWN + 1]
    )
    complete = len(rows) <= SHOWN
    before: dict[Any, Any] = {}
    fields = model.history.model.tracked_fields
    of_child = not isinstance(obj, model)
    for row in reversed(rows):
        old = before.get(row.id)
        before[row.id] = row
        if old is None and not complete:
            continue
        changes = list(_changes(admin, obj, fields, old, row))
        if row.history_type == "~" and not changes and not row.history_change_reason:
            continue
        yield Entry(
            at=row.history_date,
            who=str(row.history_user or "the engine"),
            title=_title(model, row, of_child=of_child),
            changes=changes,
            name=str(row.instance) if of_child else "",
            heap=_heap(model, row) if of_child else "",
        )


def _title(model: Any, row: Any, *, of_child: bool) -> str:
    name = f" {row.instance}" if of_child else ""
    words = f"{model._meta.verbose_name}{name} {_VERBS[row.history_type]}"
    reason = f". {row.history_change_reason}" if row.history_change_reason else ""
    return f"{words[:1].upper()}{words[1:]}{reason}"


def _heap(model: Any, row: Any) -> str:
    plural = model._meta.verbose_name_plural
    return "" if row.history_type == "~" else f"{plural} {_VERBS[row.history_type]}"


def _changes(
    admin: Any, obj: Model | None, fields: Iterable[Any], old: Any, new: Any
) -> Iterator[Change]:
    if old is None or new.history_type == "-":
        return
    for column in fields:
        before, after = getattr(old, column.attname), getattr(new, column.attname)
        if before == after or column.primary_key:
            continue
        if column.is_relation:
            before, after = _names(column.related_model, before, after)
        yield from admin.history_changes(obj, column.name, before, after)


def _names(model: Any, *keys: Any) -> list[str]:
    found = model._default_manager.in_bulk([k for k in keys if k])  # noqa: SLF001
    return [str(found.get(key, f"#{key}")) if key else "" for key in keys]


def _pressed(obj: Model) -> Iterator[Entry]:
    """What the buttons noted; forms are told by the stored versions."""
    log = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(obj), object_id=str(obj.pk)
    ).exclude(change_message__startswith="[")
    for entry in log.select_related("user").order_by("-pk")[:SHOWN]:
        if entry.change_message:
            yield Entry(
                at=entry.action_time,
                who=str(entry.user),
                title=entry.get_change_message(),
            )
