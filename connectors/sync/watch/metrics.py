"""What /metrics answers: gauges read from the database at the moment of asking.

Every query here is held by an index or by a small table, so that asking every few
seconds costs a table of a million records nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from django.db.models import Count, Max
from django.utils import timezone
from django_q.models import OrmQ
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from connectors.models import (
    Alert,
    AlertKind,
    Connection,
    Flow,
    FlowStatus,
    Health,
    Heartbeat,
    RateBudget,
    RunStatus,
    SyncRun,
)
from connectors.models.record import OPEN
from connectors.sync.budget.meter import meters
from connectors.sync.watch import tally

_PREFIX = "mlconnector_"


def metrics_text() -> bytes:
    """All metrics in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Database())
    return generate_latest(registry)


class _Database(Collector):
    def collect(self) -> Iterator[Metric]:
        flows = list(Flow.objects.select_related("state"))
        yield from _records(flows)
        yield from _flows(flows)
        yield from _runs(flows)
        yield _connections()
        yield _alerts()
        yield _heartbeats()
        yield from _budgets()
        yield _gauge("queue_tasks", "Tasks waiting in the queue.", (), {
            (): OrmQ.objects.count()
        })  # fmt: skip


def _gauge(
    name: str,
    help_text: str,
    labels: tuple[str, ...],
    values: dict[tuple[str, ...], float],
) -> Metric:
    family = GaugeMetricFamily(_PREFIX + name, help_text, labels=labels)
    for of, value in values.items():
        family.add_metric(of, value)
    return family


def _records(flows: Iterable[Flow]) -> Iterator[Metric]:
    counts = tally.open_counts()
    yield _gauge(
        "records_open",
        "Records that are not done, by flow and outcome.",
        ("flow", "outcome"),
        {(f.name, o.value): counts[(f.pk, o.value)] for f in flows for o in OPEN},
    )
    oldest = tally.oldest_due()
    age = (timezone.now() - oldest).total_seconds() if oldest else 0
    yield _gauge(
        "oldest_due_seconds",
        "How long the longest waiting due record has been due.",
        (),
        {(): max(0, age)},
    )


def _flows(flows: Iterable[Flow]) -> Iterator[Metric]:
    flows = list(flows)
    yield _gauge(
        "flow_status",
        "1 for the status the flow has.",
        ("flow", "status"),
        {(f.name, s.value): float(f.status == s) for f in flows for s in FlowStatus},
    )
    yield _gauge(
        "flow_failures",
        "Runs of the flow that failed in a row.",
        ("flow",),
        {(f.name,): f.state.failures for f in flows},
    )
    yield _gauge(
        "flow_last_success_timestamp_seconds",
        "When the flow last succeeded; absent when it never has.",
        ("flow",),
        {
            (f.name,): f.state.last_success_at.timestamp()
            for f in flows
            if f.state.last_success_at
        },
    )


def _runs(flows: Iterable[Flow]) -> Iterator[Metric]:
    counts = Counter(tally.open_runs().values_list("status", flat=True))
    yield _gauge(
        "runs_open",
        "Runs that have not ended, by status.",
        ("status",),
        {(s.value,): counts[s] for s in (RunStatus.QUEUED, RunStatus.RUNNING)},
    )
    names = {flow.pk: flow.name for flow in flows}
    newest = SyncRun.objects.order_by().values("flow").annotate(last=Max("pk"))
    runs = SyncRun.objects.in_bulk([row["last"] for row in newest])
    yield _gauge(
        "last_run_records",
        "Records of the newest run of the flow, by outcome.",
        ("flow", "outcome"),
        {
            (names[run.flow_id], name): getattr(run, name)
            for run in runs.values()
            for name in ("read", *SyncRun.OUTCOME_COUNTS)
            if run.flow_id in names
        },
    )


def _connections() -> Metric:
    rows = Connection.objects.values_list("name", "system", "health")
    return _gauge(
        "connection_health",
        "1 for the health the connection was last found in.",
        ("connection", "system", "health"),
        {
            (name, system, state.value): float(found == state)
            for name, system, found in rows
            for state in Health
        },
    )


def _alerts() -> Metric:
    rows = Alert.objects.filter(resolved_at=None).order_by().values_list("kind")
    counts = dict(rows.annotate(n=Count("pk")))
    return _gauge(
        "alerts_open",
        "Open alerts, by kind.",
        ("kind",),
        {(kind.value,): counts.get(kind.value, 0) for kind in AlertKind},
    )


def _heartbeats() -> Metric:
    now = timezone.now()
    return _gauge(
        "heartbeat_age_seconds",
        "Since when a process has not been seen.",
        ("process",),
        {
            (name,): max(0.0, (now - at).total_seconds())
            for name, at in Heartbeat.objects.values_list("name", "seen_at")
        },
    )


def _budgets() -> Iterator[Metric]:
    labels = ["account", "budget"]
    used = GaugeMetricFamily(
        _PREFIX + "rate_budget_used_ratio",
        "Part of the requests of the current window or day that are spent.",
        labels=labels,
    )
    limit = GaugeMetricFamily(
        _PREFIX + "rate_budget_requests",
        "Requests that the account takes in the window or day.",
        labels=labels,
    )
    spent = GaugeMetricFamily(
        _PREFIX + "rate_budget_day_requests",
        "Requests of the account's day, by what they were for.",
        labels=[*labels, "priority"],
    )
    granted = CounterMetricFamily(
        _PREFIX + "rate_granted", "Requests granted.", labels=labels
    )
    refused = CounterMetricFamily(
        _PREFIX + "rate_refused", "Requests put off for the limit.", labels=labels
    )
    for now in meters(RateBudget.objects.all()):
        of = [now.key, now.name]
        used.add_metric(of, now.used / max(1, now.amount))
        limit.add_metric(of, now.amount)
        granted.add_metric(of, now.granted_total)
        refused.add_metric(of, now.refused_total)
        for priority, count in now.spent.items():
            spent.add_metric([*of, priority], count)
    yield from (used, limit, spent, granted, refused)
