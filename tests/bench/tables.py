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
TWOWAY = (
    Column("read", "read", whole),
    Column("written", "written", whole),
    Column("seconds", "seconds", tenths, is_time=True),
    Column("records\n/s", "rate", whole, is_time=True),
    Column("CPU s\nworker", "cpu_ours", tenths, is_time=True),
    Column("CPU s\ndb", "cpu_database", tenths, is_time=True),
    Column("CPU µs/\nrecord", "cpu_each", whole, is_time=True),
    Column("JDE\ncalls", "jde", whole),
    Column("HubSpot\ncalls", "hubspot", whole),
    Column("calls/\n100 r.", "each", hundredths),
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
BACKFILL = (
    Column("records", "records", whole),
    Column("median\ns", "seconds", tenths, is_time=True),
    Column("spread\ns", "spread", is_time=True),
    Column("records\n/s", "rate", whole, is_time=True),
    Column("CPU\ns", "cpu", tenths, is_time=True),
    Column("records/\nCPU s", "per_core", whole, is_time=True),
    Column("calls", "requests", whole),
    Column("429", "refused", whole),
    Column("peak\nMiB", "peak", whole),
)
REJECTS = (
    Column("records", "records", whole),
    Column("median\ns", "seconds", tenths, is_time=True),
    Column("spread\ns", "spread", is_time=True),
    Column("floor\ns", "floor", tenths),
    Column("×\nfloor", "ratio", hundredths, is_time=True),
    Column("CPU\ns", "cpu", tenths, is_time=True),
    Column("calls", "requests", whole),
    Column("429", "refused", whole),
    Column("peak\nMiB", "peak", whole),
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
STREAM = (
    Column("records", "records", whole),
    Column("seconds", "seconds", tenths, is_time=True),
    Column("records/s", "rate", whole, is_time=True),
    Column("HubSpot\nrequests", "hubspot", whole),
    Column("MiB before", "before", whole),
    Column("peak MiB", "peak", whole),
)
HOOKS = (
    Column("events", "events", whole),
    Column("posts", "posts", whole),
    Column("p50 ms", "p50", tenths, is_time=True),
    Column("p99 ms", "p99", tenths, is_time=True),
    Column("longest\nms", "most", tenths, is_time=True),
    Column("answered\ns", "answered", tenths, is_time=True),
    Column("arrived\ns", "arrived", tenths, is_time=True),
    Column("lost", "lost", whole),
)
QAD = (
    Column("records", "records", whole),
    Column("seconds", "seconds", tenths, is_time=True),
    Column("records/s", "rate", whole, is_time=True),
    Column("QAD\nrequests", "requests", whole),
    Column("requests\n/record", "each", hundredths),
    Column("peak MiB", "peak", whole),
)
SYSPRO = (
    Column("records", "records", whole),
    Column("seconds", "seconds", tenths, is_time=True),
    Column("records/s", "rate", whole, is_time=True),
    Column("CPU s", "cpu", tenths, is_time=True),
    Column("SYSPRO\nrequests", "syspro", whole),
    Column("HubSpot\nrequests", "hubspot", whole),
    Column("requests\n/record", "each", hundredths),
    Column("peak MiB", "peak", whole),
)
