"""The HTTP face: one set of handlers behind every path family."""
