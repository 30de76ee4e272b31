"""Settles records: outcome, binding, counts and past attempts in one transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from connectors.models import (
    Attempt,
    Change,
    Flow,
    Outcome,
    Review,
    SyncRecord,
    SyncRun,
)
from connectors.models.record import DUE
from connectors.sync import connect
from connectors.sync.mapping.mapper import CompiledMapping
from connectors.sync.outbox import binding, keyed, retry, store
from connectors.sync.outbox.aftermath import Aftermath, Counts
from connectors.sync.outbox.claim import Claimed, claimed
from connectors.sync.outbox.ending import ARRIVED, Ending, Rules, binds, bound, settled

# What a newer change that has arrived makes pointless.
_OVERTAKEN = (*DUE, Outcome.CONFLICT, Outcome.FAILED, Outcome.DEAD)


class Settler:
    """Settles records of one flow."""

    def __init__(self, flow: Flow, mapping: CompiledMapping) -> None:
        self.flow = flow
        self.mapping = mapping
        redact = connect.redactor(flow.source, flow.target)
        self.rules = Rules(mapping.version, redact, retry.policies())
        self._aftermath = Aftermath(flow)
        self._runs: dict[int, datetime] = {}

    def settle(self, endings: Sequence[Ending], token: str) -> Counter[str]:
        """Store what became of claimed records; the outcomes, counted.

        Records whose lease was lost meanwhile are left to their new holder.
        """
        now = store.now()
        rows = {e.decision.record.id: (e, self._settled(e, now)) for e in endings}
        with transaction.atomic():
            ours = store.settle([row for _, row in rows.values()], token)
            kept = [rows[pk] for pk in rows if pk in ours]
            binding.bind(
                [bound(self.flow, e, r, now) for e, r in kept if binds(e, r)],
                source="left" if self.flow.source_is_left else "right",
            )
            counts = self._counts(kept)
            self._aftermath.follow(kept, counts)
            _keep_renewed([ending.decision.record for ending, _ in kept])
            self._keep_failures(kept)
            self._resolve_older(kept, counts)
            SyncRun.recount(counts, heartbeat_at=store.now())
        return Counter(row.outcome for _, row in kept)

    def _settled(self, ending: Ending, now: datetime) -> store.Settled:
        waited = now - self._begun(ending.decision.record.run_id)
        return settled(ending, self.rules, waited, now)

    def _begun(self, run_id: int) -> datetime:
        if run_id not in self._runs:
            runs = SyncRun.objects.filter(pk=run_id)
            self._runs[run_id] = runs.values_list("queued_at", flat=True).get()
        return self._runs[run_id]

    def _keep_failures(self, kept: Sequence[tuple[Ending, store.Settled]]) -> None:
        Attempt.objects.bulk_create(
            Attempt(
                record_id=row.id,
                number=ending.decision.record.attempts,
                outcome=row.outcome,
                error_class=row.error_class,
                error_message=row.error_message,
                mapped=ending.decision.values,
            )
            for ending, row in kept
            if row.error_class and not _again(ending.decision.record, row)
        )

    def _counts(self, kept: Sequence[tuple[Ending, store.Settled]]) -> Counts:
        counts: Counts = defaultdict(Counter)
        for ending, row in kept:
            record = ending.decision.record
            counts[record.run_id][record.outcome] -= 1
            counts[record.run_id][row.outcome] += 1
        return counts

    def _resolve_older(
        self, kept: Sequence[tuple[Ending, store.Settled]], counts: Counts
    ) -> None:
        """Older failures of a record are settled when a newer change arrives, and what
        was not sent yet when its delete is dealt with.

        One that somebody else is moving at this moment is left to them.
        """
        arrived = {
            ending.decision.record.source_id: row.id
            for ending, row in kept
            if row.outcome in ARRIVED or _ended(ending.decision.record, row)
        }
        if not arrived:
            return
        open_ones = keyed.records(self.flow.pk, list(arrived), _OVERTAKEN)
        ids = [one.id for one in open_ones if one.id < arrived[one.source_id]]
        found = (
            SyncRecord.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk__in=ids, outcome__in=_OVERTAKEN)
            .values_list("pk", "run_id", "outcome")
        )
        older = {row[0]: row for row in found}
        # Looked at when the rows are locked: a claim may have been made before.
        for pk in claimed(older):
            del older[pk]
        SyncRecord.objects.filter(pk__in=older).update(
            outcome=Outcome.SKIPPED, settled_at=store.now()
        )
        Review.objects.overtaken(older)
        for _, run_id, outcome in older.values():
            counts[run_id][outcome] -= 1
            counts[run_id][Outcome.SKIPPED] += 1


def _keep_renewed(records: Iterable[Claimed]) -> None:
    """Keep what was read again of records, and that it was."""
    for record in records:
        if record.renewed:
            SyncRecord.objects.filter(pk=record.id).update(
                payload=record.payload,
                fingerprint=record.fingerprint,
                version=record.version,
            )
            Attempt.objects.create(
                record_id=record.id,
                number=record.attempts,
                outcome=record.outcome,
                note="Read again: the other direction had written to it meanwhile.",
            )


def _ended(record: Claimed, row: store.Settled) -> bool:
    """Whether the source has lost it, and that is dealt with."""
    return record.change == Change.DELETED and row.outcome not in DUE


def _again(record: Claimed, row: store.Settled) -> bool:
    """Whether it only waits on, as before: that may go on for ever, unlike attempts."""
    uncounted = row.attempts < record.attempts
    return uncounted and row.error_fingerprint == record.error_fingerprint
