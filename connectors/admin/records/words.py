"""What to do about a record, in plain words."""

from __future__ import annotations

from connectors.models import Outcome, SyncRecord

NEXT_STEPS = {
    "rejected": "The target did not accept a value. Correct it in the source and "
    "replay from a fresh read; or correct the mapping and replay; or edit the "
    "payload of this one record.",
    "mapping": "A mapping row cannot be applied. Correct the row (or its value map), "
    "then replay.",
    "guard": "A condition of the flow is not met. Correct the record in the source and "
    "replay from a fresh read; or change the guard, then replay.",
    "busy": "Nothing to do: it is tried again by itself as soon as nobody works on the "
    "record there.",
    "dependency": "Nothing to do yet: it is sent by itself when the record it refers "
    "to has arrived. If that one is stuck, repair that one.",
    "orphan": "Nobody brings what it refers to. Correct the reference in the source "
    "and replay from a fresh read; or let that record come, and this one follows.",
    "ambiguous": "Several records of the target match. Merge them or correct the "
    "matching field there, then replay.",
    "not_found": "The record is gone on one side. Restore it, then replay; or leave "
    "it as it is.",
    "rate_limited": "Nothing to do: it is tried again by itself as soon as the other "
    "system accepts requests.",
    "unavailable": "Nothing to do as long as it is waiting: it is tried again by "
    "itself. If it has given up, test the connection, then replay.",
    "uncertain": "The answer was lost. It is looked up before anything is sent "
    "again; a replay is safe.",
    "authentication": "The credentials were refused. Correct the connection and test "
    "it; waiting records then go on by themselves.",
    "drift": "A field that the mapping names has changed. Mend the row or the field as "
    "the alert of the connection says; the record is then sent by itself.",
    "configuration": "Something in the set-up is wrong. Correct it, resume the flow, "
    "then replay.",
    "unsupported": "The system cannot do this. Choose another object type for the "
    "flow.",
    "internal": "This is a defect of ours, not of your data. Report it with the "
    "correlation id; a replay does no harm.",
}

_BY_OUTCOME = {
    Outcome.PENDING: "Nothing to do: it is waiting for a worker to send it.",
    Outcome.WAITING: "Nothing to do: it is tried again by itself.",
    Outcome.CREATED: "Nothing to do: it arrived.",
    Outcome.UPDATED: "Nothing to do: it arrived.",
    Outcome.UNCHANGED: "Nothing to do: the target held these values already. Replay "
    "it if someone changed the target since.",
    Outcome.SKIPPED: "Nothing to do: a newer change took its place.",
    Outcome.CONFLICT: "It waits for a decision. Say below what is right; it is then "
    "sent on by itself.",
}

LABELS = {
    Outcome.PENDING: "info",
    Outcome.WAITING: "warning",
    Outcome.CREATED: "success",
    Outcome.UPDATED: "success",
    Outcome.UNCHANGED: "default",
    Outcome.SKIPPED: "default",
    Outcome.CONFLICT: "danger",
    Outcome.FAILED: "danger",
    Outcome.DEAD: "danger",
}


def next_step(record: SyncRecord) -> str:
    """What a person should do now."""
    if record.error_class in NEXT_STEPS:
        return NEXT_STEPS[record.error_class]
    return _BY_OUTCOME.get(Outcome(record.outcome), NEXT_STEPS["internal"])
