"""The search endpoint: limits, pages, and short pages on request."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from connectors.sandbox.hubspot.api.rendering import chosen, wanted_names
from connectors.sandbox.hubspot.call import Call, reply
from connectors.sandbox.hubspot.crm.records import Record
from connectors.sandbox.hubspot.errors import invalid

BODY_CHARS, MOST, WINDOW = 3000, 200, 10_000
# With short pages on, every second hit is one that vanished since it was indexed,
# and so is the whole of the first page.
EMPTY_LEAD = 200


async def search(call: Call) -> web.Response:
    store, body = call.store("read"), await call.object_body()
    if len(await call.request.text()) > BODY_CHARS:
        raise invalid(f"The request body is longer than {BODY_CHARS} characters.")
    limit, after = _number(body, "limit", 10), _number(body, "after", 0)
    if not 1 <= limit <= MOST:
        raise invalid(f"limit must be between 1 and {MOST}, not {limit}")
    if after + limit > WINDOW:
        raise invalid(f"Paging beyond the first {WINDOW} results is not possible.")
    hits = call.standin.searcher(call.portal, store).hits(body)
    page, total = _page(call, hits, after, limit)
    names = wanted_names(call.portal, store, body.get("properties") or [])
    shown: dict[str, Any] = {
        "total": total,
        "results": [one.envelope(chosen(one.indexed or {}, names)) for one in page],
    }
    if after + limit < total:
        shown["paging"] = {"next": {"after": str(after + limit)}}
    return reply(shown)


def _page(
    call: Call, hits: list[Record], after: int, limit: int
) -> tuple[list[Record], int]:
    if not call.standin.config.search_short_pages:
        return hits[after : after + limit], len(hits)
    total = EMPTY_LEAD + 2 * len(hits) if hits else 0
    seen = [place - EMPTY_LEAD for place in range(after, min(after + limit, total))]
    return [hits[place // 2] for place in seen if place >= 0 and place % 2 == 0], total


def _number(body: dict[str, Any], name: str, default: int) -> int:
    value = body.get(name)
    if value is None or value == "":
        return default
    if isinstance(value, bool) or not str(value).isdigit():
        raise invalid(f"{name} must be a whole number, not {value!r}")
    return int(value)
