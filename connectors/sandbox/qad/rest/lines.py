"""The lines of a sales order: initialise, change field by field, commit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from connectors.sandbox.qad.config import QadConfig
from connectors.sandbox.qad.data.store import Row, Store, money
from connectors.sandbox.qad.errors import Refusals, RestError
from connectors.sandbox.qad.orders import OrderBook
from connectors.sandbox.qad.rest.http import answer, asked
from connectors.sandbox.qad.rest.logins import User

NAME = "salesOrderLines"
_NUMBERS = ("quantityOrdered", "listPrice", "netPrice", "discountFormatted")


@dataclass
class Lines:
    """See the module."""

    config: QadConfig
    store: Store
    orders: OrderBook

    def _order(self, domain: str, number: Any) -> Row:
        row = self.store.get("orders", domain, str(number or ""))
        if row is None:
            raise RestError(404, f"Sales order {number} not found")
        return row

    def _allowed(self, user: User) -> None:
        if "salesOrderHeader" in user.denied:
            raise RestError(403, f"User {user.name} has no access to {NAME}")

    def grid(self, request: web.Request, user: User, domain: str) -> web.Response:
        """GET: the order's lines, or a template for a new one."""
        self._allowed(user)
        order = self._order(domain, request.query.get("salesOrderNumber"))
        if request.query.get("initialize") != "true":
            return answer({"data": {NAME: order["lines"]}})
        due = self.store.local_time().date() + timedelta(days=1)
        line = {
            "domainCode": domain, "salesOrderNumber": order["salesOrderNumber"],
            "salesOrderLine": 0, "itemCode": "", "description": "",
            "siteCode": order["siteCode"], "quantityOrdered": Decimal(0),
            "unitOfMeasure": "", "listPrice": Decimal(0), "netPrice": Decimal(0),
            "discountFormatted": Decimal(0), "dueDate": due.isoformat(),
            "isTaxable": order.get("isTaxable", True), "lineStatus": "",
        }  # fmt: skip
        return answer({"data": {NAME: [line]}})

    async def change(
        self, request: web.Request, user: User, domain: str
    ) -> web.Response:
        """POST fieldChange: the line with what follows from its new value."""
        self._allowed(user)
        name = request.query.get("fieldName", "")
        if request.query.get("dataOperation") != "CREATE":
            raise RestError(400, "dataOperation must be CREATE")
        line = self._given(await asked(request))[0]
        if name not in line:
            raise RestError(400, f"Field {name} is not in the line")
        order, said = self._order(domain, line.get("salesOrderNumber")), Refusals()
        if name in _NUMBERS and not isinstance(line[name], int | Decimal):
            said.add(name, line[name], "Value is not a number", "76")
        elif name == "itemCode":
            self._item(order, line, said)
        elif name == "quantityOrdered":
            line["listPrice"] = line["netPrice"] = self.orders.price(order, line)
        elif name == "discountFormatted":
            rest = 100 - money(line[name])
            line["netPrice"] = money(line["listPrice"]) * rest / 100
        result = {"success": not said.found, "errors": said.found}
        return answer({"submitResult": result, "data": {NAME: [line]}})

    def _item(self, order: Row, line: Row, said: Refusals) -> None:
        code = str(line["itemCode"])
        item = self.store.get("items", order["domainCode"], code)
        if item is None:
            text = "Item number does not exist. Please re-enter."
            said.add("itemCode", code, text, "16")
            return
        price = self.orders.price(order, line)
        line |= {
            "itemCode": item["itemCode"], "description": item["description"],
            "unitOfMeasure": item["unitOfMeasure"], "listPrice": price,
            "netPrice": price,
        }  # fmt: skip

    @staticmethod
    def _given(body: dict[str, Any]) -> list[Row]:
        lines = body.get(NAME)
        if not isinstance(lines, list) or not lines:
            raise RestError(400, f"The body must hold lines in {NAME}")
        return [dict(line) for line in lines]

    async def commit(
        self, request: web.Request, user: User, domain: str
    ) -> web.Response:
        """POST the grid: all its lines, or none (unless `partial_commit`)."""
        self._allowed(user)
        lines = self._given(await asked(request))
        order, said = self._order(domain, lines[0].get("salesOrderNumber")), Refusals()
        held = {one["salesOrderLine"] for one in order["lines"]}
        good = []
        for line in lines:
            before = len(said.found)
            self._check(order, line, held, said)
            if len(said.found) > before:
                break
            held.add(line["salesOrderLine"])
            good.append(line)
        if said.found and not self.config.partial_commit:
            good = []
        if good:
            order["lines"] = sorted(
                [*order["lines"], *good], key=lambda one: int(one["salesOrderLine"])
            )
            self.orders.changed(order)
        result = {"success": not said.found, "errors": said.found}
        return answer(
            {
                "submitResult": result,
                "data": {NAME: good},
                "supplementaryMessages": self.orders.warnings(order),
            }
        )

    def _check(self, order: Row, line: Row, held: set[Any], said: Refusals) -> None:
        number = line.get("salesOrderLine")
        if line.get("salesOrderNumber") != order["salesOrderNumber"]:
            said.add("salesOrderNumber", "", "Lines of several orders in one grid")
        if type(number) is not int or number < 1:
            said.add("salesOrderLine", number, "Line number must be positive", "9")
        elif number in held:
            said.add("salesOrderLine", number, f"Line {number} already exists", "8")
        if number == self.config.refuse_line:
            said.add("itemCode", line.get("itemCode"),
                     f"Line {number} was refused by a site policy", "9999")  # fmt: skip
        self.orders.check_line(order, line, said)
