"""Business documents: read by key, created and updated by POST."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from connectors.sandbox.qad.config import QadConfig
from connectors.sandbox.qad.data.store import KINDS, Kind, Row, Store
from connectors.sandbox.qad.errors import Refusals, RestError
from connectors.sandbox.qad.orders import HEADER, OrderBook
from connectors.sandbox.qad.rest.http import answer, asked
from connectors.sandbox.qad.rest.logins import User

PATHS: Mapping[str, str] = {
    "customerV2s": "customers",
    "supplierV2s": "suppliers",
    "items": "items",
    "salesOrderHeaders": "orders",
    "mfgCustomers": "mfg_customers",
}
_MANDATORY: Mapping[str, tuple[str, ...]] = {
    "customers": ("customerCode", "businessRelationCode", "currencyCode"),
    "suppliers": ("supplierCode", "businessRelationCode", "currencyCode"),
    "items": ("itemCode", "description", "unitOfMeasure", "productLine"),
    "mfg_customers": ("customerCode", "siteCode"),
}
# What the server keeps of a record, whatever is sent.
_KEPT = ("lines", "totalAmount", "orderStatus", "disallowedActions")


@dataclass
class Entities:
    """See the module."""

    config: QadConfig
    store: Store
    orders: OrderBook

    def _kind(self, request: web.Request, user: User) -> tuple[str, Kind]:
        path = request.match_info["path"]
        version = self.config.party_version
        own = {name.replace("V2", version): kind for name, kind in PATHS.items()}
        if path not in own:
            raise RestError(404, f"No resource for {path}")
        kind = KINDS[own[path]]
        uri = kind.uri.replace("V2", version)
        if kind.entity in user.denied:
            raise RestError(403, f"User {user.name} has no access to {kind.entity}")
        if request.query.get("viewUri") != uri:
            raise RestError(400, f"View {request.query.get('viewUri')} is not valid")
        return path, kind

    def read(self, request: web.Request, user: User, domain: str, shared: str) -> Any:
        """GET by key: the record, or an empty list."""
        path, kind = self._kind(request, user)
        row = self._named(request, kind, domain, shared)
        found = [self._shown(row)] if row else []
        return answer({path: found} if self.config.bare_answers else
                      {"data": {path: found}})  # fmt: skip

    def _named(
        self, request: web.Request, kind: Kind, domain: str, shared: str
    ) -> Row | None:
        query = request.query
        for name in (kind.context, kind.code):
            if name not in query:
                raise RestError(400, f"Parameter {name} is missing")
        mine = shared if kind.context == "sharedSetCode" else domain
        if query[kind.context].upper() != mine.upper():
            return None
        return self.store.get(kind.name, mine, query[kind.code])

    def _shown(self, row: Row) -> Row:
        version = self.config.party_version
        return {
            name.replace("V2", version): value
            for name, value in row.items()
            if name != "lines"
        }

    async def save(
        self, request: web.Request, user: User, domain: str, shared: str
    ) -> web.Response:
        """POST: a new record without key parameters, a known one with them."""
        path, kind = self._kind(request, user)
        body = await asked(request)
        records = body.get(path)
        if not isinstance(records, list) or len(records) != 1:
            raise RestError(400, f"The body must hold one record in {path}")
        given: Row = dict(records[0])
        context = shared if kind.context == "sharedSetCode" else domain
        if given.get(kind.context) not in ("", None, context):
            raise RestError(403, f"{given[kind.context]} is not in the workspace")
        given[kind.context] = context
        said = Refusals()
        if kind.code in request.query:
            row = self._updated(request, kind, given, said, (domain, shared))
        else:
            row = self._created(kind, given, said)
        if said.found or row is None:
            return answer({"submitResult": {"success": False, "errors": said.found}})
        return self._stored(path, row)

    def _stored(self, path: str, row: Row) -> web.Response:
        if self.config.bare_answers:
            return answer({path: [self._shown(row)]}, 201)
        warnings = self.orders.warnings(row) if "lines" in row else []
        return answer(
            {
                "submitResult": {"success": True, "errors": []},
                "data": {path: [self._shown(row)]},
                "supplementaryMessages": warnings,
            }
        )

    def _created(self, kind: Kind, given: Row, said: Refusals) -> Row | None:
        if given.get("dataOperation") != "C":
            said.add("dataOperation", given.get("dataOperation"), "Create expected")
            return None
        code = str(given.get(kind.code) or "").rstrip()
        if not code and kind.name == "orders" and self.config.number_sequence:
            code = self.orders.next_number(given["domainCode"])
        given[kind.code] = code
        if code and self.store.get(kind.name, given[kind.context], code):
            said.add(kind.code, code, f"{kind.entity} {code} already exists", "8")
        self._check(kind, given, said)
        if said.found:
            return None
        given["dataOperation"] = ""
        given.setdefault("disallowedActions", "")
        if kind.name == "orders":
            known = {name: given.get(name) for name in HEADER}
            return self.orders.create(known | {"disallowedActions": ""})
        return self.store.put(kind.name, given)

    def _updated(
        self,
        request: web.Request,
        kind: Kind,
        given: Row,
        said: Refusals,
        where: tuple[str, str],
    ) -> Row | None:
        row = self._named(request, kind, *where)
        if row is None:
            said.add(kind.code, request.query[kind.code], "Record not found", "1")
            return None
        if given.get("dataOperation") != "U":
            said.add("dataOperation", given.get("dataOperation"), "Update expected")
        if given.get("concurrencyHash") != row["concurrencyHash"]:
            text = "The record was changed by another user since it was read"
            said.add("concurrencyHash", "", text, "QRA-409")
        if row.get("orderStatus") == "C":
            row["disallowedActions"] = "update"
        if "update" in str(row.get("disallowedActions", "")):
            said.add(kind.code, row[kind.code], "Update is not allowed", "QRA-13")
        self._check(kind, given, said)
        if said.found:
            return None
        for name in set(row) - set(given):  # what is left out is cleared
            if name not in _KEPT:
                row[name] = None
        kept = {name: row[name] for name in _KEPT if name in row}
        known = given if kind.name != "orders" else {n: given.get(n) for n in HEADER}
        row.update(known | kept | {"dataOperation": "", kind.code: row[kind.code]})
        if kind.name == "orders":
            self.orders.changed(row)
            return row
        return self.store.put(kind.name, row)

    def _check(self, kind: Kind, given: Row, said: Refusals) -> None:
        if kind.name == "orders":
            if not given.get("salesOrderNumber"):
                said.add("salesOrderNumber", "", "Field is mandatory.", "9")
            self.orders.check(given, said)
            return
        for name in _MANDATORY[kind.name]:
            if given.get(name) in (None, ""):
                said.add(name, "", f"Field is mandatory. ({name})", "9")
