"""The console's part for flows: form, mapping editor, buttons."""

from connectors.admin.flows.console import FlowAdmin

__all__ = ["FlowAdmin"]
