"""Browses: lists by page and filter, flat rows with dotted names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from aiohttp import web
from multidict import MultiMapping

from connectors.sandbox.qad.config import QadConfig
from connectors.sandbox.qad.data.store import KINDS, Row, Store
from connectors.sandbox.qad.errors import RestError
from connectors.sandbox.qad.rest.http import answer

_PARTY = ("businessRelationName", "city", "countryCode", "currencyCode", "isActive")
_DATED = ("lastModifiedDate", "lastModifiedTime")


@dataclass(frozen=True)
class Browse:
    """Which columns of which table a browse shows, by the name it gives each.

    `lax` ones ignore a filter on a name they do not know; the others refuse it.
    """

    kind: str
    columns: Mapping[str, str]
    lax: bool = False


def _new(kind: str, *names: str, lax: bool = False) -> Browse:
    entity = KINDS[kind].entity
    key = (KINDS[kind].context, KINDS[kind].code)
    columns = {f"{entity}.{name}": name for name in (*key, *names, *_DATED)}
    return Browse(kind, columns, lax=lax)


BROWSES: dict[str, Browse] = {
    "urn:browse:bebrowse:com.qad.erp.base.customers": _new(
        "customers", "businessRelationCode", *_PARTY
    ),
    "urn:browse:bebrowse:com.qad.erp.base.suppliers": _new(
        "suppliers", "businessRelationCode", *_PARTY, lax=True
    ),
    "urn:browse:bebrowse:com.qad.erp.base.items": _new(
        "items", "description", "description2", "unitOfMeasure", "productLine",
        "itemType", "itemStatus", "itemGroup", "siteCode", "listPrice", "barcode",
    ),
    "urn:browse:bebrowse:com.qad.erp.sales.salesOrders": _new(
        "orders", "soldToCustomerCode", "purchaseOrder", "currencyCode", "orderDate",
        "isConfirmed",
    ),
    "urn:browse:mfg:gp340": Browse(
        "items",
        {"pt_mstr.pt_domain": "domainCode", "pt_mstr.pt_part": "itemCode",
         "pt_mstr.pt_desc1": "description", "pt_mstr.pt_desc2": "description2",
         "pt_mstr.pt_um": "unitOfMeasure", "pt_mstr.pt_price": "listPrice",
         "pt_mstr.pt_status": "itemStatus", "pt_mstr.pt_site": "siteCode",
         "pt_mstr.pt_mod_date": "lastModifiedDate"},
        lax=True,
    ),
}  # fmt: skip


def _number(text: str) -> Any:
    try:
        return Decimal(text)
    except ArithmeticError:
        return text.rstrip().upper()


def _compared(cell: Any, text: str) -> tuple[Any, Any]:
    if isinstance(cell, bool):
        return str(cell).lower(), text.lower()
    if isinstance(cell, Decimal | int):
        return Decimal(cell), _number(text)
    cell = str(cell or "").rstrip().upper()
    # Dates are compared as days.
    return (cell[:10] if cell[10:11] == "T" else cell), text.rstrip().upper()


Test = Callable[[Any, Any], bool]
OPERATORS: Mapping[str, Test] = {
    "eq": lambda a, b: bool(a == b),
    "ge": lambda a, b: bool(a >= b),
    "gt": lambda a, b: bool(a > b),
    "le": lambda a, b: bool(a <= b),
    "lt": lambda a, b: bool(a < b),
    "cn": lambda a, b: str(b) in str(a),
    "sw": lambda a, b: str(a).startswith(str(b)),
    "ew": lambda a, b: str(a).endswith(str(b)),
}


@dataclass
class Browses:
    """See the module."""

    config: QadConfig
    store: Store
    known: dict[str, Browse] = field(default_factory=lambda: dict(BROWSES))
    _kept: tuple[Any, list[Row]] = ((), [])

    def rows(
        self, query: MultiMapping[str], domain: str, shared: str
    ) -> tuple[Browse, list[Row]]:
        """The browse and all rows that pass the filters."""
        browse = self.browse(query.get("browseId", ""))
        context = shared if KINDS[browse.kind].context == "sharedSetCode" else domain
        filters = tuple(query.getall("filter", []))
        mark = (query["browseId"], context, filters, self.store.version)
        if self._kept[0] != mark:
            rows = self.store.of(browse.kind, context)
            for one in filters:
                rows = self._filtered(browse, rows, one)
            self._kept = (mark, rows)
        return browse, self._kept[1]

    def browse(self, name: str) -> Browse:
        """A browse by its id, with or without the prefix of the classic ones."""
        found = self.known.get(name) or self.known.get(f"urn:browse:{name}")
        if not found or name in self.config.missing_browses:
            raise RestError(400, f"Browse {name} does not exist")
        return found

    def _filtered(self, browse: Browse, rows: list[Row], text: str) -> list[Row]:
        parts = text.split(",")
        ranged = len(parts) == 6 and parts[1] == "rg" and parts[3::2] == ["literal"] * 2
        if not ranged and (len(parts) != 4 or parts[3] != "literal"):
            raise RestError(400, f"Filter cannot be parsed: {text}")
        name = browse.columns.get(parts[0])
        if name in _DATED and not self.config.date_filter:
            return rows
        if name is None:
            if browse.lax:
                return rows
            raise RestError(400, f"Field {parts[0]} is not in the browse")
        if ranged:
            tests = [(OPERATORS["ge"], parts[2]), (OPERATORS["le"], parts[4])]
        elif parts[1] in OPERATORS:
            tests = [(OPERATORS[parts[1]], parts[2])]
        else:
            raise RestError(400, f"Operator {parts[1]} is not supported")
        for test, value in tests:
            rows = [row for row in rows if test(*_compared(row.get(name), value))]
        return rows

    def page(self, request: web.Request, domain: str, shared: str) -> web.Response:
        """GET /api/qracore/browses."""
        query = request.query
        browse, rows = self.rows(query, domain, shared)
        size = int(query.get("pageSize", "50"))
        if size > self.config.page_cap:
            raise web.HTTPGatewayTimeout
        number, action = query.get("page"), query.get("pageAction")
        if number is None or action not in ("first", "next"):
            return answer({"data": [], "auxillaryData": {"HasMoreParams": "false"}})
        start = 0 if action == "first" else (int(number) - 1) * size
        chosen = rows[start : start + size]
        more = start + size < len(rows)
        if self.config.insert_while_paging and action == "first":
            self._insert(browse.kind)
        flat = [
            {shown: row.get(name) for shown, name in browse.columns.items()}
            for row in chosen
        ]
        return answer(
            {"data": flat, "auxillaryData": {"HasMoreParams": str(more).lower()}}
        )

    def _insert(self, kind: str) -> None:
        """Somebody adds a record that comes before all others."""
        first = next(iter(self.store.rows[kind].values()), None)
        if first:
            code = f" {self.store.sequence}"
            self.store.put(kind, {**first, KINDS[kind].code: code})

    def count(self, request: web.Request, domain: str, shared: str) -> web.Response:
        """GET /api/qracore/browses/totalCount/."""
        _, rows = self.rows(request.query, domain, shared)
        return answer({"data": {"totalCount": len(rows)}})
