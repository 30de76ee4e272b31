"""Writes of which nobody knows whether they arrived.

Some targets take the same record twice. For those the intent is stored before the
call, with our own name of the record, and dropped with the outcome. One that is still
there after a kill or a lost answer is cleared up by looking for that name in the
target; nothing is sent again before that.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from django.db import transaction

from connectors.models import Change, Flow, Intent, Outcome, Review, ReviewKind
from connectors.models import Decision as Said
from connectors.sdk.contract import Connector
from connectors.sdk.errors import ConnectorError, UncertainWriteError
from connectors.sdk.records import Fields, SourceRecord
from connectors.sdk.values import load
from connectors.sync.deciding.decision import Decision, Question
from connectors.sync.deciding.known import Known
from connectors.sync.deciding.merge import Agreed
from connectors.sync.mapping.mapper import LINES
from connectors.sync.outbox import store

# A request that was given up on may still be carried out.
SETTLING = timedelta(seconds=60)
# What is left of a reference for a number that does not fit.
_DIGEST = 10


def reference_of(flow: Flow, source_id: str) -> str:
    """Our own name of a record in the target: the same at every attempt, and short
    enough for the field that keeps it."""
    target = flow.target.spec.object(flow.target_object)
    info = target.fields.get(target.reference_field)
    longest = (info.max_length if info else None) or 80
    name = f"{flow.source.system[:2].upper()}-{source_id}".upper()
    if len(name) <= longest:
        return name
    digest = blake2b(source_id.encode(), digest_size=_DIGEST).digest()
    return f"{name[:3]}{base64.b32encode(digest).decode()}"[:longest]


def declare(flow: Flow, decisions: Sequence[Decision]) -> None:
    """Store that these are about to be created, before they are."""
    if not flow.target.spec.object(flow.target_object).create_is_not_idempotent:
        return
    now = store.now()
    intents = [
        Intent(
            record_id=d.record.id,
            reference=d.item.reference,
            sent=_sent(d),
            sent_at=now,
        )
        for d in decisions
        if d.item and not d.item.target_id
    ]
    with transaction.atomic():
        Intent.objects.bulk_create(
            intents,
            update_conflicts=True,
            unique_fields=["record"],
            update_fields=["reference", "sent", "sent_at"],
        )


def drop(flow: Flow, source_ids: Sequence[str]) -> None:
    """What became of these is known; and so of what was begun of them before."""
    Intent.objects.filter(record__flow=flow, record__source_id__in=source_ids).delete()


class Doubts:
    """Clears up which records of a flow have arrived, although nobody said so."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.object = flow.target.spec.object(flow.target_object)

    def settle(self, decisions: Sequence[Decision], connector: Connector) -> None:
        """Bind what is there, let wait what may still come, ask where it is unclear."""
        if not self.object.create_is_not_idempotent:
            return
        # By the source's key: a newer change of it may have come since.
        found = Intent.objects.filter(
            record__flow=self.flow,
            record__source_id__in=[d.record.source_id for d in decisions],
        ).select_related("record")
        by_source = {one.record.source_id: one for one in found.order_by("pk")}
        intents = {
            d.record.id: by_source[d.record.source_id]
            for d in decisions
            if d.record.source_id in by_source and not d.target_id
        }
        doubtful = [d for d in decisions if d.record.id in intents]
        if not doubtful:
            return
        answers = _answers(doubtful)
        asked = [d for d in doubtful if d.record.id not in answers]
        for decision in doubtful:
            if decision.record.id in answers:
                _follow(decision, *answers[decision.record.id])
        if asked:
            self._look(asked, intents, connector)

    def _look(
        self,
        decisions: Sequence[Decision],
        intents: dict[int, Intent],
        connector: Connector,
    ) -> None:
        references = [intents[d.record.id].reference for d in decisions]
        try:
            found = connector.find(
                self.flow.target_object, self.object.reference_field, references
            )
        except ConnectorError as error:
            for decision in decisions:
                decision.fail(
                    UncertainWriteError(
                        "It may have been written, and the target cannot be asked: "
                        f"{error.message}"
                    )
                )
            return
        for decision in decisions:
            intent = intents[decision.record.id]
            self._clear(decision, intent, found.get(intent.reference, []))

    def _clear(
        self, decision: Decision, intent: Intent, hits: list[SourceRecord]
    ) -> None:
        if len(hits) > 1:
            decision.ask(
                Question(
                    ReviewKind.UNCERTAIN,
                    f"It may have been written, and {len(hits)} records of the target "
                    f"carry the reference {intent.reference}.",
                    candidates=[_candidate(hit) for hit in hits],
                )
            )
        elif hits and _gone(decision):
            # It goes by the flow's rule for deletes, now that it is known.
            decision.target_id, decision.arrived = hits[0].key, True
        elif hits and intent.sent in (None, _sent(decision)):
            _found(decision, hits[0].key, hits[0].fields)
        elif hits:
            # An earlier version of it has arrived: this one brings it up to date.
            decision.target_id = hits[0].key
            values = {n: v for n, v in intent.sent.items() if n in decision.values}
            agreed = Agreed(None, values)
            decision.known = Known(hits[0].key, "", None, agreed=agreed)
        elif store.now() - intent.sent_at < SETTLING:
            decision.fail(
                UncertainWriteError(
                    "Its answer was lost, and the target does not have it yet.",
                    advice="It is looked for again before it is sent.",
                )
            )


def _gone(decision: Decision) -> bool:
    """Whether the source has lost it since."""
    return decision.record.change == Change.DELETED


def _sent(decision: Decision) -> Any:
    """What a record says, as it is stored; others by their keys in the source, whether
    the target's ids of them are in the lines already or not."""
    mapped = decision.mapped
    named = {f"{one.field}:{one.line}": one.source_key for one in mapped.references}
    resolved = {
        one.field.removeprefix(LINES)
        for one in mapped.references
        if one.line is not None
    }
    lines = [
        {name: value for name, value in line.items() if name not in resolved}
        for line in mapped.lines
    ]
    return load(store.json_text({**decision.values, **named, "lines": lines}))


def _found(decision: Decision, target_id: str, found: Fields) -> None:
    decision.target_id, decision.found = target_id, found
    decision.end(
        Outcome.CREATED,
        "Its answer was lost; the target was asked, and had it already.",
    )


def _follow(decision: Decision, said: str, chosen: str) -> None:
    """What a person has said of it; "send it again" is to go on."""
    if said == Said.WRITTEN:
        _found(decision, chosen, {})
    elif said == Said.IGNORE:
        decision.end(Outcome.SKIPPED, "A person decided to leave it.")


def _answers(decisions: Sequence[Decision]) -> dict[int, tuple[str, str]]:
    again = [d.record.id for d in decisions if d.record.replays]
    if not again:
        return {}
    decided = Review.objects.filter(
        record__in=again, kind=ReviewKind.UNCERTAIN, decided_at__isnull=False
    ).order_by("decided_at", "pk")
    rows = decided.values_list("record_id", "decision", "chosen")
    return {record_id: (said, chosen) for record_id, said, chosen in rows}


def _candidate(hit: SourceRecord) -> dict[str, object]:
    return {"id": hit.key, "label": hit.key, "values": dict(hit.fields)}
