"""What a request may ask of: a table or view as one user sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connectors.sandbox.jde.config import JdeConfig
from connectors.sandbox.jde.data.catalog import LEGACY_CUSTOMER, VIEWS
from connectors.sandbox.jde.data.columns import Column
from connectors.sandbox.jde.data.database import Database
from connectors.sandbox.jde.data.store import Table
from connectors.sandbox.jde.errors import bad_request, no_access
from connectors.sandbox.jde.users import User

_AUDIT = frozenset({"UPMJ", "UPMT", "TDAY"})


@dataclass(frozen=True, slots=True)
class Target:
    """A table, perhaps under a view's name, with the columns the user lacks.

    `absent` columns do not exist on this server; `hidden` ones exist, but the
    user's answers are silently without them.
    """

    name: str
    title: str
    is_view: bool
    table: Table
    absent: frozenset[str]
    hidden: frozenset[str]
    hidden_companies: frozenset[str]

    @property
    def table_name(self) -> str:
        return self.table.definition.name

    def position(self, control_id: Any) -> int:
        """Where a `TABLE.ALIAS` (or, for a table, bare alias) stands in a row."""
        if not isinstance(control_id, str):
            raise bad_request("A column must be named as text")
        prefix, dot, alias = control_id.rpartition(".")
        if self.is_view and not dot:
            raise bad_request(f"{control_id} needs the table in front for a view")
        known = self.table.definition.position
        if (dot and prefix != self.table_name) or alias not in known:
            raise bad_request(f"{control_id} is not a valid column of {self.name}")
        if alias in self.absent:
            raise bad_request(f"{control_id} is not a valid column of {self.name}")
        return known[alias]

    def condition_position(self, control_id: Any) -> int:
        """The same, refused for a hidden column: selecting by it would reveal it."""
        place = self.position(control_id)
        if self.column(place).alias in self.hidden:
            raise bad_request(f"The user has no access to {control_id}")
        return place

    def column(self, position: int) -> Column:
        return self.table.definition.columns[position]

    def wire_name(self, position: int) -> str:
        """The name in answers, `TABLE_ALIAS`."""
        return f"{self.table_name}_{self.column(position).alias}"

    def visible(self, positions: list[int] | None) -> list[int]:
        """Those asked for, or all, in table order without what is hidden."""
        barred = self.hidden | self.absent
        chosen = range(len(self.table.definition.columns))
        asked = chosen if positions is None else sorted(set(positions))
        return [one for one in asked if self.column(one).alias not in barred]


def find_target(
    name: Any, target_type: Any, database: Database, user: User, config: JdeConfig
) -> Target:
    """The table or view of a request; AisError where it is unknown or withheld."""
    if target_type not in {"table", "view"}:
        raise bad_request("targetType must be table or view")
    is_view = target_type == "view"
    view = VIEWS.get(name) if is_view and isinstance(name, str) else None
    table_name = view.table if view else name
    if (is_view and view is None) or table_name not in database:
        raise no_access(str(name))
    if table_name == LEGACY_CUSTOMER:
        if not config.legacy_customer_master:
            raise no_access(str(name))
        database.fill_legacy_customers()
    table = database[table_name]
    prefix = f"{table_name}."
    return Target(
        name=str(name),
        title=view.title if view else table.definition.title,
        is_view=is_view,
        table=table,
        absent=_AUDIT if table_name in config.missing_audit_tables else frozenset(),
        hidden=frozenset(
            one.removeprefix(prefix)
            for one in user.hidden_columns
            if one.startswith(prefix)
        ),
        hidden_companies=user.hidden_companies,
    )
