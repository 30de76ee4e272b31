"""Stores events for the flows that read their objects, and wakes those flows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from operator import itemgetter

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from connectors.models import (
    ChangeEvent,
    Connection,
    EventFeed,
    Flow,
    RunKind,
    RunStatus,
    SyncRun,
    Via,
)
from connectors.models.run import ENDED
from connectors.sdk.events import Told
from connectors.sync import runs
from connectors.sync.events import lines
from connectors.sync.events.rows import NewEvent, insert, new

# Events of so long are gathered in one run, so that a steady trickle does not bury the
# other runs.
GATHERED = timedelta(hours=1)
# After a run that failed the next one waits, twice as long each time.
REST, LONGEST_REST = 15, 600


@dataclass(frozen=True, slots=True)
class Post:
    """Events ready to be stored: one row for each of the `flows` that read its object.

    `dropped` of them no flow reads, the last of them for the reason `why`.
    """

    connection: Connection
    rows: Sequence[NewEvent]
    flows: Sequence[Flow]
    dropped: int = 0
    why: str = ""


def sorted_out(connection: Connection, told: Sequence[Told], via: Via) -> Post:
    """What is to be stored of events; apart from storing them, which keeps others
    waiting on SQLite."""
    readers, now = _readers(connection), timezone.now()
    reasons = [_unwanted(connection, one, readers) for one in told]
    wanted = [one for one, why in zip(told, reasons, strict=True) if not why]
    rows = [
        new(one, flow.pk, via, now, of_line=flow.source_object != one.object_type)
        for one in wanted
        for flow in readers[one.object_type]
    ]
    # In one order: two deliveries of the same events must not wait for each other.
    rows.sort(key=itemgetter(0, 1))
    flows = {row.flow_id for row in rows}
    every = {flow.pk: flow for found in readers.values() for flow in found}
    return Post(
        connection,
        rows,
        [flow for pk, flow in every.items() if pk in flows],
        len(told) - len(wanted),
        next(filter(None, reversed(reasons)), ""),
    )


def store(post: Post) -> None:
    """Store events, those not that are there already. Call it in a transaction."""
    insert(post.rows)
    if post.dropped:
        EventFeed.objects.filter(connection=post.connection).update(
            dropped=F("dropped") + post.dropped, dropped_why=post.why[:200]
        )


def _readers(connection: Connection) -> dict[str, list[Flow]]:
    """The flows by the object types whose events concern them."""
    found: dict[str, list[Flow]] = defaultdict(list)
    mapped = Flow.objects.filter(source=connection, mapping_version__gt=0)
    flows = list(with_state(mapped))
    for flow in flows:
        found[flow.source_object].append(flow)
    for flow, of_lines in lines.readers(flows):
        found[of_lines].append(flow)
    return found


def with_state(flows: QuerySet[Flow]) -> QuerySet[Flow]:
    """Flows with what `wake` looks at; secrets stay unread."""
    ends = flows.select_related("source", "target", "state")
    return ends.defer("source__secrets", "target__secrets")


def _unwanted(
    connection: Connection, told: Told, readers: dict[str, list[Flow]]
) -> str:
    """Why an event is dropped, if it is."""
    if told.account and connection.account and told.account != connection.account:
        return f"It is of the account {told.account}."
    if told.object_type not in readers:
        return f"No flow reads {told.object_type}."
    return ""


def wake(flows: Iterable[Flow]) -> int:
    """See to it that a worker reads what waits; how many flows needed that.

    The run that gathers a flow's events is carried on, or begun anew.
    """
    return sum(_wake(flow) for flow in flows)


def _wake(flow: Flow) -> bool:
    last = flow.runs.filter(kind=RunKind.EVENTS).order_by("-pk").first()
    if last is not None and last.status in runs.OPEN and last.read_done_at is None:
        # It looks once more for what waits before it ends.
        return False
    waiting = ChangeEvent.objects.filter(flow=flow, taken_at=None)
    if not may_read(flow) or not waiting.exists():
        return False
    if last is None:
        return _begun(flow)
    if _resting(flow, last):
        return False
    if _reopened(last):
        runs.queue(last)
        return True
    return _begun(flow)


def _begun(flow: Flow) -> bool:
    """Begin a run; False when there is an open one."""
    try:
        with transaction.atomic():
            runs.queue(runs.create(flow, RunKind.EVENTS))
    except IntegrityError:
        # Another delivery at the same moment was quicker.
        return False
    return True


def may_read(flow: Flow) -> bool:
    """Whether the records of a flow's events may be read now.

    Before its first read has begun, and while records are only adopted, events wait:
    what is created is for these reads to decide.
    """
    if not flow.ready or flow.state.cursor is None:
        return False
    adopting = flow.runs.filter(status__in=runs.OPEN, kind=RunKind.ADOPT)
    return not adopting.exists()


def _resting(flow: Flow, last: SyncRun) -> bool:
    if last.status != RunStatus.FAILED or last.finished_at is None:
        return False
    rest = min(LONGEST_REST, REST * 2 ** min(flow.state.failures, 6))
    return bool(timezone.now() - last.finished_at < timedelta(seconds=rest))


def _reopened(run: SyncRun) -> bool:
    """Let a run read once more, if it is young; one conditional UPDATE decides."""
    now = timezone.now()
    young = Q(status__in=runs.OPEN) | Q(status__in=ENDED, queued_at__gt=now - GATHERED)
    found = SyncRun.objects.filter(young, pk=run.pk, read_done_at=run.read_done_at)
    return bool(
        found.update(
            status=RunStatus.RUNNING, read_done_at=None, finished_at=None,
            heartbeat_at=now, message="",
        )
    )  # fmt: skip
