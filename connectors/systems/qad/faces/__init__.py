"""Adaptive ERP and Enterprise Edition, seen alike."""
