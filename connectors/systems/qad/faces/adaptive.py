"""Reading Adaptive ERP: browses for the keys and what they show, documents for all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import date
from typing import Any

from connectors.sdk.errors import ConfigurationError, UnavailableError
from connectors.systems.qad.faces.face import Entered, Order, Row, RowPage
from connectors.systems.qad.faces.ordering import Conversation
from connectors.systems.qad.faces.sources import Sources
from connectors.systems.qad.names import ORDER, Kind
from connectors.systems.qad.options import Options
from connectors.systems.qad.wire.answers import records
from connectors.systems.qad.wire.browse import Browse, Filter
from connectors.systems.qad.wire.entity import Entity
from connectors.systems.qad.wire.link import Link

CHANGED = "lastModifiedDate"
GRID = "/api/erp/salesOrderLinesGrid"


class Adaptive:
    """See `Face`."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.options: Options = link.options
        self.sources = Sources(link)

    def close(self) -> None:
        """See `Face`."""
        self.link.close()

    def browse(self, kind: Kind) -> Browse:
        """The browse of a kind."""
        return Browse(self.link, self.sources.of(kind).browse)

    def entity(self, kind: Kind) -> Entity:
        """The document of a kind."""
        return Entity(self.link, self.sources.of(kind), (kind.context, kind.code))

    # ------------------------------------------------------------------- reading

    def pages(self, kind: Kind, since: date | None, position: Any) -> Iterator[RowPage]:
        """See `Face`. A full read is counted, and what was missed is read again."""
        browse, filters = self.browse(kind), self._changed(kind, since)
        first = max(int(position or 1), 1)
        total = browse.count(filters) if first == 1 else None
        seen: set[str] = set()
        for page in browse.pages(filters, first):
            if page.number == 1 and not page.rows and total:
                raise UnavailableError(
                    f"QAD counts {total} {kind.name} and shows none of them."
                )
            seen |= {str(row.get(kind.code)) for row in page.rows}
            rows = _since(page.rows, since)
            yield RowPage(rows=rows, position=page.number + 1, total=total)
        if first == 1 and (browse.count(filters) or 0) > len(seen):
            # Rows were deleted meanwhile, so that others moved to pages read before.
            for page in browse.pages(filters):
                missed = [r for r in page.rows if str(r.get(kind.code)) not in seen]
                yield RowPage(rows=_since(missed, since), position=page.number + 1)

    def _changed(self, kind: Kind, since: date | None) -> list[Filter]:
        if since is None or not self.options.filtered:
            return []
        columns = self.browse(kind).columns()
        if columns and CHANGED not in columns:
            raise ConfigurationError(
                f"The browse of {kind.name} does not show {CHANGED}.",
                advice="Choose “Reading everything” in the connection, or another "
                "browse.",
                field="changes",
            )
        column = columns.get(CHANGED, "")
        return [Filter(column, "ge", since.isoformat())] if column else []

    def has_all(self, rows: Sequence[Row], fields: Sequence[str]) -> bool:
        """See `Face`. Without a list, everything is wanted."""
        return bool(fields) and all(set(fields) <= set(row) for row in rows)

    def whole(self, kind: Kind, codes: Sequence[str]) -> list[Row]:
        """See `Face`. Some at once, as many as the connection may."""
        entity, context = self.entity(kind), self.options.context(kind.context)

        def one(code: str) -> Row | None:
            row = entity.read(context, code)
            if row is not None and kind.people:
                row = _with_people(kind, row)
            if row is not None and kind is ORDER:
                number = str(row[kind.code])
                row = {**row, "lines": self.lines(number)}
            return row

        with ThreadPoolExecutor(self.options.parallel) as threads:
            jobs = [threads.submit(copy_context().run, one, code) for code in codes]
            found = [job.result() for job in jobs]
        return [row for row in found if row is not None]

    def lines(self, number: str) -> list[Row]:
        """The lines of an order."""
        params = {"domainCode": self.options.domain, "salesOrderNumber": number}
        return records(self.link.get(GRID, params), "salesOrderLines") or []

    def by_reference(self, references: Sequence[str]) -> list[Row]:
        """See `Face`."""
        browse, name = self.browse(ORDER), self.options.orders.reference
        column = browse.columns().get(name)
        if column is None:
            if not browse.count():
                return []
            raise ConfigurationError(
                f"The browse of sales orders does not show {name}, by which orders "
                "are told apart.",
                advice="Enter the field of the purchase order, or another browse, in "
                "the connection.",
                field="order_reference_field",
            )
        codes: list[str] = []
        for reference in references:
            # What stands behind a comma cannot be said in a filter.
            start, comma, _ = reference.partition(",")
            found = Filter(column, "sw" if comma else "eq", start)
            for page in browse.pages([found]):
                codes += [
                    str(row[ORDER.code])
                    for row in page.rows
                    if same(row.get(name), reference)
                ]
        return self.whole(ORDER, list(dict.fromkeys(codes)))

    def enter(self, order: Order, request_id: str) -> Entered:
        """See `Face`."""
        return Conversation(self, order, request_id).result()


def _with_people(kind: Kind, row: Row) -> Row:
    """The document with its people under our name: it says the release, V2 or V3."""
    stem = kind.people.partition("V2")[0]
    held = next((v for n, v in row.items() if n.startswith(stem)), None)
    return row if held is None else {**row, kind.people: held}


def same(stored: Any, wanted: str) -> bool:
    """Whether the database takes two texts for one: case and end blanks are alike."""
    return str(stored or "").rstrip().casefold() == wanted.rstrip().casefold()


def _since(rows: Sequence[Row], since: date | None) -> list[Row]:
    """The rows changed since then, where they say so: a browse may ignore a filter."""
    if since is None:
        return list(rows)
    low = since.isoformat()
    return [row for row in rows if str(row.get(CHANGED) or low)[:10] >= low]
