"""The charts of the front page, from the counts of runs."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum
from django.db.models.functions import TruncHour
from django.utils import timezone

from connectors.models import SyncRun

HOURS, DAYS = 24, 14
# Readable in light and dark alike.
_BLUE, _GREY, _RED, _TEXT = "#3b82f6", "#94a3b8", "#ef4444", "#94a3b8"


@dataclass(slots=True)
class Slot:
    """What the runs that began in one hour or day did."""

    written: int = 0
    unchanged: int = 0
    problems: int = 0

    def add(self, other: Slot) -> None:
        """Count another slot into this one."""
        self.written += other.written
        self.unchanged += other.unchanged
        self.problems += other.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart: `data`, `options` are JSON for Chart.js, `text` says it in words."""

    title: str
    text: str
    data: str
    options: str


Slots = dict[datetime, Slot]


def charts() -> list[Chart]:
    """Records written and records that failed, by hour and by day; one query."""
    now = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    today = now.replace(hour=0)
    since = today - timedelta(days=DAYS - 1)
    found = _hours(since)
    hours = [now - timedelta(hours=back) for back in reversed(range(HOURS))]
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    return [
        *_pair("last 24 hours", hours, found, "%H:00"),
        *_pair("last 14 days", days, _by_day(found), "%d %b"),
    ]


def _hours(since: datetime) -> Slots:
    rows = (
        # Most runs of a quiet flow find nothing; they need not be looked at.
        SyncRun.objects.filter(queued_at__gte=since, read__gt=0)
        .order_by()
        .annotate(hour=TruncHour("queued_at"))
        .values_list("hour")
        .annotate(
            Sum("created"),
            Sum("updated"),
            Sum("unchanged"),
            Sum("failed"),
            Sum("dead"),
            Sum("conflict"),
        )
    )
    return {
        hour: Slot(created + updated, unchanged, failed + dead + conflict)
        for hour, created, updated, unchanged, failed, dead, conflict in rows
    }


def _by_day(hours: Slots) -> Slots:
    days: Slots = defaultdict(Slot)
    for hour, slot in hours.items():
        days[hour.replace(hour=0)].add(slot)
    return days


def _pair(span: str, moments: list[datetime], found: Slots, form: str) -> list[Chart]:
    slots = [found.get(moment, Slot()) for moment in moments]
    labels = [moment.strftime(form) for moment in moments]
    written = sum(slot.written for slot in slots)
    unchanged = sum(slot.unchanged for slot in slots)
    problems = sum(slot.problems for slot in slots)
    return [
        _chart(
            f"Records, {span}",
            f"{written:,} written, {unchanged:,} unchanged",
            labels,
            [
                _bars("Written", _BLUE, slots, lambda slot: slot.written),
                _bars("Unchanged", _GREY, slots, lambda slot: slot.unchanged),
            ],
        ),
        _chart(
            f"Problems, {span}",
            f"{problems:,} failed, dead or in conflict now" if problems else "none",
            labels,
            [_bars("Problems", _RED, slots, lambda slot: slot.problems)],
        ),
    ]


def _bars(
    label: str, colour: str, slots: list[Slot], value: Callable[[Slot], int]
) -> dict[str, Any]:
    return {
        "label": label,
        "data": [value(slot) for slot in slots],
        "backgroundColor": colour,
        "borderRadius": 2,
        "stack": "all",
    }


def _chart(
    title: str, text: str, labels: list[str], datasets: list[dict[str, Any]]
) -> Chart:
    return Chart(
        title=title,
        text=text,
        data=json.dumps({"labels": labels, "datasets": datasets}),
        options=json.dumps(_OPTIONS),
    )


_OPTIONS = {
    "animation": False,
    "responsive": True,
    "maintainAspectRatio": False,
    "plugins": {"legend": {"display": False}},
    "scales": {
        "x": {
            "stacked": True,
            "grid": {"display": False},
            "ticks": {"color": _TEXT, "maxRotation": 0, "autoSkipPadding": 12},
        },
        "y": {
            "stacked": True,
            "beginAtZero": True,
            "border": {"display": False},
            "ticks": {"color": _TEXT, "precision": 0, "maxTicksLimit": 5},
        },
    },
}
