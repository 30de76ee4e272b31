"""The side navigation: all sections, and how many things in them want a look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from connectors.models import Alert, Connection, Flow, FlowStatus, Health, Review
from connectors.sync.watch import tally

# A badge says "look here"; beyond this the exact number changes nothing.
COUNTED_TO = 999


_RARE = "Behind the scenes"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of the side navigation; `model` is "app.model", `badge` names a count."""

    title: str
    icon: str
    model: str
    badge: str = ""
    query: str = ""

    @property
    def link(self) -> str:
        page = self.model.replace(".", "_")
        return reverse(f"admin:{page}_changelist") + self.query

    @property
    def permission(self) -> str:
        app, _, model = self.model.partition(".")
        return f"{app}.view_{model}"


_GROUPS: tuple[tuple[str, tuple[_Entry, ...]], ...] = (
    (
        "What happens",
        (
            _Entry("Alerts", "notifications", "connectors.alert", "alerts"),
            _Entry("Reviews", "rule", "connectors.review", "reviews"),
            _Entry("Sync records", "receipt_long", "connectors.syncrecord", "problems"),
            _Entry("Runs", "play_circle", "connectors.syncrun"),
            _Entry("Bindings", "link", "connectors.binding"),
        ),
    ),
    (
        "Set up",
        (
            _Entry("Connections", "cable", "connectors.connection", "connections"),
            _Entry("Flows", "sync_alt", "connectors.flow", "flows"),
            _Entry("Value maps", "translate", "connectors.valuemap"),
            _Entry("Error policies", "healing", "connectors.errorpolicy"),
        ),
    ),
    (
        "People",
        (
            _Entry("Users", "person", "auth.user"),
            _Entry("Groups", "group", "auth.group"),
            _Entry("Refused sign-ins", "lock_person", "axes.accessattempt"),
        ),
    ),
    (
        _RARE,
        (
            _Entry("Change events", "podcasts", "connectors.changeevent"),
            _Entry("Schedules", "schedule", "django_q.schedule"),
            _Entry("Queued tasks", "pending_actions", "django_q.ormq"),
            _Entry("Failed tasks", "error", "django_q.failure"),
            _Entry("Finished tasks", "task_alt", "django_q.success"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The side navigation: what this person may see, with what needs a look."""
    counts = _counts()
    overview = {
        "title": "Overview",
        "icon": "dashboard",
        "link": reverse("admin:index"),
    }
    groups: list[dict[str, Any]] = [{"items": [overview]}]
    for title, entries in _GROUPS:
        items = [
            _item(entry, counts)
            for entry in entries
            if request.user.has_perm(entry.permission)
            or request.user.has_perm(entry.permission.replace(".view_", ".change_"))
        ]
        groups.append(
            {
                "title": title,
                "separator": True,
                "collapsible": title == _RARE,
                "items": items,
            }
        )
    return [group for group in groups if group["items"]]


def _item(entry: _Entry, counts: dict[str, int]) -> dict[str, Any]:
    item: dict[str, Any] = {
        "title": entry.title,
        "icon": entry.icon,
        "link": entry.link,
    }
    count = counts.get(entry.badge, 0)
    if count:
        item["badge"] = f"{COUNTED_TO}+" if count > COUNTED_TO else str(count)
        item["badge_variant"] = "danger"
    return item


def _counts() -> dict[str, int]:
    """What waits for a person; five look-ups by index, whatever the size."""
    ill = (Health.REFUSED, Health.UNREACHABLE)
    return {
        "alerts": Alert.objects.filter(resolved_at=None, acknowledged_at=None).count(),
        "reviews": Review.objects.filter(decided_at=None)
        .order_by()[: COUNTED_TO + 1]
        .count(),
        "problems": tally.problems()[: COUNTED_TO + 1].count(),
        "connections": Connection.objects.filter(enabled=True, health__in=ill).count(),
        "flows": Flow.objects.filter(status=FlowStatus.STOPPED).count(),
    }
