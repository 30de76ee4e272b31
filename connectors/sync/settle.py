"""Settles records: outcome, binding, counts and past attempts in one transaction."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F

from connectors.models import Attempt, Flow, Outcome, SyncRecord, SyncRun
from connectors.models.record import DUE
from connectors.sdk.errors import ConnectorError
from connectors.sdk.records import WriteResult
from connectors.sdk.redact import Redactor
from connectors.sdk.values import dump, fingerprint
from connectors.sync import retry, store
from connectors.sync.decide import Decision
from connectors.sync.mapping.mapper import CompiledMapping

_redact = Redactor()
# Numbers, quoted values and long ids differ from record to record; an error's
# fingerprint leaves them out, so that alike errors are counted together.
_VARYING = re.compile(r"“[^”]*”|\"[^\"]*\"|'[^']*'|[0-9a-f-]{16,}|\d+")
_SENT = (Outcome.CREATED, Outcome.UPDATED)


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
            self._count(kept)
            self._resolve_older(kept)
        return Counter(row.outcome for _, row in kept)

    def _settled(self, ending: Ending) -> store.Settled:
        decision, record = ending.decision, ending.decision.record
        error = ending.error or decision.error
        now = store.now()
        row = store.Settled(
            id=record.id,
            outcome=decision.outcome,
            target_id=decision.target_id,
            mapped=dump(decision.values).decode(),
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
            self._fail(row, error, now)
        return row

    def _fail(self, row: store.Settled, error: ConnectorError, now: Any) -> None:
        verdict = retry.decide(error, row.attempts)
        row.outcome = verdict.outcome
        row.due_at = now + verdict.delay
        if verdict.outcome == Outcome.WAITING:
            row.settled_at = None
        if not verdict.counted:
            row.attempts -= 1
        row.error_class = error.error_class
        row.error_message = _redact(str(error))
        row.error_field = error.field[:200]
        row.error_fingerprint = error_fingerprint(error)
        row.response = (
            row.response
            or dump(
                {
                    "request_id": error.request_id,
                    "status": error.status,
                    "code": error.code,
                }
            ).decode()
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
            if row.error_class
        )

    def _count(self, kept: Sequence[tuple[Ending, store.Settled]]) -> None:
        counts: dict[int, Counter[str]] = defaultdict(Counter)
        for ending, row in kept:
            record = ending.decision.record
            counts[record.run_id][row.outcome] += 1
            if record.outcome == Outcome.WAITING:
                counts[record.run_id][Outcome.WAITING] -= 1
        for run_id, outcomes in counts.items():
            SyncRun.objects.filter(pk=run_id).update(
                heartbeat_at=store.now(),
                **{name: F(name) + count for name, count in outcomes.items()},
            )

    def _resolve_older(self, kept: Sequence[tuple[Ending, store.Settled]]) -> None:
        """Older failures of a record are settled when a newer change arrives."""
        arrived = {
            ending.decision.record.source_id: row.id
            for ending, row in kept
            if row.outcome in (*_SENT, Outcome.UNCHANGED)
        }
        if not arrived:
            return
        older = list(
            SyncRecord.objects.filter(
                flow=self.flow,
                source_id__in=list(arrived),
                outcome__in=[*DUE, Outcome.FAILED, Outcome.DEAD],
                claim=None,
            ).values_list("pk", "source_id", "run_id", "outcome")
        )
        for pk, source_id, run_id, outcome in older:
            if pk >= arrived[source_id]:
                continue
            SyncRecord.objects.filter(pk=pk, outcome=outcome).update(
                outcome=Outcome.SKIPPED, settled_at=store.now()
            )
            SyncRun.move(run_id, outcome, Outcome.SKIPPED)


def _binds(ending: Ending, row: store.Settled) -> bool:
    answered = bool(ending.result and ending.result.target_id)
    return bool(row.target_id) and (answered or row.outcome == Outcome.UNCHANGED)


def _response(result: WriteResult) -> str:
    return dump(
        {
            "outcome": result.outcome,
            "id": result.target_id,
            "request_id": result.request_id,
        }
    ).decode()


def error_fingerprint(error: ConnectorError) -> str:
    """The same for errors that read alike but for the record's own values."""
    return fingerprint(
        error.error_class, error.code, error.field, _VARYING.sub("#", error.message)
    )
