"""Send records again, by filter."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from dataclasses import dataclass, field
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Count, Min, QuerySet

from connectors.management.common import (
    LOOK,
    USAGE,
    ConsoleCommand,
    add_json,
    find_flow,
)
from connectors.models import Outcome, SyncRecord
from connectors.models.record import PROBLEM
from connectors.sync.replay import REPLAYABLE, ReplayResult, replay

GROUPED_BY = ("flow__name", "outcome", "error_class", "error_fingerprint")
# How much of an error is shown for its group.
SHOWN = 90


class Command(ConsoleCommand):
    help = """\
Sends records again that have failed, or any others, chosen by filters that all must
fit. Without --outcome only those that need a person are chosen: failed, dead and in
conflict. Records that are on their way already are never taken up twice.

Look first with --dry-run; the replay itself asks, unless --yes is given. Each flow's
records go into a replay run of their own, which a worker carries out."""
    examples = (
        'replay_records --flow "Customers to companies" --dry-run',
        "replay_records --error-class rejected --fresh --yes",
        "replay_records --source-id 6001 --source-id 6002 --outcome created --yes",
        "replay_records --id 1812 1813 --yes --json",
    )
    exit_codes = {
        0: "every record chosen was taken up, or there was none",
        1: "some records were not taken up: the reasons are listed",
        2: "wrong usage, no filter, or not confirmed",
    }

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--flow", help="only records of this flow")
        parser.add_argument(
            "--outcome",
            action="append",
            choices=[str(one) for one in REPLAYABLE],
            help="only records with this outcome (may be repeated)",
        )
        parser.add_argument(
            "--error-class", help="only records with this kind of error: rejected, ..."
        )
        parser.add_argument(
            "--source-id",
            action="append",
            help="only the record with this number in the source (may be repeated)",
        )
        parser.add_argument(
            "--id", nargs="+", type=int, help="only the sync records with these numbers"
        )
        parser.add_argument(
            "--fresh",
            action="store_true",
            help="read each record from the source first, instead of what was stored",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="only show what would be sent again"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")
        add_json(parser)

    def handle(self, **options: Any) -> None:
        records = chosen(options)
        plan = planned(records)
        if not options["json"]:
            self._write_plan(plan)
        if options["dry_run"] or not plan.count:
            self._finish(plan, ReplayResult(), options)
            return
        if not options["yes"]:
            self._ask(plan.count)
        result = replay(records, None, fresh=options["fresh"])
        self._finish(plan, result, options)
        if result.refused:
            raise CommandError(
                f"{result.refused:,} records were not taken up.", returncode=LOOK
            )

    def _ask(self, count: int) -> None:
        if not sys.stdin.isatty():
            raise CommandError("Nobody can be asked here: add --yes.", returncode=USAGE)
        if input(f"Send these {count:,} records again? [y/N] ").lower() != "y":
            raise CommandError("Nothing was sent.", returncode=USAGE)

    def _write_plan(self, plan: Plan) -> None:
        fit = "record fits" if plan.count == 1 else "records fit"
        self.stdout.write(f"{plan.count:,} {fit}.")
        if plan.count:
            self.write_table(
                (">Records", "Flow", "Outcome", "Error", "First of them says"),
                (
                    (one["records"], one["flow"], one["outcome"], one["error_class"],
                     one["error"][:SHOWN])
                    for one in plan.groups
                ),
            )  # fmt: skip

    def _finish(
        self, plan: Plan, result: ReplayResult, options: dict[str, Any]
    ) -> None:
        if options["json"]:
            self.write_json(as_json(plan, result))
            return
        for reason in result.reasons:
            self.stdout.write(self.style.WARNING(reason))
        for run in result.runs:
            self.stdout.write(f"{run}: queued, {run.read:,} records")


@dataclass(slots=True)
class Plan:
    """How many records fit, and in which groups, the largest first."""

    count: int = 0
    groups: list[dict[str, Any]] = field(default_factory=list)


def chosen(options: dict[str, Any]) -> QuerySet[SyncRecord]:
    """The records that fit the filters; CommandError when there is no filter."""
    filters: dict[str, Any] = {}
    if options["flow"]:
        filters["flow"] = find_flow(options["flow"])
    if options["error_class"]:
        filters["error_class"] = options["error_class"]
    if options["source_id"]:
        filters["source_id__in"] = options["source_id"]
    if options["id"]:
        filters["pk__in"] = options["id"]
    if not filters and not options["outcome"]:
        raise CommandError(
            "Give at least one of --flow, --outcome, --error-class, --source-id, --id.",
            returncode=USAGE,
        )
    outcomes = options["outcome"] or ([] if options["id"] else PROBLEM)
    if outcomes:
        filters["outcome__in"] = outcomes
    return SyncRecord.objects.filter(**filters)


def planned(records: QuerySet[SyncRecord]) -> Plan:
    """Count and group the records."""
    groups = (
        records.order_by()
        .values(*GROUPED_BY)
        .annotate(records=Count("pk"), error=Min("error_message"))
        .order_by("-records", *GROUPED_BY)
    )
    found = [
        {
            "flow": one["flow__name"],
            "outcome": str(Outcome(one["outcome"]).label),
            "error_class": one["error_class"],
            "error": one["error"],
            "records": one["records"],
        }
        for one in groups
    ]
    return Plan(sum(one["records"] for one in found), found)


def as_json(plan: Plan, result: ReplayResult) -> dict[str, Any]:
    """{"fit", "groups": [...], "taken", "refused", "reasons", "runs": [...]}."""
    return {
        "fit": plan.count,
        "groups": plan.groups,
        "taken": result.taken,
        "refused": result.refused,
        "reasons": result.reasons,
        "runs": [
            {"run": run.pk, "flow": run.flow.name, "records": run.read}
            for run in result.runs
        ],
    }
