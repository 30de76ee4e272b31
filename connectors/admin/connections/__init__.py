"""The console's part for connections: a form made from each system's spec.toml."""

from connectors.admin.connections.console import HEALTH_COLOURS, ConnectionAdmin

__all__ = ["HEALTH_COLOURS", "ConnectionAdmin"]
