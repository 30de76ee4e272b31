"""Set up ready flows between two connections."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError
from django.db import IntegrityError

from connectors.management.common import (
    LOOK,
    USAGE,
    ConsoleCommand,
    add_json,
    failed_call,
    find_connection,
)
from connectors.models import Flow, FlowStatus
from connectors.sdk.errors import ConnectorError
from connectors.sync import recipes


class Command(ConsoleCommand):
    help = """\
Sets up the flows of a recipe between two connections: reads which fields both sides
have, makes the flows with their mappings and rules, and creates the fields of ours that
are missing. Flows between the same objects that are there already are left as they are.

The new flows are paused: look them over in the console and resume them, or say
--activate. What a recipe must be told is said with --set."""
    examples = (
        'install_recipe jde_hubspot --source "JD Edwards" --target "HubSpot"',
        (
            'install_recipe jde_hubspot_both_ways --source "JD Edwards" '
            '--target "HubSpot" --set revenue_account=1.5010'
        ),
    )
    exit_codes = {
        0: "all of its flows are there",
        1: "a system refused, or fields of ours cannot be created: they are named",
        2: "no such recipe or connection, a question left open, or a name taken",
        3: "a system cannot be reached now",
    }

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "recipe", choices=recipes.slugs(), help="a file of connectors/recipes"
        )
        parser.add_argument("--source", required=True, help="name of a connection")
        parser.add_argument("--target", required=True, help="name of a connection")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="what the recipe asks for (may be repeated)",
        )
        parser.add_argument(
            "--prefix", default="", help="put this before the flows' names"
        )
        parser.add_argument(
            "--activate", action="store_true", help="let the new flows run"
        )
        add_json(parser)

    def handle(self, *, recipe: str, json: bool, **options: Any) -> None:
        ends = (find_connection(options["source"]), find_connection(options["target"]))
        status = FlowStatus.ACTIVE if options["activate"] else FlowStatus.PAUSED
        try:
            recipes.read_fields(recipe, *ends)
            flows = recipes.install(
                recipe,
                *ends,
                prefix=options["prefix"],
                answers=answers(options["set"]),
                status=status,
            )
            refused = {flow: recipes.ensure_fields(flow) for flow in flows}
        except recipes.RecipeError as error:
            raise CommandError(str(error), returncode=USAGE) from error
        except IntegrityError as error:
            raise CommandError(
                "Another flow has one of the names already: say --prefix.",
                returncode=USAGE,
            ) from error
        except ConnectorError as error:
            raise failed_call(error) from error
        if json:
            self.write_json([as_json(flow) for flow in flows])
        else:
            self.write_table(
                ("Flow", "From", "To", "Runs", "State"), map(as_row, flows)
            )
        problems = [
            f"{flow.target if one in mapped(flow) else flow.source} cannot create "
            f"{one} ({why})"
            for flow, reasons in refused.items()
            for one, why in reasons.items()
        ]
        if problems:
            raise CommandError("\n".join(problems), returncode=LOOK)


def answers(said: Sequence[str]) -> dict[str, str]:
    """By name, of NAME=VALUE; CommandError for what is not."""
    found = {}
    for one in said:
        name, equals, value = one.partition("=")
        if not (name and equals and value):
            raise CommandError(f"--set {one}: write NAME=VALUE.", returncode=USAGE)
        found[name] = value
    return found


def mapped(flow: Flow) -> set[str]:
    """The target fields that a flow fills."""
    return set(flow.mappings.values_list("target_field", flat=True))


def as_row(flow: Flow) -> tuple[str, ...]:
    """A flow in one line."""
    return (
        flow.name,
        f"{flow.source}: {flow.source_object}",
        f"{flow.target}: {flow.target_object}",
        flow.schedule_text,
        flow.get_status_display(),
    )


def as_json(flow: Flow) -> dict[str, Any]:
    """Its id, name, both ends and status."""
    return {
        "id": flow.pk,
        "name": flow.name,
        "source": flow.source.name,
        "source_object": flow.source_object,
        "target": flow.target.name,
        "target_object": flow.target_object,
        "status": flow.status,
    }
