"""Maintain QDocs: add, modify, delete, get, synchronise, by record."""

from __future__ import annotations

import xml.etree.ElementTree as ET  # elements that `envelope` has parsed
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from connectors.sandbox.qad.config import QadConfig
from connectors.sandbox.qad.data.seed import WORKSPACES
from connectors.sandbox.qad.data.store import KINDS, Row, Store
from connectors.sandbox.qad.errors import Refusals
from connectors.sandbox.qad.orders import OrderBook
from connectors.sandbox.qad.qxtend.envelope import QDOC, Message, Reply, element
from connectors.sandbox.qad.qxtend.names import LENGTHS, Doc, Names

_NUMBERS = {"fixedCreditLimit", "listPrice", "quantityOrdered", "netPrice"}
_EXISTS = {"A": False, "M": True, "D": True, "G": True}


@dataclass
class _Work:
    """One top record at work."""

    doc: Doc
    place: str
    messages: list[Message] = field(default_factory=list)

    def error(self, text: str, number: str, name: str = "", data: str = "") -> None:
        at = f"{self.place} field({name})" if name else self.place
        self.messages.append(Message(text, number, "error", at, name, data))

    @property
    def failed(self) -> bool:
        return any(one.severity == "error" for one in self.messages)


@dataclass
class Maintain:
    """See the module."""

    config: QadConfig
    store: Store
    orders: OrderBook

    def run(self, doc: Doc, records: list[ET.Element], domain: str, *, whole: bool
            ) -> Reply:  # fmt: skip
        """Carry out a QDoc; with `whole` all records or none."""
        before = {n: dict(rows) for n, rows in self.store.rows.items()} if whole else {}
        kept = deepcopy(self.store.rows["orders"]) if whole else {}
        reply, failed = Reply(), 0
        for number, record in enumerate(records, start=1):
            work = _Work(doc, f"{doc.record}#{number}")
            row = self._record(work, record, domain)
            reply.messages += work.messages
            failed += work.failed
            if row is not None:
                code = KINDS[doc.kind].code
                name = next(n for n, own in doc.fields.items() if own == code)
                echo = element(doc.record)
                echo.append(element(name, str(row[code])))
                reply.records.append(echo)
        if failed:
            reply.result = "error"
            name = "TransactionException001" if whole else "TransactionException007"
            reply.messages.append(Message(f"{failed} of {len(records)} failed", name))
            if whole:
                self.store.rows.update(before | {"orders": kept})
                self.store.version += 1
                reply.records = []
        elif reply.messages:
            reply.result = "warning"
        return reply

    def _record(self, work: _Work, record: ET.Element, domain: str) -> Row | None:
        doc, kind = work.doc, KINDS[work.doc.kind]
        values = self._values(work, record, doc.fields)
        operation = record[0].text or "" if len(record) else ""
        if not len(record) or _local(record[0]) != "operation":
            work.error("operation must come first", "OE-1", "operation")
        elif operation not in "AMDGSN" or len(operation) != 1:
            work.error(f"Operation {operation} is not valid", "OE-2", "operation")
        context = dict(WORKSPACES.values())[domain]
        context = context if kind.context == "sharedSetCode" else domain
        code = str(values.get(kind.code) or "").strip()
        row = self.store.get(kind.name, context, code) if code else None
        due = _EXISTS.get(operation)
        if not work.failed and due is not None and due != (row is not None):
            said = "does not exist" if due else "already exists"
            work.error(f"{kind.entity} {code} {said}", "1" if due else "8")
        if work.failed or operation in "GN":
            return row
        if operation == "D":
            self.store.delete(kind.name, context, code)
            return row
        values |= {kind.context: context, kind.code: code}
        if kind.name == "orders":
            return self._order(work, record, values, row)
        return self.store.put(kind.name, {**(row or {"isActive": True}), **values})

    def _values(self, work: _Work, record: ET.Element, names: Names) -> Row:
        values: Row = {}
        last, order = -1, list(names)
        for child in record:
            name = _local(child)
            if name in ("operation", work.doc.nested) or child.tag[: len(QDOC) + 2] != (
                f"{{{QDOC}}}"
            ):
                continue
            if name not in names:
                work.error(f"{name} is not in the schema", "OE-3", name)
                continue
            if order.index(name) < last and self.config.strict_order:
                work.error(f"{name} comes too late", "OE-4", name)
            last = max(last, order.index(name))
            values[names[name]] = self._value(work, name, names[name], child.text or "")
        return values

    def _value(self, work: _Work, name: str, own: str, text: str) -> object:
        if own in _NUMBERS:
            try:
                return Decimal(text)
            except InvalidOperation:
                work.error("Value is not a number", "76", name, text)
        if len(text) > LENGTHS.get(name, 99):
            said = "Submitted data was truncated"
            work.messages.append(
                Message(said, "QX-5", "warning", work.place, name, text)
            )
            return text[: LENGTHS[name]]
        return int(text) if own == "salesOrderLine" and text.isdecimal() else text

    def _order(
        self, work: _Work, record: ET.Element, values: Row, row: Row | None
    ) -> Row | None:
        customer = self.store.get(
            "customers",
            dict(WORKSPACES.values())[values["domainCode"]],
            str(values.get("soldToCustomerCode", "")),
        )
        terms = customer["creditTermsCode"] if customer else "30"
        order: Row = {
            "daybookSetCode": "SLS", "creditTermsCode": terms, "isConfirmed": True,
            "disallowedActions": "", "lines": [], **(row or {}), **values,
        }  # fmt: skip
        if not order["salesOrderNumber"]:
            order["salesOrderNumber"] = self.orders.next_number(order["domainCode"])
        said = Refusals()
        self.orders.check(order, said)
        self._blame(work, said, work.doc.fields)
        order["lines"] = self._lines(work, record, order)
        if work.failed:
            return None
        if row:
            row.update(order)
            self.orders.changed(row)
            return row
        return self.orders.create(order)

    def _lines(self, work: _Work, record: ET.Element, order: Row) -> list[Row]:
        lines, names = [], work.doc.nested_fields or {}
        top = f"{work.place}(soNbr-{order['salesOrderNumber']})"
        found = [one for one in record if _local(one) == work.doc.nested]
        for position, one in enumerate(found, start=1):
            line = self._values(work, one, names)
            number = line.get("salesOrderLine") or position
            work.place = f"{top} {work.doc.nested}#{position}(line-{number})"
            said = Refusals()
            item = self.store.get(
                "items", order["domainCode"], str(line.get("itemCode", ""))
            )
            line = {
                "salesOrderLine": number, "siteCode": order.get("siteCode"),
                "unitOfMeasure": item["unitOfMeasure"] if item else "",
                "dueDate": order.get("dueDate"), **line,
            }  # fmt: skip
            line.setdefault("netPrice", self.orders.price(order, line))
            self.orders.check_line(order, line, said)
            if number == self.config.refuse_line:
                said.add("itemCode", line.get("itemCode"), "Refused by policy", "9999")
            self._blame(work, said, names)
            lines.append(line)
        return lines

    @staticmethod
    def _blame(work: _Work, said: Refusals, names: Names) -> None:
        classic = {own: name for name, own in names.items()}
        for one in said.found:
            name = classic.get(one["fieldName"], one["fieldName"])
            work.error(one["message"], one["code"], name, one["fieldValue"])


def _local(one: ET.Element) -> str:
    return one.tag.rpartition("}")[2]
