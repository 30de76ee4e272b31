"""The console's part for connections: a form made from each system's spec.toml."""

from connectors.admin.connections.console import ConnectionAdmin
from connectors.admin.connections.page import HEALTH_COLOURS

__all__ = ["HEALTH_COLOURS", "ConnectionAdmin"]
