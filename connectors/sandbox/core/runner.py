"""Starts stand-ins: on the present event loop, or in a thread for tests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from connectors.sandbox.core.client import ControlClient
from connectors.sandbox.core.server import make_app
from connectors.sandbox.core.standin import StandIn

LONGEST_LINE = 64 * 1024
Result = TypeVar("Result")


class PortTakenError(OSError):
    """Another program listens on the port asked for."""


class Service:
    """Running stand-ins: `url` by slug, until `stop`."""

    def __init__(self, url: dict[str, str], runners: list[web.AppRunner]):
        self.url = url
        self.runners = runners

    async def stop(self) -> None:
        for runner in self.runners:
            await runner.cleanup()


async def serve(
    standins: Sequence[StandIn],
    host: str = "127.0.0.1",
    ports: Mapping[str, int] | None = None,
) -> Service:
    """Listen for each stand-in on its port (0 or absent: any free one)."""
    service = Service({}, [])
    for standin in standins:
        port = (ports or {}).get(standin.slug, 0)
        try:
            service.url[standin.slug] = await _listen(service, standin, host, port)
        except OSError as error:
            await service.stop()
            message = f"port {port} for {standin.title} is taken ({error.strerror})"
            raise PortTakenError(message) from error
    return service


async def _listen(service: Service, standin: StandIn, host: str, port: int) -> str:
    runner = web.AppRunner(
        make_app(standin),
        access_log=None,
        # A too long address is the vendor's 414 to give, not the parser's 400.
        max_line_size=LONGEST_LINE,
        max_field_size=LONGEST_LINE,
        shutdown_timeout=1.0,
    )
    await runner.setup()
    service.runners.append(runner)
    site = web.TCPSite(runner, host, port)
    await site.start()
    return f"http://{host}:{runner.addresses[0][1]}"


class SandboxThread:
    """Stand-ins on their own event loop in a thread: `with SandboxThread(x) as box`.

    `box.url[slug]` is the address, `box.standin[slug]` the object itself,
    `box.control(slug)` a client of its control surface.
    """

    def __init__(self, *standins: StandIn):
        self.standin: dict[str, StandIn] = {one.slug: one for one in standins}
        self.url: dict[str, str] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._service: Service | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        starting = serve(list(self.standin.values()))
        self._service = asyncio.run_coroutine_threadsafe(starting, self._loop).result()
        self.url = self._service.url
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._service is not None:
            stopping = self._service.stop()
            asyncio.run_coroutine_threadsafe(stopping, self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def control(self, slug: str) -> ControlClient:
        """A client of the control surface of one stand-in."""
        return ControlClient(self.url[slug])

    def call(self, function: Callable[[], Result]) -> Result:
        """Run `function` on the loop, where nothing else changes state meanwhile."""

        async def run() -> Result:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()
