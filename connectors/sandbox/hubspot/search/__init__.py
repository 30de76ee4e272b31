"""Search: its index, filters and limits."""
