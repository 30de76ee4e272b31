"""The company database: tables, rows, invented records."""
