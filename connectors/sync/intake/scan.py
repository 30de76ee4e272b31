"""Looks for what was deleted in a source that does not tell: compares all its keys with
those that are bound."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime

from connectors.models import Binding, Flow
from connectors.sdk.contract import Connector
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.records import Page, SourceRecord
from connectors.sync.intake.poll import Poller, PollResult
from connectors.sync.outbox import store

PAGE = 1000
# A source that has lost more than this share of what is bound has lost its rights to
# see it, more likely.
MOST = 0.2
FEW = 20


def scan(poller: Poller, connector: Connector, *, deadline: float) -> PollResult:
    """Store a delete for every bound record whose key the source has no more.

    `deadline` is a time.monotonic() value; a scan that was cut short begins anew.
    Raises ConfigurationError when so much is missing that it cannot be true, unless a
    person has started it.
    """
    flow, began = poller.flow, store.now()
    seen = {key for page in connector.keys(flow.source_object) for key in page}
    bound = _bound(flow)
    # What was bound while the keys were read may be younger than they are.
    missing = [key for key, since in bound if key not in seen and since < began]
    by_hand = poller.run.started_by_id is not None
    if len(missing) > max(FEW, MOST * len(bound)) and not by_hand:
        raise ConfigurationError(
            f"{len(missing):,} of {len(bound):,} bound records are not among the keys "
            f"of {flow.source} any more; that looks like a lost permission.",
            advice="Check what the connection's user may see. If they were really "
            "deleted, resume the flow and start the search for deletes by hand.",
        )
    result = PollResult(complete=False)
    for page in _pages(missing):
        result.stored += poller.keep(page, keep_cursor=True)
        result.read += len(page.records)
        if time.monotonic() > deadline:
            return result
    result.complete = True
    return result


def _bound(flow: Flow) -> list[tuple[str, datetime]]:
    side = "left" if flow.source_is_left else "right"
    rows = Binding.objects.filter(pair=flow.pair_id, **{f"{side}_gone_at": None})
    return list(rows.values_list(f"{side}_id", "created_at").iterator(PAGE))


def _pages(keys: Sequence[str]) -> Iterator[Page]:
    for start in range(0, len(keys), PAGE):
        records = [
            SourceRecord(key=key, fields={}, deleted=True)
            for key in keys[start : start + PAGE]
        ]
        yield Page(records=records, cursor={})
