"""All tables together."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from connectors.sandbox.jde.data.catalog import LEGACY_CUSTOMER, TABLES
from connectors.sandbox.jde.data.finance.opening import Drawn, draw_up
from connectors.sandbox.jde.data.finance.tables import DRAWN_UP
from connectors.sandbox.jde.data.store import Table


class Database(dict[str, Table]):
    """Every table by name, empty at first.

    The general ledger and what belongs to it are drawn up from the seeded invoices
    and suppliers when first asked for by name: most runs never look at them.
    `seeded_on` is the day of seeding (YYYYMMDD) while that is still to be done.
    """

    def __init__(self) -> None:
        super().__init__({name: Table(one) for name, one in TABLES.items()})
        self.seeded_on = ""
        self._drawn = Drawn()

    def __getitem__(self, name: str) -> Table:
        if self.seeded_on and name in DRAWN_UP:
            self.settle()
        return super().__getitem__(name)

    def settle(self) -> None:
        """Draw up now what is still to be drawn up."""
        day, self.seeded_on = self.seeded_on, ""
        if day:
            with no_collection():
                draw_up(self, day, self._drawn)

    def mark(self) -> None:
        """Say that what comes now is seeded: only that is drawn up next time."""
        self.settle()
        self._drawn = Drawn.before(self)

    def counts(self) -> dict[str, int]:
        """Rows per table; those still to be drawn up are left out."""
        hidden = DRAWN_UP if self.seeded_on else frozenset()
        return {n: len(table) for n, table in self.items() if n not in hidden}

    def state(self) -> dict[str, Any]:
        """Everything stored, to be pickled."""
        rows = {name: table.rows for name, table in self.items()}
        return {"rows": rows, "seeded_on": self.seeded_on, "drawn": self._drawn}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` returned."""
        self.seeded_on = ""
        for name, rows in state["rows"].items():
            self[name].clear()
            self[name].extend(rows)
        self.seeded_on, self._drawn = state["seeded_on"], state["drawn"]

    def fill_legacy_customers(self) -> None:
        """Derive the older customer master, once, from the all-companies rows."""
        legacy = self[LEGACY_CUSTOMER]
        if not len(legacy):
            legacy.extend(
                (row[0], *row[2:]) for row in self["F03012"].rows if row[1] == "00000"
            )

    def clear_rows(self) -> None:
        """Empty every table."""
        self.seeded_on, self._drawn = "", Drawn()
        for table in self.values():
            table.clear()


@contextmanager
def no_collection() -> Iterator[None]:
    """Hold the garbage collector: a million new rows are no garbage."""
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
        # The rows hold no cycles: no later pass of the collector needs to see them.
        gc.freeze()
