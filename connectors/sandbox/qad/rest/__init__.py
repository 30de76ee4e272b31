"""Adaptive ERP: log-in, browses, business documents, the lines of an order."""
