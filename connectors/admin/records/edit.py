"""Editing the payload of one record, field by field, and what that changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from connectors.admin.base import post_action
from connectors.admin.records.replay import ReplayPages
from connectors.models import SyncRecord
from connectors.sdk.records import FieldInfo
from connectors.sdk.values import dump, load
from connectors.sync.mapping.fields import known_fields
from connectors.sync.replay import REPLAYABLE, PayloadError, edit_and_replay

PERMISSION = "connectors.edit_payload"
TEMPLATE = "admin/connectors/syncrecord/edit.html"
_PREFIX = "value:"


@dataclass(slots=True)
class EditedField:
    """One field of the form. `kind` says how its text is read back.

    `said` is whether the record carries the field at all.
    """

    name: str
    label: str
    help: str
    kind: str
    old: str
    new: str
    said: bool
    error: str = ""

    @property
    def changed(self) -> bool:
        """Whether the person wrote something else."""
        return self.old != self.new

    @property
    def long(self) -> bool:
        """Whether it takes a text area."""
        return self.kind == "json" or len(self.old) > 80 or "\n" in self.old

    @property
    def input_name(self) -> str:
        """Its name in the form."""
        return _PREFIX + self.name


def fields_of(record: SyncRecord, posted: Mapping[str, str]) -> list[EditedField]:
    """The payload as form fields, with what was posted over it."""
    known = known_fields(record.flow.source, record.flow.source_object)
    payload = record.payload or {}
    names = [*(n for n in known if n in payload), *sorted(set(payload) - set(known))]
    names += [n for n in known if n not in payload]
    return [_field(name, payload, known.get(name), posted) for name in names]


def _field(
    name: str,
    payload: Mapping[str, Any],
    info: FieldInfo | None,
    posted: Mapping[str, str],
) -> EditedField:
    value = payload.get(name)
    old = _as_input(value)
    new = posted.get(_PREFIX + name, old).replace("\r\n", "\n")
    return EditedField(
        name=name,
        label=info.label if info else name,
        help=info.help if info else "",
        kind=_kind(value),
        old=old,
        new=new,
        said=name in payload,
    )


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, (int, float)):
        return "number"
    return "json" if isinstance(value, (dict, list)) else "text"


def _as_input(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else dump(value).decode()


def edited_payload(
    record: SyncRecord, fields: list[EditedField]
) -> dict[str, Any] | None:
    """The payload the form says; None when a field could not be read."""
    payload = dict(record.payload or {})
    for field in fields:
        if not field.changed:
            continue
        try:
            payload[field.name] = _read(field)
        except ValueError:
            field.error = f"Write a value of the kind “{field.kind}”."
    return None if any(field.error for field in fields) else payload


def _read(field: EditedField) -> Any:
    if field.kind == "text":
        return field.new
    if not field.new.strip():
        return None
    if field.kind == "yes or no":
        return ("no", "yes").index(field.new.strip().lower()) == 1
    value = load(field.new)
    if field.kind == "number" and (
        isinstance(value, bool) or not isinstance(value, (int, float))
    ):
        raise ValueError("not a number")
    return value


class EditPages(ReplayPages):
    """The page that edits a payload: the form, then the changes, then the replay."""

    @post_action(
        PERMISSION,
        label="Edit payload and replay",
        icon="edit_note",
        shown=lambda record: record.outcome in REPLAYABLE,
    )
    def edit_payload(self, request: HttpRequest, record: SyncRecord) -> HttpResponse:
        """Each press of a button posts the form here; nothing is kept in between."""
        fields = fields_of(record, request.POST.dict())
        payload = edited_payload(record, fields)
        step = request.POST.get("step", "")
        error = ""
        if step == "send" and payload is not None:
            try:
                return self.edited(request, record, payload)
            except PayloadError as problem:
                error = str(problem)
        if record.outcome not in REPLAYABLE:
            error = "The record is on its way already; wait for its outcome."
        changes = [field for field in fields if field.changed]
        if step and not changes:
            error = error or "Nothing was changed."
        context = self.page_context(
            request,
            record,
            f"Edit the payload of {record.source_id}",
            fields=fields,
            changes=changes,
            error=error,
            review=step == "review" and payload is not None and not error,
            now=timezone.now().isoformat(),
            form_url=self.action_url("edit_payload", record),
        )
        return TemplateResponse(request, TEMPLATE, context)

    def edited(
        self, request: HttpRequest, record: SyncRecord, payload: dict[str, Any]
    ) -> HttpResponse:
        """Store the payload and replay; note which fields were changed."""
        old = record.payload or {}
        names = [name for name in payload if payload[name] != old.get(name)]
        if not names:
            raise PayloadError("Nothing was changed.")
        result = edit_and_replay(record, payload, request.user)
        self.log_change(request, record, f"Payload edited: {', '.join(names)}.")
        self.note_replay(request, result, record=record)
        return self.back(request, record)
