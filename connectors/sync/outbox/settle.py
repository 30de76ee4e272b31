"""Settles records: outcome, binding, counts and past attempts in one transaction."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from django.db import transaction

from connectors.models import Attempt, Flow, Outcome, SyncRecord, SyncRun
from connectors.models.record import DUE
from connectors.sdk.errors import ConnectorError
from connectors.sdk.records import WriteResult
from connectors.sdk.values import fingerprint
from connectors.sync import connect
from connectors.sync.mapping.mapper import CompiledMapping
from connectors.sync.outbox import keyed, retry, store
from connectors.sync.outbox.claim import Claimed, claimed
from connectors.sync.outbox.decide import Decision

# Numbers, quoted values and long ids differ from record to record; an error's
# fingerprint leaves them out, so that alike errors are counted together.
_VARYING = re.compile(r"“[^”]*”|\"[^\"]*\"|'[^']*'|[0-9a-f-]{16,}|\d+")
_SENT = (Outcome.CREATED, Outcome.UPDATED)
# What a newer change that has arrived makes pointless.
_OVERTAKEN = (*DUE, Outcome.FAILED, Outcome.DEAD)
Counts: TypeAlias = dict[int, Counter[str]]


@dataclass(slots=True)
class Ending:
    """A decision with what the target answered, if it was asked."""

    decision: Decision
    result: WriteResult | None = None
    error: ConnectorError | None = None


class Settler:
    """Settles records of one flow."""

    def __init__(self, flow: Flow, mapping: CompiledMapping) -> None:
        self.flow = flow
        self.mapping = mapping
        self._redact = connect.redactor(flow.source, flow.target)
        self._runs: dict[int, datetime] = {}

    def settle(self, endings: Sequence[Ending], token: str) -> Counter[str]:
        """Store what became of claimed records; the outcomes, counted.

        Records whose lease was lost meanwhile are left to their new holder.
        """
        rows = {e.decision.record.id: (e, self._settled(e)) for e in endings}
        with transaction.atomic():
            ours = store.settle([row for _, row in rows.values()], token)
            kept = [rows[pk] for pk in rows if pk in ours]
            store.bind([self._bound(e, row) for e, row in kept if _binds(e, row)])
            self._keep_failures(kept)
            counts = self._counts(kept)
            self._resolve_older(kept, counts)
            SyncRun.recount(counts, heartbeat_at=store.now())
        return Counter(row.outcome for _, row in kept)

    def _settled(self, ending: Ending) -> store.Settled:
        decision, record = ending.decision, ending.decision.record
        error = ending.error or decision.error
        now = store.now()
        row = store.Settled(
            id=record.id,
            outcome=decision.outcome,
            target_id=decision.target_id,
            mapped=store.json_text(decision.values),
            response=None,
            mapping_version=self.mapping.version,
            attempts=record.attempts,
            due_at=now,
            settled_at=now,
            error_message=decision.note,
        )
        if ending.result:
            row.outcome = ending.result.outcome
            row.target_id = ending.result.target_id or decision.target_id
            row.response = _response(ending.result)
            error = ending.result.error or error
        if error:
            self._fail(row, error, now - self._begun(record.run_id))
        return row

    def _begun(self, run_id: int) -> datetime:
        if run_id not in self._runs:
            runs = SyncRun.objects.filter(pk=run_id)
            self._runs[run_id] = runs.values_list("queued_at", flat=True).get()
        return self._runs[run_id]

    def _fail(
        self, row: store.Settled, error: ConnectorError, waited: timedelta
    ) -> None:
        verdict = retry.decide(error, row.attempts, waited)
        row.outcome = verdict.outcome
        row.due_at += verdict.delay
        if verdict.outcome == Outcome.WAITING:
            row.settled_at = None
        if not verdict.counted:
            row.attempts -= 1
        row.error_class = error.error_class
        row.error_message = self._redact(str(error))
        row.error_field = error.field.replace("\0", "")[:200]
        row.error_fingerprint = error_fingerprint(error)
        row.response = row.response or store.json_text(
            {
                "request_id": error.request_id,
                "status": error.status,
                "code": error.code,
            }
        )

    def _bound(self, ending: Ending, row: store.Settled) -> store.Bound:
        record, now = ending.decision.record, store.now()
        # Written, but not all of it: bound, and due again whatever comes next.
        whole = row.outcome in (*_SENT, Outcome.UNCHANGED)
        mark = ending.decision.target_fingerprint if whole else ""
        sides = (
            (record.source_id, record.fingerprint if whole else "", record.version),
            (row.target_id, mark, None),
        )
        left, right = sides if self.flow.source_is_left else sides[::-1]
        return store.Bound(
            pair_id=self.flow.pair_id or 0,
            left_id=left[0],
            right_id=right[0],
            left_fingerprint=left[1],
            right_fingerprint=right[1],
            left_version=left[2],
            right_version=right[2],
            record=row.id,
            created_at=now,
            updated_at=now,
        )

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
        """Older failures of a record are settled when a newer change arrives.

        One that somebody else is moving at this moment is left to them.
        """
        arrived = {
            ending.decision.record.source_id: row.id
            for ending, row in kept
            if row.outcome in (*_SENT, Outcome.UNCHANGED)
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
        for _, run_id, outcome in older.values():
            counts[run_id][outcome] -= 1
            counts[run_id][Outcome.SKIPPED] += 1


def _again(record: Claimed, row: store.Settled) -> bool:
    """Whether it only waits on, as before: that may go on for ever, unlike attempts."""
    uncounted = row.attempts < record.attempts
    return uncounted and row.error_fingerprint == record.error_fingerprint


def _binds(ending: Ending, row: store.Settled) -> bool:
    answered = bool(ending.result and ending.result.target_id)
    return bool(row.target_id) and (answered or row.outcome == Outcome.UNCHANGED)


def _response(result: WriteResult) -> str:
    return store.json_text(
        {
            "outcome": result.outcome,
            "id": result.target_id,
            "request_id": result.request_id,
        }
    )


def error_fingerprint(error: ConnectorError) -> str:
    """The same for errors that read alike but for the record's own values."""
    return fingerprint(
        error.error_class, error.code, error.field, _VARYING.sub("#", error.message)
    )
