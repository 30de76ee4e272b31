"""Changes that a source tells of by itself: stored, then the records are read."""
