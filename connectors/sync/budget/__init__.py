"""Budgets of requests: counted for all processes, shared out by priority, shown."""
