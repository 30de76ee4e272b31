"""One aiohttp application around a stand-in: log, latency, faults, errors."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import time
from typing import Any

import orjson
from aiohttp import web

from connectors.sandbox.core.control import CONTROL, add_control_routes
from connectors.sandbox.core.faults import FaultRule
from connectors.sandbox.core.requestlog import LogEntry
from connectors.sandbox.core.standin import Handler, StandIn

MAX_BODY_BYTES = 64 * 1024 * 1024
logger = logging.getLogger(__name__)


def make_app(standin: StandIn) -> web.Application:
    """The vendor's routes and the control surface of one stand-in on one port."""
    app = web.Application(
        middlewares=[_middleware(standin)], client_max_size=MAX_BODY_BYTES
    )
    add_control_routes(app, standin)
    standin.add_routes(app)
    return app


def _middleware(standin: StandIn) -> Any:
    @web.middleware
    async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(CONTROL):
            return await handler(request)
        return await Exchange(standin, request, handler).run()

    return gate


class Exchange:
    """The life of one vendor request."""

    def __init__(self, standin: StandIn, request: web.Request, handler: Handler):
        self.standin = standin
        self.request = request
        self.handler = handler
        self.started = time.perf_counter()
        self.number = standin.log.next_number()

    async def run(self) -> web.StreamResponse:
        if self.standin.config.latency_ms:
            await asyncio.sleep(self.standin.config.latency_ms / 1000)
        rule = await self._fault()
        response = await (self._faulty(rule) if rule else self._handled())
        # A dropped connection has no answer: the client saw status nought.
        cut = rule is not None and _dropped(self.request)
        self._log(response, rule, cut=cut)
        return response

    async def _fault(self) -> FaultRule | None:
        plan = self.standin.faults
        if not plan.active:
            return None
        body = await self.request.text() if plan.reads_bodies else ""
        return plan.choose(self.request.method, self.request.path_qs, body)

    async def _handled(self) -> web.StreamResponse:
        try:
            response = await self.standin.around(self.request, self.handler)
        except web.HTTPException as error:
            response = self._error(error.status, error.reason)
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception:
            # A crash of the stand-in is its own bug; the client sees a 500.
            logger.exception("%s: %s", self.standin.title, self.request.path)
            response = self._error(500, "internal error")
        self.standin.finish(self.request, response)
        return response

    async def _faulty(self, rule: FaultRule) -> web.StreamResponse:
        do = rule.do
        if do.get("delay_s") and not do.get("after"):
            await asyncio.sleep(float(do["delay_s"]))
        if do.get("drop"):
            await self.request.read()
            return self._cut(web.Response())
        if "pass" in do:
            self.standin.pass_knobs(self.request, do["pass"])
        if "status" in do:
            return self._scripted(do)
        response = await self._handled()
        if do.get("delay_s") and do.get("after"):
            await asyncio.sleep(float(do["delay_s"]))
        if do.get("apply_then_drop"):
            return self._cut(response)
        if do.get("half_body"):
            return await self._half(response)
        return response

    def _scripted(self, do: dict[str, Any]) -> web.Response:
        status = int(do["status"])
        if "html" in do:
            html = str(do["html"])
            response = web.Response(text=html, status=status, content_type="text/html")
        elif "text" in do:
            response = web.Response(text=str(do["text"]), status=status)
        elif "json" in do:
            response = web.Response(
                body=orjson.dumps(do["json"]),
                status=status,
                content_type="application/json",
            )
        else:
            response = self._error(status, "fault on request")
        self.standin.finish(self.request, response)
        response.headers.update(do.get("headers") or {})
        return response

    def _error(self, status: int, text: str) -> web.Response:
        return self.standin.error_response(self.request, status, text)

    def _cut(self, response: web.StreamResponse) -> web.StreamResponse:
        transport = self.request.transport
        if transport is not None:
            # Linger of nought makes the kernel send a reset, not a clean end.
            raw = transport.get_extra_info("socket")
            linger = struct.pack("ii", 1, 0)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            transport.abort()
        return response

    async def _half(self, response: web.StreamResponse) -> web.StreamResponse:
        body = body_of(response)
        partial = web.StreamResponse(status=response.status, headers=response.headers)
        partial.content_length = len(body)
        await partial.prepare(self.request)
        await partial.write(body[: len(body) // 2])
        if self.request.transport is not None:
            self.request.transport.close()
        return partial

    def _log(
        self, response: web.StreamResponse, rule: FaultRule | None, *, cut: bool
    ) -> None:
        request, config = self.request, self.standin.config
        answer = body_of(response)
        asked = request._read_bytes or b""  # noqa: SLF001 (no public way to peek)
        header = self.standin.correlation_header
        entry = LogEntry(
            number=self.number,
            time=self.standin.clock.now().isoformat(),
            method=request.method,
            path=request.path_qs,
            status=0 if cut else response.status,
            ms=round((time.perf_counter() - self.started) * 1000, 3),
            request_bytes=len(asked),
            response_bytes=len(answer),
            headers=request.headers,
            correlation=response.headers.get(header),
            fault=rule.name if rule else None,
        )
        if config.log_bodies:
            entry.request_body = asked.decode(errors="replace")
            entry.response_body = answer.decode(errors="replace")
        self.standin.log.add(entry, config.log_size)


def body_of(response: web.StreamResponse) -> bytes:
    """The bytes of a plain answer; empty for one that was streamed."""
    body = getattr(response, "body", None)
    return body if isinstance(body, bytes) else b""


def _dropped(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()
