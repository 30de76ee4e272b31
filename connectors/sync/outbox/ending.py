"""What is stored of a record that has been decided, and perhaps sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.models import Flow, Outcome, ReviewKind
from connectors.sdk.errors import ConnectorError, NotFoundError, UncertainWriteError
from connectors.sdk.records import WriteResult
from connectors.sdk.redact import Redactor
from connectors.sdk.values import fingerprint
from connectors.sync.deciding.decision import Decision, Question
from connectors.sync.outbox import binding, retry, store

# Numbers, quoted values and long ids differ from record to record; an error's
# fingerprint leaves them out, so that alike errors are counted together.
_VARYING = re.compile(r"“[^”]*”|\"[^\"]*\"|'[^']*'|[0-9a-f-]{16,}|\d+")
SENT = (Outcome.CREATED, Outcome.UPDATED)
ARRIVED = (*SENT, Outcome.UNCHANGED)


@dataclass(slots=True)
class Ending:
    """A decision with what the target answered, if it was asked.

    In an `outage` it answered nothing to anybody.
    """

    decision: Decision
    result: WriteResult | None = None
    error: ConnectorError | None = None
    outage: bool = False

    @property
    def problem(self) -> ConnectorError | None:
        """The error of the write, or else of the decision."""
        answered = self.result.error if self.result else None
        return answered or self.error or self.decision.error

    @property
    def gone(self) -> bool:
        """Whether the target says that the bound record is not there any more."""
        return isinstance(self.problem, NotFoundError) and bool(self.decision.target_id)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the endings of a flow are judged by."""

    version: int
    redact: Redactor
    policies: Mapping[str, retry.RetryPolicy]


def settled(
    ending: Ending, rules: Rules, waited: timedelta, now: datetime
) -> store.Settled:
    """The record's new values; `waited` is how long it has been on its way."""
    row = _answered(ending, rules, now)
    if ending.gone:
        # Noted in the binding; the next look at it follows the flow's policy.
        row.outcome, row.settled_at = Outcome.WAITING, None
        row.error_message = "Its record in the target is gone."
    elif ending.problem:
        _judge(row, ending, ending.problem, rules, waited)
    elif ending.decision.questions:
        question = ending.decision.questions[0]
        row.outcome = Outcome.CONFLICT
        row.error_class, row.error_message = "review", question.reason
        row.error_fingerprint = fingerprint("review", question.kind)
    return row


def _answered(ending: Ending, rules: Rules, now: datetime) -> store.Settled:
    """The values where nothing has gone wrong."""
    decision, record = ending.decision, ending.decision.record
    row = store.Settled(
        id=record.id,
        outcome=decision.outcome,
        target_id=decision.target_id,
        mapped=store.json_text(_written(decision)),
        response=None,
        mapping_version=rules.version,
        attempts=record.attempts,
        due_at=now,
        settled_at=now,
        error_message=decision.note,
        choices=store.json_text(decision.choices) if decision.choices else None,
    )
    if ending.result:
        row.outcome = ending.result.outcome
        row.target_id = ending.result.target_id or decision.target_id
        row.response = _response(ending.result)
    return row


def _judge(
    row: store.Settled,
    ending: Ending,
    problem: ConnectorError,
    rules: Rules,
    waited: timedelta,
) -> None:
    verdict = retry.decide(
        problem, row.attempts, waited, outage=ending.outage, known=rules.policies
    )
    if verdict.outcome == Outcome.DEAD and _undecidable(ending):
        verdict = retry.Verdict(Outcome.CONFLICT)
    _fail(row, problem, verdict, rules.redact)


def _written(decision: Decision) -> dict[str, object]:
    lines = decision.mapped.lines
    return {**decision.values, "lines": lines} if lines else {**decision.values}


def _undecidable(ending: Ending) -> bool:
    """It may have been written, and the target could not tell: a person must."""
    if not isinstance(ending.problem, UncertainWriteError):
        return False
    ending.decision.questions.append(
        Question(ReviewKind.UNCERTAIN, ending.problem.message)
    )
    return True


def _fail(
    row: store.Settled,
    error: ConnectorError,
    verdict: retry.Verdict,
    redact: Redactor,
) -> None:
    row.outcome = verdict.outcome
    row.due_at += verdict.delay
    if verdict.outcome == Outcome.WAITING:
        row.settled_at = None
    # One that is held still follows by itself when what it refers to comes.
    row.blocked_by = getattr(error, "missing", "")[:281]
    if not verdict.counted:
        row.attempts -= 1
    row.error_class = error.error_class
    row.error_message = redact(str(error))
    row.error_field = error.field.replace("\0", "")[:200]
    row.error_fingerprint = error_fingerprint(error)
    said = {"request_id": error.request_id, "status": error.status, "code": error.code}
    row.response = row.response or store.json_text(said)


def binds(ending: Ending, row: store.Settled) -> bool:
    """Whether the two records are known to be one from now on."""
    if ending.decision.arrived:
        return True
    if not row.target_id or ending.decision.archive or ending.gone:
        return False
    answered = bool(ending.result and ending.result.target_id)
    return answered or row.outcome in ARRIVED or bool(ending.decision.agreed)


def bound(
    flow: Flow, ending: Ending, row: store.Settled, now: datetime
) -> binding.Bound:
    """The binding of a record that has arrived, or a part of it."""
    decision, record = ending.decision, ending.decision.record
    # Written, but not all of it: bound, and due again whatever comes next.
    whole = row.outcome in ARRIVED
    mark = decision.target_fingerprint if whole else ""
    agreed = decision.agreed if whole or row.outcome == Outcome.CONFLICT else None
    ours, theirs = map(store.json_text, agreed) if agreed else (None, None)
    version = record.version if whole else None
    sides = (
        (record.source_id, record.fingerprint if whole else "", version, ours),
        (row.target_id, mark, _behind(ending, row), theirs),
    )
    left, right = sides if flow.source_is_left else sides[::-1]
    return binding.Bound(
        pair_id=flow.pair_id or 0,
        left_id=left[0],
        right_id=right[0],
        left_fingerprint=left[1],
        right_fingerprint=right[1],
        left_version=left[2],
        right_version=right[2],
        record=row.id,
        created_at=now,
        updated_at=now,
        left_values=left[3],
        right_values=right[3],
    )


def _behind(ending: Ending, row: store.Settled) -> datetime | None:
    """What the other direction has read of the target before this is behind what is
    agreed now, and would take it back: see `intake/behind.py`.

    None where flows do not run both ways.
    """
    at = ending.decision.merged_at
    if row.outcome not in ARRIVED or ending.decision.agreed is None:
        return None
    if ending.result and ending.result.modified_at:
        return ending.result.modified_at
    # Written after we looked, and perhaps within the same second.
    return at + timedelta(microseconds=1) if at and row.outcome in SENT else at


def _response(result: WriteResult) -> str:
    said = {
        "outcome": result.outcome,
        "id": result.target_id,
        "request_id": result.request_id,
    }
    if result.modified_at:
        said["changed_at"] = result.modified_at.isoformat()
    assigned = {"assigned": dict(result.assigned)} if result.assigned else {}
    return store.json_text({**said, **assigned})


def error_fingerprint(error: ConnectorError) -> str:
    """The same for errors that read alike but for the record's own values."""
    return fingerprint(
        error.error_class, error.code, error.field, _VARYING.sub("#", error.message)
    )
