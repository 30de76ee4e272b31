"""What a case hands to the parent process, and the tables that are shown of it."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

# A pipe has no width; the widest table needs this.
_WIDTH = 126
console = Console()
if console.width < _WIDTH:
    console = Console(width=_WIDTH)


@dataclass
class Line:
    """One line of a table: a case, its figures, and why they do not count, if so."""

    case: str
    figures: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def emit(lines: Sequence[Line]) -> None:
    """Hand lines to the parent process."""
    for line in lines:
        json.dump(vars(line), sys.stdout)
        sys.stdout.write("\n")


def received(text: str) -> list[Line]:
    """The lines of a child process."""
    return [Line(**json.loads(line)) for line in text.splitlines() if line]


def end_on_sigterm() -> None:
    """Unwind on SIGTERM, so that every process a case has started is ended."""

    def end(*_: object) -> None:
        raise SystemExit("ended by SIGTERM")

    signal.signal(signal.SIGTERM, end)


@dataclass(frozen=True)
class Column:
    """A column: its title, the figure it shows, and how."""

    title: str
    name: str
    shown: Callable[[Any], str] = str
    is_time: bool = False


def show(title: str, columns: Sequence[Column], lines: Sequence[Line]) -> None:
    """Print a table. A line that is wrong shows no times, and why below the table."""
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("case", no_wrap=True)
    for column in columns:
        table.add_column(column.title, justify="right")
    for line in lines:
        table.add_row(line.case, *(_cell(column, line) for column in columns))
    console.print(table)
    for line in lines:
        for reason in line.wrong:
            console.print(f"[red]wrong[/red] {line.case}: {reason}", highlight=False)
    console.print()


def _cell(column: Column, line: Line) -> str:
    if line.wrong and column.is_time:
        return "[red]wrong[/red]"
    value = line.figures.get(column.name)
    return "–" if value is None else column.shown(value)


def whole(value: float) -> str:
    """12,345"""
    return f"{value:,.0f}"


def tenths(value: float) -> str:
    """12.3"""
    return f"{value:,.1f}"


def hundredths(value: float) -> str:
    """1.03"""
    return f"{value:,.2f}"
