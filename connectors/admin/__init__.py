"""The console: what a person sees and presses; all work is done by `sync`."""

from connectors.admin import (
    alerts,
    bindings,
    connections,
    events,
    flows,
    people,
    policies,
    queue,
    records,
    reviews,
    runs,
    valuemaps,
)

__all__ = [
    "alerts",
    "bindings",
    "connections",
    "events",
    "flows",
    "people",
    "policies",
    "queue",
    "records",
    "reviews",
    "runs",
    "valuemaps",
]
