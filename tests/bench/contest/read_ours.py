"""All contacts by our worker: read, kept, mapped, and an outcome for each.

The flow leads to another account; its guard lets nothing pass, so that nothing is
written there. Every record is read, stored, claimed, mapped and settled as skipped.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from connectors.models import (  # noqa: E402
    Connection,
    FieldMapping,
    Flow,
    FlowState,
    FlowStatus,
    Guard,
    GuardKind,
    Outcome,
    RunKind,
    SyncRecord,
    SyncRun,
)
from connectors.sandbox.core.client import ControlClient  # noqa: E402
from connectors.sync import connect, runs  # noqa: E402
from connectors.sync.mapping.versions import save_version  # noqa: E402
from tests.bench import report  # noqa: E402
from tests.bench.contest import contacts, ours  # noqa: E402
from tests.bench.contest.rounds import Finish  # noqa: E402
from tests.bench.world import unscheduled, worker  # noqa: E402

LONGEST = 900.0
CHUNK = 500


def install(url: str) -> Flow:
    """A flow of contacts with a row for each property."""
    call_command("migrate", verbosity=0)
    ends = [Connection(name=f"HubSpot {number}", system="hubspot") for number in (1, 2)]
    for connection, token in zip(ends, contacts.TOKENS, strict=True):
        settings = {"base_url": url, "access_token": token, "searches_per_second": 20}
        connection.set_values(settings)
        connection.save()
        result = connect.check(connection)
        if not result.ok:
            raise RuntimeError(result.message)
    connect.ensure_fields(ends[1], "contacts", ["erp_key"])
    for connection in ends:
        connect.refresh_catalogue(connection, "contacts")
    flow = Flow(
        name="Contacts",
        source=ends[0],
        source_object="contacts",
        target=ends[1],
        target_object="contacts",
        status=FlowStatus.ACTIVE,
    )
    flow.save()
    rows = {"erp_key": "hs_object_id", **{name: name for name in contacts.NAMES}}
    for position, (target, source) in enumerate(rows.items()):
        FieldMapping.objects.create(
            flow=flow, position=position, source_field=source, target_field=target
        )
    Guard.objects.create(
        flow=flow, name="Nobody", kind=GuardKind.ONLY, field="email", argument="nobody"
    )
    save_version(flow)
    return flow


def by_search(flow: Flow) -> SyncRun:
    """A run that finds all contacts as changes, which are read by the search."""
    cursor = {"phase": "changes", "since": 0}
    FlowState.objects.filter(flow=flow).update(cursor=cursor)
    return runs.start(flow, RunKind.SYNC)


def rows() -> Iterator[dict[str, Any]]:
    """What we have kept of each record."""
    kept = SyncRecord.objects.order_by("pk").values_list("payload", flat=True)
    yield from kept.iterator(chunk_size=CHUNK)


def problems(run: SyncRun, count: int, at_once: int) -> list[str]:
    """What is not exactly right: an audit row for every contact, as it is there."""
    done = SyncRecord.objects.filter(outcome=Outcome.SKIPPED, run=run).count()
    found = contacts.problems(rows(), contacts.starts(count, at_once))
    if run.status != "succeeded" or run.read != count:
        found.append(f"the run {run.status}, {run.read:,} read: {run.message}")
    if done != count:
        found.append(f"{done:,} of {count:,} rows with an outcome")
    return found


def measure(url: str, count: int, at_once: int, *, search: bool) -> Finish:
    """One backfill of a fresh installation."""
    flow, hubspot = install(url), ControlClient(url, timeout=120)
    unscheduled()
    with worker() as labour:
        run = by_search(flow) if search else runs.start(flow, RunKind.BACKFILL)
        finish = ours.carried_out([run], labour, hubspot, LONGEST)
    finish.wrong = problems(run, count, at_once)
    return finish


if __name__ == "__main__":
    report.end_on_sigterm()
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("count", type=int)
    parser.add_argument("at_once", type=int)
    parser.add_argument("--search", action="store_true")
    given = parser.parse_args()
    ours.emit(measure(given.url, given.count, given.at_once, search=given.search))
