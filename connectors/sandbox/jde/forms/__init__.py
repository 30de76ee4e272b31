"""Interactive applications, driven one form at a time."""
