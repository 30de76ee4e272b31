"""Records that are waited for and that the usual reading has passed already.

The source showed such a record once, and it did not arrive: an adopt-only run left it
alone, a person ignored it, or it came before the flow could create it. The source shows
it again only when it changes, so whoever refers to it would wait for ever. So would
one that refers to nothing: what it belongs to may be said later without a change of its
own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import Max, Min

from connectors.models import Flow, Outcome, SyncRecord
from connectors.models.record import OPEN
from connectors.sdk.contract import Connector
from connectors.sdk.errors import OrphanError
from connectors.sdk.records import Page
from connectors.sync.outbox import keyed

# As many as one run reads again; those that still wait are the next one's.
MOST = 1000


def awaited(flow: Flow) -> list[str]:
    """Keys of the flow's source records that others wait for and nobody is bringing.

    Not those that are bound, on their way or in a person's hands, nor those that the
    flow has dealt with since somebody began to wait for them.
    """
    name = f"{flow.source_object}:"
    waiting = SyncRecord.objects.filter(
        flow__source=flow.source_id,
        flow__target=flow.target_id,
        outcome=Outcome.WAITING,
        blocked_by__gte=name,
        blocked_by__lt=f"{flow.source_object};",  # what follows the colon
    ).exclude(blocked_by="")
    named = waiting.values_list("blocked_by").annotate(since=Min("created_at"))
    since = {
        blocked_by.removeprefix(name): first
        for blocked_by, first in named.order_by("since")
    }
    side = "left" if flow.source_is_left else "right"
    bound = keyed.bindings([flow.pair_id or 0], side, since, [f"{side}_id"])
    coming = keyed.records(flow.pk, since, OPEN)
    known = {row[0] for row in bound} | {one.source_id for one in coming}
    missing = [key for key in since if key not in known][:MOST]
    seen = flow.records.filter(source_id__in=missing).values_list("source_id")
    last = dict(seen.annotate(at=Max("created_at")).order_by())
    return [key for key in missing if key not in last or last[key] < since[key]]


def homeless(flow: Flow) -> list[str]:
    """Keys of the flow's own records that wait because they refer to nothing."""
    waiting = flow.records.filter(
        outcome=Outcome.WAITING, error_class=OrphanError.error_class, blocked_by=""
    )
    return list(waiting.order_by("pk").values_list("source_id", flat=True)[:MOST])


def pages(flow: Flow, connector: Connector, fields: Sequence[str]) -> Iterator[Page]:
    """What the source says of those records now; they have no place in its reading."""
    shown = flow.source.spec.object(flow.source_object)
    keys = [*awaited(flow), *homeless(flow)] if shown.can("fetch") else []
    for start in range(0, len(keys), shown.page_size):
        chunk = keys[start : start + shown.page_size]
        records = connector.fetch(flow.source_object, chunk, fields=fields)
        yield Page(records=records, cursor={})
