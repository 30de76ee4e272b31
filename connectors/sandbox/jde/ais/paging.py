"""Open result sets, and the links that lead to their next pages."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlencode

from aiohttp import web

from connectors.sandbox.core.clock import Clock
from connectors.sandbox.jde.ais.render import GRID_ID
from connectors.sandbox.jde.config import JdeConfig
from connectors.sandbox.jde.data.columns import Row
from connectors.sandbox.jde.errors import AisError
from connectors.sandbox.jde.query.request import DataRequest
from connectors.sandbox.jde.sessions import Session

_NEEDED = (
    "deviceName",
    "formOID",
    "fullGridId",
    "nextPageTimeInterval",
    "outputType",
    "returnControlIDs",
    "rid",
    "stackId",
    "stateId",
    "token",
)


@dataclass(slots=True)
class ResultSet:
    """The rest of one browse: `last` is the last row given, `state` the next id."""

    rid: str
    stack: int
    state: int
    session: Session
    request: DataRequest
    last: Row
    used: float

    def ids(self) -> dict[str, object]:
        return {"stackId": self.stack, "stateId": self.state, "rid": self.rid}


class ResultSets:
    """Result sets by rid; each waits only so long for its next page."""

    def __init__(self, config: JdeConfig, clock: Clock):
        self._config = config
        self._clock = clock
        self._open: dict[str, ResultSet] = {}
        self._stacks = count(1)

    def clear(self) -> None:
        self._open.clear()

    def single_ids(self) -> dict[str, object]:
        """Ids for an answer that has no further page."""
        rid = secrets.token_hex(8)
        return {"stackId": next(self._stacks), "stateId": 1, "rid": rid}

    def start(self, request: DataRequest, session: Session, last: Row) -> ResultSet:
        """Keep the rest of a browse open."""
        now = self._clock.time()
        for rid in [one.rid for one in self._open.values() if self._late(one)]:
            del self._open[rid]
        rid, stack = secrets.token_hex(8), next(self._stacks)
        found = ResultSet(rid, stack, 1, session, request, last, now)
        self._open[rid] = found
        return found

    def resume(self, asked: Mapping[str, str], session: Session) -> ResultSet:
        """The result set a link names; AisError 500 if it cannot be continued.

        Each state id serves once: an answer that got lost cannot be had again.
        """
        missing = [one for one in _NEEDED if one not in asked]
        if missing:
            raise _gone(f"next page request lacks {', '.join(missing)}")
        found = self._open.get(asked["rid"])
        if found is None or found.session is not session or self._late(found):
            self._open.pop(asked["rid"], None)
            raise _gone("the result set is no longer available")
        if (asked["stackId"], asked["stateId"]) != (str(found.stack), str(found.state)):
            raise _gone("the stack or state id is out of order")
        return found

    def advance(self, found: ResultSet, last: Row | None) -> None:
        """One page was given; without `last` it was the last one."""
        found.state += 1
        found.used = self._clock.time()
        if last is None:
            del self._open[found.rid]
        else:
            found.last = last

    def links(self, found: ResultSet, request: web.Request) -> list[dict[str, str]]:
        """The `links` member for the next page, token included."""
        asked = found.request
        values = (
            found.session.device,
            f"DATABROWSE_{asked.target.name}",
            str(GRID_ID),
            asked.interval,
            asked.output,
            asked.asked,
            found.rid,
            str(found.stack),
            str(found.state),
            found.session.token,
        )
        query = urlencode(dict(zip(_NEEDED, values, strict=True)))
        host = self._config.link_host or request.host
        slashes = "//" if self._config.link_double_slash else "/"
        path = f"{slashes}jderest/v2/dataservice/next"
        href = f"{request.scheme}://{host}{path}?{query}"
        return [{"rel": "next", "href": href, "context": ""}]

    def _late(self, found: ResultSet) -> bool:
        return self._clock.time() - found.used > self._config.result_set_timeout_s


def _gone(why: str) -> AisError:
    message = f"Error: next page request failed, {why}"
    return AisError(500, message, "DataServiceException", system_error=True)
