"""Events as rows, stored in one statement: a hundred come with each delivery, and the
ORM would spend most of the answer's time on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from connectors.models import ChangeEvent, Fate, Via
from connectors.sdk.events import Told
from connectors.sdk.values import dump, fingerprint

# The kind of an event that names a line of documents, and not a record of its flow.
OF_LINE = "line"
_TABLE = ChangeEvent._meta.db_table
_COLUMNS = (
    "flow_id", "identity", "key", "kind", "what", "source", "merged_keys", "via",
    "attempt", "occurred_at", "received_at", "taken_at", "fate",
)  # fmt: skip


# A time as the adapter of the database made it.
Stored = str | datetime | None


class NewEvent(NamedTuple):
    """The columns of an event in their order, as the database takes them."""

    flow_id: int
    identity: str
    key: str
    kind: str
    what: str
    source: str
    merged_keys: str | None
    via: str
    attempt: int
    occurred_at: Stored
    received_at: Stored
    taken_at: Stored
    fate: str


def new(
    told: Told, flow_id: int, via: Via, now: datetime, *, of_line: bool = False
) -> NewEvent:
    """An event for one flow; `of_line` says that its documents are to be looked up."""
    moment: Callable[[datetime], Stored] = connection.ops.adapt_datetimefield_value
    return NewEvent(
        flow_id=flow_id,
        identity=fingerprint(told.identity),
        key=_cut(told.key, 200),
        kind=OF_LINE if of_line else told.kind,
        what=_cut(told.what, 120),
        source=_cut(told.source, 120),
        merged_keys=dump(list(told.merged_keys)).decode() if told.merged_keys else None,
        via=via.value,
        attempt=min(told.attempt, 32767),
        occurred_at=moment(told.at) if told.at else None,
        received_at=moment(now),
        taken_at=moment(now) if told.ours else None,
        fate=Fate.OURS.value if told.ours else Fate.WAITING.value,
    )


def following(event: ChangeEvent, document: str) -> NewEvent:
    """The event of a document, after one of its lines."""
    moment: Callable[[datetime], Stored] = connection.ops.adapt_datetimefield_value
    return NewEvent(
        flow_id=event.flow_id,
        identity=fingerprint(event.identity, document),
        key=_cut(document, 200),
        kind="changed",
        what=event.what,
        source=event.source,
        merged_keys=None,
        via=event.via,
        attempt=event.attempt,
        occurred_at=moment(event.occurred_at) if event.occurred_at else None,
        received_at=moment(event.received_at),
        taken_at=None,
        fate=Fate.WAITING.value,
    )


def insert(events: Sequence[NewEvent]) -> None:
    """Store those that are not there already."""
    if not events:
        return
    names, marks = ", ".join(_COLUMNS), ", ".join(["%s"] * len(_COLUMNS))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {_TABLE} ({names}) VALUES ({marks}) "  # noqa: S608
            "ON CONFLICT DO NOTHING",
            events,
        )


def _cut(text: str, length: int) -> str:
    """As much as its column holds; PostgreSQL keeps no NUL character in a text."""
    return text.replace("\0", "")[:length]
