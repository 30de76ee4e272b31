"""What the data service is asked, and how that is written on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Row = Any  # of `grid.row_type`: an attribute for each column
Seek = tuple[str, ...]  # the values of a query's `seek` columns, as text

Operator = Literal[
    "EQUAL",
    "GREATER",
    "GREATER_EQUAL",
    "LESS_EQUAL",
    "BETWEEN",
    "LIST",
    "STR_CONTAIN",
]


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a column.

    `special` replaces the literal by a date the server works out itself, which needs
    no date format: TODAY, or TODAY_MINUS_DAY with the number of days as value.
    """

    alias: str
    operator: Operator
    values: tuple[str, ...]
    special: str = "LITERAL"

    def wire(self, table: str) -> dict[str, Any]:
        """As a member of `condition[]`."""
        return {
            "controlId": f"{table}.{self.alias}",
            "operator": self.operator,
            "value": [
                {"content": value, "specialValueId": self.special}
                for value in self.values
            ],
        }


def one_of(alias: str, values: Iterable[str]) -> Condition:
    """The column holds one of the values."""
    chosen = tuple(values)
    return Condition(alias, "EQUAL" if len(chosen) == 1 else "LIST", chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Rows of one table.

    `seek` are the columns that paging goes by, ascending; `then` orders the rows
    that are alike in those ("EFTB DESC"). Where `seek` is not unique, only the first
    row of each of its values is sure to come: the order decides which that is.
    Without `columns` the server sends all it has. `also_read` names columns that are
    not asked for and that rows have all the same.
    """

    table: str
    columns: tuple[str, ...]
    seek: tuple[str, ...]
    where: tuple[Condition, ...] = ()
    then: tuple[str, ...] = ()
    also_read: tuple[str, ...] = ()

    def also(self, *conditions: Condition) -> Query:
        """The same with more conditions."""
        return replace(self, where=(*self.where, *conditions))

    def position(self, row: Row) -> Seek:
        """Where paging stands after this row."""
        return tuple(str(getattr(row, alias)) for alias in self.seek)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The columns that rows of this query have as attributes."""
        return tuple(dict.fromkeys((*self.columns, *self.also_read)))

    def body(self, kind: str, page_size: int, after: Sequence[str]) -> dict[str, Any]:
        """The request for rows (BROWSE) or their number (COUNT)."""
        body: dict[str, Any] = {
            "targetName": self.table,
            "targetType": "table",
            "dataServiceType": kind,
            "findOnEntry": "TRUE",
            "outputType": "GRID_DATA",
            "query": self._conditions(after),
        }
        if kind == "BROWSE":
            body["maxPageSize"] = str(page_size)
            if self.seek:
                body["aggregation"] = {"orderBy": self._order()}
        if self.columns:
            body["returnControlIDs"] = "|".join(
                f"{self.table}.{alias}" for alias in self.columns
            )
        return body

    def _conditions(self, after: Sequence[str]) -> dict[str, Any]:
        conditions = [condition.wire(self.table) for condition in self.where]
        if len(after) == 1:
            conditions.append(self._compare(0, "GREATER", after))
        elif after:
            conditions.append(self._compare(0, "GREATER_EQUAL", after))
        query: dict[str, Any] = {
            "autoFind": True,
            "matchType": "MATCH_ALL",
            "condition": conditions,
        }
        if len(after) > 1:
            query["complexQuery"] = [
                {"andOr": "AND", "query": self._beyond(last, after)}
                for last in range(1, len(after))
            ]
        return query

    def _beyond(self, last: int, after: Sequence[str]) -> dict[str, Any]:
        """One factor of "(K1, K2, ...) > after", written with nothing but AND of ORs.

        K1 >= a AND (K1 > a OR K2 >= b) AND (K1 > a OR K2 > b OR K3 > c): no release
        can read its brackets differently, since there are none to guess.
        """
        operator: Operator = "GREATER" if last == len(after) - 1 else "GREATER_EQUAL"
        return {
            "matchType": "MATCH_ANY",
            "condition": [
                *(self._compare(n, "GREATER", after) for n in range(last)),
                self._compare(last, operator, after),
            ],
        }

    def _compare(
        self, column: int, operator: Operator, after: Sequence[str]
    ) -> dict[str, Any]:
        return Condition(self.seek[column], operator, (after[column],)).wire(self.table)

    def _order(self) -> list[dict[str, str]]:
        ordered = [(alias, "ASC") for alias in self.seek]
        for entry in self.then:
            alias, _, direction = entry.partition(" ")
            ordered.append((alias, direction or "ASC"))
        return [
            {"column": f"{self.table}.{alias}", "direction": direction}
            for alias, direction in ordered
        ]
