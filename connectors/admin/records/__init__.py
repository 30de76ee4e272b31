"""The replay console: every record that moved, what became of it, and again."""

from connectors.admin.records.console import SyncRecordAdmin

__all__ = ["SyncRecordAdmin"]
