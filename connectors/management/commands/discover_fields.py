"""Read anew which fields a connection offers."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError

from connectors.management.common import (
    USAGE,
    ConsoleCommand,
    add_json,
    failed_call,
    find_connection,
)
from connectors.models import CatalogueField, Connection
from connectors.sdk.errors import ConnectorError
from connectors.sync import connect


class Command(ConsoleCommand):
    help = """\
Asks a system which fields its objects really have, custom ones included, stores them
for the mapping editor and lists them. A field that is gone stays listed as gone, as
long as the program remembers it: mappings may name it."""
    examples = (
        'discover_fields "JD Edwards"',
        'discover_fields "HubSpot" companies',
        'discover_fields "HubSpot" companies --json',
    )
    exit_codes = {1: "the system refused", 3: "the system cannot be reached now"}

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="name of the connection")
        parser.add_argument(
            "object", nargs="?", help="object type (default: all that can be asked)"
        )
        add_json(parser)

    def handle(self, *, name: str, json: bool, **options: Any) -> None:
        connection = find_connection(name)
        rows = {
            object_type: self._discovered(connection, object_type)
            for object_type in object_types(connection, options["object"])
        }
        if json:
            self.write_json({one: list(map(as_json, rows[one])) for one in rows})
            return
        for object_type, fields in rows.items():
            self._write(connection, object_type, fields)

    def _discovered(
        self, connection: Connection, object_type: str
    ) -> list[CatalogueField]:
        try:
            connect.refresh_catalogue(connection, object_type)
        except ConnectorError as error:
            raise failed_call(error) from error
        return list(connection.catalogue.filter(object_type=object_type))

    def _write(
        self, connection: Connection, object_type: str, fields: Sequence[CatalogueField]
    ) -> None:
        gone = sum(field.missing for field in fields)
        note = f", {gone} of them gone" if gone else ""
        self.stdout.write(f"{connection}: {object_type}, {len(fields)} fields{note}")
        self.write_table(
            ("Name", "Label", "Type", ">Length", "Marks", "Means"),
            (
                (f.name, f.label, f.type, f.max_length, marks(f), f.canonical)
                for f in fields
            ),
        )


def object_types(connection: Connection, wanted: str | None) -> list[str]:
    """The object types to ask for; CommandError for an unknown one."""
    known = connection.spec.objects
    if wanted and wanted not in known:
        raise CommandError(
            f"{connection.spec.label} has no object “{wanted}”. "
            f"Known: {', '.join(known)}.",
            returncode=USAGE,
        )
    return [wanted] if wanted else [n for n, o in known.items() if o.can("discover")]


def marks(field: CatalogueField) -> str:
    """What is special about a field, in words."""
    words = {
        "gone": field.missing,
        "required": field.required,
        "unique": field.unique,
        "read only": field.read_only,
        "custom": field.custom,
        "ours": field.managed,
        f"{len(field.options)} options": bool(field.options),
    }
    return ", ".join(word for word, said in words.items() if said)


def as_json(field: CatalogueField) -> dict[str, Any]:
    """One field with everything the mapping editor knows of it."""
    names = (
        "name", "label", "type", "required", "read_only", "custom", "unique",
        "managed", "missing", "max_length", "canonical", "references", "options",
        "help",
    )  # fmt: skip
    return {name: getattr(field, name) for name in names}
