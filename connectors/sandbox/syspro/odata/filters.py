"""$filter: OData 4.0 comparisons of columns with literals, and, or, not, brackets."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.sandbox.syspro.data.store import folded
from connectors.sandbox.syspro.data.tables import Column, Definition, Row

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<day>\d{4}-\d\d-\d\d(?P<time>T[0-9:.]+"
    r"(?:Z|[+-]\d\d:\d\d))?)|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<sign>[()]))"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: bool(a == b),
    "ne": lambda a, b: bool(a != b),
    "gt": lambda a, b: a is not None and bool(a > b),
    "ge": lambda a, b: a is not None and bool(a >= b),
    "lt": lambda a, b: a is not None and bool(a < b),
    "le": lambda a, b: a is not None and bool(a <= b),
}


class FilterError(ValueError):
    """What the service answers with 400."""


@dataclass(slots=True)
class Condition:
    """A test of a row, and between which values of the first key column it can hold."""

    test: Callable[[Row], bool]
    first: Any = None
    last: Any = None


class Parser:
    """One filter; `dates_only` where date columns are Edm.Date."""

    def __init__(
        self, text: str, definition: Definition, limit: int, *, dates_only: bool
    ) -> None:
        self._tokens = self._split(text)
        self._definition = definition
        self._limit = limit
        self._dates_only = dates_only
        self._nodes = 0

    def parse(self) -> Condition:
        """The whole filter. FilterError for what it is not."""
        found = self._either()
        if self._tokens:
            raise FilterError(f"Syntax error at '{self._tokens[0][1]}'.")
        return found

    def _split(self, text: str) -> list[tuple[str, str]]:
        tokens, position = [], 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if not match:
                raise FilterError(f"Syntax error at position {position}.")
            kind = next(
                k for k in ("text", "day", "number", "word", "sign") if match[k]
            )
            tokens.append((kind, match[kind]))
            position = match.end()
        return tokens

    def _take(self) -> tuple[str, str]:
        if not self._tokens:
            raise FilterError("Expression expected at the end of the filter.")
        return self._tokens.pop(0)

    def _next_is(self, word: str) -> bool:
        if self._tokens and self._tokens[0] == ("word", word):
            self._tokens.pop(0)
            self._count(1)
            return True
        return False

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > self._limit:
            raise FilterError(
                f"The node count limit of '{self._limit}' has been exceeded."
            )

    def _either(self) -> Condition:
        found = self._both()
        while self._next_is("or"):
            found = _or(found, self._both())
        return found

    def _both(self) -> Condition:
        found = self._one()
        while self._next_is("and"):
            found = _and(found, self._one())
        return found

    def _one(self) -> Condition:
        if self._next_is("not"):
            test = self._one().test
            return Condition(lambda row: not test(row))
        kind, text = self._take()
        if (kind, text) == ("sign", "("):
            found = self._either()
            if self._take() != ("sign", ")"):
                raise FilterError("')' expected.")
            return found
        if kind != "word":
            raise FilterError(f"A property is expected instead of '{text}'.")
        return self._comparison(text)

    def _comparison(self, name: str) -> Condition:
        column = self._definition.columns.get(name)
        if column is None:
            table = self._definition.name
            raise FilterError(f"Could not find a property named '{name}' on '{table}'.")
        operator = self._take()[1]
        if operator not in _COMPARE:
            raise FilterError(f"'{operator}' is no operator.")
        if column.kind == "t" and operator not in {"eq", "ne"}:
            raise FilterError(f"Edm.Binary cannot be compared by '{operator}'.")
        value, compare = self._literal(column), _COMPARE[operator]
        self._count(3)
        found = Condition(lambda row: compare(folded(row[name]), value))
        if name == self._definition.key[0]:
            found.first = value if operator in {"eq", "gt", "ge"} else None
            found.last = value if operator in {"eq", "lt", "le"} else None
        return found

    def _literal(self, column: Column) -> Any:
        kind, text = self._take()
        if (kind, text) == ("word", "null"):
            return None
        if column.kind == "n" and kind == "number":
            return Decimal(text)
        if column.kind == "c" and kind == "text":
            return folded(text[1:-1].replace("''", "'"))
        if column.kind == "d" and kind == "day" and ("T" in text) != self._dates_only:
            return date.fromisoformat(text[:10])
        raise FilterError(f"'{text}' cannot be compared with {column.name}.")


def _and(a: Condition, b: Condition) -> Condition:
    firsts = [one.first for one in (a, b) if one.first is not None]
    lasts = [one.last for one in (a, b) if one.last is not None]
    return Condition(
        lambda row: a.test(row) and b.test(row),
        max(firsts, default=None),
        min(lasts, default=None),
    )


def _or(a: Condition, b: Condition) -> Condition:
    first = None if a.first is None or b.first is None else min(a.first, b.first)
    last = None if a.last is None or b.last is None else max(a.last, b.last)
    return Condition(lambda row: a.test(row) or b.test(row), first, last)
