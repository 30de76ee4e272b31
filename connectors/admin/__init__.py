"""The console: what a person sees and presses; all work is done by `sync`."""

from connectors.admin import (
    alerts,
    bindings,
    connections,
    flows,
    people,
    queue,
    records,
    runs,
    valuemaps,
)

__all__ = [
    "alerts",
    "bindings",
    "connections",
    "flows",
    "people",
    "queue",
    "records",
    "runs",
    "valuemaps",
]
