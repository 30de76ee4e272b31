"""Entering an order in Adaptive ERP: a conversation without a transaction.

The header, then every line field by field, then all lines at once, and last the header
again: only then does it carry our reference and is confirmed. So an order that is found
by its reference is whole. One that a lost answer left behind carries the reference with
a mark; it is found by its number, which is made of the reference, and completed.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from connectors.sdk.errors import (
    ConfigurationError,
    RejectedError,
    UncertainWriteError,
)
from connectors.systems.qad.faces.face import Entered, Face, Order, OrderLine, Row
from connectors.systems.qad.names import CUSTOMER, ITEM, ORDER, Kind
from connectors.systems.qad.options import Options
from connectors.systems.qad.wire.answers import (
    ExistsError,
    StaleError,
    accepted,
    records,
    refusal,
)
from connectors.systems.qad.wire.entity import Entity, messages

if TYPE_CHECKING:
    from connectors.systems.qad.faces.adaptive import Adaptive

MARK = " *"
LINES = "/api/erp/salesOrderLines/fieldChange"
GRID = "/api/erp/salesOrderLinesGrid"
NAME = "salesOrderLines"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TRIES = 5
HEAD_NAMES: Mapping[str, str] = {
    "soldToCustomerCode": "customer", "billToCustomerCode": "customer",
    "shipToCustomerCode": "customer",
}  # fmt: skip
LINE_NAMES: Mapping[str, str] = {
    "itemCode": "lines.item", "quantityOrdered": "lines.quantityOrdered",
    "siteCode": "lines.siteCode", "unitOfMeasure": "lines.unitOfMeasure",
    "netPrice": "lines.netPrice", "dueDate": "lines.dueDate",
}  # fmt: skip


def order_number(template: str, reference: str, attempt: int) -> str:
    """The number that a reference has, the same at every time; another by attempt.

    The digits of the reference itself, as far as they fit; so two deals meet only
    where they do not.
    """
    stem, width = template.rstrip("#"), template.count("#")
    digits = "".join(one for one in reference if one.isdigit())
    value = int(digits) if digits and not attempt else -1
    if not 0 <= value < 36**width:
        seed = f"{reference}/{attempt}".encode()
        value = int.from_bytes(blake2b(seed, digest_size=16).digest()) % 36**width
    text = ""
    for _ in range(width):
        value, rest = divmod(value, 36)
        text = _DIGITS[rest] + text
    return stem + text


def check_items(face: Face, options: Options, order: Order) -> None:
    """Raises RejectedError for an item that is not there or may not be sold: nothing is
    begun that a line would end."""
    codes = list(dict.fromkeys(one.item for one in order.lines))
    items = {str(r[ITEM.code]).rstrip().casefold(): r for r in face.whole(ITEM, codes)}
    sold = options.orders.statuses
    for line in order.lines:
        row = items.get(line.item.rstrip().casefold())
        if row is None:
            raise _refused(line, f"QAD has no item {line.item}")
        status = str(row.get("itemStatus") or "").strip().upper()
        if sold and status not in sold:
            said = f"Item {line.item} has status {status or 'blank'}"
            raise _refused(line, f"{said}, which cannot be sold")


class Conversation:
    """One attempt to have one order in QAD, whole."""

    def __init__(self, face: Adaptive, order: Order, request_id: str) -> None:
        self._face, self._order, self._id = face, order, request_id
        self._options = face.options
        self._link = face.link
        self._messages: list[str] = []

    def result(self) -> Entered:
        """Carry it out. Raises RejectedError, UncertainWriteError."""
        check_items(self._face, self._options, self._order)
        self._check_customer()
        head = self._head()
        number = str(head[ORDER.code])
        held = {int(one["salesOrderLine"]) for one in self._face.lines(number)}
        missing = [one for one in self._order.lines if one.number not in held]
        if missing:
            self._add(number, missing)
        row = self._finished(number)
        row["lines"] = self._face.lines(number)
        return Entered(row=row, new=True, messages=self._messages)

    # ---------------------------------------------------------------- beforehand

    def _check_customer(self) -> None:
        code = self._order.customer
        rows = self._face.whole(CUSTOMER, [code])
        if not rows:
            raise _bad(f"QAD has no customer {code}.")
        if rows[0].get("isActive") in (False, "false"):
            raise _bad(f"Customer {code} is inactive in QAD.")
        for source in self._options.sources.get("mfg_customers", ()):
            keys = ("domainContext", "customerCode")
            entity = Entity(self._link, source, keys)
            if entity.read(self._options.domain, code) is None:
                raise _bad(f"Customer {code} is not known in {self._options.domain}.")

    # -------------------------------------------------------------------- header

    def _head(self) -> Row:
        """Ours that was begun before, or a new one under a free number."""
        template, marked = self._options.orders.number, self._order.reference + MARK
        for attempt in range(_TRIES):
            number = order_number(template, self._order.reference, attempt)
            rows = self._face.whole(ORDER, [number])
            if not rows:
                try:
                    return self._created(number, marked)
                except ExistsError:
                    rows = self._face.whole(ORDER, [number])
            ours = (marked, self._order.reference)
            if rows and self._kept(rows[0]) in ours:
                return rows[0]
        raise RejectedError(
            f"{_TRIES} numbers made of {self._order.reference} are taken in QAD.",
            advice="Choose another template of order numbers in the connection.",
            field="salesOrderNumber",
            code="DUPLICATE",
        )

    def _created(self, number: str, purchase_order: str) -> Row:
        order, options = self._order, self._options.orders
        view = self._face.sources.of(ORDER).view
        row = {
            "uri": f"{view}:{self._options.domain}.{number}",
            "domainCode": self._options.domain, "salesOrderNumber": number,
            "soldToCustomerCode": order.customer, "billToCustomerCode": order.customer,
            "shipToCustomerCode": order.customer, "siteCode": order.site,
            "currencyCode": order.currency, "creditTermsCode": order.terms,
            "daybookSetCode": order.daybook, "languageCode": options.language,
            "orderDate": order.day.isoformat(), "dueDate": order.due.isoformat(),
            options.reference: purchase_order, "isConfirmed": False,
            "isFixedPrice": True, "isTaxable": True, "isPartialOK": True,
            "concurrencyHash": "", "supplementaryMessages": [],
        }  # fmt: skip
        stored = self._entity(ORDER).create(row, self._names(), self._id)
        if options.reference not in stored:
            stored = self._entity(ORDER).read(self._options.domain, number) or {}
        self._kept(stored)
        return {**row, **stored}

    def _kept(self, row: Row) -> str:
        """The reference that an order carries. Without the field nothing would tell
        which orders are ours: that stops the flow, after one header at most."""
        name = self._options.orders.reference
        if name not in row:
            raise ConfigurationError(
                f"QAD keeps no field {name} in a sales order, so that no order could "
                f"be told from another. {row.get(ORDER.code, 'One')} is not whole.",
                advice="Enter the field of the purchase order in the connection, and "
                "delete that order in QAD.",
                field="order_reference_field",
            )
        return str(row[name] or "").rstrip()

    def _finished(self, number: str) -> Row:
        """The header with our reference, which says that all of it is there."""
        name, entity = self._options.orders.reference, self._entity(ORDER)
        for again in range(3):
            row = entity.read(self._options.domain, number)
            if row is None:
                raise UncertainWriteError(f"Order {number} is gone from QAD.")
            if self._kept(row) == self._order.reference:
                return row
            row |= {name: self._order.reference, "isConfirmed": True}
            try:
                stored = entity.update(
                    self._options.domain, number, row, self._names(), self._id
                )
            except StaleError:
                if again == 2:
                    raise
                continue
            self._messages += stored.pop("_messages", [])
            return {**row, **stored}
        raise AssertionError  # the loop has returned or raised

    def _entity(self, kind: Kind) -> Entity:
        return self._face.entity(kind)

    def _names(self) -> dict[str, str]:
        return {**HEAD_NAMES, self._options.orders.reference: "purchaseOrder"}

    # --------------------------------------------------------------------- lines

    def _add(self, number: str, lines: list[OrderLine]) -> None:
        """All lines worked out, then stored in one call."""
        try:
            ready = [self._worked_out(number, line) for line in lines]
            answer = self._link.post(GRID, {}, {NAME: ready}, self._id)
            accepted(answer, NAME, LINE_NAMES, self._id)
        except RejectedError as error:
            raise RejectedError(
                f"{error.message} Order {number} stays in QAD, unconfirmed and marked "
                f"“{self._order.reference}{MARK}”.",
                advice="Repair the line or the item, then replay the record: the same "
                "order is completed. Otherwise delete it in QAD.",
                field=error.field,
                code=error.code,
                request_id=self._id,
            ) from error
        self._messages += messages(answer)

    def _worked_out(self, number: str, line: OrderLine) -> Row:
        """A line as QAD makes it, field by field; the price last, or a quantity break
        would take its place."""
        params = {"initialize": "true", "domainCode": self._options.domain,
                  "salesOrderNumber": number}  # fmt: skip
        template = records(self._link.get(GRID, params), NAME)
        if not template:
            raise _refused(line, f"QAD gives no new line for order {number}")
        row = {**template[0], "salesOrderLine": line.number}
        values: dict[str, Any] = {
            "itemCode": line.item, "siteCode": line.site,
            "quantityOrdered": line.quantity, "dueDate": line.due.isoformat(),
        }  # fmt: skip
        if line.price is not None:
            values["netPrice"] = line.price
        for name, value in values.items():
            row = self._changed({**row, name: value}, name, line)
        if line.unit and str(row.get("unitOfMeasure") or "") != line.unit:
            row = self._changed({**row, "unitOfMeasure": line.unit}, "unitOfMeasure",
                                line)  # fmt: skip
        return row

    def _changed(self, row: Row, name: str, line: OrderLine) -> Row:
        params = {"fieldName": name, "dataOperation": "CREATE"}
        answer = self._link.ask(LINES, params, {NAME: [row]})
        result = answer.get("submitResult") if isinstance(answer, dict) else None
        if isinstance(result, dict) and result.get("errors"):
            error = refusal(result["errors"], LINE_NAMES, self._id)
            raise _refused(line, error.message.rstrip("."))
        found = records(answer, NAME)
        if not found:
            raise _refused(line, f"QAD did not take {name}")
        return found[0]


def _refused(line: OrderLine, text: str) -> RejectedError:
    return RejectedError(
        f"Line {line.number}: {text}.",
        advice="Repair the line or the item, then replay the record.",
        field="lines.item",
    )


def _bad(text: str) -> RejectedError:
    return RejectedError(
        text,
        advice="Complete the customer in QAD, or correct the company; then replay.",
        field="customer",
    )


def total_of(row: Mapping[str, Any]) -> Decimal | None:
    """An order's total, where it is told."""
    value = row.get("totalAmount")
    return Decimal(str(value)) if value not in (None, "") else None
