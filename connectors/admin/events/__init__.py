"""Live changes in the console: the address, what came, what became of it."""

from connectors.admin.events import console

__all__ = ["console"]
