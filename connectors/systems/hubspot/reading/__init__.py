"""Reading records: everything, what changed, what was archived, and look-ups."""
