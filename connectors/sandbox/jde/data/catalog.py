"""Every table and view the stand-in knows, by name."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.sandbox.jde.data.address_tables import ADDRESS_TABLES
from connectors.sandbox.jde.data.columns import TableDefinition
from connectors.sandbox.jde.data.finance.tables import FINANCE_TABLES
from connectors.sandbox.jde.data.finance.ztables import Z_TABLES
from connectors.sandbox.jde.data.ledger_tables import LEDGER_TABLES

TABLES: dict[str, TableDefinition] = {
    one.name: one
    for one in (*ADDRESS_TABLES, *LEDGER_TABLES, *FINANCE_TABLES, *Z_TABLES)
}
LEGACY_CUSTOMER = "F0301"


@dataclass(frozen=True, slots=True)
class View:
    """A business view over one table; its columns keep the table's prefix."""

    name: str
    title: str
    table: str


VIEWS: dict[str, View] = {
    one.name: one
    for one in (
        View("V0101E", "Address Book Master", "F0101"),
        View("V03B11A", "Customer Ledger", "F03B11"),
    )
}
