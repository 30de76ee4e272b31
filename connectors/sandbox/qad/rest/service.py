"""The routes of Adaptive ERP below its context root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from connectors.sandbox.qad.config import QadConfig
from connectors.sandbox.qad.data.store import KINDS
from connectors.sandbox.qad.errors import LogInAgain, RestError
from connectors.sandbox.qad.rest.browses import Browses
from connectors.sandbox.qad.rest.entities import Entities
from connectors.sandbox.qad.rest.http import answer
from connectors.sandbox.qad.rest.lines import Lines
from connectors.sandbox.qad.rest.logins import Logins, security_control, workspace


@dataclass
class Adaptive:
    """See the module."""

    config: QadConfig
    logins: Logins
    browses: Browses
    entities: Entities
    lines: Lines

    def add_routes(self, app: web.Application) -> None:
        """One route for all: the context root is a knob."""
        app.router.add_route("*", "/{tail:.*}", self.handle)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, refusals in this face's shape."""
        root = self.config.context_root.rstrip("/")
        if not request.path.startswith(root + "/"):
            raise web.HTTPNotFound
        try:
            return await self._routed(request, request.path[len(root) + 1 :])
        except RestError as error:
            return answer(error.body(), error.status)
        except LogInAgain:
            return self._log_in_page(root)

    def _log_in_page(self, root: str) -> web.Response:
        return web.Response(
            text="<html><body>Log in</body></html>",
            status=302,
            headers={"Location": f"{root}/login?error"},
            content_type="text/html",
        )

    async def _routed(self, request: web.Request, path: str) -> web.StreamResponse:
        opening: dict[str, Callable[[web.Request], Any]] = {
            "oauth/token": self.logins.token,
            "j_spring_security_check": self.logins.form,
        }
        if path in opening:
            self._methods(request, "POST")
            return await opening[path](request)  # type: ignore[no-any-return]
        if path == "login":
            return web.Response(text="<html>Log in</html>", content_type="text/html")
        if not path.startswith("api/"):
            raise web.HTTPNotFound
        user = self.logins.who(request)
        domain, shared = workspace(request)
        part = path.removeprefix("api/").rstrip("/")
        if part.startswith("qracore/"):
            self._methods(request, "GET")
            return self._core(request, part.removeprefix("qracore/"), domain, shared)
        return await self._business(request, part, user, (domain, shared))

    @staticmethod
    def _methods(request: web.Request, *allowed: str) -> None:
        if request.method not in allowed:
            raise RestError(405, f"Method {request.method} is not supported")

    def _core(
        self, request: web.Request, part: str, domain: str, shared: str
    ) -> web.Response:
        if part == "securityControl":
            return security_control(self.config)
        if part == "browses":
            return self.browses.page(request, domain, shared)
        if part == "browses/totalCount":
            return self.browses.count(request, domain, shared)
        if part == "entitymetadatas":
            return self._metadata(request.query.get("entityURI", ""))
        raise RestError(404, f"No resource for {part}")

    @staticmethod
    def _metadata(uri: str) -> web.Response:
        kind = next((one for one in KINDS.values() if one.uri == uri), None)
        if kind is None:
            raise RestError(400, f"Entity {uri} does not exist")
        keys = [kind.context, kind.code]
        found = [{"entityURI": uri, "name": kind.entity, "keyFields": keys}]
        return answer({"data": {"entityMetadatas": found}})

    async def _business(
        self, request: web.Request, part: str, user: Any, where: tuple[str, str]
    ) -> web.StreamResponse:
        self._methods(request, "GET", "POST")
        name = part.removeprefix("erp/")
        reading = request.method == "GET"
        if name == "salesOrderLines/fieldChange" and not reading:
            return await self.lines.change(request, user, where[0])
        if name == "salesOrderLinesGrid":
            if reading:
                return self.lines.grid(request, user, where[0])
            return await self.lines.commit(request, user, where[0])
        request.match_info["path"] = name
        if reading:
            return self.entities.read(request, user, *where)  # type: ignore[no-any-return]
        return await self.entities.save(request, user, *where)
