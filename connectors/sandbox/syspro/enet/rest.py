"""e.net over REST: GET with everything in the query string, 200 for nearly all."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from aiohttp import web

from connectors.sandbox.syspro.config import SysproConfig
from connectors.sandbox.syspro.enet.desk import Desk
from connectors.sandbox.syspro.enet.sessions import EnetError

ROOT = "/SYSPROWCFService/Rest"
LONGEST_REQUEST = 16_384
_STRING = "http://schemas.microsoft.com/2003/10/Serialization/"


class Rest:
    """The service behind /SYSPROWCFService/Rest; names count in any case."""

    def __init__(self, desk: Desk, config: SysproConfig) -> None:
        self._desk, self._config = desk, config

    def add_routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/{root:(?i:SYSPROWCFService)}/{rest:.*}", self._call)

    async def _call(self, request: web.Request) -> web.Response:
        if not self._config.enet_up:
            return html(503, "Service Unavailable")
        operation = self._operation(request)
        if operation not in self._desk.operations:
            return html(404, "Endpoint not found.")
        if request.method != "GET":
            return html(405, "Method not allowed.")
        sent = len(request.raw_path) + sum(
            len(name) + len(value) + 4 for name, value in request.headers.items()
        )
        if sent > LONGEST_REQUEST:
            return html(400, "Bad Request - Request Too Long")
        try:
            text = self._desk.call(operation, self._given(request))
        except EnetError as error:
            text = str(error)
        return self._answer(text)

    def _operation(self, request: web.Request) -> str:
        first, _, rest = request.match_info["rest"].lower().partition("/")
        return rest.strip("/") if first == "rest" else ""

    def _given(self, request: web.Request) -> dict[str, str]:
        query = urlsplit(request.raw_path).query
        pairs = parse_qsl(
            query, keep_blank_values=True, encoding=self._config.url_encoding
        )
        return {name.lower(): value for name, value in pairs}

    def _answer(self, text: str) -> web.Response:
        if self._config.wrapping == "json":
            body = json.dumps(text, ensure_ascii=False).encode()
        elif self._config.wrapping == "string":
            body = f'<string xmlns="{_STRING}">{escape(text)}</string>'.encode()
        else:
            body = text.encode("cp1252", "xmlcharrefreplace")
        return web.Response(body=body, content_type="application/octet-stream")


def html(status: int, text: str) -> web.Response:
    """A page of the web server in front, which knows nothing of SYSPRO."""
    page = (
        f"<html><head><title>{text}</title></head><body><h2>{text}</h2></body></html>"
    )
    return web.Response(text=page, status=status, content_type="text/html")
