"""Orchestrations: named business actions with inputs and outputs of their own."""
