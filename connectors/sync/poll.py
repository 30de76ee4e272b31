"""Poll: reads changes from the source into the outbox.

A page's records and the cursor behind it are stored in one transaction, so a killed
poll goes on where it was and misses nothing. A record whose mapped fields are as last
time is counted as unchanged and not stored.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from connectors.models import (
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
from connectors.sync.ahead import read_ahead
from connectors.sync.mapping.mapper import CompiledMapping
from connectors.sync.outbox import keyed, store
from connectors.sync.outbox.claim import claimed

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
        with closing(read_ahead(pages)) as coming:
            for page in coming:
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
            counts = self._supersede([record.key for record, _ in fresh])
            first = self._count(page, counts, len(page.records) - len(fresh))
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
        columns = (f"{side}_id", f"{side}_fingerprint")
        bound = keyed.bindings([self.flow.pair_id or 0], side, keys, columns)
        waiting = keyed.records(self.flow.pk, keys, OPEN)
        return {**dict(bound), **{r.source_id: r.fingerprint for r in waiting}}

    def _supersede(self, keys: list[str]) -> dict[int, Counter[str]]:
        """A newer change replaces those not sent yet; what that does to counts."""
        due = [record.id for record in keyed.records(self.flow.pk, keys, DUE)]
        found = (
            SyncRecord.objects.select_for_update(of=("self",))
            .filter(pk__in=due, outcome__in=DUE)
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
            payload=store.json_text(record.fields),
            created_at=now,
            due_at=now,
            mapping_version=self.mapping.version,
        )
