"""Codes by what people call them: terms and customer classes."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sdk.errors import RejectedError
from connectors.sdk.records import Scalar
from connectors.systems.syspro.wire.query import Tables

# Field of a customer: the table of its codes, and the column that holds the code.
NAMED: Mapping[str, tuple[str, str]] = {
    "terms_name": ("TblArTerms", "TermsCode"),
    "class_name": ("TblCustomerClass", "CustomerClass"),
}
_SHOWN = 12


class Codes:
    """The codes of one write; each table is read once, when first asked for."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._known: dict[str, dict[str, list[str]]] = {}

    def column(self, field: str, value: Scalar) -> tuple[str, Scalar]:
        """The column to write, and the code that is called so; blank stays blank.

        Raises RejectedError where none is, or several are.
        """
        table, column = NAMED[field]
        said = str(value).strip()
        if not said:
            return column, ""
        known = self._of(table)
        codes = known.get(said.casefold(), [])
        if len(codes) == 1:
            return column, codes[0]
        names = ", ".join(sorted(known)[:_SHOWN])
        raise RejectedError(
            f"{table} has {len(codes) or 'no'} entries called “{said}”.",
            advice=f"Write one that it has once: {names}; or map the code itself.",
            field=field,
        )

    def _of(self, table: str) -> dict[str, list[str]]:
        """The codes by description, case folded."""
        if table not in self._known:
            query = self._tables.query(table, ("Description",))
            found: dict[str, list[str]] = {}
            for row in self._tables.all(query):
                name = str(row.get("Description") or "").strip().casefold()
                found.setdefault(name, []).append(str(row[query.table.key[0]]))
            self._known[table] = found
        return self._known[table]
