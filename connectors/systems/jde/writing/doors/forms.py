"""Vouchers by the form P0411, for sites without orchestrations.

Nothing is saved before the OK of the last form. Warnings get one more OK; what the
form then still complains of is a refusal. The stack is closed whatever happens: an
open one holds the supplier's record.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.sdk.errors import (
    ConfigurationError,
    ConnectorError,
    UnavailableError,
    UncertainWriteError,
)
from connectors.systems.jde.wire.link import Link
from connectors.systems.jde.wire.session import BasicAuth
from connectors.systems.jde.writing.bills import OPTIONAL, Bill
from connectors.systems.jde.writing.doors.answer import Answer, Message, form_message
from connectors.systems.jde.writing.doors.orchestrations import call_id
from connectors.systems.jde.writing.values import wrong

_BROWSE, _HEADER, _LINES, _DONE = "W0411G", "W0411A", "W0411K", "W0411B"
_HEADER_FIELDS = {
    "SUPPLIER": "AN8",
    "INVOICE": "reference",
    "COMPANY": "CO",
    "DATE": "DIVJ",
    "GLDATE": "DGJ",
    "TERMS": "PTC",
    "AMOUNT": "AG",
    "DUE": "DDJ",
    "REMARK": "RMK",
}
_LINE_FIELDS = {
    "ACCOUNT": "lines.account",
    "LINEAMOUNT": "lines.amount",
    "EXPLANATION": "lines.explanation",
}
_NOT_HERE = {"Currency", "ExchangeRate", "PurchaseOrder"}
_DATE_PARTS = (("yyyy", "%Y"), ("yy", "%y"), ("MM", "%m"), ("dd", "%d"))


class Refused(Exception):  # noqa: N818 - an ending, not a fault
    """The form holds; nothing was saved."""

    def __init__(self, messages: list[Message]) -> None:
        super().__init__()
        self.messages = messages


class Stack:
    """One stack of forms, with the ids of its last answer."""

    def __init__(self, link: Link) -> None:
        self._http = link.writer(repeatable=False)
        self._path = f"{link.options.service}/appstack"
        self._last: Mapping[str, Any] = {}
        self._lost = False

    def open(self, form: str, version: str) -> None:
        """Open an application at this form."""
        request = {"formName": f"P0411_{form}", "version": version}
        self._call({"action": "open", "formRequest": request})

    def act(self, *actions: Mapping[str, Any]) -> None:
        """Do the actions on the form on top."""
        request = {
            "formOID": self.form,
            "formActions": list(actions),
            "stopOnWarning": "TRUE",
        }
        self._call({"action": "execute", **self._ids, "actionRequest": request})

    def close(self) -> bool:
        """Give back the stack and the records it holds; False if that failed."""
        if not self._last.get("stackId"):
            return not self._lost
        try:
            self._call({"action": "close", **self._ids})
        except ConnectorError:
            return False
        return True

    @property
    def form(self) -> str:
        """The form on top: the last part of its name."""
        return str(self._last.get("currentApp") or "").rpartition("_")[2]

    @property
    def data(self) -> Mapping[str, Any]:
        """The controls of the form on top."""
        found = self._top.get("data")
        return found if isinstance(found, dict) else {}

    def told(self, kind: str) -> list[Message]:
        """`errors` or `warnings` of the form on top."""
        listed = self._top.get(kind)
        warning = kind == "warnings"
        entries = listed if isinstance(listed, list) else []
        return [form_message(one, warning=warning) for one in entries]

    @property
    def _top(self) -> Mapping[str, Any]:
        found = self._last.get(f"fs_{self._last.get('currentApp')}")
        return found if isinstance(found, dict) else {}

    @property
    def _ids(self) -> dict[str, Any]:
        return {name: self._last.get(name) for name in ("stackId", "stateId", "rid")}

    def _call(self, body: Mapping[str, Any]) -> None:
        self._lost = True
        self._last = self._http.post(self._path, json=body, idempotent=False).json()
        self._lost = False
        broken = self._last.get("sysErrors")
        if broken:
            text = form_message(broken[0]).text
            raise UncertainWriteError(f"JD Edwards failed under the form: {text}")


class VoucherForm:
    """Enters vouchers one by one."""

    def __init__(self, link: Link) -> None:
        if isinstance(link.auth, BasicAuth):
            raise ConfigurationError(
                "Forms need one session for all their steps.",
                advice="Choose one session as login, or orchestrations for writing.",
                field="auth_mode",
            )
        self._link = link
        self._user = link.auth.session().user
        self._id = link.options.writing.controls

    def enter(self, bill: Bill) -> Answer:
        """The document, or a REJECTED answer that says why it was not saved."""
        self._fits(bill)
        call, stack = call_id(), Stack(self._link)
        try:
            return self._entered(stack, bill, call)
        except Refused as refused:
            return Answer("REJECTED", refused.messages, {}, call)
        finally:
            if not stack.close():
                # The server drops the stack and what it holds with the session.
                self._link.auth.close()

    def _entered(self, stack: Stack, bill: Bill, call: str) -> Answer:
        try:
            stack.open(_BROWSE, self._link.options.writing.form_version)
            stack.act(self._press("ADD"))
            stack.act(*self._header(bill), self._press("OK"))
            self._past(stack, _HEADER, "OK", _HEADER_FIELDS)
        except UncertainWriteError as error:
            # Nothing is saved so far, whatever became of the call.
            raise UnavailableError(error.message, status=error.status) from error
        stack.act(*self._lines(bill), self._press("LINEOK"))
        self._past(stack, _LINES, "LINEOK", _LINE_FIELDS)
        outputs = {
            "DocumentCompany": self._shown(stack, "DOCCOMPANY") or bill.company,
            "DocumentType": self._shown(stack, "TYPE"),
            "DocumentNumber": self._shown(stack, "NUMBER"),
        }
        if stack.form != _DONE or not outputs["DocumentNumber"]:
            raise UncertainWriteError(
                f"The form {stack.form} came after the last OK, without the number of "
                "the voucher."
            )
        return Answer("CREATED", [], outputs, call)

    def _past(
        self, stack: Stack, form: str, button: str, names: Mapping[str, str]
    ) -> None:
        """On to the next form: warnings are accepted once, errors never."""
        if stack.form == form and not stack.told("errors") and stack.told("warnings"):
            stack.act(self._press(button))
        if stack.form == form:
            fields = {self._id[name]: field for name, field in names.items()}
            found = stack.told("errors") or stack.told("warnings")
            raise Refused(
                [Message(m.text, m.code, fields.get(m.field, "")) for m in found]
                or [Message(f"The form {form} stays without saying why.")]
            )

    def _header(self, bill: Bill) -> list[dict[str, Any]]:
        more = bill.more
        values = {
            "SUPPLIER": bill.party,
            "INVOICE": bill.reference,
            "COMPANY": bill.company,
            "DATE": self._date(bill.dated),
            "GLDATE": self._date(bill.gl_date),
            "TERMS": more.get("PaymentTerms", ""),
        }
        cells = {"AMOUNT": self._amount(bill.gross), "REMARK": more.get("Remark", "")}
        if "DueDate" in more:
            cells["DUE"] = self._date(date.fromisoformat(more["DueDate"]))
        typed: list[dict[str, Any]] = [
            {
                "command": "SetControlValue",
                "controlID": self._id[name],
                "value": value,
            }
            for name, value in values.items()
            if value
        ]
        return [*typed, self._rows([cells])]

    def _lines(self, bill: Bill) -> list[dict[str, Any]]:
        cells = [
            {
                "ACCOUNT": one.account,
                "LINEAMOUNT": self._amount(one.amount),
                "EXPLANATION": one.explanation,
            }
            for one in bill.splits
        ]
        return [self._rows(cells)]

    def _rows(self, rows: list[dict[str, str]]) -> dict[str, Any]:
        inserted = [
            {
                "rowNumber": number,
                "gridColumnEvents": [
                    {
                        "command": "SetGridCellValue",
                        "columnID": self._id[name],
                        "value": value,
                    }
                    for name, value in cells.items()
                    if value
                ],
            }
            for number, cells in enumerate(rows, 1)
        ]
        grid = {"gridID": self._id["GRID"], "gridRowInsertEvents": inserted}
        return {"gridAction": grid}

    def _press(self, name: str) -> dict[str, str]:
        return {"command": "DoAction", "controlID": self._id[name]}

    def _shown(self, stack: Stack, name: str) -> str:
        end = f"_{self._id[name]}"
        found = (one for key, one in stack.data.items() if key.endswith(end))
        control = next(found, None)
        return str(control.get("value") or "") if isinstance(control, dict) else ""

    def _date(self, day: date) -> str:
        pattern = str(self._user.get("simpleDateFormat") or "MM/dd/yyyy")
        for part, code in _DATE_PARTS:
            pattern = pattern.replace(part, code)
        return day.strftime(pattern)

    def _amount(self, value: Decimal) -> str:
        separator = str(self._user.get("decimalFormat") or ".")
        return f"{value:.2f}".replace(".", separator)

    def _fits(self, bill: Bill) -> None:
        """Raises RejectedError for what the form has no place for."""
        for field, column in OPTIONAL.items():
            if column.input in _NOT_HERE and column.input in bill.more:
                raise wrong(field, "the voucher form has no place for it.")
        if any(one.aid for one in bill.splits):
            raise wrong("lines.account", "the form takes unit.object.subsidiary.")
