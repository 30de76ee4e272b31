"""The commands of `formActions`, read and checked against a form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.jde.errors import AisError, bad_request
from connectors.sandbox.jde.forms.layout import GRID, Form


@dataclass(frozen=True, slots=True)
class SetValue:
    """Type a display value into a control."""

    control: str
    value: str


@dataclass(frozen=True, slots=True)
class SetRow:
    """Type display values, by column id, into grid row `row` (1 is the first)."""

    row: int
    values: dict[str, str]
    insert: bool


@dataclass(frozen=True, slots=True)
class Press:
    """Press a button."""

    control: str


Command = SetValue | SetRow | Press


def read_command(given: Any) -> list[Command]:
    """One member of `formActions`; AisError 400 for what is no command."""
    if not isinstance(given, dict):
        raise bad_request("formActions must be a list of commands")
    if "gridAction" in given:
        return list(_grid(given["gridAction"]))
    control = given.get("controlID")
    if not isinstance(control, str):
        raise bad_request("A command needs controlID as text")
    command = given.get("command")
    if command == "DoAction":
        return [Press(control)]
    if command == "SetControlValue":
        return [SetValue(control, _value(given))]
    raise bad_request(f"Command {command} is not available here")


def _grid(action: Any) -> Iterator[Command]:
    if not isinstance(action, dict) or str(action.get("gridID")) != GRID:
        raise control_error("grid", str(action))
    for member, insert in (
        ("gridRowInsertEvents", True),
        ("gridRowUpdateEvents", False),
    ):
        for event in action.get(member, []):
            values = {}
            for cell in event.get("gridColumnEvents", []):
                if cell.get("command") != "SetGridCellValue":
                    message = f"Command {cell.get('command')} is not available here"
                    raise bad_request(message)
                values[str(cell.get("columnID"))] = _value(cell)
            yield SetRow(int(event.get("rowNumber", 1)), values, insert)


def _value(given: dict[str, Any]) -> str:
    value = given.get("value")
    if not isinstance(value, str):
        raise bad_request("A display value is text")
    return value


def check(command: Command, form: Form, name: str) -> None:
    """AisError 500 for a control, column or button the form does not have."""
    if isinstance(command, Press) and command.control not in form.actions:
        raise control_error(name, command.control)
    if isinstance(command, SetValue):
        usable = set(form.controls) - form.fixed
        if command.control not in usable:
            raise control_error(name, command.control)
    if isinstance(command, SetRow):
        unknown = sorted(set(command.values) - set(form.columns))
        if unknown:
            raise control_error(name, f"{GRID}[{','.join(unknown)}]")


def control_error(form: str, control: str) -> AisError:
    return AisError(500, f"{form} has no control {control}", "FormServiceException")
