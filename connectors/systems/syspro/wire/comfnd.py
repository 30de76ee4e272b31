"""COMFND: rows of a table by e.net, for sites without OData.

It searches like SQL, in the order that is asked for, and has no offset: the next page
begins behind the last key. Nothing describes a table, so what it has is what is known
of it, and what the columns of its first row are (COMFCH).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from connectors.sdk.errors import ConfigurationError, RejectedError
from connectors.sdk.records import Scalar
from connectors.systems.syspro.wire.enet import Enet
from connectors.systems.syspro.wire.known import KNOWN, described
from connectors.systems.syspro.wire.query import (
    Compare,
    Condition,
    Keys,
    Query,
    Row,
    chunks,
    narrowed,
    one_of,
    some,
)
from connectors.systems.syspro.wire.schema import Table
from connectors.systems.syspro.wire.xmltext import found, local

# By REST a query is part of an address; a comparison takes some 260 bytes of it.
_COMPARISONS = 12


class Comfnd:
    """See `Tables`."""

    def __init__(self, enet: Enet, types: Mapping[str, str], *, page_size: int) -> None:
        """`types` are those of columns that the connection names itself."""
        self._enet, self._types, self.page_size = enet, types, page_size
        self._lock = threading.Lock()
        self._shown: dict[str, Table | None] = {}

    def shown(self, name: str) -> Table | None:
        """See `Tables`. Only tables that are known; asked once."""
        with self._lock:
            if name not in self._shown:
                known = KNOWN.get(name)
                self._shown[name] = self._learned(known) if known else None
            return self._shown[name]

    def table(self, name: str) -> Table:
        """See `Tables`."""
        table = self.shown(name)
        if table is None:
            raise ConfigurationError(
                f"e.net does not show the table {name}.",
                advice="Let the operator read it in SYSPRO.",
            )
        return table

    def query(
        self, name: str, columns: Sequence[str], where: Condition | None = None
    ) -> Query:
        """See `Tables`."""
        return narrowed(self.table(name), columns, where)

    def pages(self, query: Query, after: Keys = ()) -> Iterator[list[Row]]:
        """See `Tables`. Raises ConfigurationError where the key is kept from us."""
        while rows := self._rows(query.after(after), self.page_size):
            last = query.key(rows[-1])
            if last == after or any(part in (None, "") for part in last):
                raise ConfigurationError(
                    f"e.net does not show the key of {query.table.name}.",
                    advice="Field security keeps it from the operator: allow it in "
                    "SYSPRO.",
                )
            yield rows
            after = last

    def all(self, query: Query) -> list[Row]:
        """See `Tables`."""
        return [row for page in self.pages(query) for row in page]

    def named(
        self, query: Query, names: Sequence[str], values: Sequence[Sequence[Scalar]]
    ) -> list[Row]:
        """See `Tables`. What SYSPRO's code page lacks is in no table."""
        size = max(1, _COMPARISONS // len(names))
        kept = [one for one in values if all(_writable(value) for value in one)]
        rows: list[Row] = []
        for chunk in chunks([one_of(names, one) for one in kept], size):
            rows += self.all(query.also(some(*chunk)))
        return rows

    def spread(
        self,
        query: Query,
        span: Condition | None,
        names: Sequence[str],
        values: Sequence[Sequence[Scalar]],
    ) -> list[Row]:
        """See `Tables`. Nothing is counted, so a range may hold anything."""
        return self.named(query, names, values)

    def count(self, query: Query) -> int | None:
        """See `Tables`: never told."""
        return None

    def close(self) -> None:
        """See `Tables`: the session is closed with e.net."""

    # -------------------------------------------------------------------- calls

    def _rows(self, query: Query, top: int) -> list[Row]:
        try:
            return self._asked(query, top)
        except RejectedError as refusal:
            raise ConfigurationError(
                f"{query.table.name}: {refusal.message}",
                advice="A column named in the connection may not exist here.",
            ) from None

    def _asked(self, query: Query, top: int) -> list[Row]:
        """The rows. Raises RejectedError for a table or a column there is not."""
        answer = self._enet.query("COMFND", _document(query, top))
        return [_row(query, one) for one in found(answer, "row")]

    def _learned(self, known: Table) -> Table | None:
        """The table with the columns it has here; None where there is none."""
        try:
            rows = self._asked(Query(known, known.key), 1)
        except RejectedError:
            return None
        if not rows:
            return known
        try:
            answer = self._enet.fetch(_fetched(known, rows[0]))
        except RejectedError:
            return known
        columns = [str(one.tag) for one in answer if local(one) != "timestamp"]
        table = described(known.name, known.key, columns)
        own = {n: kind for n, kind in self._types.items() if n in table.columns}
        return replace(table, columns={**table.columns, **own})


@dataclass(frozen=True, slots=True)
class _Expression:
    """A comparison, the word before it, and the brackets around it."""

    word: str
    compare: Compare
    opened: int = 0
    closed: int = 0


def _document(query: Query, top: int) -> str:
    table = query.table
    where = "".join(map(_written, _expressions(query.where))) if query.where else ""
    return (
        f"<Query><TableName>{table.name}</TableName><ReturnRows>{top}</ReturnRows>"
        f"<Columns>{_columns(query.columns)}</Columns>"
        + (f"<Where>{where}</Where>" if where else "")
        + f"<OrderBy>{_columns(table.key)}</OrderBy></Query>"
    )


def _columns(names: Sequence[str]) -> str:
    return "".join(f"<Column>{name}</Column>" for name in names)


def _expressions(condition: Condition, word: str = "") -> list[_Expression]:
    """The comparisons in their order; each group inside another has its brackets."""
    if isinstance(condition, Compare):
        return [_Expression(word, condition)]
    parts: list[_Expression] = []
    for place, one in enumerate(condition.parts):
        inner = _expressions(one, condition.word.title() if place else word)
        if not isinstance(one, Compare):
            inner[0] = replace(inner[0], opened=inner[0].opened + 1)
            inner[-1] = replace(inner[-1], closed=inner[-1].closed + 1)
        parts += inner
    return parts


def _written(one: _Expression) -> str:
    compare = one.compare
    cells = {
        "OpenBracket": "(" * one.opened,
        "AndOr": one.word,
        "Column": compare.column,
        "Condition": compare.operator.upper(),
    }
    inner = "".join(f"<{name}>{cell}</{name}>" for name, cell in cells.items() if cell)
    inner += f"<Value>{escape(str(compare.value))}</Value>"
    inner += f"<CloseBracket>{')' * one.closed}</CloseBracket>" if one.closed else ""
    return f"<Expression>{inner}</Expression>"


def _fetched(table: Table, row: Mapping[str, Scalar]) -> str:
    first, *more = (escape(str(row[name])) for name in table.key)
    keys = "".join(
        f"<OptionalKey{number}>{one}</OptionalKey{number}>"
        for number, one in enumerate(more, 1)
    )
    return (
        f"<Fetch><TableName>{table.name}</TableName><Key>{first}</Key>{keys}"
        "<FullKeyProvided>Y</FullKeyProvided><DefaultType/>"
        "<EspressoFetch>N</EspressoFetch></Fetch>"
    )


def _row(query: Query, element: Element) -> Row:
    cells = {local(one): one.text or "" for one in element}
    table = query.table
    return {
        name: table.value(name, _plain(table.columns[name], cells.get(name.lower())))
        for name in query.columns
    }


def _plain(kind: str, text: str | None) -> Any:
    """A cell without its padding; nought for a number and nothing for a date where
    it is blank, which field security makes it too."""
    if text is None or kind == "Edm.String":
        return text
    said = text.strip()
    if kind == "Edm.Date":
        return None if not said or said.startswith("0000") else said
    if said.endswith("-"):
        said = f"-{said[:-1]}"
    return Decimal(said) if said else None


def _writable(value: Scalar) -> bool:
    try:
        str(value).encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
