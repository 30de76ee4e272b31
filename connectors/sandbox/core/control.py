"""The control surface under /__sandbox__/, which no connector ever sees."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from connectors.sandbox.core.standin import StandIn

CONTROL = "/__sandbox__/"


def add_control_routes(app: web.Application, standin: StandIn) -> None:
    """GET / describe; config, reset, seed, log, faults, ledger, records, edit..."""
    surface = Control(standin)
    for method, path, handler in (
        ("GET", "", surface.describe),
        ("GET", "config", surface.config),
        ("PATCH", "config", surface.patch_config),
        ("POST", "reset", surface.reset),
        ("POST", "seed", surface.seed),
        ("GET", "log", surface.log),
        ("DELETE", "log", surface.clear_log),
        ("GET", "faults", surface.faults),
        ("PUT", "faults", surface.put_faults),
        ("DELETE", "faults", surface.clear_faults),
        ("GET", "ledger", surface.ledger),
        ("GET", "records/{type}", surface.records),
        ("POST", "edit", surface.edit),
        ("GET", "clock", surface.clock),
        ("PATCH", "clock", surface.patch_clock),
        ("GET", "stats", surface.stats),
    ):
        app.router.add_route(method, CONTROL + path, _guarded(handler))


class Control:
    """One stand-in seen by tests and people."""

    def __init__(self, standin: StandIn):
        self.standin = standin

    async def describe(self, _: web.Request) -> Any:
        return self.standin.describe()

    async def config(self, _: web.Request) -> Any:
        return self.standin.config.as_dict()

    async def patch_config(self, request: web.Request) -> Any:
        self.standin.config.patch(await _object(request))
        return self.standin.config.as_dict()

    async def reset(self, _: web.Request) -> Any:
        self.standin.reset()
        self.standin.book.clear()
        self.standin.log.clear()
        self.standin.faults.clear()
        self.standin.clock.reset()
        return {"reset": True}

    async def seed(self, request: web.Request) -> Any:
        wish = await _object(request)
        customers, seed = int(wish.get("customers", 0)), int(wish.get("seed", 1))
        return self.standin.seed(customers, seed)

    async def log(self, _: web.Request) -> Any:
        return self.standin.log.entries()

    async def clear_log(self, _: web.Request) -> Any:
        self.standin.log.clear()
        return {"cleared": True}

    async def faults(self, _: web.Request) -> Any:
        return self.standin.faults.as_list()

    async def put_faults(self, request: web.Request) -> Any:
        rules = orjson.loads(await request.read())
        if not isinstance(rules, list):
            message = "a fault plan is a list of rules"
            raise TypeError(message)
        self.standin.faults.replace(rules)
        return self.standin.faults.as_list()

    async def clear_faults(self, _: web.Request) -> Any:
        self.standin.faults.clear()
        return []

    async def ledger(self, request: web.Request) -> Any:
        detail = request.query.get("detail", "1") not in {"0", "false"}
        return self.standin.ledger(request.query.get("type"), detail=detail)

    async def records(self, request: web.Request) -> Any:
        ids = request.query.get("ids")
        chosen = ids.split(",") if ids else None
        return self.standin.records(request.match_info["type"], chosen)

    async def edit(self, request: web.Request) -> Any:
        return self.standin.edit(await _object(request))

    async def clock(self, _: web.Request) -> Any:
        return self.standin.clock.as_dict()

    async def patch_clock(self, request: web.Request) -> Any:
        self.standin.clock.patch(await _object(request))
        return self.standin.clock.as_dict()

    async def stats(self, _: web.Request) -> Any:
        return self.standin.log.stats()


async def _object(request: web.Request) -> dict[str, Any]:
    raw = await request.read()
    value = orjson.loads(raw) if raw else {}
    if not isinstance(value, dict):
        message = "the body must be a JSON object"
        raise TypeError(message)
    return value


def _guarded(
    handler: Callable[[web.Request], Awaitable[Any]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            body, status = await handler(request), 200
        except (ValueError, TypeError, KeyError) as error:
            body, status = {"error": f"{type(error).__name__}: {error}"}, 400
        return web.Response(
            body=orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS, default=str),
            status=status,
            content_type="application/json",
        )

    return answer
