"""The records of the site, and how they are found.

A row is a dict by the names of Adaptive ERP. Keys are compared as Progress does:
without regard to case and to blanks at the end; what was stored is what comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

Row = dict[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """One table: the two parts of its key, and what a new row starts with."""

    name: str
    context: str
    code: str
    entity: str
    uri: str


KINDS = {
    kind.name: kind
    for kind in (
        Kind("customers", "sharedSetCode", "customerCode", "customerV2",
             "urn:be:com.qad.base.customer.ICustomerV2"),
        Kind("suppliers", "sharedSetCode", "supplierCode", "supplierV2",
             "urn:be:com.qad.base.supplier.ISupplierV2"),
        Kind("items", "domainCode", "itemCode", "item",
             "urn:be:com.qad.base.item.IItem"),
        Kind("orders", "domainCode", "salesOrderNumber", "salesOrderHeader",
             "urn:be:com.qad.sales.salesorder.ISalesOrderHeader"),
        Kind("mfg_customers", "domainContext", "customerCode", "mfgCustomer",
             "urn:be:com.qad.base.customer.IMfgCustomer"),
    )
}  # fmt: skip


def folded(context: str, code: str) -> Key:
    """A key as the database compares it."""
    return context.rstrip().upper(), code.rstrip().upper()


class Store:
    """All tables. `version` counts changes, so that lists may be kept until one."""

    def __init__(self, local_time: Callable[[], datetime]) -> None:
        self.local_time = local_time
        self.version = 0
        self.sequence = 0
        self.rows: dict[str, dict[Key, Row]] = {name: {} for name in KINDS}
        self._sorted: dict[tuple[str, str], tuple[int, list[Row]]] = {}

    def clear(self) -> None:
        """Forget everything."""
        for table in self.rows.values():
            table.clear()
        self.sequence = 0
        self.version += 1

    def get(self, name: str, context: str, code: str) -> Row | None:
        """A row by its key."""
        return self.rows[name].get(folded(context, code))

    def put(self, name: str, row: Row, *, touch: bool = True) -> Row:
        """Store a row, new or changed; a touched one is stamped."""
        kind = KINDS[name]
        if touch:
            self.stamp(row)
        row["uri"] = f"{kind.uri}:{row[kind.context]}.{row[kind.code]}"
        self.rows[name][folded(row[kind.context], row[kind.code])] = row
        self.version += 1
        return row

    def stamp(self, row: Row, user: str = "mfg") -> None:
        """Who has changed a row, and when by the site's clock."""
        now = self.local_time()
        row["lastModifiedDate"] = f"{now:%Y-%m-%d}T00:00:00.000Z"
        row["lastModifiedTime"] = f"{now:%H:%M:%S}"
        row["lastModifiedUser"] = user
        self.sequence += 1
        seal = f"{self.sequence}:{now.isoformat()}"
        row["concurrencyHash"] = blake2b(seal.encode(), digest_size=8).hexdigest()

    def delete(self, name: str, context: str, code: str) -> None:
        """Take a row out; KeyError if it is not there."""
        del self.rows[name][folded(context, code)]
        self.version += 1

    def of(self, name: str, context: str) -> list[Row]:
        """The rows of a domain or shared set, in the order of their keys."""
        held = self._sorted.get((name, context))
        if held and held[0] == self.version:
            return held[1]
        table = self.rows[name]
        upper = context.upper()
        found = [table[key] for key in sorted(table) if key[0] == upper]
        self._sorted[(name, context)] = (self.version, found)
        return found

    def counts(self) -> dict[str, int]:
        """How many rows each table holds."""
        return {name: len(table) for name, table in self.rows.items()}


def money(value: Any) -> Decimal:
    """A number of a row; nought where there is none."""
    return Decimal(str(value)) if value not in (None, "") else Decimal(0)


def plain(value: Any) -> Any:
    """The same for JSON that cannot hold a Decimal: its digits as text."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value


def each(rows: list[Row]) -> Iterator[Row]:
    """The rows as JSON values."""
    return (plain(row) for row in rows)
