"""Drift: fields that change in a system while mappings name them."""
