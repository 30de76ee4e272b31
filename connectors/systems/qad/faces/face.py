"""What both editions offer to reading and writing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from connectors.systems.qad.names import Kind

Row = dict[str, Any]
"""A record by the field names of Adaptive ERP; orders hold `lines`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPage:
    """Rows, and the JSON-safe position behind them from which a read goes on."""

    rows: Sequence[Row]
    position: Any
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """A line that is to be entered; `price` is net and of one unit."""

    number: int
    item: str
    site: str
    quantity: Decimal
    unit: str
    price: Decimal | None
    due: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order that is to be entered, checked as far as that needs no call."""

    reference: str
    customer: str
    currency: str
    site: str
    terms: str
    daybook: str
    day: date
    due: date
    lines: tuple[OrderLine, ...]
    amount: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """The order as QAD holds it now. `new` tells that this call has completed it."""

    row: Row
    new: bool
    messages: Sequence[str] = ()


class Face(Protocol):
    """One edition of QAD, behind one connection."""

    def pages(self, kind: Kind, since: date | None, position: Any) -> Iterator[RowPage]:
        """Rows in pages from a position on, those changed since a day at least."""

    def whole(self, kind: Kind, codes: Sequence[str]) -> list[Row]:
        """The named records with all their fields; absent ones are left out."""

    def by_reference(self, references: Sequence[str]) -> list[Row]:
        """All orders that carry one of these purchase orders, whole."""

    def enter(self, order: Order, request_id: str) -> Entered:
        """Enter an order that carries no reference there yet, wholly or not at all.

        Raises RejectedError, and UncertainWriteError for an answer that was lost.
        """

    def has_all(self, rows: Sequence[Row], fields: Sequence[str]) -> bool:
        """Whether rows of a page hold what is wanted, or `whole` has to be asked."""

    def close(self) -> None:
        """Release the sockets."""
