"""The console: what a person sees and presses; all work is done by `sync`."""

from connectors.admin import connections, people, queue, valuemaps

__all__ = ["connections", "people", "queue", "valuemaps"]
