"""Poll: reads changes from the source into the outbox.

A page's records and the cursor behind it are stored in one transaction, so a killed
poll goes on where it was and misses nothing. A record that says nothing new is
counted as unchanged and not stored: `intake/changes.py`.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from django.db import transaction
from django.db.models import F

from connectors.models import (
    Change,
    Flow,
    FlowState,
    Outcome,
    Review,
    SyncRecord,
    SyncRun,
)
from connectors.models.flow import Lease
from connectors.models.record import DUE
from connectors.models.run import FINAL
from connectors.sdk.contract import Connector
from connectors.sdk.records import Page, SourceRecord
from connectors.sync.intake import awaited
from connectors.sync.intake.ahead import read_ahead
from connectors.sync.intake.changes import Changes
from connectors.sync.intake.merges import Merges
from connectors.sync.mapping.fields import wanted_fields
from connectors.sync.mapping.mapper import CompiledMapping
from connectors.sync.outbox import keyed, store
from connectors.sync.outbox.claim import claimed

LEASE_SECONDS = 60
REPLACED = (*DUE, Outcome.CONFLICT)


class LeaseLostError(Exception):
    """Another worker has taken the flow over; what we hold is no longer ours."""


@dataclass(slots=True)
class PollResult:
    """How far a poll came: `complete` when the source has nothing more."""

    complete: bool
    read: int = 0
    stored: int = 0


class Poller:
    """One poll of one flow, under its lease."""

    lease: ClassVar[Lease] = "lease"

    def __init__(
        self, flow: Flow, run: SyncRun, mapping: CompiledMapping, token: str
    ) -> None:
        self.flow = flow
        self.run = run
        self.mapping = mapping
        self.token = token
        self.changes = Changes(flow, mapping)

    def poll(self, connector: Connector, *, deadline: float) -> PollResult:
        """Read and store pages until the source has no more or time is up.

        `deadline` is a time.monotonic() value. Raises LeaseLostError, and whatever
        the connector raises; every page stored before then stays.
        """
        state = FlowState.objects.get(flow=self.flow)
        result = PollResult(complete=False)
        fields = wanted_fields(self.flow, self.mapping.source_fields)
        pages = connector.read(self.flow.source_object, state.cursor, fields=fields)
        with closing(read_ahead(pages)) as coming:
            for page in coming:
                result.stored += self.keep(page)
                result.read += len(page.records)
                if time.monotonic() > deadline:
                    return result
        for page in awaited.pages(self.flow, connector, fields):
            result.stored += self.keep(page, keep_cursor=True)
            result.read += len(page.records)
        result.complete = True
        return result

    def keep(self, page: Page, *, keep_cursor: bool = False) -> int:
        """Store one page; how many of its records are new or changed.

        With `keep_cursor` the place of the usual reading stays where it was.
        """
        before = self._kept()
        merges, records, fresh = self._compared(page)
        with transaction.atomic():
            self._keep_lease()
            if self._kept() != before + 1:
                # Another reader of the flow has stored a page since we looked.
                merges, records, fresh = self._compared(page)
            counts = self._supersede([*(r.key for r, _ in fresh), *merges.keys])
            merges.follow(counts)
            read = replace(page, records=records)
            first = self._count(read, counts, len(records) - len(fresh))
            store.insert_records(self._rows(fresh, first))
            if not keep_cursor:
                FlowState.objects.filter(flow=self.flow).update(cursor=page.cursor)
        return len(fresh)

    def _compared(
        self, page: Page
    ) -> tuple[Merges, list[SourceRecord], list[tuple[SourceRecord, str]]]:
        """The page's merges, its records with those merged away, and what is new."""
        merges = Merges(self.flow, page.records)
        records = [*page.records, *merges.gone]
        return merges, records, self.changes.among(records)

    def _kept(self) -> int:
        found = FlowState.objects.filter(flow=self.flow).values_list("kept", flat=True)
        return found.get()

    def _keep_lease(self) -> None:
        """Nobody else stores a page of the flow until this transaction has ended."""
        states, one_more = FlowState.objects, F("kept") + 1
        if not states.renew(
            self.flow.pk, self.token, seconds=LEASE_SECONDS, lease=self.lease,
            kept=one_more,
        ):  # fmt: skip
            raise LeaseLostError(f"{self.flow}: another worker took over")

    def _supersede(self, keys: list[str]) -> dict[int, Counter[str]]:
        """A newer change replaces those not sent yet, and those that a person is asked
        about: it asks again, with what is there now. What that does to counts."""
        due = [record.id for record in keyed.records(self.flow.pk, keys, REPLACED)]
        found = (
            SyncRecord.objects.select_for_update(of=("self",))
            .filter(pk__in=due, outcome__in=REPLACED)
            .order_by("pk")
            .values_list("pk", "run_id", "outcome")
        )
        replaced = {row[0]: row for row in found}
        for pk in claimed(replaced):
            del replaced[pk]
        SyncRecord.objects.filter(pk__in=replaced).update(
            outcome=Outcome.SKIPPED,
            settled_at=store.now(),
            error_message="A newer change of this record was read before it was sent.",
        )
        Review.objects.overtaken(replaced)
        counts: dict[int, Counter[str]] = defaultdict(Counter)
        for _, run_id, outcome in replaced.values():
            counts[run_id][outcome] -= 1
            counts[run_id][Outcome.SKIPPED] += 1
        return counts

    def _count(
        self, page: Page, counts: dict[int, Counter[str]], unchanged: int
    ) -> int:
        """Add the page to the counts of runs; the number of its first record."""
        runs = SyncRun.objects.order_by("pk").select_for_update(no_key=True)
        rows = runs.filter(pk__in={*counts, self.run.pk})
        found = {row[0]: row[1:] for row in rows.values_list("pk", "read", "status")}
        before, status = found[self.run.pk]
        if status in FINAL:
            raise LeaseLostError(f"{self.run} has ended: {status}")
        counts[self.run.pk][Outcome.UNCHANGED] += unchanged
        SyncRun.recount(counts)
        values: dict[str, object] = {
            "read": F("read") + len(page.records),
            "heartbeat_at": store.now(),
        }
        if page.total is not None:
            values["expected"] = before + page.total
        SyncRun.objects.filter(pk=self.run.pk).update(**values)
        return int(before)

    def _rows(
        self, fresh: Sequence[tuple[SourceRecord, str]], first: int
    ) -> list[store.NewRecord]:
        now = store.now()
        prefix = self.run.correlation_id
        return [
            self._row(record, mark, f"{prefix}-{first + number}", now)
            for number, (record, mark) in enumerate(fresh, 1)
        ]

    def _row(
        self, record: SourceRecord, mark: str, correlation_id: str, now: datetime
    ) -> store.NewRecord:
        return store.NewRecord(
            flow_id=self.flow.pk,
            run_id=self.run.pk,
            source_id=record.key,
            correlation_id=correlation_id,
            version=record.modified_at,
            fingerprint=mark,
            change=Change.DELETED if record.deleted else Change.CHANGED,
            payload=store.json_text(self.mapping.stored(record)),
            created_at=now,
            due_at=now,
            mapping_version=self.mapping.version,
        )
