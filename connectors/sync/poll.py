"""Poll: reads changes from the source into the outbox.

A page's records and the cursor behind it are stored in one transaction, so a killed
poll goes on where it was and misses nothing. A record whose mapped fields are as last
time is counted as unchanged and not stored.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from connectors.models import (
    Binding,
    Claim,
    Flow,
    FlowState,
    Outcome,
    SyncRecord,
    SyncRun,
)
from connectors.models.record import DUE, OPEN
from connectors.models.run import FINAL
from connectors.sdk.contract import Connector
from connectors.sdk.records import Page, SourceRecord
from connectors.sdk.values import dump
from connectors.sync import store
from connectors.sync.mapping.mapper import CompiledMapping

LEASE_SECONDS = 60


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

    def __init__(
        self, flow: Flow, run: SyncRun, mapping: CompiledMapping, token: str
    ) -> None:
        self.flow = flow
        self.run = run
        self.mapping = mapping
        self.token = token

    def poll(self, connector: Connector, *, deadline: float) -> PollResult:
        """Read and store pages until the source has no more or time is up.

        `deadline` is a time.monotonic() value. Raises LeaseLostError, and whatever
        the connector raises; every page stored before then stays.
        """
        state = FlowState.objects.get(flow=self.flow)
        result = PollResult(complete=False)
        pages = connector.read(
            self.flow.source_object, state.cursor, fields=self.mapping.source_fields
        )
        for page in pages:
            result.stored += self.keep(page)
            result.read += len(page.records)
            if time.monotonic() > deadline:
                return result
        result.complete = True
        return result

    def keep(self, page: Page) -> int:
        """Store one page; how many of its records are new or changed."""
        fresh = self._changed(page.records)
        with transaction.atomic():
            self._keep_lease()
            first = self._count(page, unchanged=len(page.records) - len(fresh))
            self._supersede([record.key for record, _ in fresh])
            store.insert_records(self._rows(fresh, first))
            FlowState.objects.filter(flow=self.flow).update(cursor=page.cursor)
        return len(fresh)

    def _keep_lease(self) -> None:
        states = FlowState.objects
        if not states.renew(self.flow.pk, self.token, seconds=LEASE_SECONDS):
            raise LeaseLostError(f"{self.flow}: another worker took over")

    def _changed(
        self, records: Sequence[SourceRecord]
    ) -> list[tuple[SourceRecord, str]]:
        """The records that are not as we know them, with their fingerprints.

        A source may show a record twice in one read; the later one counts.
        """
        latest = {record.key: record for record in records}
        known = self._known(list(latest))
        found = []
        for key, record in latest.items():
            mark = self.mapping.source_fingerprint(record.fields)
            if known.get(key) != mark:
                found.append((record, mark))
        return found

    def _known(self, keys: list[str]) -> dict[str, str]:
        """What was last seen of each key: in an open record, else in its binding."""
        side = "left" if self.flow.source_is_left else "right"
        bound = Binding.objects.filter(
            pair=self.flow.pair_id, **{f"{side}_id__in": keys}
        ).values_list(f"{side}_id", f"{side}_fingerprint")
        waiting = (
            SyncRecord.objects.filter(
                flow=self.flow, source_id__in=keys, outcome__in=OPEN
            )
            .order_by("pk")
            .values_list("source_id", "fingerprint")
        )
        return {**dict(bound), **dict(waiting)}

    def _supersede(self, keys: list[str]) -> None:
        """A newer change replaces the ones that were not sent yet."""
        replaced = (
            SyncRecord.objects.select_for_update(of=("self",))
            .filter(flow=self.flow, source_id__in=keys, outcome__in=DUE)
            .exclude(Exists(Claim.objects.filter(record=OuterRef("pk"))))
        )
        for run_id, outcome, pk in list(
            replaced.values_list("run_id", "outcome", "pk")
        ):
            SyncRecord.objects.filter(pk=pk).update(
                outcome=Outcome.SKIPPED,
                settled_at=store.now(),
                error_message="A newer change of this record was read before it "
                "was sent.",
            )
            SyncRun.move(run_id, outcome, Outcome.SKIPPED)

    def _count(self, page: Page, *, unchanged: int) -> int:
        """Add the page to the run's counts; the number of its first record."""
        runs = SyncRun.objects.select_for_update()
        before, status = runs.values_list("read", "status").get(pk=self.run.pk)
        if status in FINAL:
            raise LeaseLostError(f"{self.run} has ended: {status}")
        values: dict[str, object] = {
            "read": F("read") + len(page.records),
            "unchanged": F("unchanged") + unchanged,
            "heartbeat_at": store.now(),
        }
        if page.total is not None:
            values["expected"] = before + page.total
        SyncRun.objects.filter(pk=self.run.pk).update(**values)
        return before

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
            payload=dump(record.fields).decode(),
            created_at=now,
            due_at=now,
            mapping_version=self.mapping.version,
        )
