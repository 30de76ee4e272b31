"""All tables together."""

from __future__ import annotations

from connectors.sandbox.jde.data.catalog import LEGACY_CUSTOMER, TABLES
from connectors.sandbox.jde.data.store import Table


class Database(dict[str, Table]):
    """Every table by name, empty at first."""

    def __init__(self) -> None:
        super().__init__({name: Table(one) for name, one in TABLES.items()})

    def counts(self) -> dict[str, int]:
        """Rows per table."""
        return {name: len(table) for name, table in self.items()}

    def fill_legacy_customers(self) -> None:
        """Derive the older customer master, once, from the all-companies rows."""
        legacy = self[LEGACY_CUSTOMER]
        if not len(legacy):
            legacy.extend(
                (row[0], *row[2:]) for row in self["F03012"].rows if row[1] == "00000"
            )

    def clear_rows(self) -> None:
        """Empty every table."""
        for table in self.values():
            table.clear()
