"""What the edit programs say about an entry: errors, and warnings to be accepted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.jde.data.columns import TableDefinition

BAD_ADDRESS, BAD_DATE, BAD_VALUE, BAD_ACCOUNT = "0002", "0003", "0025", "0027"
BAD_COMPANY, BAD_UNIT, NOT_FOUND, RECORD_HELD = "0064", "0052", "0078", "0004"
BAD_SUBLEDGER = "0267"
DUPLICATE_NUMBER, DUPLICATE_INVOICE, UNBALANCED = "0105", "4093", "0109"
BEFORE_PERIOD, AFTER_PERIOD, STALE, OVERPAID = "PBCO", "PACO", "0112", "4305"


@dataclass(frozen=True, slots=True)
class Message:
    """One line of the answer. `field` is the alias it is about, if any."""

    code: str
    text: str
    field: str = ""
    warning: bool = False

    def plain(self) -> dict[str, Any]:
        """As an orchestration hands it out."""
        severity = "WARNING" if self.warning else "ERROR"
        found = {"Severity": severity, "Code": self.code, "Text": self.text}
        return {**found, "Field": self.field}


class RefusedError(Exception):
    """The entry was not made and nothing of it is left; `messages` say why."""

    def __init__(self, messages: list[Message]):
        super().__init__("; ".join(one.text for one in messages))
        self.messages = messages

    @property
    def duplicate(self) -> bool:
        """Whether what is wrong is only that it exists already."""
        codes = {one.code for one in self.messages if not one.warning}
        return bool(codes) and codes <= {DUPLICATE_NUMBER, DUPLICATE_INVOICE}


@dataclass(slots=True)
class Findings:
    """The messages of one entry while it is checked."""

    messages: list[Message] = field(default_factory=list)

    def error(self, code: str, text: str, alias: str = "") -> None:
        self.messages.append(Message(code, text, alias))

    def warn(self, code: str, text: str, alias: str = "") -> None:
        self.messages.append(Message(code, text, alias, warning=True))

    def say(self, level: str, code: str, text: str, alias: str = "") -> None:
        """An error or a warning, as a knob says."""
        self.messages.append(Message(code, text, alias, warning=level != "error"))

    def stop(self) -> None:
        """RefusedError, if there is any error so far."""
        if any(not one.warning for one in self.messages):
            raise RefusedError(self.messages)

    def fits(self, definition: TableDefinition, values: dict[str, Any]) -> None:
        """An error for every value that its column cannot hold; nothing is cut."""
        for alias, value in values.items():
            column = definition.columns[definition.position[alias]]
            try:
                stored = column.store(value)
            except ValueError as wrong:
                self.error(BAD_VALUE, str(wrong), alias)
                continue
            if column.kind == "A" and abs(stored) >= 10 ** (column.size - 2):
                self.error(BAD_VALUE, f"{alias} is too large: {value}", alias)
            if column.kind == "N" and abs(stored) >= 10**column.size:
                text = f"{alias} holds {column.size} digits, not {value}"
                self.error(BAD_VALUE, text, alias)
