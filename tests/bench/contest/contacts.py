"""The contacts of the backfill benchmark: made, and known by heart when they arrive."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from connectors.sandbox.core.client import ControlClient

TOKENS = ("pat-na1-sandbox-full", "pat-na1-sandbox-other-portal")
PROPERTIES = 100
GIVEN = ("email", "firstname", "lastname")
OURS = tuple(f"bench_{number:03}" for number in range(PROPERTIES - len(GIVEN)))
NAMES = (*GIVEN, *OURS)
# So many share a time, as a page of an import does.
TOGETHER = 100
_OPEN = build_opener(ProxyHandler({})).open


def define(url: str) -> None:
    """The properties that HubSpot does not bring along, in both accounts."""
    rows = [
        {
            "name": name,
            "label": name,
            "type": "string",
            "fieldType": "text",
            "groupName": "contactinformation",
        }
        for name in OURS
    ]
    for token in TOKENS:
        request = Request(  # noqa: S310 (our own loopback address)
            f"{url}/crm/v3/properties/contacts/batch/create",
            data=json.dumps({"inputs": rows}).encode(),
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
            },
        )
        _OPEN(request, timeout=60).close()


def starts(count: int, at_once: int) -> list[tuple[int, int]]:
    """The groups that share a time: where each begins, and how many it has."""
    groups = [(0, at_once)] if at_once else []
    firsts = range(at_once, count, TOGETHER)
    return [*groups, *((first, min(TOGETHER, count - first)) for first in firsts)]


def fill(control: ControlClient, count: int, at_once: int) -> None:
    """So many contacts, the first `at_once` of them of one time."""
    for first, size in starts(count, at_once):
        control.edit(
            type="contacts", action="fill", count=size, set=values(f"{first}.{{n}}")
        )


def values(mark: str) -> dict[str, str]:
    """All properties of the contact with this mark."""
    found = {name: f"{name} of {mark}" for name in NAMES}
    return {**found, "email": f"c{mark}@example.com"}


def problems(
    rows: Iterable[Mapping[str, Any]], groups: Sequence[tuple[int, int]]
) -> list[str]:
    """Where rows that arrived are not every contact once, with all its values."""
    marks = {f"{first}.{n}" for first, size in groups for n in range(size)}
    wanted, missing = len(marks), marks
    twice = strange = 0
    for row in rows:
        mark = (
            str(row.get("email") or "").removeprefix("c").removesuffix("@example.com")
        )
        if mark not in missing:
            twice += 1
            continue
        missing.discard(mark)
        strange += any(row.get(n) != v for n, v in values(mark).items())
    found = {
        f"{len(missing):,} of {wanted:,} rows missing": missing,
        f"{twice:,} rows twice or unknown": twice,
        f"{strange:,} rows with other values": strange,
    }
    return [what for what, there in found.items() if there]
