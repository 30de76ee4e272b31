"""Enterprise Edition: lists by the site's own queries, orders by maintainSalesOrder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.sdk.errors import ConfigurationError
from connectors.systems.qad.faces.adaptive import same
from connectors.systems.qad.faces.face import Entered, Order, OrderLine, Row, RowPage
from connectors.systems.qad.faces.ordering import check_items, order_number
from connectors.systems.qad.names import ORDER, Kind
from connectors.systems.qad.wire.qxtend import Qxtend, refusal, row_of
from connectors.systems.qad.wire.soap import Answer, Tree

ENTER = "maintainSalesOrder"
_FIELDS = {
    "soCust": "customer", "soBill": "customer", "soShip": "customer",
    "soCurr": "currencyCode", "soPo": "purchaseOrder", "soSite": "siteCode",
    "soCrTerms": "creditTermsCode", "soOrdDate": "orderDate", "soDueDate": "dueDate",
    "sodPart": "lines.item", "sodQtyOrd": "lines.quantityOrdered",
    "sodUm": "lines.unitOfMeasure", "sodPrice": "lines.netPrice",
    "sodSite": "lines.siteCode",
}  # fmt: skip


class Enterprise:
    """See `Face`."""

    def __init__(self, qxtend: Qxtend) -> None:
        self._qxtend = qxtend
        self.options = qxtend.options

    def close(self) -> None:
        """See `Face`."""
        self._qxtend.close()

    def has_all(self, rows: Sequence[Row], fields: Sequence[str]) -> bool:
        """See `Face`: a query shows all there is."""
        return True

    # ------------------------------------------------------------------- reading

    def pages(self, kind: Kind, since: date | None, position: Any) -> Iterator[RowPage]:
        """See `Face`. By key: each page begins with the last key of the one before."""
        last, size = str(position or ""), self.options.page_size
        day = since.isoformat() if since and self.options.filtered else ""
        while True:
            found = self._query(
                kind, fromKey=last, modifiedSince=day, maxRows=str(size)
            )
            rows = [r for r in found if not last or not same(r.get(kind.code), last)]
            if not rows:
                yield RowPage(rows=[], position=last)
                return
            last = str(rows[-1][kind.code])
            yield RowPage(rows=rows, position=last)

    def whole(self, kind: Kind, codes: Sequence[str]) -> list[Row]:
        """See `Face`."""
        found = []
        for code in codes:
            rows = self._query(kind, fromKey=code, toKey=code, maxRows="2")
            found += [row for row in rows if same(row.get(kind.code), code)]
        return found

    def by_reference(self, references: Sequence[str]) -> list[Row]:
        """See `Face`."""
        found = []
        for reference in references:
            rows = self._query(ORDER, soPo=reference, maxRows="10")
            found += [r for r in rows if same(r.get("purchaseOrder"), reference)]
        return found

    def _query(self, kind: Kind, **wish: str) -> list[Row]:
        name = self.options.queries[kind.name]
        tree: Tree = {"ttFilter": [{k: v for k, v in wish.items() if v}]}
        dataset = f"ds{name[0].upper()}{name[1:]}"
        answer, message_id = self._qxtend.send(name, {dataset: [tree]}, writes=False)
        if answer.result == "error":
            error = refusal(list(answer.messages), {}, message_id)
            raise ConfigurationError(
                f"The query {name}: {error.message}",
                advice="Give the user the menu of this query, and compare it with "
                "docs/connect-qad.md.",
            )
        return [row_of(one, kind.people) for one in answer.records(kind.record)]

    # ------------------------------------------------------------------- entering

    def enter(self, order: Order, request_id: str) -> Entered:
        """See `Face`: one message, one transaction."""
        if self.options.orders.statuses:
            check_items(self, self.options, order)
        template = self.options.orders.number
        number = order_number(template, order.reference, 0) if template else ""
        answer, message_id = self._qxtend.send(
            ENTER, _document(order, number), writes=True
        )
        if answer.result == "error":
            there = self._there(order, number)
            if there:
                return Entered(row=there, new=False)
            raise refusal(list(answer.messages), _FIELDS, message_id)
        texts = [one.text for one in answer.messages]
        code = _number(answer) or number
        if code:
            rows = self.whole(ORDER, [code])
        else:
            rows = self.by_reference([order.reference])
        bare = {ORDER.code: code, "purchaseOrder": order.reference, "lines": []}
        row = rows[0] if rows else bare
        return Entered(row=row, new=True, messages=texts)

    def _there(self, order: Order, number: str) -> Row | None:
        """The same order under the number that was refused, by an earlier sending."""
        rows = self.whole(ORDER, [number]) if number else []
        mine = [r for r in rows if same(r.get("purchaseOrder"), order.reference)]
        same_customer = [
            r for r in mine if same(r.get("soldToCustomerCode"), order.customer)
        ]
        return same_customer[0] if same_customer else None


def _document(order: Order, number: str) -> Tree:
    """The QDoc. Its elements drive a screen: they stand in the schema's order."""
    head: dict[str, str | Sequence[Tree]] = {"operation": "A"}
    values = {
        "soNbr": number, "soCust": order.customer, "soBill": order.customer,
        "soShip": order.customer, "soOrdDate": order.day.isoformat(),
        "soDueDate": order.due.isoformat(), "soPo": order.reference,
        "soCurr": order.currency, "soSite": order.site, "soCrTerms": order.terms,
    }  # fmt: skip
    head |= {name: value for name, value in values.items() if value}
    head["salesOrderDetail"] = [_line(one) for one in order.lines]
    return {"dsSalesOrder": [{"salesOrder": [head]}]}


def _line(line: OrderLine) -> Tree:
    values = {
        "operation": "A", "line": str(line.number), "sodPart": line.item,
        "sodSite": line.site, "sodQtyOrd": _digits(line.quantity),
        "sodUm": line.unit,
        "sodPrice": "" if line.price is None else _digits(line.price),
        "sodDueDate": line.due.isoformat(),
    }  # fmt: skip
    return {name: value for name, value in values.items() if value}


def _digits(value: Decimal) -> str:
    return format(value, "f")


def _number(answer: Answer) -> str:
    for record in answer.records("salesOrder"):
        for child in record:
            if child.tag.endswith("soNbr"):
                return (child.text or "").strip()
    return ""
