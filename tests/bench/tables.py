"""The columns of each benchmark's table."""

from __future__ import annotations

from tests.bench.report import Column, hundredths, tenths, whole

FLOW = (
    Column("records", "records", whole),
    Column("seconds", "seconds", tenths, is_time=True),
    Column("records/s", "rate", whole, is_time=True),
    Column("CPU s\nworker", "cpu_ours", tenths, is_time=True),
    Column("CPU s\ndatabase", "cpu_database", tenths, is_time=True),
    Column("CPU s\nsandbox", "cpu_sandbox", tenths, is_time=True),
    Column("CPU µs/\nrecord", "cpu_each", whole, is_time=True),
    Column("JDE\nrequests", "jde", whole),
    Column("HubSpot\nrequests", "hubspot", whole),
    Column("peak MiB", "peak", whole),
)
GOVERNED = (
    Column("seconds", "seconds", tenths, is_time=True),
    Column("requests", "requests", whole),
    Column("floor s", "floor", tenths),
    Column("× floor", "ratio", hundredths, is_time=True),
    Column("429", "refused", whole),
    Column("rejected\nrows", "rejected", whole),
    Column("poisoned\nrows", "poisoned", whole),
    Column("CPU s worker", "cpu_ours", tenths, is_time=True),
    Column("peak MiB", "peak", whole),
)
ADMIN = (
    Column("first ms", "first", tenths, is_time=True),
    Column("then ms", "again", tenths, is_time=True),
    Column("queries", "queries", whole),
    Column("slowest\nquery ms", "slowest", tenths, is_time=True),
)
PICKUP = (
    Column("times", "times", whole),
    Column("median s", "median", hundredths, is_time=True),
    Column("longest s", "longest", hundredths, is_time=True),
)
