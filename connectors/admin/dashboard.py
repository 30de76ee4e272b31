"""The front page: what needs me now, then how it goes.

Everything is counted through partial indexes or from runs, never from the records
themselves, in a number of queries that does not grow. No system is called.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from connectors.admin.dashboard_charts import charts
from connectors.models import (
    Alert,
    AlertKind,
    Connection,
    Flow,
    FlowStatus,
    Health,
    Outcome,
    Review,
    ReviewKind,
    SyncRun,
)
from connectors.models.record import PROBLEM
from connectors.sync.access.versions import version_warning
from connectors.sync.watch import health, tally

SHOWN = 12
# Alerts looked at, those among them that are acknowledged included.
LOOKED_AT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing that needs a person: what it is, and where to go about it."""

    level: str
    icon: str
    title: str
    detail: str = ""
    url: str = ""
    go: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRow:
    """A flow with what of it is not done."""

    flow: Flow
    problems: int
    waiting: int
    moving: int


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The index page's context, as far as this person may see."""
    may = _permissions(request)
    flows = _flows() if may["flow"] else []
    connections = _connections() if may["connection"] else []
    counts = tally.open_counts() if may["syncrecord"] else Counter()
    needs = list(_needs(may, flows, connections))
    started = SyncRun.objects.exists()
    return context | {
        "title": "Overview",
        "may": may,
        "needs": needs,
        "steps": [] if started else _steps(flows, connections),
        "charts": charts() if may["syncrun"] and started else [],
        "flow_rows": sorted(
            (_flow_row(flow, counts) for flow in flows),
            key=lambda row: (-row.problems, row.flow.name),
        ),
        "connections": connections,
        "live_runs": _live_runs() if may["syncrun"] else [],
    }


def _permissions(request: HttpRequest) -> dict[str, bool]:
    names = ("alert", "connection", "flow", "review", "syncrecord", "syncrun")
    return {name: request.user.has_perm(f"connectors.view_{name}") for name in names}


def _flows() -> list[Flow]:
    return list(
        Flow.objects.select_related("state", "source", "target").defer(
            "source__secrets", "target__secrets"
        )
    )


def _connections() -> list[Connection]:
    return list(Connection.objects.defer("secrets", "details"))


def _live_runs() -> QuerySet[SyncRun]:
    return tally.open_runs().select_related("flow").order_by("-pk")[:SHOWN]


def _flow_row(flow: Flow, counts: Counter[tuple[int, str]]) -> FlowRow:
    return FlowRow(
        flow=flow,
        problems=sum(counts[(flow.pk, outcome)] for outcome in PROBLEM),
        waiting=counts[(flow.pk, Outcome.WAITING)],
        moving=counts[(flow.pk, Outcome.PENDING)],
    )


# --- what needs me ---


def _needs(
    may: dict[str, bool], flows: list[Flow], connections: list[Connection]
) -> Iterator[Need]:
    """The gravest first: nothing works, something is stopped, records are stuck."""
    alerts = _open_alerts() if may["alert"] else []
    yield from _broken(alerts)
    # Of one that is acknowledged somebody sees to already: it stays in the list.
    new = [alert for alert in alerts if alert.acknowledged_at is None]
    yield from (_alert(alert) for alert in new[:SHOWN])
    told = {(alert.connection_id, alert.flow_id) for alert in alerts}
    yield from _ill(c for c in connections if (c.pk, None) not in told)
    yield from _stopped(f for f in flows if (None, f.pk) not in told)
    yield from _ending(connections)
    if may["review"]:
        yield from _asked()
    if may["syncrecord"]:
        yield from _stuck()


def _open_alerts() -> list[Alert]:
    return list(Alert.objects.filter(resolved_at=None).order_by("-last_at")[:LOOKED_AT])


def _broken(alerts: list[Alert]) -> Iterator[Need]:
    worker, keys = health.worker(), health.keys()
    if not worker.ok and all(alert.kind != AlertKind.WORKER for alert in alerts):
        yield Need(
            level="error",
            icon="bedtime",
            title="No worker is running, so nothing is read or sent.",
            detail=f"{worker.message} Start the worker process; what is due is kept "
            "and goes on by itself.",
        )
    if not keys.ok:
        yield Need(
            level="error",
            icon="key_off",
            title=keys.message,
            detail="Put the missing key back into FERNET_KEYS and restart. Nothing is "
            "lost until then, but no connection can be used.",
        )


def _alert(alert: Alert) -> Need:
    return Need(
        level="error",
        icon="notifications_active",
        title=alert.title,
        detail=alert.advice,
        url=reverse("admin:connectors_alert_change", args=[alert.pk]),
        go="Open the alert",
        since=alert.opened_at,
    )


def _ill(connections: Iterable[Connection]) -> Iterator[Need]:
    for connection in connections:
        ill = connection.health in (Health.REFUSED, Health.UNREACHABLE)
        if not connection.enabled or not ill:
            continue
        errors = [f for f in connection.findings if f.get("level") == "error"]
        state = Health(connection.health).label.lower()
        yield Need(
            level="error",
            icon="cloud_off",
            title=f"{connection} is {state}.",
            detail=f"{errors[0]['title']} {errors[0]['advice']}" if errors else "",
            url=reverse("admin:connectors_connection_change", args=[connection.pk]),
            go="Open the connection",
            since=connection.checked_at,
        )


def _stopped(flows: Iterable[Flow]) -> Iterator[Need]:
    for flow in flows:
        if flow.status == FlowStatus.STOPPED:
            yield Need(
                level="error",
                icon="sync_disabled",
                title=f"The flow “{flow}” is stopped.",
                detail=flow.status_reason,
                url=reverse("admin:connectors_flow_change", args=[flow.pk]),
                go="Open the flow",
            )


def _ending(connections: Iterable[Connection]) -> Iterator[Need]:
    """Versions of the other side's API that will not be supported for long."""
    for connection in connections:
        warning = version_warning(connection) if connection.enabled else ""
        if warning:
            yield Need(
                level="warning",
                icon="event_busy",
                title=f"{connection}: {warning}",
                detail="Choose a newer version in the connection's settings.",
                url=reverse("admin:connectors_connection_change", args=[connection.pk]),
                go="Open the connection",
            )


def _asked() -> Iterator[Need]:
    """What waits for a decision, by question; from the open ones' index."""
    url = reverse("admin:connectors_review_changelist")
    found = Review.objects.filter(decided_at=None).order_by()
    rows = found.values_list("kind").annotate(n=Count("pk"), since=Min("opened_at"))
    for kind, count, since in rows.order_by("-n"):
        noun = "record waits" if count == 1 else "records wait"
        if kind == ReviewKind.CONFLICT:
            noun = "field waits" if count == 1 else "fields wait"
        yield Need(
            level="warning",
            icon="rule",
            title=f"{count:,} {noun} for your decision: {ReviewKind(kind).label}.",
            detail="What is asked about is not sent until somebody decides.",
            url=f"{url}?{urlencode({'kind': kind})}",
            go="Decide",
            since=since,
        )


def _stuck() -> Iterator[Need]:
    records = reverse("admin:connectors_syncrecord_changelist")
    # What waits for a decision is told already.
    asked = Review.objects.filter(decided_at=None).order_by().values("record")
    for group in tally.error_groups(
        tally.problems().exclude(pk__in=asked), limit=SHOWN
    ):
        query = {"outcome": "needs-me", "flow": group.flow_id}
        if group.fingerprint:
            query["error_fingerprint"] = group.fingerprint
        noun = "record" if group.count == 1 else "records"
        yield Need(
            level="warning",
            icon="report",
            title=f"{group.count:,} {noun} of “{group.flow}” need you.",
            detail=group.message,
            url=f"{records}?{urlencode(query)}",
            go="Show it" if group.count == 1 else "Show them",
            since=group.newest.created_at,
        )


# --- a new installation ---


def _steps(flows: list[Flow], connections: list[Connection]) -> list[dict[str, Any]]:
    """What to do first; shown until something has run."""
    return [
        {
            "title": "Add your connections",
            "text": "One for each system: where it is, and who we are there. Each can "
            "be tested before anything moves.",
            "url": reverse("admin:connectors_connection_changelist"),
            "go": "Connections",
            "done": len(connections) >= 2,
        },
        {
            "title": "Add a flow",
            "text": "What goes from where to where. Mappings are suggested, and tried "
            "on a real record before they are saved.",
            "url": reverse("admin:connectors_flow_changelist"),
            "go": "Flows",
            "done": bool(flows),
        },
        {
            "title": "Run it",
            "text": "Resume the flow, or run it once. Every record that moves then "
            "stands under Sync records, with what was sent and what came back.",
            "url": reverse("admin:connectors_flow_changelist"),
            "go": "Run a flow",
            "done": False,
        },
    ]
