"""The `query` member of a request, as a tree that tests rows and bounds an index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from connectors.sandbox.jde.data.columns import BLANK, Row, Value
from connectors.sandbox.jde.errors import bad_request
from connectors.sandbox.jde.query.literals import Context, stored_value
from connectors.sandbox.jde.query.spans import (
    Spans,
    intersection,
    spans_of,
    union,
)
from connectors.sandbox.jde.query.target import Target

Matcher = Callable[[Row], bool]

_VALUES = {
    "EQUAL": 1,
    "NOT_EQUAL": 1,
    "LESS": 1,
    "LESS_EQUAL": 1,
    "GREATER": 1,
    "GREATER_EQUAL": 1,
    "BETWEEN": 2,
    "STR_START_WITH": 1,
    "STR_END_WITH": 1,
    "STR_CONTAIN": 1,
}
_NO_VALUES = frozenset({"STR_BLANK", "STR_NOT_BLANK"})
_QUERY_MEMBERS = frozenset(
    {"matchType", "autoFind", "autoClear", "condition", "complexQuery"}
)


@dataclass(frozen=True, slots=True)
class Test:
    """One condition on one column."""

    alias: str
    matches: Matcher
    spans: Spans | None


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions joined by AND (`every`) or OR; an empty one admits all rows."""

    every: bool
    parts: tuple[Test | Group, ...]

    def spans(self, alias: str) -> Spans | None:
        """Values of a column beyond which no row matches; None if unlimited."""
        found: Spans | None = None
        for part in self.parts:
            one = part.spans(alias) if isinstance(part, Group) else _own(part, alias)
            if one is None:
                if not self.every:
                    return None
                continue
            if found is None:
                found = one
            else:
                found = intersection(found, one) if self.every else union(found, one)
        return found

    def matcher(self, settled: str | None = None) -> Matcher | None:
        """A test for rows, None if all match.

        Conditions on the column `settled` are left out where its spans say it all.
        """
        tests = [
            part.matcher() if isinstance(part, Group) else part.matches
            for part in self.parts
            if not (self.every and isinstance(part, Test) and _settles(part, settled))
        ]
        # An empty group inside admits everything.
        needed = [one for one in tests if one is not None]
        if len(needed) < len(tests) and not self.every:
            return None
        return _joined(needed, every=self.every)


ALL_ROWS = Group(every=True, parts=())


def _own(test: Test, alias: str) -> Spans | None:
    return test.spans if test.alias == alias else None


def _settles(test: Test, alias: str | None) -> bool:
    return test.alias == alias and test.spans is not None


def _joined(tests: Sequence[Matcher], *, every: bool) -> Matcher | None:
    if not tests:
        return None
    if every:
        return reduce(_both, tests)
    return reduce(_either, tests)


def _both(first: Matcher, second: Matcher) -> Matcher:
    return lambda row: first(row) and second(row)


def _either(first: Matcher, second: Matcher) -> Matcher:
    return lambda row: first(row) or second(row)


def read_query(query: Any, target: Target, context: Context) -> Group:
    """The tree of a request's `query`, with the user's row security added."""
    group = _query(query, target, context) if query is not None else ALL_ROWS
    secured = _row_security(target)
    if secured is None:
        return group
    parts = group.parts if group.every else (group,)
    return Group(every=True, parts=(secured, *parts))


def _row_security(target: Target) -> Test | None:
    known, barred = target.table.definition.position, target.hidden_companies
    if not barred or "CO" not in known:
        return None
    place = known["CO"]
    return Test("CO", lambda row: row[place] not in barred, None)


def _query(query: Any, target: Target, context: Context) -> Group:
    if not isinstance(query, dict):
        raise bad_request("query must be an object")
    unknown = set(query) - _QUERY_MEMBERS
    if unknown:
        raise bad_request(f"query does not know {', '.join(sorted(unknown))}")
    match_type = query.get("matchType", "MATCH_ALL")
    if match_type not in {"MATCH_ALL", "MATCH_ANY"}:
        raise bad_request("matchType must be MATCH_ALL or MATCH_ANY")
    conditions = query.get("condition") or []
    if not isinstance(conditions, list):
        raise bad_request("condition must be a list")
    tests = tuple(condition(one, target, context) for one in conditions)
    group = Group(match_type == "MATCH_ALL", tests)
    for part in query.get("complexQuery") or []:
        group = _combined(group, part, target, context)
    return group


def _combined(left: Group, part: Any, target: Target, context: Context) -> Group:
    if not isinstance(part, dict) or part.get("andOr") not in {"AND", "OR"}:
        raise bad_request("complexQuery needs andOr (AND or OR) and query")
    right = _query(part.get("query"), target, context)
    if not left.parts:
        return right
    every = part["andOr"] == "AND"
    sides: list[Test | Group] = []
    for side in (left, right):
        flat = side.every == every or len(side.parts) == 1
        sides.extend(side.parts if flat else (side,))
    return Group(every, tuple(sides))


def condition(given: Any, target: Target, context: Context) -> Test:
    """One `{controlId, operator, value}`; AisError for anything unknown in it."""
    if not isinstance(given, dict):
        raise bad_request("a condition must be an object")
    place = target.condition_position(given.get("controlId"))
    column, operator = target.column(place), str(given.get("operator"))
    raw = given.get("value") or []
    if not isinstance(raw, list):
        raise bad_request("value must be a list")
    _check_operator(operator, len(raw), text=column.is_text)
    if operator in _NO_VALUES:
        raw = []
    values = [stored_value(column, one, context) for one in raw]
    spans = spans_of(operator, values) if column.kind != "A" else None
    return Test(column.alias, _test(operator, place, values), spans)


def _check_operator(operator: str, count: int, *, text: bool) -> None:
    if operator not in _VALUES and operator not in _NO_VALUES and operator != "LIST":
        raise bad_request(f"{operator} is not a valid operator")
    if operator.startswith("STR_") and not text:
        raise bad_request(f"{operator} needs a text column")
    if operator == "LIST" and not count:
        raise bad_request("LIST needs at least one value")
    wanted = _VALUES.get(operator)
    if wanted is not None and wanted != count:
        raise bad_request(f"{operator} needs {wanted} value(s), not {count}")


def _test(operator: str, place: int, values: list[Value]) -> Matcher:
    if operator in _NO_VALUES:
        blank = operator == "STR_BLANK"
        return lambda row: (row[place] == BLANK) is blank
    if operator == "LIST":
        wanted = frozenset(values)
        return lambda row: row[place] in wanted
    if operator == "BETWEEN":
        low, high = values
        return lambda row: low <= row[place] <= high
    return _compare(operator, place, values[0])


def _compare(operator: str, place: int, value: Any) -> Matcher:
    part = str(value).strip(BLANK) if operator == "STR_CONTAIN" else value
    tests: dict[str, Matcher] = {
        "EQUAL": lambda row: row[place] == value,
        "NOT_EQUAL": lambda row: row[place] != value,
        "LESS": lambda row: row[place] < value,
        "LESS_EQUAL": lambda row: row[place] <= value,
        "GREATER": lambda row: row[place] > value,
        "GREATER_EQUAL": lambda row: row[place] >= value,
        "STR_START_WITH": lambda row: row[place].startswith(value),
        "STR_END_WITH": lambda row: row[place].endswith(value),
        "STR_CONTAIN": lambda row: part in row[place],
    }
    return tests[operator]
