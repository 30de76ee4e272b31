"""The answer of a form: its controls, its grid, and what the edits said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.sandbox.jde.books.desk.messages import Message
from connectors.sandbox.jde.forms.layout import APPLICATION, FORMS, GRID, Form
from connectors.sandbox.jde.forms.stack import Stack


def form_answer(
    stack: Stack,
    chosen: set[str] | None,
    ids: Mapping[str, Any],
    local_time: datetime,
) -> dict[str, Any]:
    """The envelope around the form on top; `chosen` are control ids, None is all."""
    form, name = FORMS[stack.form], f"{APPLICATION}_{stack.form}"
    values = _values(stack)
    data: dict[str, Any] = {
        f"z_{alias}_{number}": _control(number, values.get(alias, ""))
        for number, alias in form.controls.items()
        if chosen is None or number in chosen
    }
    if form.columns and (chosen is None or GRID in chosen):
        data["gridData"] = _grid(stack, form)
    return {
        f"fs_{name}": {
            "title": form.title,
            "data": data,
            "errors": [_told(o, form) for o in stack.messages if not o.warning],
            "warnings": [_told(o, form) for o in stack.messages if o.warning],
        },
        **ids,
        "currentApp": name,
        "timeStamp": f"{local_time:%Y-%m-%d:%H.%M.%S}",
        "sysErrors": [],
    }


def _values(stack: Stack) -> dict[str, str]:
    """What the controls show, as display text."""
    document = stack.document
    if document is None:
        return stack.header
    found = {"DCT": document.type, "DOC": str(document.number)}
    return {**found, "KCO": document.company}


def _control(number: str, text: str) -> dict[str, Any]:
    return {"id": int(number), "internalValue": text, "value": text}


def _grid(stack: Stack, form: Form) -> dict[str, Any]:
    rows = stack.rows.get(stack.form, [])
    shown = [
        {f"z_{alias}_{n}": row.get(alias, "") for n, alias in form.columns.items()}
        for row in rows
    ]
    summary = {"records": len(shown), "moreRecords": False}
    return {"id": int(GRID), "fullGridId": GRID, "rowset": shown, "summary": summary}


def _told(message: Message, form: Form) -> dict[str, str]:
    kind = "Warning" if message.warning else "Error"
    return {
        "CODE": message.code,
        "TITLE": f"{kind}: {message.text}",
        "ERRORCONTROL": form.id_of(message.field),
        "DESC": f"CAUSE . . . . {message.text}",
        "MOBILE": message.text,
    }
