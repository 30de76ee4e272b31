"""Services of a real server that this stand-in does not run.

A service that comes to be built takes its path out of `SERVICES` and adds its own
routes in the stand-in.
"""

from __future__ import annotations

from aiohttp import web

from connectors.sandbox.jde.ais.http import V1, V2, caller, read_body
from connectors.sandbox.jde.config import JdeConfig
from connectors.sandbox.jde.errors import AisError
from connectors.sandbox.jde.sessions import Sessions

SERVICES = (
    "batchformservice",
    "appstack/next",
    "poservice",
    "file/{action}",
    "report/discover",
    "preference",
    "watchlist",
    "jargonservice",
)


def add_unavailable_routes(
    app: web.Application, sessions: Sessions, config: JdeConfig
) -> None:
    """Answer these services, for a good caller, with an error that names them."""

    async def refuse(request: web.Request) -> web.Response:
        body = await read_body(request, may_be_empty=True)
        caller(request, body, sessions, basic=config.basic_per_request)
        service = request.path.removeprefix(V2).removeprefix(V1).strip("/")
        message = f"Service {service} is not available on this server"
        raise AisError(500, message, "ServiceNotAvailableException")

    for base in (V1, V2):
        for service in SERVICES:
            app.router.add_post(f"{base}/{service}", refuse)
