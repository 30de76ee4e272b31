"""The console's part for error policies: one page for all classes of error."""

from connectors.admin.policies.console import ErrorPolicyAdmin

__all__ = ["ErrorPolicyAdmin"]
