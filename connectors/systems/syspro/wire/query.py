"""What is asked of a table, whichever face of SYSPRO answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal, Protocol, TypeAlias

from connectors.sdk.records import Scalar
from connectors.systems.syspro.wire.schema import Table

Row = dict[str, Scalar]
Keys = tuple[Scalar, ...]
Operator = Literal["eq", "ne", "gt", "ge", "lt", "le"]


@dataclass(frozen=True, slots=True)
class Compare:
    """One column against a value."""

    column: str
    operator: Operator
    value: Scalar


@dataclass(frozen=True, slots=True)
class Group:
    """Several conditions, all or any of which must hold."""

    word: Literal["and", "or"]
    parts: tuple[Condition, ...]


Condition: TypeAlias = Compare | Group


def every(*parts: Condition | None) -> Condition | None:
    """All of these; None, which is no condition, is left out."""
    return _joined("and", parts)


def some(*parts: Condition | None) -> Condition | None:
    """Any of these; None is left out."""
    return _joined("or", parts)


def _joined(
    word: Literal["and", "or"], parts: Sequence[Condition | None]
) -> Condition | None:
    """Flat, because one face takes few brackets."""
    found: list[Condition] = []
    for part in parts:
        if isinstance(part, Group) and part.word == word:
            found += part.parts
        elif part is not None:
            found.append(part)
    if len(found) < 2:
        return found[0] if found else None
    return Group(word, tuple(found))


@dataclass(frozen=True, slots=True)
class Query:
    """Rows of a table: which columns of those that match, in the order of its key."""

    table: Table
    columns: tuple[str, ...]
    where: Condition | None = None

    def also(self, condition: Condition | None) -> Query:
        """The same with one more condition."""
        return replace(self, where=every(self.where, condition))

    def after(self, key: Keys) -> Query:
        """Only what comes behind this key in the order of the key."""
        return self.also(beyond(self.table, key, "gt")) if key else self

    def key(self, row: Mapping[str, Scalar]) -> Keys:
        """The key of a row."""
        return tuple(row[name] for name in self.table.key)


def beyond(
    table: Table, key: Keys, operator: Literal["gt", "ge", "lt", "le"]
) -> Condition | None:
    """Rows whose key is greater (or less) than this one, part by part.

    `operator` is that of the last part.
    """
    names, ways = table.key[: len(key)], []
    strict: Operator = "gt" if operator in ("gt", "ge") else "lt"
    for place, name in enumerate(names):
        same = [Compare(n, "eq", v) for n, v in zip(names[:place], key, strict=False)]
        way = operator if place == len(names) - 1 else strict
        ways.append(every(*same, Compare(name, way, key[place])))
    return some(*ways)


def one_of(names: Sequence[str], values: Sequence[Scalar]) -> Condition | None:
    """A row that has these values in these columns."""
    return every(*(Compare(n, "eq", v) for n, v in zip(names, values, strict=True)))


class Tables(Protocol):
    """The tables of one company. Its methods raise ConnectorError."""

    def shown(self, name: str) -> Table | None:
        """A table as this site shows it; None where it does not."""

    def table(self, name: str) -> Table:
        """The same. Raises ConfigurationError when the user is not shown it."""

    def query(
        self, name: str, columns: Sequence[str], where: Condition | None = None
    ) -> Query:
        """A query for those of the columns that there are, and the key."""

    def pages(self, query: Query, after: Keys = ()) -> Iterator[list[Row]]:
        """All rows behind a key, in the order of the key."""

    def all(self, query: Query) -> list[Row]:
        """All rows of a narrow query."""

    def named(
        self, query: Query, names: Sequence[str], values: Sequence[Sequence[Scalar]]
    ) -> list[Row]:
        """All rows that have one of these combinations in these columns."""

    def spread(
        self,
        query: Query,
        span: Condition | None,
        names: Sequence[str],
        values: Sequence[Sequence[Scalar]],
    ) -> list[Row]:
        """As `named`, by a range that holds them all where little else lies in it.

        Without a `span` there is no such range.
        """

    def count(self, query: Query) -> int | None:
        """How many rows match, where that is told."""

    def close(self) -> None:
        """Release the sockets."""


def narrowed(table: Table, columns: Sequence[str], where: Condition | None) -> Query:
    """A query for those of the columns that the table has, and its key."""
    wanted = dict.fromkeys((*table.key, *columns))
    return Query(table, tuple(n for n in wanted if n in table.columns), where)


def chunks(values: Sequence[Any], size: int) -> Iterator[list[Any]]:
    """The values, so many at a time."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk
