"""The base class of every stand-in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar

from aiohttp import web

from connectors.sandbox.core.clock import Clock
from connectors.sandbox.core.config import Config
from connectors.sandbox.core.faults import FaultPlan
from connectors.sandbox.core.ledger import Ledger
from connectors.sandbox.core.requestlog import RequestLog

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class StandIn:
    """A stateful imitation of one system behind one HTTP port.

    Subclasses set `slug`, `title`, `correlation_header`, pass their own Config and
    implement the methods that raise here. All of them run on the one event loop,
    so state needs no locks as long as a change holds no `await` in its middle.
    """

    slug: ClassVar[str]
    title: ClassVar[str]
    correlation_header: ClassVar[str] = "x-correlation-id"

    config: Config

    def __init__(self, config: Config | None = None, clock: Clock | None = None):
        self.config = config or Config()
        self.clock = clock or Clock()
        self.faults = FaultPlan()
        self.log = RequestLog(self.config.log_size)
        self.book = Ledger()

    def add_routes(self, app: web.Application) -> None:
        """Register the vendor's routes."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget all records and sessions; knobs, faults and log stay."""
        raise NotImplementedError

    def seed(self, customers: int, seed: int) -> dict[str, int]:
        """Add believable records, the same for the same arguments; counts by type."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """What outlives a restart, to be pickled: records, no knobs, no sessions."""
        return {"book": self.book}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` returned; nothing is stored here yet."""
        self.book = state["book"]

    def records(
        self, object_type: str, ids: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """Present state, for tests. KeyError for an unknown object type."""
        raise NotImplementedError

    def edit(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """A person's or the vendor's own change; ValueError or KeyError if refused."""
        raise NotImplementedError

    def describe(self) -> dict[str, Any]:
        """Name, credentials to use and what is stored, as plain JSON values."""
        return {"slug": self.slug, "title": self.title}

    def ledger(
        self, object_type: str | None = None, *, detail: bool = True
    ) -> dict[str, Any]:
        """Every accepted write, see `Ledger.as_dict`."""
        return self.book.as_dict(object_type, detail=detail)

    async def around(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """What every vendor request passes: authentication, limits, headers."""
        return await handler(request)

    def error_response(
        self, request: web.Request, status: int, text: str
    ) -> web.Response:
        """An error in the vendor's shape: unknown route, fault, or our own crash."""
        return web.json_response({"status": status, "message": text}, status=status)

    def finish(self, request: web.Request, response: web.StreamResponse) -> None:
        """Last touch of every answer, e.g. the correlation header."""

    def pass_knobs(self, request: web.Request, knobs: Mapping[str, Any]) -> None:
        """Act on a fault's `pass`; ValueError for a knob it does not have."""
        message = f"{self.title} has no fault knobs: {', '.join(knobs)}"
        raise ValueError(message)
