"""Batch input tables and the programs that empty them."""
