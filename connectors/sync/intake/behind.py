"""Records that are behind: the other direction has written to them since their read.

What was read of them then would look as if somebody had taken that back. So they are
read again, and decided as they are now.
"""

from __future__ import annotations

from collections.abc import Sequence

from connectors.models import Change, Flow, SyncRecord
from connectors.sdk.errors import ConnectorError
from connectors.sync.deciding.decision import Decision
from connectors.sync.deciding.twoway import OtherDirectionError
from connectors.sync.intake.again import Now, read_again
from connectors.sync.mapping.mapper import CompiledMapping


def catch_up(
    flow: Flow, mapping: CompiledMapping, decisions: Sequence[Decision]
) -> None:
    """Read again those that are behind; they wait while the source cannot be asked.

    Left as they are: those that a person has edited, and those that are gone.
    """
    late = [d for d in decisions if behind(d) and d.record.change != Change.DELETED]
    late = _without_edited(late)
    if not late:
        return
    try:
        now = read_again(flow, mapping, [d.record.source_id for d in late])
    except ConnectorError as error:
        for decision in late:
            decision.error = OtherDirectionError(
                "The other direction has written this record since it was read, and it "
                f"cannot be read again: {error.message}"
            )
        return
    for decision in late:
        if decision.record.source_id in now:
            _renew(decision, now[decision.record.source_id])


def behind(decision: Decision) -> bool:
    """Whether a newer version than the record's is part of what was agreed."""
    version, known = decision.record.version, decision.known
    return bool(version and known and known.version and version < known.version)


def _without_edited(late: list[Decision]) -> list[Decision]:
    again = [d.record.id for d in late if d.record.replays]
    if not again:
        return late
    edited = SyncRecord.objects.filter(pk__in=again, original_payload__isnull=False)
    kept = set(edited.values_list("pk", flat=True))
    return [d for d in late if d.record.id not in kept]


def _renew(decision: Decision, now: Now) -> None:
    record = decision.record
    record.payload, record.fingerprint = now.payload, now.fingerprint
    # The source may tell whole seconds, and what was agreed is newer than one.
    agreed = decision.known.version if decision.known else None
    record.version = max((at for at in (now.version, agreed) if at), default=None)
    record.renewed = True
