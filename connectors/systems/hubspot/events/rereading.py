"""Records that HubSpot says have changed, as they are now: there, archived or merged.

A batch read leaves out what is archived and what was merged away, which are not the
same: an id that was merged still leads to its survivor when it is asked for alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from connectors.sdk.errors import NotFoundError, UnavailableError
from connectors.sdk.records import SourceRecord
from connectors.systems.hubspot.reading.finding import Finder
from connectors.systems.hubspot.wire.answers import unique


def reread(finder: Finder, keys: Sequence[str]) -> list[SourceRecord]:
    """See `Connector.reread`."""
    asked = unique(keys)
    found = finder.by_id(asked)
    left = _without(asked, found)
    if not left:
        return found
    archived = finder.archived([key for key in left if key.isdigit()])
    left = _without(left, archived)
    survivors = [_survivor(finder, key) for key in left if key.isdigit()]
    known = {one.key for one in found}
    more = finder.by_id(unique(one for one in survivors if one and one not in known))
    gone = [
        SourceRecord(key=key, fields={}, deleted=True)
        for key in _without(left, [*found, *more])
    ]
    return [*found, *more, *archived, *gone]


def _without(keys: Sequence[str], records: Sequence[SourceRecord]) -> list[str]:
    """Those that no record answers for, by itself or as what it was merged with."""
    answered = {one.key for one in records}
    answered |= {key for one in records for key in one.merged_keys}
    return [key for key in keys if key not in answered]


def _survivor(finder: Finder, key: str) -> str:
    """Where an id leads; "" when it is gone for good."""
    reader = finder.assembler.reader
    path = f"{reader.paths.records(finder.assembler.wanted.object_type)}/{key}"
    try:
        body = reader.http.get(path).json_or_none()
    except NotFoundError:
        return ""
    if not isinstance(body, dict) or not body.get("id"):
        raise UnavailableError(f"HubSpot's answer for {key} holds no record.")
    return str(body["id"])
