"""The journal: entries in order, kept for three days, each behind a signed address."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from connectors.sandbox.core.clock import Clock
from connectors.sandbox.hubspot.call import reply
from connectors.sandbox.hubspot.crm.values import iso
from connectors.sandbox.hubspot.errors import ApiError, bad_json, invalid
from connectors.sandbox.hubspot.webhooks.happening import Happening

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.standin import HubSpotStandIn

ACTIONS = {
    "creation": "CREATE", "propertyChange": "UPDATE", "deletion": "DELETE",
    "merge": "MERGE", "restore": "RESTORE", "associationChange": "ASSOCIATION_ADDED",
}  # fmt: skip
VERSIONS = ("v4", "2026-03", "2026-09")
SCOPE = "developer.webhooks_journal.read"
MOST_EVENTS = 500
# Of a batch; inferred.
MOST_ENTRIES = 100
FILES, JOURNAL = "/journal-files/", "/webhooks-journal/"
TOKEN_S = 1800
Event = dict[str, Any]


@dataclass
class Entry:
    """Events published together."""

    offset: str
    published: float
    events: list[Event] = field(default_factory=list)
    proof: str = field(default_factory=lambda: secrets.token_urlsafe(12))


class Journal:
    """One app's journal, its tokens and its endpoints."""

    def __init__(self, standin: HubSpotStandIn):
        self.standin = standin
        self.entries: deque[Entry] = deque()
        self.tokens: dict[str, float] = {}
        self._open: Entry | None = None

    def clear(self) -> None:
        self.entries.clear()
        self._open = None

    def add(self, portal: int, happening: Happening) -> None:
        """Note what happened; it is published a moment later, with others."""
        if happening.kind.name not in self.standin.config.journal_objects:
            return
        at = self._entry()
        if len(at.events) >= MOST_EVENTS:
            self._publish()
            at = self._entry()
        at.events.append(_event(portal, happening))

    def _entry(self) -> Entry:
        if self._open is None:
            self._open = Entry(str(uuid.uuid4()), self.standin.clock.time())
            loop = asyncio.get_running_loop()
            loop.call_later(self.standin.config.webhook_gather_s, self._publish)
        return self._open

    def _publish(self) -> None:
        if self._open is not None:
            self.entries.append(self._open)
            self._open = None

    def _kept(self) -> list[Entry]:
        """What has not expired."""
        oldest = self.standin.clock.time() - self.standin.config.journal_keep_s
        while self.entries and self.entries[0].published < oldest:
            self.entries.popleft()
        return list(self.entries)

    # --------------------------------------------------------------------- endpoints

    def add_routes(self, app: web.Application) -> None:
        """All versions."""
        for version in VERSIONS:
            base = f"{JOURNAL}journal/{version}"
            app.router.add_get(f"{base}/{{end:earliest|latest}}", self._ended)
            app.router.add_get(f"{base}/offset/{{offset}}/next", self._next)
            batch = f"{base}/batch"
            app.router.add_get(
                f"{batch}/{{end:earliest|latest}}/{{count}}", self._many_ended
            )
            app.router.add_get(f"{batch}/{{offset}}/next/{{count}}", self._many_next)
            app.router.add_post(f"{batch}/read", self._many_named)
        app.router.add_get(f"{FILES}{{offset}}", self._file)

    def serves(self, path: str) -> bool:
        """Whether a path needs no token of a portal."""
        return path.startswith((JOURNAL, FILES))

    async def _ended(self, request: web.Request) -> web.Response:
        self._admit(request)
        kept = self._kept()
        if not kept:
            return web.Response(status=204)
        latest = request.match_info["end"] == "latest"
        return self._shown(request, kept[-1 if latest else 0])

    async def _next(self, request: web.Request) -> web.Response:
        self._admit(request)
        after = self._after(request.match_info["offset"])
        return self._shown(request, after[0]) if after else web.Response(status=204)

    def _after(self, offset: str) -> list[Entry]:
        kept = self._kept()
        for number, entry in enumerate(kept):
            if entry.offset == offset:
                return kept[number + 1 :]
        raise ApiError(404, "The offset has expired or does not exist.")

    async def _many_ended(self, request: web.Request) -> web.Response:
        self._admit(request)
        kept, count = self._kept(), _count(request)
        latest = request.match_info["end"] == "latest"
        return self._batch(request, kept[-count:] if latest else kept[:count])

    async def _many_next(self, request: web.Request) -> web.Response:
        self._admit(request)
        after = self._after(request.match_info["offset"])
        return self._batch(request, after[: _count(request)])

    async def _many_named(self, request: web.Request) -> web.Response:
        """Those there still are; that unknown ones are left out is inferred."""
        self._admit(request)
        try:
            body = await request.json()
        except ValueError as error:
            raise bad_json(1, 1, str(error)) from error
        wanted = body.get("inputs") if isinstance(body, dict) else None
        if not isinstance(wanted, list) or len(wanted) > MOST_ENTRIES:
            raise invalid(f"inputs must be a list of up to {MOST_ENTRIES} offsets")
        return self._batch(request, [e for e in self._kept() if e.offset in wanted])

    def _batch(self, request: web.Request, entries: list[Entry]) -> web.Response:
        now = iso(self.standin.clock.now())
        results = [self._place(request, one) for one in entries]
        body = {"status": "COMPLETE", "results": results}
        return reply({**body, "startedAt": now, "completedAt": now})

    def _shown(self, request: web.Request, entry: Entry) -> web.Response:
        return reply(self._place(request, entry))

    def _place(self, request: web.Request, entry: Entry) -> dict[str, str]:
        url = f"{request.url.origin()}{FILES}{entry.offset}?signature={entry.proof}"
        ends = Clock.at(self.standin.clock.time() + 300)
        return {"currentOffset": entry.offset, "url": url, "expiresAt": iso(ends)}

    async def _file(self, request: web.Request) -> web.Response:
        """The storage takes no token: whoever sends one there has given it away."""
        if "Authorization" in request.headers:
            raise ApiError(400, "Only one auth mechanism allowed")
        offset = request.match_info["offset"]
        for entry in self._kept():
            if (entry.offset, entry.proof) == (offset, request.query.get("signature")):
                published = iso(Clock.at(entry.published))
                return reply(
                    {
                        "offset": entry.offset,
                        "publishedAt": published,
                        "journalEvents": entry.events,
                    }
                )
        raise ApiError(403, "Access denied")

    def _admit(self, request: web.Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        until = self.tokens.get(token, 0.0) if scheme == "Bearer" else 0.0
        if until <= self.standin.clock.time():
            raise ApiError(
                401, "Authentication credentials not found.", "INVALID_AUTHENTICATION"
            )

    def token_for(self, form: Mapping[str, str]) -> dict[str, Any]:
        """A client-credentials token. ApiError when anything of it is wrong."""
        config = self.standin.config
        known = (config.webhook_client_id, config.webhook_secret)
        if (form.get("client_id"), form.get("client_secret")) != known:
            raise ApiError(400, "missing or invalid client id", "BAD_CLIENT_ID")
        if SCOPE not in form.get("scope", "").split():
            raise ApiError(400, "scope is missing", "MISSING_SCOPES")
        token = secrets.token_urlsafe(24)
        self.tokens[token] = self.standin.clock.time() + TOKEN_S
        return {
            "token_type": "bearer",
            "token_use": "client_credentials",
            "access_token": token,
            "expires_in": TOKEN_S,
            "scopes": [SCOPE],
        }


def _count(request: web.Request) -> int:
    text = request.match_info["count"]
    if not text.isdigit() or not 1 <= int(text) <= MOST_ENTRIES:
        raise invalid(f"count must be between 1 and {MOST_ENTRIES}, not {text}")
    return int(text)


def _event(portal: int, happening: Happening) -> Event:
    more = happening.more
    removed = more.get("associationRemoved")
    action = "ASSOCIATION_REMOVED" if removed else ACTIONS[happening.verb]
    event: Event = {
        "type": "ASSOCIATION" if "associationType" in more else "OBJECT",
        "portalId": portal,
        "occurredAt": iso(Clock.at(happening.ms / 1000)),
        "action": action,
        "objectTypeId": happening.kind.type_id,
        "objectId": int(happening.record_id),
        "changeSource": happening.source[0],
        "sourceId": happening.source[1],
    }
    if happening.changes:
        event["propertyChanges"] = dict(happening.changes)
    return event
