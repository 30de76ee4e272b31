"""A month of history in the tables: records, runs that add up, bindings.

One statement makes all records, in the database: a million take about a minute.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from connectors.models import (
    Binding,
    Connection,
    Flow,
    FlowStatus,
    Outcome,
    RunKind,
    RunStatus,
    SyncRecord,
    SyncRun,
)

RUNS = 400
DAYS = 30
_RECORDS = SyncRecord._meta.db_table
_BINDINGS = Binding._meta.db_table

# Out of a hundred thousand: nearly all is done, as it is where things work.
_OUTCOME = """CASE
    WHEN i % 1000 = 7 THEN 'failed' WHEN i % 5000 = 11 THEN 'dead'
    WHEN i % 5000 = 13 THEN 'conflict' WHEN i % 10000 = 17 THEN 'waiting'
    WHEN i % 50 = 3 THEN 'skipped' WHEN i % 3 = 0 THEN 'created'
    WHEN i % 3 = 1 THEN 'updated' ELSE 'unchanged' END"""
_NUMBERS = """WITH RECURSIVE numbers(i) AS (
    SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {})"""
_PAYLOAD = """'{"AN8": ' || i || ', "ALPH": "Customer ' || i || '", "ACL": "12500.00", '
    || '"ADD1": "1 Example Street", "CTY1": "Springfield", "CTR": "US", '
    || '"CRCD": "USD", "HDAR": "N", "PH1": "555 0100", "TRAR": "N30"}'"""


def _dialect(began: datetime, step: float) -> tuple[str, str]:
    """The time of record i, and a JSON value out of text, in the database's words."""
    seconds = f"{began.timestamp()} + i * {step}"
    if connection.vendor == "postgresql":
        return f"to_timestamp({seconds})", "({})::jsonb"
    return f"strftime('%Y-%m-%d %H:%M:%f', {seconds}, 'unixepoch')", "{}"


def fill(records: int) -> None:
    """That many records of two flows and 400 runs; whatever was written is bound."""
    flows = _flows()
    began = timezone.now() - timedelta(days=DAYS)
    runs = _runs(flows, began)
    _records(records, flows, runs, began)
    _bindings(flows)
    _count()
    if connection.vendor == "postgresql":
        # What autovacuum does within a minute.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def _flows() -> list[Flow]:
    ends = []
    for name, system in (("JDE", "jde"), ("HubSpot", "hubspot")):
        end = Connection(name=name, system=system)
        end.set_values({"base_url": "http://127.0.0.1:1"})
        end.save()
        ends.append(end)
    flows = []
    for source_object, target_object in (
        ("customers", "companies"),
        ("contacts", "contacts"),
    ):
        flow = Flow(
            name=f"{source_object} to {target_object}".capitalize(),
            source=ends[0],
            source_object=source_object,
            target=ends[1],
            target_object=target_object,
            status=FlowStatus.ACTIVE,
        )
        flow.save()
        flows.append(flow)
    return flows


def _runs(flows: list[Flow], began: datetime) -> list[SyncRun]:
    runs = []
    for number in range(RUNS):
        start = began + number * timedelta(days=DAYS) / RUNS
        runs.append(
            SyncRun(
                flow=flows[number % len(flows)],
                kind=RunKind.BACKFILL if number % 100 == 0 else RunKind.SYNC,
                status=RunStatus.SUCCEEDED,
                correlation_id=uuid.uuid4().hex[:16],
                queued_at=start,
                started_at=start,
                read_done_at=start + timedelta(seconds=20),
                finished_at=start + timedelta(seconds=30),
            )
        )
    return SyncRun.objects.bulk_create(runs)


def _records(
    records: int, flows: list[Flow], runs: list[SyncRun], began: datetime
) -> None:
    """Record i is of run i * RUNS / records, and of that run's flow."""
    run = f"(i - 1) * {RUNS} / {records}"
    moment, as_json = _dialect(began, DAYS * 86400.0 / records)
    problem = f"{_OUTCOME} IN ('failed', 'dead', 'conflict', 'waiting')"
    columns = {
        "flow_id": f"{flows[0].pk} + ({run}) % {len(flows)}",
        "run_id": f"{runs[0].pk} + {run}",
        "source_id": "'S' || (100000000 + i)",
        "target_id": "'T' || (500000000 + i)",
        "correlation_id": "'bench-' || i",
        "outcome": _OUTCOME,
        "change": "''",
        "blocked_by": "''",
        "version": moment,
        "fingerprint": "'0123456789abcdef0123456789abcdef'",
        "payload": as_json.format(_PAYLOAD),
        "mapped": as_json.format(_PAYLOAD),
        "response": as_json.format("""'{"outcome": "created", "id": "' || i || '"}'"""),
        "mapping_version": "1",
        "attempts": "1",
        "replays": "0",
        "due_at": moment,
        "created_at": moment,
        "settled_at": moment,
        "error_class": f"CASE WHEN {problem} THEN 'rejected' ELSE '' END",
        "error_message": f"CASE WHEN {problem} THEN 'HubSpot refused the value of “"
        "phone” (' || i || ').' ELSE '' END",
        "error_field": f"CASE WHEN {problem} THEN 'phone' ELSE '' END",
        "error_fingerprint": f"CASE WHEN {problem} THEN 'group-' || i % 12 ELSE '' END",
    }
    sql = (
        f"INSERT INTO {_RECORDS} ({', '.join(columns)}) {_NUMBERS.format(records)} "  # noqa: S608 - our own words
        f"SELECT {', '.join(columns.values())} FROM numbers ORDER BY i"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _bindings(flows: list[Flow]) -> None:
    for flow in flows:
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {_BINDINGS} (pair_id, left_id, right_id, "  # noqa: S608
                "left_fingerprint, right_fingerprint, left_version, record, "
                "created_at, updated_at) "
                "SELECT %s, source_id, target_id, fingerprint, fingerprint, version, "
                f"id, created_at, created_at FROM {_RECORDS} "
                "WHERE flow_id = %s AND outcome IN ('created', 'updated')",
                [flow.pair_id, flow.pk],
            )


def _count() -> None:
    """The runs' counts, as the records have it."""
    counted = SyncRecord.objects.order_by().values_list("run_id", "outcome")
    runs = {run.pk: run for run in SyncRun.objects.all()}
    for run_id, outcome, number in counted.annotate(n=Count("pk")):
        run = runs[run_id]
        run.read += number
        if outcome in SyncRun.OUTCOME_COUNTS:
            setattr(run, outcome, number)
        if outcome in (Outcome.FAILED, Outcome.DEAD, Outcome.CONFLICT):
            run.status = RunStatus.PARTIAL
    SyncRun.objects.bulk_update(
        runs.values(), ["status", "read", *SyncRun.OUTCOME_COUNTS], batch_size=100
    )
