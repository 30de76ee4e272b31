"""A data service request: every member checked before anything is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.jde.errors import AisError, bad_request
from connectors.sandbox.jde.query.conditions import Group, read_query
from connectors.sandbox.jde.query.literals import Context
from connectors.sandbox.jde.query.selection import Order
from connectors.sandbox.jde.query.target import Target

BROWSE, COUNT, AGGREGATION = "BROWSE", "COUNT", "AGGREGATION"
GRID_DATA, VERSION1, VERSION2 = "GRID_DATA", "VERSION1", "VERSION2"
DEFAULT_PAGE = 100
DEFAULT_INTERVAL = "5000"
_XML = frozenset({"ORACLE", "XML", "XMLSIMPLE"})
_MEMBERS = frozenset(
    {
        "targetName",
        "targetType",
        "dataServiceType",
        "findOnEntry",
        "returnControlIDs",
        "maxPageSize",
        "outputType",
        "aliasNaming",
        "enableNextPageProcessing",
        "nextPageTimeInterval",
        "query",
        "aggregation",
        "having",
        "allowCache",
        "forceUpdate",
        "currencyProcessing",
        "includeTimings",
        "token",
        "deviceName",
        "username",
        "password",
        "environment",
        "role",
    }
)


@dataclass(frozen=True, slots=True)
class DataRequest:
    """One checked request; `limit` is rows per page, at most the server's cap."""

    target: Target
    service: str
    group: Group
    order: Order
    positions: tuple[int, ...]
    asked: str
    limit: int
    output: str
    finds: bool
    pages: bool
    interval: str
    aggregation: Mapping[str, Any]


def read_request(
    body: Mapping[str, Any],
    target: Target,
    context: Context,
    *,
    version: int,
    cap: int,
) -> DataRequest:
    """Check a request body; AisError names the first thing that is wrong."""
    service = body.get("dataServiceType")
    if service not in {BROWSE, COUNT, AGGREGATION}:
        raise bad_request(f"dataServiceType {service} is not supported")
    if body.get("having") is not None:
        raise AisError(500, "having is not available on this server")
    query, aggregation = body.get("query"), body.get("aggregation") or {}
    if not isinstance(aggregation, dict):
        raise bad_request("aggregation must be an object")
    asked = body.get("returnControlIDs")
    return DataRequest(
        target=target,
        service=service,
        group=read_query(query, target, context),
        order=() if service == AGGREGATION else read_order(aggregation, target),
        positions=tuple(target.visible(_asked(asked, target))),
        asked=asked or "",
        limit=min(cap, page_size(body.get("maxPageSize"))),
        output=_output(body.get("outputType"), version),
        finds=_says_yes(body, "findOnEntry") or _auto_find(query),
        pages=version > 1 and _flag(body.get("enableNextPageProcessing")),
        interval=_interval(body.get("nextPageTimeInterval")),
        aggregation=aggregation,
    )


def check_members(body: Mapping[str, Any]) -> None:
    """Refuse a member that no request has: a typing error must not go unseen."""
    unknown = sorted(set(body) - _MEMBERS)
    if unknown:
        raise bad_request(f"Unrecognized field {', '.join(unknown)}")


def page_size(given: Any) -> int:
    """Rows wanted per page; text only, `No Max` is no limit of the request's own."""
    if given is None:
        return DEFAULT_PAGE
    if isinstance(given, str):
        if given.lower() == "no max":
            return 1 << 31
        if re.fullmatch(r"[1-9]\d{0,8}", given):
            return int(given)
    raise bad_request(f"maxPageSize {given!r} is not valid")


def read_order(aggregation: Mapping[str, Any], target: Target) -> Order:
    """The `orderBy` of a browse."""
    entries = aggregation.get("orderBy") or []
    if not isinstance(entries, list):
        raise bad_request("orderBy must be a list")
    return tuple(_order_entry(one, target) for one in entries)


def _order_entry(entry: Any, target: Target) -> tuple[int, bool]:
    if not isinstance(entry, dict) or entry.get("direction") not in {"ASC", "DESC"}:
        raise bad_request("orderBy needs column and direction (ASC or DESC)")
    place = target.condition_position(entry.get("column"))
    return place, entry["direction"] == "DESC"


def _asked(given: Any, target: Target) -> list[int] | None:
    if given is None or given == "":
        return None
    if not isinstance(given, str):
        raise bad_request("returnControlIDs must be text")
    return [target.position(one) for one in given.split("|")]


def _output(given: Any, version: int) -> str:
    if given is None:
        return VERSION1 if version == 1 else GRID_DATA
    if given in _XML:
        raise AisError(500, f"outputType {given} is not available on this server")
    if given not in {GRID_DATA, VERSION1, VERSION2}:
        raise bad_request(f"outputType {given} is not valid")
    return str(given)


def _says_yes(body: Mapping[str, Any], name: str) -> bool:
    given = body.get(name)
    if given is not None and not isinstance(given, str):
        raise bad_request(f"{name} must be text")
    return isinstance(given, str) and given.upper() == "TRUE"


def _auto_find(query: Any) -> bool:
    return isinstance(query, dict) and query.get("autoFind") is True


def _flag(given: Any) -> bool:
    if given is None or isinstance(given, bool):
        return bool(given)
    if isinstance(given, str) and given.lower() in {"true", "false"}:
        return given.lower() == "true"
    raise bad_request("enableNextPageProcessing must be true or false")


def _interval(given: Any) -> str:
    if given is None:
        return DEFAULT_INTERVAL
    if isinstance(given, str) and given.isascii() and given.isdigit():
        return given
    raise bad_request("nextPageTimeInterval must be milliseconds as text")
