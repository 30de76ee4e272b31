"""Test a connection."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from connectors.management.common import (
    LOOK,
    ConsoleCommand,
    add_json,
    find_connection,
)
from connectors.models import Connection
from connectors.sdk.records import CheckResult
from connectors.sync import connect

MARKS = {"ok": "ok", "note": "note", "warning": "WARNING", "error": "ERROR"}


class Command(ConsoleCommand):
    help = """\
Tests a connection as the button in the console does: address, credentials, rights,
version. What it finds is kept with the connection. A connection that was stopped
because its credentials were refused works again after a successful test."""
    examples = (
        'check_connection "JD Edwards"',
        'check_connection "HubSpot" --json',
    )
    exit_codes = {
        0: "the connection works; there may be warnings",
        1: "the test found an error: unreachable, refused, or lacking rights",
    }

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="name of the connection")
        add_json(parser)

    def handle(self, *, name: str, json: bool, **_options: Any) -> None:
        connection = find_connection(name)
        result = connect.check(connection)
        if json:
            self.write_json(as_json(connection, result))
        else:
            self._write(connection, result)
        if not result.ok:
            raise CommandError(result.message, returncode=LOOK)

    def _write(self, connection: Connection, result: CheckResult) -> None:
        system = connection.spec.label
        account = f", account {connection.account}" if connection.account else ""
        self.stdout.write(f"{connection} ({system}{account})")
        for finding in result.findings:
            self.stdout.write(f"  {MARKS[finding.level]:<7} {finding.title}")
            if finding.advice:
                self.stdout.write(f"          {finding.advice}")


def as_json(connection: Connection, result: CheckResult) -> dict[str, Any]:
    """{"connection", "system", "ok", "account", "details", "findings": [...]}."""
    return {
        "connection": connection.name,
        "system": connection.system,
        "ok": result.ok,
        "account": connection.account,
        "details": dict(result.details),
        "findings": connection.findings,
    }
