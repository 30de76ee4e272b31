"""The one schedule the queue keeps for us: the sweep, beside the supervisor's own."""

from __future__ import annotations

from django_q.models import Schedule

SWEEP = "ml-connector sweep"


def ensure(**_: object) -> None:
    """Create the schedule, or repair it."""
    Schedule.objects.update_or_create(
        name=SWEEP,
        defaults={
            "func": "connectors.tasks.sweep",
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
            "repeats": -1,
            "args": None,
            "kwargs": None,
        },
    )
