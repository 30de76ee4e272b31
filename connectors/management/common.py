"""What the commands share: exit codes that mean something, names, JSON, tables."""

from __future__ import annotations

import shutil
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Any, ClassVar, TypeVar

import orjson
from django.core.management.base import (
    BaseCommand,
    CommandError,
    DjangoHelpFormatter,
)
from django.db import DatabaseError, models
from rich.console import Console
from rich.table import Table

from connectors.models import Connection, Flow
from connectors.sdk.errors import ConnectorError, TransientError

OK, LOOK, USAGE, NOT_NOW = range(4)
EXIT_CODES = {
    OK: "all went well",
    LOOK: "something failed that a person must look at",
    USAGE: "wrong usage, or a name that does not exist",
    NOT_NOW: "could not run now; the same call may succeed later",
}
# Wide enough for every column where the output is not a terminal.
WIDTH = 140

Named = TypeVar("Named", bound=models.Model)


class Formatter(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Django's order of options, our line breaks."""


class ConsoleCommand(BaseCommand):
    """A command whose --help ends with examples and its exit codes.

    A subclass puts its own words to an exit code in `exit_codes` and one example per
    line into `examples`. A database that cannot be used is exit code 3 everywhere.
    """

    examples: ClassVar[Sequence[str]] = ()
    exit_codes: ClassVar[Mapping[int, str]] = {}

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        kwargs.setdefault("formatter_class", Formatter)
        kwargs.setdefault("epilog", self._epilog())
        return super().create_parser(prog_name, subcommand, **kwargs)

    def _epilog(self) -> str:
        lines = ["examples:", *(f"  manage.py {one}" for one in self.examples), ""]
        codes = {**EXIT_CODES, **self.exit_codes}
        lines += ["exit codes:", *(f"  {code}  {text}" for code, text in codes.items())]
        return "\n".join(lines)

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except DatabaseError as error:
            raise CommandError(
                f"The database cannot be used: {error}. If it is new or the program "
                "was just updated, run “manage.py migrate” first.",
                returncode=NOT_NOW,
            ) from error

    def write_json(self, value: Any) -> None:
        """One JSON document on standard output; Decimals and times become text."""
        self.stdout.write(orjson.dumps(value, default=str, option=_INDENTED).decode())

    def write_table(
        self, columns: Sequence[str], rows: Iterable[Sequence[object]]
    ) -> None:
        """A table; a column whose name begins with > is aligned right."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            right = column.startswith(">")
            table.add_column(
                column.removeprefix(">"), justify="right" if right else "left"
            )
        for row in rows:
            table.add_row(*(shown(value) for value in row))
        self.write_rich(table)

    def write_rich(self, renderable: Any) -> None:
        """Whatever rich can draw, with colours only on a terminal."""
        terminal = self.stdout.isatty()
        width = shutil.get_terminal_size().columns if terminal else WIDTH
        drawn = StringIO()
        console = Console(
            file=drawn, width=width, force_terminal=terminal, highlight=False
        )
        console.print(renderable)
        self.stdout.write(drawn.getvalue())


_INDENTED = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS


def shown(value: object) -> str:
    """A table cell: numbers with thousands, yes for True, nothing for False or None."""
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    return f"{value:,}" if isinstance(value, int) else str(value)


def add_json(parser: ArgumentParser) -> None:
    """The option --json."""
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document instead of text"
    )


def find_connection(name: str) -> Connection:
    """The connection of this name; CommandError with the known ones."""
    return _named(Connection.objects.all(), name, "connection")


def find_flow(name: str) -> Flow:
    """The flow of this name; CommandError with the known ones."""
    return _named(Flow.objects.select_related("source", "target"), name, "flow")


def _named(rows: models.QuerySet[Named], name: str, what: str) -> Named:
    found = rows.filter(name=name).first() or rows.filter(name__iexact=name).first()
    if found is not None:
        return found
    known = [str(one) for one in rows]
    listed = f"Known: {', '.join(known)}." if known else f"There is no {what} yet."
    raise CommandError(f"There is no {what} “{name}”. {listed}", returncode=USAGE)


def failed_call(error: ConnectorError) -> CommandError:
    """What a system's refusal ends a command with."""
    later = isinstance(error, TransientError)
    return CommandError(str(error), returncode=NOT_NOW if later else LOOK)
