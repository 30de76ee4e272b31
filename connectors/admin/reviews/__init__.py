"""The console's part for reviews: the queue, one question, many at once."""

from connectors.admin.reviews.console import ReviewAdmin

__all__ = ["ReviewAdmin"]
