"""The HubSpot stand-in: tokens, limits, correlation ids, control."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from typing import Any, ClassVar

from aiohttp import web

from connectors.sandbox.core.clock import Clock
from connectors.sandbox.core.standin import Handler, StandIn
from connectors.sandbox.hubspot import redefining
from connectors.sandbox.hubspot.api.routes import add_routes
from connectors.sandbox.hubspot.call import IDENTITY, Identity, reply
from connectors.sandbox.hubspot.config import MAIN_PORTAL, HubSpotConfig
from connectors.sandbox.hubspot.crm.portal import Portal
from connectors.sandbox.hubspot.crm.records import RecordStore
from connectors.sandbox.hubspot.crm.values import iso
from connectors.sandbox.hubspot.editing import Editor
from connectors.sandbox.hubspot.errors import ApiError
from connectors.sandbox.hubspot.limits import Limiter
from connectors.sandbox.hubspot.mischief import Mischief
from connectors.sandbox.hubspot.oauth.endpoints import add_oauth_routes, open_to_all
from connectors.sandbox.hubspot.oauth.grants import Grants
from connectors.sandbox.hubspot.search.searching import Searcher
from connectors.sandbox.hubspot.seeding import seed_portal
from connectors.sandbox.hubspot.webhooks.telling import Telling

AUTH_PAGE = "https://developers.hubspot.com/docs/methods/auth/oauth-overview"
MOVING_S = 60
CORRELATION: web.RequestKey[str] = web.RequestKey("correlation", str)


class HubSpotStandIn(StandIn):
    """One portal per `portal` of the tokens; the control surface shows the main one."""

    slug: ClassVar[str] = "hubspot"
    title: ClassVar[str] = "HubSpot"
    correlation_header: ClassVar[str] = "x-hubspot-correlation-id"
    config: HubSpotConfig

    def __init__(self, config: HubSpotConfig | None = None, clock: Clock | None = None):
        super().__init__(config or HubSpotConfig(), clock)
        self.limiter = Limiter(self.config, self.clock)
        self.mischief = Mischief(self.config)
        self.grants = Grants(self.config, self.clock)
        self.telling = Telling(self)
        self.portals: dict[int, Portal] = {}
        self._searchers: dict[tuple[int, str], Searcher] = {}

    @property
    def main(self) -> Portal:
        return self.portal(MAIN_PORTAL)

    def portal(self, portal_id: int) -> Portal:
        """An account, born on first sight."""
        if portal_id not in self.portals:
            born = Portal(portal_id, self.config, self.clock, self.book)
            self.portals[portal_id] = born
            self.telling.watch(born)
        return self.portals[portal_id]

    def searcher(self, portal: Portal, store: RecordStore) -> Searcher:
        key = (portal.id, store.object_type.name)
        if key not in self._searchers:
            self._searchers[key] = Searcher(portal, store)
        return self._searchers[key]

    def add_routes(self, app: web.Application) -> None:
        add_routes(app, self)
        add_oauth_routes(app, self)
        self.telling.add_routes(app)

    def reset(self) -> None:
        self.grants.clear()
        self.portals.clear()
        self._searchers.clear()
        self.limiter.clear()
        self.mischief.clear()
        self.telling.clear()

    def seed(self, customers: int, seed: int) -> dict[str, int]:
        return seed_portal(self.main, customers, seed)

    def state(self) -> dict[str, Any]:
        return {**super().state(), "portals": self.portals, **self.grants.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        self.portals.update(state["portals"])
        self.grants.restore(state)
        for portal in self.portals.values():
            portal.attach(self.config, self.clock)
            self.telling.watch(portal)

    def records(
        self, object_type: str, ids: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """Present state, properties in full; archived records are marked."""
        store = self.main.stores[object_type]
        found = list(store.records.values())
        if ids is not None:
            found = [one for one in map(store.by_id, ids) if one is not None]
        return [one.envelope(one.props) for one in found]

    def edit(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """See `Editor.apply` and `Redefiner.apply` for what a change can be; `type`
        "oauth" ends tokens, `tell` sends `events`.
        """
        if change.get("type") == "oauth":
            return self.grants.edit(str(change.get("action")), change.get("portal"))
        if change.get("action") == "tell":
            return self.telling.send(change)
        try:
            if change.get("action") in redefining.ACTIONS:
                return redefining.Redefiner(self.main).apply(change)
            return Editor(self.main).apply(change)
        except ApiError as error:
            raise ValueError(error.message) from error

    def describe(self) -> dict[str, Any]:
        portal = self.main
        return {
            "slug": self.slug,
            "title": self.title,
            "portal": portal.id,
            "versions": ["v3/v4", "2026-03", "2026-09"],
            "tokens": {
                token: {"portal": one["portal"], "app": one["app"]}
                for token, one in self.config.tokens.items()
            },
            "apps": {
                client: one["redirect_uris"]
                for client, one in self.config.oauth_apps.items()
            },
            "records": {name: len(one.records) for name, one in portal.stores.items()},
            "warnings": portal.warnings[-100:],
            "webhooks": self.telling.describe(),
        }

    async def around(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        request[CORRELATION] = _correlation_id()
        if len(request.path_qs) > self.config.max_url_bytes:
            return self.error_response(request, 414, "URI Too Long")
        if self.telling.journal.serves(request.path):
            try:
                return await handler(request)
            except ApiError as error:
                return self.refusal(request, error)
        if open_to_all(request.path):
            return await handler(request)
        try:
            identity = self._identify(request.headers.get("Authorization", ""))
        except ApiError as error:
            return self.refusal(request, error)
        search = request.method == "POST" and request.path.endswith("/search")
        try:
            self.limiter.admit(
                identity.token,
                identity.portal.id,
                search=search,
                oauth=identity.oauth,
            )
            request[IDENTITY] = identity
            identity.portal.settle()
            response = await handler(request)
        except ApiError as error:
            response = self.refusal(request, error)
        except web.HTTPException as error:
            response = self.error_response(request, error.status, error.reason)
        if not search:
            response.headers.update(
                self.limiter.headers(
                    identity.token, identity.portal.id, oauth=identity.oauth
                )
            )
        return response

    def refusal(self, request: web.Request, error: ApiError) -> web.Response:
        """An ApiError as an answer, with the correlation id in its body."""
        body = error.body()
        body["correlationId"] = self._correlation(request)
        return reply(body, error.status, error.headers)

    def error_response(
        self, request: web.Request, status: int, text: str
    ) -> web.Response:
        headers = {"Retry-After": str(MOVING_S)} if status == 477 else {}
        message = "resource not found" if status == 404 else text
        return self.refusal(request, ApiError(status, message, headers=headers))

    def pass_knobs(self, request: web.Request, knobs: Mapping[str, Any]) -> None:
        """`expire_oauth`, `revoke_oauth`: end what is out before it is handled."""
        for knob in knobs:
            action, _, what = knob.partition("_")
            if what != "oauth":
                super().pass_knobs(request, {knob: knobs[knob]})
            self.grants.edit(action, None)

    def finish(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers[self.correlation_header] = self._correlation(request)
        response.headers["Date"] = format_datetime(self.clock.now(), usegmt=True)

    def _correlation(self, request: web.Request) -> str:
        if CORRELATION not in request:
            request[CORRELATION] = _correlation_id()
        return request[CORRELATION]

    def _identify(self, header: str) -> Identity:
        scheme, _, name = header.partition(" ")
        known = self.config.tokens.get(name) or self.grants.identity(name)
        token = known if scheme == "Bearer" else None
        if token is None or token.get("revoked"):
            raise ApiError(
                401,
                "Authentication credentials not found. This API supports OAuth 2.0 "
                f"authentication and you can find more details at {AUTH_PAGE}",
                "INVALID_AUTHENTICATION",
            )
        expires = token.get("expires_at")
        if expires is not None and expires <= self.clock.time():
            raise self._expired(expires)
        portal = self.portal(int(token["portal"]))
        oauth = token["kind"] == "oauth"
        if oauth:
            # One budget per installation, whatever tokens it has had.
            name = f"app {token['app']} in {portal.id}"
        return Identity(name, portal, token["app"], oauth, token["scopes"])

    def _expired(self, expires: float) -> ApiError:
        age = int(self.clock.time() - expires)
        moment = Clock.at(expires)
        return ApiError(
            401,
            f"The OAuth token used to make this call expired {age} second(s) ago.",
            "EXPIRED_AUTHENTICATION",
            context={"expire time": [iso(moment)]},
        )


def _correlation_id() -> str:
    """A UUID of version 7: time first, so that logs sort by it."""
    ms, noise = int(time.time() * 1000), os.urandom(10).hex()
    return (
        f"{ms >> 16:08x}-{ms & 0xFFFF:04x}-7{noise[:3]}-"
        f"{0x8 | int(noise[3], 16) & 3:x}{noise[4:7]}-{noise[7:19]}"
    )
