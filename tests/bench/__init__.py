"""Benchmarks: `make bench`. They print tables and store nothing."""
