"""Sales orders: checked here first, looked for, then entered once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.sdk.errors import (
    ConnectorError,
    RecordError,
    RejectedError,
    UnavailableError,
    UncertainWriteError,
)
from connectors.sdk.records import Fields, Scalar, WriteItem, WriteResult
from connectors.systems.qad.faces.adaptive import same
from connectors.systems.qad.faces.face import Entered, Face, Order, OrderLine, Row
from connectors.systems.qad.faces.ordering import total_of
from connectors.systems.qad.names import CUSTOMER, ITEM, ORDER, key_of, parts_of
from connectors.systems.qad.options import Options

_FIELDS = ("salesOrderNumber", "orderStatus", "totalAmount", "message")


def write_orders(
    face: Face, options: Options, items: Sequence[WriteItem]
) -> list[WriteResult]:
    """Enter those that are not there yet, one result each.

    After a lost answer the rest is not sent: the next one would be lost as well.
    """
    results: list[WriteResult] = []
    stop: ConnectorError | None = None
    for item in items:
        if stop:
            results.append(failed(item, stop))
            continue
        try:
            results.append(_Writing(face, options, item).result())
        except RecordError as error:
            results.append(failed(item, error))
        except UncertainWriteError as error:
            results.append(failed(item, error))
            stop = UnavailableError(
                "It was not sent: QAD did not answer for the record before it."
            )
        except ConnectorError as error:
            if not results:
                raise
            stop = error
            results.append(failed(item, error))
    return results


def failed(item: WriteItem, error: ConnectorError) -> WriteResult:
    """The result of an item that was not written."""
    return WriteResult(
        key=item.key,
        outcome="failed",
        target_id=item.target_id,
        error=error,
        request_id=error.request_id,
    )


class _Writing:
    def __init__(self, face: Face, options: Options, item: WriteItem) -> None:
        self._face, self._options, self._item = face, options, item
        self._id = uuid.uuid4().hex

    def result(self) -> WriteResult:
        if self._item.target_id:
            raise RejectedError(
                f"Order {self._item.target_id} was entered already; it is not changed "
                "from here.",
                advice="Change it in QAD.",
                field="key",
            )
        order = self._order()
        there = self._there(order)
        if there:
            return self._written("unchanged", Entered(row=there, new=False), order)
        if not order.terms:
            order = self._with_terms(order)
        entered = self._face.enter(order, self._id)
        return self._written("created" if entered.new else "unchanged", entered, order)

    # ---------------------------------------------------------------- what is meant

    def _order(self) -> Order:
        item, options = self._item, self._options.orders
        fields = item.fields
        today = datetime.now(UTC).astimezone(self._options.zone).date()
        day = _date(fields.get("orderDate")) or today
        due = _date(fields.get("dueDate")) or day + timedelta(days=options.due_days)
        site = _text(fields.get("siteCode")) or options.site
        lines = tuple(
            self._line(n, line, site, due)
            for n, line in enumerate(item.lines or (), start=1)
        )
        amount = fields.get("amount")
        order = Order(
            reference=item.reference.strip() or _text(fields.get("purchaseOrder")),
            customer=self._customer(),
            currency=_text(fields.get("currencyCode")),
            site=site,
            terms=_text(fields.get("creditTermsCode")) or options.terms,
            daybook=_text(fields.get("daybookSetCode")) or options.daybook,
            day=day,
            due=due,
            lines=lines,
            amount=amount if isinstance(amount, Decimal) else None,
        )
        self._complete(order)
        return order

    @staticmethod
    def _complete(order: Order) -> None:
        """Raises RejectedError for what is missing: all of it, before any call."""
        missing = [
            (name, said)
            for name, said, there in (
                ("customer", "the customer", order.customer),
                ("currencyCode", "the currency", order.currency),
                ("siteCode", "the site (the connection may name one)", order.site),
                ("purchaseOrder", "our reference", order.reference),
                ("lines.item", "lines", order.lines),
                *[(f"lines.{n}", f"the {n} of line {one.number}", held)
                  for one in order.lines
                  for n, held in (("item", one.item), ("quantityOrdered",
                                                       one.quantity > 0))],
            )
            if not there
        ]  # fmt: skip
        if missing:
            raise RejectedError(
                f"Nothing was sent. Missing: {', '.join(said for _, said in missing)}.",
                advice="Complete it in the source, or the mapping, then replay.",
                field=missing[0][0],
            )

    def _customer(self) -> str:
        key = self._item.refs.get("customer", "")
        if not key:
            return _text(self._item.fields.get("soldToCustomerCode"))
        context = self._options.context(CUSTOMER.context)
        found = parts_of(key, context, CUSTOMER)
        if not found:
            raise RejectedError(
                f"{key} is no customer of {context}.",
                advice="The company is bound to a record of another connection.",
                field="customer",
            )
        return found[0]

    def _line(self, number: int, line: Fields, site: str, due: date) -> OrderLine:
        code = _text(line.get("itemCode"))
        key = _text(line.get("item"))
        if key:
            found = parts_of(key, self._options.domain, ITEM)
            code = found[0] if found else ""
        quantity = _decimal(line.get("quantityOrdered"))
        return OrderLine(
            number=number,
            item=code,
            site=_text(line.get("siteCode")) or site,
            quantity=quantity or Decimal(0),
            unit=_text(line.get("unitOfMeasure")),
            price=self._price(line, quantity),
            due=_date(line.get("dueDate")) or due,
        )

    def _price(self, line: Fields, quantity: Decimal | None) -> Decimal | None:
        """The net price of one unit: as said, else worked out of the line's amount."""
        price, amount = _decimal(line.get("netPrice")), _decimal(line.get("amount"))
        if price is not None or amount is None or not quantity:
            return price
        digits = Decimal(1).scaleb(-self._options.orders.price_decimals)
        return (amount / quantity).quantize(digits)

    def _with_terms(self, order: Order) -> Order:
        """With the customer's own terms, which an order must name."""
        rows = self._face.whole(CUSTOMER, [order.customer])
        terms = _text(rows[0].get("creditTermsCode")) if rows else ""
        return Order(**{**_plain(order), "terms": terms})

    # ---------------------------------------------------------------- what is there

    def _there(self, order: Order) -> Row | None:
        """The order that carries our reference; it is whole, or it would not."""
        found = self._face.by_reference([order.reference])
        if not found:
            return None
        mine = [r for r in found if same(r.get("soldToCustomerCode"), order.customer)]
        numbers = ", ".join(str(row.get(ORDER.code)) for row in found)
        if len(mine) == 1:
            return mine[0]
        raise RejectedError(
            f"QAD has {numbers} with the purchase order {order.reference}"
            + (", and no more than one can be meant." if mine else
               " and another customer."),
            advice="It was not entered again. Correct the one in QAD.",
            field="purchaseOrder",
            code="DUPLICATE",
        )  # fmt: skip

    def _written(self, outcome: Any, entered: Entered, order: Order) -> WriteResult:
        row = entered.row
        number = str(row.get(ORDER.code) or "").rstrip()
        if not number:
            raise UncertainWriteError(
                "QAD took the order without telling its number.", request_id=self._id
            )
        total = total_of(row)
        told = [text for text in entered.messages if text]
        if total is not None and order.amount is not None:
            cents = abs(total - order.amount) * 100
            if cents > self._options.orders.tolerance_cents:
                told.append(f"QAD's total is {total}, and not {order.amount}.")
        status = _text(row.get("orderStatus"))
        values = (number, status or "open", total, " ".join(told))
        return WriteResult(
            key=self._item.key,
            outcome=outcome,
            target_id=key_of(self._options.domain, ORDER, number),
            assigned=dict(zip(_FIELDS, values, strict=True)),
            request_id=self._id,
        )


def _plain(order: Order) -> dict[str, Any]:
    return {name: getattr(order, name) for name in Order.__dataclass_fields__}


def _text(value: Any) -> str:
    return str(value).strip() if value is not None else ""


def _decimal(value: Scalar) -> Decimal | None:
    if value in (None, ""):
        return None
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _date(value: Scalar) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None
