"""One authenticated request: who asks, of which portal, in which version."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from connectors.sandbox.hubspot import errors
from connectors.sandbox.hubspot.crm.catalog import ObjectType
from connectors.sandbox.hubspot.crm.records import RecordStore
from connectors.sandbox.hubspot.crm.writes import Writer

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.crm.portal import Portal
    from connectors.sandbox.hubspot.standin import HubSpotStandIn

STRICT_VERSION = "2026-09"
"""The version that enforces rules made in the portal."""


@dataclass(slots=True)
class Identity:
    """What a bearer token stands for."""

    token: str
    portal: Portal
    app: int
    oauth: bool
    scopes: list[str]


IDENTITY: web.RequestKey[Identity] = web.RequestKey("identity", Identity)


@dataclass(slots=True)
class Call:
    """What an endpoint is given."""

    request: web.Request
    standin: HubSpotStandIn
    identity: Identity
    version: str

    @property
    def portal(self) -> Portal:
        return self.identity.portal

    @property
    def strict(self) -> bool:
        return self.version == STRICT_VERSION

    @property
    def dated(self) -> bool:
        """Whether the version is a date, not one of the legacy v3 and v4."""
        return self.version.startswith("2026")

    def path(self, name: str) -> str:
        return self.request.match_info[name]

    def query(self, name: str, default: str | None = None) -> str | None:
        return self.request.query.get(name, default)

    def flag(self, name: str) -> bool:
        """A yes or no in any case: HubSpot's Python SDK says `True`, others `true`."""
        return (self.query(name) or "false").lower() == "true"

    def names(self, parameter: str) -> list[str]:
        """A list parameter: comma separated, repeated, or both."""
        given = self.request.query.getall(parameter, [])
        return [name for part in given for name in part.split(",") if name]

    def limit(self, default: int, most: int) -> int:
        """The `limit` parameter; 400 when it is not 1 to `most`."""
        text = self.query("limit", str(default)) or ""
        if not text.isdigit() or not 1 <= int(text) <= most:
            raise errors.invalid(f"limit must be between 1 and {most}, not {text}")
        return int(text)

    async def body(self) -> Any:
        """The parsed body; 400 without a category when it is no JSON."""
        raw = await self.request.read()
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise errors.bad_json(error.lineno, error.colno, error.msg) from error

    async def object_body(self) -> dict[str, Any]:
        value = await self.body()
        if not isinstance(value, dict):
            raise errors.bad_json(1, 1, "Cannot deserialize value of type `Object`")
        return value

    def kind(self, parameter: str = "type") -> ObjectType:
        """The object type in the path, in any of its spellings; 400 if unknown."""
        given = self.path(parameter)
        found = self.portal.kinds.get(given)
        if found is None:
            raise errors.invalid(f"Unable to infer object type from: {given}")
        return found

    def store(self, verb: str, parameter: str = "type") -> RecordStore:
        """The records of the type in the path, if the token may `verb` them."""
        kind = self.kind(parameter)
        self.need(kind.scopes("objects", verb))
        return self.portal.stores[kind.name]

    def need(self, any_of: list[str]) -> None:
        """403 unless the token has one of the scopes."""
        if not any(scope in self.identity.scopes for scope in any_of):
            raise errors.missing_scopes(any_of)

    def writer(self, store: RecordStore) -> Writer:
        stamp = self.portal.write_stamp(("INTEGRATION", str(self.identity.app)))
        return Writer(self.portal, store, stamp, admin_rules=self.strict)


Endpoint = Callable[[Call], Awaitable[web.Response]]


def reply(
    body: Any, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """A JSON answer."""
    return web.Response(
        body=orjson.dumps(body),
        status=status,
        headers=headers,
        content_type="application/json",
        charset="utf-8",
    )


def empty() -> web.Response:
    return web.Response(status=204)
