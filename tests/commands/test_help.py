"""Every command explains itself, and its examples are right."""

from __future__ import annotations

import shlex
from importlib import import_module

import pytest

from connectors.management.common import EXIT_CODES, ConsoleCommand
from tests.commands.shell import ended, process

COMMANDS = (
    "check_connection",
    "demo",
    "discover_fields",
    "install_recipe",
    "replay_records",
    "rotate_keys",
    "run_flow",
    "serve",
    "sweep",
    "worker",
)


def loaded(name: str) -> ConsoleCommand:
    found = import_module(f"connectors.management.commands.{name}").Command()
    assert isinstance(found, ConsoleCommand)
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_help_names_the_exit_codes(name: str) -> None:
    text = loaded(name).create_parser("manage.py", name).format_help()
    codes = text.partition("exit codes:\n")[2].splitlines()
    assert [line.split()[0] for line in codes if line] == [str(c) for c in EXIT_CODES]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_parses(name: str) -> None:
    command = loaded(name)
    assert command.examples
    parser = command.create_parser("manage.py", name)
    for example in command.examples:
        called, *arguments = shlex.split(example, comments=True)
        assert called == name
        parser.parse_args(arguments)


def test_help_is_printed_as_written() -> None:
    done = ended(process("replay_records", "--help"))
    assert done.code == 0
    assert "\nexamples:\n  manage.py replay_records " in done.out
    assert "\n  3  could not run now" in done.out


def test_a_wrong_option_is_wrong_usage() -> None:
    assert ended(process("sweep", "--unheard-of")).code == 2


def test_a_database_without_tables_is_not_ready(tmp_path: object) -> None:
    done = ended(process("sweep", DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3"))
    assert done.code == 3
    assert "migrate" in done.error
