"""The OData site: Basic credentials, tables by GET, IIS pages for the rest."""

from __future__ import annotations

import base64
import json
import random
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from aiohttp import web

from connectors.sandbox.syspro.config import SysproConfig
from connectors.sandbox.syspro.data.store import Database, Table, folded
from connectors.sandbox.syspro.data.tables import Column, Row
from connectors.sandbox.syspro.enet.rest import html
from connectors.sandbox.syspro.enet.sessions import OPERATORS
from connectors.sandbox.syspro.odata.filters import FilterError, Parser
from connectors.sandbox.syspro.odata.render import metadata, row_json

ROOT = "/SYSPRO8Odata/SYSPROOData"
_OPTIONS = {"$filter", "$orderby", "$select", "$top", "$skip", "$count"}


class Odata:
    """Tables of one company. Passwords count from the service's last start on."""

    def __init__(self, database: Database, config: SysproConfig) -> None:
        self._database, self._config = database, config
        self.passwords = {one.code: one.odata_password for one in OPERATORS.values()}
        self._known = dict(self.passwords)

    def restart(self) -> None:
        """The service starts anew and reads who may use it."""
        self._known = dict(self.passwords)

    def add_routes(self, app: web.Application) -> None:
        app.router.add_route("*", ROOT + "/{company}/{table}", self._call)

    async def _call(self, request: web.Request) -> web.Response:
        refusal = self._refused(request)
        if refusal is not None:
            return refusal
        name = request.match_info["table"]
        if name == "$metadata":
            text = metadata(self._config)
            return web.Response(text=text, content_type="application/xml")
        table = self._database.tables.get(name)
        if table is None:
            return html(404, "404 - File or directory not found.")
        try:
            return self._rows(request, table)
        except FilterError as error:
            body = {"error": {"code": "", "message": str(error)}}
            return web.json_response(body, status=400)

    def _refused(self, request: web.Request) -> web.Response | None:
        """What the web server says before any table is looked at."""
        if not self._config.odata_up:
            return html(503, "Service Unavailable")
        if self._config.odata_https_only:
            return html(403, "403 - Forbidden: SSL is required")
        if not self._known_user(request):
            answer = html(401, "401 - Unauthorized")
            answer.headers["WWW-Authenticate"] = 'Basic realm="SYSPRO OData"'
            return answer
        if request.method != "GET":
            return web.Response(status=405)
        if request.match_info["company"].upper() != self._config.company:
            return html(404, "404 - File or directory not found.")
        return None

    def _known_user(self, request: web.Request) -> bool:
        kind, _, coded = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "basic":
            return False
        try:
            user, _, password = base64.b64decode(coded).decode().partition(":")
        except ValueError:
            return False
        return bool(password) and self._known.get(user.upper()) == password

    # -------------------------------------------------------------------- rows

    def _rows(self, request: web.Request, table: Table) -> web.Response:
        query = urlsplit(request.raw_path).query
        options = dict(parse_qsl(query, keep_blank_values=True))
        if unknown := set(options) - _OPTIONS:
            raise FilterError(
                f"The query parameter '{unknown.pop()}' is not supported."
            )
        skip, top = _whole(options, "$skip"), _whole(options, "$top")
        columns = self._selected(table, options.get("$select", ""))
        found = self._filtered(table, options.get("$filter", ""))
        total = len(found)
        found = self._ordered(table, found, options.get("$orderby", ""), skip or 0)
        size = (
            self._config.odata_cap if top is None else min(top, self._config.odata_cap)
        )
        page = found[skip or 0 :][:size]
        parts = [
            f'"@odata.context":"{request.url.origin()}{ROOT}/$metadata#{table.definition.name}"'
        ]
        if options.get("$count") == "true":
            parts.append(f'"@odata.count":{total}')
        rows = ",".join(row_json(row, columns, self._config) for row in page)
        parts.append(f'"value":[{rows}]')
        asked = total - (skip or 0) if top is None else min(top, total - (skip or 0))
        if self._config.odata_next_link and len(page) < asked:
            rest = {**options, "$skip": str((skip or 0) + len(page))}
            if top is not None:
                rest["$top"] = str(top - len(page))
            link = f"{request.url.origin()}{request.path}?{urlencode(rest)}"
            parts.append(f'"@odata.nextLink":{json.dumps(link)}')
        return web.Response(
            text="{" + ",".join(parts) + "}",
            content_type="application/json",
            headers={"OData-Version": "4.0"},
        )

    def _selected(self, table: Table, text: str) -> list[Column]:
        columns = table.definition.columns
        if not text:
            return list(columns.values())
        names = [name.strip() for name in text.split(",")]
        return [_column(table, name) for name in names]

    def _filtered(self, table: Table, text: str) -> list[Row]:
        if not text.strip():
            return list(table.ordered())
        dates_only = self._config.odata_dates == "Edm.Date"
        limit = self._config.node_limit
        found = Parser(text, table.definition, limit, dates_only=dates_only).parse()
        return [
            row for row in table.ordered(found.first, found.last) if found.test(row)
        ]

    def _ordered(
        self, table: Table, rows: list[Row], text: str, skip: int
    ) -> list[Row]:
        if not text:
            # No order was asked for, so none is promised from page to page.
            random.Random(skip).shuffle(rows)
            return rows
        order = []
        for part in text.split(","):
            name, _, way = part.strip().partition(" ")
            order.append((_column(table, name).name, way.strip() == "desc"))
        if [name for name, down in order if not down] == list(table.definition.key):
            return rows
        for name, down in reversed(order):
            rows.sort(key=lambda row: _sortable(row[name]), reverse=down)
        return rows


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, folded(value))


def _column(table: Table, name: str) -> Column:
    found = table.definition.columns.get(name)
    if found is None:
        kind = table.definition.name
        raise FilterError(f"Could not find a property named '{name}' on type '{kind}'.")
    return found


def _whole(options: dict[str, str], name: str) -> int | None:
    text = options.get(name)
    if text is None:
        return None
    if not text.isdigit():
        raise FilterError(f"Invalid value '{text}' for {name} query option.")
    return int(text)
