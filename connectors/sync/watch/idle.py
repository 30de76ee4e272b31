"""Whether work waits and no worker takes it.

Who notices: every sweep. While the cluster is stuck or keeps dying, the supervisor's
sweeps go on and open the alert. While nothing of ours runs at all, nobody can write or
mail anything; /healthz then says it to whoever watches from outside, and so does the
front page. The first sweep of the next worker opens the alert late, with how long
nobody worked; the first heartbeat of that worker resolves it, and it stays listed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import timezone
from django_q.models import OrmQ

from connectors.models import AlertKind, Flow, FlowStatus, Heartbeat
from connectors.sync.watch import alerts

# As long as /healthz calls a worker alive: it writes its heartbeat every 30 seconds.
STALE = timedelta(minutes=2)


def notice() -> None:
    """Open the alert, or resolve it. Call it before due flows are started."""
    now = timezone.now()
    seen = last_seen()
    if seen and now - seen <= STALE:
        alerts.resolve(AlertKind.WORKER, None)
    elif _work_waits(now - STALE):
        alerts.open_alert(
            AlertKind.WORKER,
            None,
            title=_title(seen, now),
            advice="What is due is kept and goes on by itself once a worker runs. Look "
            "at the log of the worker process, and start it if it has ended.",
        )


def last_seen() -> datetime | None:
    """When a worker last said that it takes work; None for never."""
    workers = Heartbeat.objects.filter(name__startswith="worker ")
    found: datetime | None = workers.aggregate(at=Max("seen_at"))["at"]
    return found


def _title(seen: datetime | None, now: datetime) -> str:
    if seen is None:
        return "Work is waiting, and no worker has ever taken any."
    minutes = int((now - seen).total_seconds()) // 60
    hours, minutes = divmod(minutes, 60)
    span = f"{hours} h {minutes} min" if hours else f"{minutes} min"
    at = f"{timezone.localtime(seen):%Y-%m-%d %H:%M}"
    return f"Work was waiting and no worker took any for {span}, since {at}."


def _work_waits(since: datetime) -> bool:
    """Whether a task, or a flow's schedule, has been due for so long."""
    if OrmQ.objects.filter(lock__lte=since).exists():
        return True
    overdue = Flow.objects.filter(
        status=FlowStatus.ACTIVE,
        interval__isnull=False,
        mapping_version__gt=0,
        state__next_run_at__lte=since,
    ).select_related("source", "target")
    return any(flow.ready for flow in overdue)
