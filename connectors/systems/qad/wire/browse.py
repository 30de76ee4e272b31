"""Browses: lists by page, flat rows with dotted names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sdk.errors import ConnectorError, UnavailableError
from connectors.systems.qad.names import plain_name
from connectors.systems.qad.wire.answers import said
from connectors.systems.qad.wire.link import Link

PATH = "/api/qracore/browses"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition, by the column's own name."""

    column: str
    operator: str
    value: str

    def __str__(self) -> str:
        return f"{self.column},{self.operator},{self.value},literal"


@dataclass(frozen=True, slots=True)
class BrowsePage:
    """Rows by field name; `columns` are the dotted names that they have here."""

    number: int
    rows: Sequence[Row]
    columns: dict[str, str]
    more: bool


class Browse:
    """One browse of one connection."""

    def __init__(self, link: Link, browse_id: str) -> None:
        self._link, self._id = link, browse_id

    def pages(
        self, filters: Sequence[Filter] = (), first: int = 1, size: int = 0
    ) -> Iterator[BrowsePage]:
        """Page by page, until there are no more."""
        page_number = first
        while True:
            page = self.page(page_number, filters, size)
            yield page
            if not page.more:
                return
            page_number += 1

    def page(
        self, page_number: int, filters: Sequence[Filter] = (), size: int = 0
    ) -> BrowsePage:
        """One page. `page` and `pageAction` are needed, or there are no rows."""
        size = size or self._link.options.page_size
        action = "first" if page_number == 1 else "next"
        answer = self._link.get(
            PATH,
            [
                ("browseId", self._id),
                ("page", str(page_number)),
                ("pageSize", str(size)),
                ("pageAction", action),
                *[("filter", str(one)) for one in filters],
            ],
        )
        found = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(found, list):
            text = self._link.redact(said(answer))
            raise UnavailableError(
                f"The browse {self._id} answered without rows. {text}".strip(),
                advice="Compare the browse in the connection with your release.",
            )
        columns = {plain_name(name): name for row in found[:1] for name in row}
        rows = [{plain_name(name): cell for name, cell in row.items()} for row in found]
        # Misspelt by QAD, and a text. A page may be exactly full and the last.
        more = answer.get("auxillaryData") or {}
        going_on = str(more.get("HasMoreParams", "")).lower() == "true"
        return BrowsePage(page_number, rows, columns, going_on and bool(rows))

    def columns(self) -> dict[str, str]:
        """Dotted names by field name, as the first row has them; {} without a row."""
        return self.page(1, size=1).columns

    def count(self, filters: Sequence[Filter] = ()) -> int | None:
        """How many rows there are; None where that is not told."""
        params = [("browseId", self._id), *[("filter", str(one)) for one in filters]]
        try:
            answer = self._link.get(f"{PATH}/totalCount/", params)
        except ConnectorError:
            return None
        return _first_number(answer)


def _first_number(answer: Any) -> int | None:
    """The count, wherever the answer has it: its shape is not public."""
    if isinstance(answer, bool):
        return None
    if isinstance(answer, int):
        return answer
    if isinstance(answer, dict):
        answer = list(answer.values())
    for one in answer if isinstance(answer, list) else ():
        found = _first_number(one)
        if found is not None:
            return found
    return int(answer) if isinstance(answer, str) and answer.isdecimal() else None
