"""Reads the records that events name, and takes them in as a poll would.

An event is marked as taken in the transaction that stores what was read. So a worker
that dies in between leaves it waiting, and the record is read again.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Literal

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from connectors.models import ChangeEvent, Fate, FlowState, SyncRun
from connectors.models.flow import Lease
from connectors.sdk.contract import Connector
from connectors.sdk.records import Page, SourceRecord
from connectors.sync import connect, faults
from connectors.sync.events import inbox, lines
from connectors.sync.events.rows import OF_LINE
from connectors.sync.intake.poll import LEASE_SECONDS, Poller
from connectors.sync.keeper import Keeper
from connectors.sync.mapping.fields import wanted_fields
from connectors.sync.mapping.mapper import CompiledMapping

KEEP_SECONDS = 15.0
# Events looked at, and records read, at once.
LOOK, READ = 1000, 100
# Records read before what they say is sent, while still more wait.
ROUND = 1000
Taken = Literal["held", "more", "all"]


def take(run: SyncRun, mapping: CompiledMapping, deadline: float) -> Taken:
    """Take a round of the flow's events: "all" when none is left, "held" when another
    worker is at it.

    `deadline` is a time.monotonic() value. Raises what the source raises; the events
    that were not taken wait.
    """
    flow, states = run.flow, FlowState.objects
    if not inbox.may_read(flow):
        SyncRun.objects.filter(pk=run.pk).update(read_done_at=timezone.now())
        return "all"
    token = states.claim(flow.pk, seconds=LEASE_SECONDS, lease="events")
    if token is None:
        return "held"

    def keep() -> None:
        states.renew(flow.pk, token, seconds=LEASE_SECONDS, lease="events")
        SyncRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now())

    try:
        with (
            Keeper(keep, KEEP_SECONDS),
            faults.blaming(flow.source),
            connect.open_connector(flow.source) as connector,
        ):
            taker = Taker(flow, run, mapping, token)
            more = taker.round(connector, deadline)
        faults.reached(flow.source)
    finally:
        states.release(flow.pk, token, lease="events")
    return "more" if more else _done(run)


def _done(run: SyncRun) -> Taken:
    """Nothing waits. Who stores an event after this sees it, and wakes the flow; one
    that was stored before is seen here."""
    done = SyncRun.objects.filter(pk=run.pk)
    done.update(read_done_at=timezone.now())
    if not waiting(run.flow_id).exists():
        return "all"
    done.update(read_done_at=None)
    return "more"


def waiting(flow_id: int) -> QuerySet[ChangeEvent]:
    """A flow's events whose records were not read yet."""
    return ChangeEvent.objects.filter(flow=flow_id, taken_at=None)


class Taker(Poller):
    """Takes events of one flow, beside whoever polls it."""

    lease: ClassVar[Lease] = "events"

    def round(self, connector: Connector, deadline: float) -> bool:
        """Take until nothing waits, or enough was taken; whether more may wait."""
        lines.lead(self.flow, connector)
        read = 0
        while read < ROUND:
            keys = self._keys()
            if not keys:
                return False
            self._take(keys, connector)
            read += len(keys)
            if time.monotonic() > deadline:
                return True
        return True

    def _keys(self) -> list[str]:
        """The records that were told of first."""
        oldest = self._of_records().order_by("pk")[:LOOK]
        return list(dict.fromkeys(oldest.values_list("key", flat=True)))[:READ]

    def _of_records(self) -> QuerySet[ChangeEvent]:
        return waiting(self.flow.pk).exclude(kind=OF_LINE)

    def _take(self, keys: Sequence[str], connector: Connector) -> None:
        events = self._of_records().filter(key__in=keys)
        rows = events.order_by("pk").values_list("pk", "key", "merged_keys")
        taken = list(rows)
        merged: dict[str, list[str]] = defaultdict(list)
        for _, key, others in taken:
            merged[key] += others or ()
        records = connector.reread(
            self.flow.source_object,
            keys,
            fields=wanted_fields(self.flow, self.mapping.source_fields),
        )
        records = [_with_merges(record, merged) for record in records]
        with transaction.atomic():
            self.keep(Page(records=records, cursor={}), keep_cursor=True)
            ids = [pk for pk, _, _ in taken]
            for start in range(0, len(ids), 500):
                ChangeEvent.objects.filter(pk__in=ids[start : start + 500]).update(
                    taken_at=timezone.now(), fate=Fate.READ, run=self.run.pk
                )


def _with_merges(
    record: SourceRecord, told: Mapping[str, Sequence[str]]
) -> SourceRecord:
    """What is gone into the record, as it says itself and as the event said."""
    others = [key for key in told.get(record.key, ()) if key != record.key]
    if record.deleted or not others:
        return record
    return replace(
        record, merged_keys=list(dict.fromkeys([*others, *record.merged_keys]))
    )
