"""One stack of forms: entering a voucher, from the browse to the confirmation."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from connectors.sandbox.jde.books.books import Books
from connectors.sandbox.jde.books.desk.checks import Caller, Split
from connectors.sandbox.jde.books.desk.locks import Key, Locks
from connectors.sandbox.jde.books.desk.messages import (
    BAD_DATE,
    BAD_VALUE,
    Message,
    RefusedError,
)
from connectors.sandbox.jde.books.entries import Bill, Document, PayItem
from connectors.sandbox.jde.forms.commands import (
    Command,
    Press,
    SetRow,
    SetValue,
    check,
)
from connectors.sandbox.jde.forms.layout import (
    BROWSE,
    CONFIRMATION,
    DISTRIBUTION,
    FORMS,
    HEADER,
)
from connectors.sandbox.jde.query.literals import parsed_date

_LINES = frozenset({"AA"})


@dataclass(slots=True)
class Stack:
    """The forms a session has open: what was typed, and what the last OK said."""

    books: Books
    locks: Locks
    caller: Caller
    form: str
    header: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)
    document: Document | None = None
    lock: Key | None = None

    def run(self, commands: list[Command], *, stop_on_warning: bool) -> None:
        """Do the commands in order, as far as an error or another form.

        AisError for a control that the form does not have.
        """
        self.messages = []
        start = self.form
        for command in commands:
            if self.form != start or self._has_errors():
                return
            check(command, FORMS[self.form], self.form)
            if isinstance(command, SetValue):
                alias = FORMS[self.form].controls[command.control]
                self.header[alias] = command.value
            elif isinstance(command, SetRow):
                self._type(command)
            else:
                self._press(command)
                if self.messages and stop_on_warning:
                    return

    def close(self) -> None:
        """Forget everything that was not saved, and let the record go."""
        if self.lock is not None:
            self.locks.release(self.lock)
            self.lock = None

    def _has_errors(self) -> bool:
        return any(not one.warning for one in self.messages)

    def _type(self, command: SetRow) -> None:
        columns = FORMS[self.form].columns
        values = {columns[number]: text for number, text in command.values.items()}
        rows = self.rows.setdefault(self.form, [])
        if command.insert:
            rows.append(values)
        elif command.row <= len(rows):
            rows[command.row - 1].update(values)
        else:
            text = f"The grid has no row {command.row}"
            self.messages.append(Message(BAD_VALUE, text))

    def _press(self, command: Press) -> None:
        action = FORMS[self.form].actions[command.control]
        if action == "add":
            self.form = HEADER
        elif action == "cancel":
            self._cancel()
        elif self.form == HEADER:
            self._check_header()
        elif self.form == DISTRIBUTION:
            self._save()
        else:
            self._cancel()

    def _cancel(self) -> None:
        self.close()
        self.header, self.rows, self.document = {}, {}, None
        self.accepted = set()
        self.form = BROWSE

    def _check_header(self) -> None:
        """To the distribution, unless there are errors or warnings not yet accepted."""
        try:
            bill = self._bill()
            self.books.prepare_voucher(bill, self.caller)
        except RefusedError as error:
            # The distribution comes on the next form: what it lacks is no error yet.
            said = [one for one in error.messages if one.field not in _LINES]
            if self._told(said):
                return
        key = ("F0401", int(self.header["AN8"]))
        self.locks.hold(key, self.caller.session)
        self.lock = key
        self.form = DISTRIBUTION

    def _save(self) -> None:
        try:
            prepared = self.books.prepare_voucher(self._bill(), self.caller)
        except RefusedError as error:
            self._told(error.messages)
            return
        if self._told(prepared.document.warnings):
            return
        self.document = self.books.save(prepared)
        self.close()
        self.form = CONFIRMATION

    def _told(self, said: list[Message]) -> bool:
        """Whether these messages hold the form; a warning does so once only."""
        self.messages = [
            one for one in said if not one.warning or one.code not in self.accepted
        ]
        self.accepted |= {one.code for one in said if one.warning}
        return bool(self.messages)

    def _bill(self) -> Bill:
        """What was typed; RefusedError for what cannot be read."""
        wrong: list[Message] = []
        items = tuple(
            PayItem(
                self._number(one.get("AG", ""), "AG", wrong),
                self._date(one.get("DDJ", ""), "DDJ", wrong),
                one.get("RMK", ""),
            )
            for one in self.rows.get(HEADER, [])
        )
        splits = tuple(
            self._split(one, wrong) for one in self.rows.get(DISTRIBUTION, [])
        )
        typed = self.header
        address = typed.get("AN8", "").strip()
        if not address.isdigit():
            wrong.append(Message("0002", f"{address!r} is no address number", "AN8"))
        bill = Bill(
            address=int(address) if address.isdigit() else 0,
            company=typed.get("CO", ""),
            dated=self._date(typed.get("DIVJ", ""), "DIVJ", wrong),
            gl_date=self._date(typed.get("DGJ", ""), "DGJ", wrong),
            items=items,
            splits=splits,
            reference=typed.get("VINV", ""),
            terms=typed.get("PTC", ""),
        )
        if wrong:
            raise RefusedError(wrong)
        return bill

    def _split(self, row: dict[str, str], wrong: list[Message]) -> Split:
        unit, _, rest = row.get("ANI", "").partition(".")
        objekt, _, subsidiary = rest.partition(".")
        amount = self._number(row.get("AA", ""), "AA", wrong)
        return Split(
            amount,
            unit=unit,
            object=objekt,
            subsidiary=subsidiary,
            explanation=row.get("EXA", ""),
        )

    def _date(self, text: str, alias: str, wrong: list[Message]) -> str:
        if not text.strip():
            return ""
        day = parsed_date(text.strip(), self.caller.user.date_pattern)
        if day is None:
            wanted = self.caller.user.date_pattern
            wrong.append(Message(BAD_DATE, f"{text!r} is no date as {wanted}", alias))
            return ""
        return f"{day:%Y%m%d}"

    def _number(self, text: str, alias: str, wrong: list[Message]) -> Decimal:
        separator = self.caller.user.decimal_separator
        plain = text.strip().replace(separator, "\0")
        try:
            # A point where the user writes a comma is no decimal point.
            found = Decimal(plain.replace(".", "x").replace("\0", "."))
        except InvalidOperation:
            found = Decimal("NaN")
        if found.is_finite():
            return found
        wrong.append(Message(BAD_VALUE, f"{text!r} is no amount", alias))
        return Decimal(0)
