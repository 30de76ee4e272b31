"""Write-back: tells the source what became of its record.

Ordered in the transaction that stores the outcome, and done afterwards on its own: what
fails here is tried again here, and nothing is sent to the target for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from django.db.models import Q

from connectors.models import Flow, Moment, Outcome, Told, WriteBack, WriteBackJob
from connectors.models.record import PROBLEM
from connectors.sdk.contract import Connector
from connectors.sdk.errors import ConnectorError, ContractError
from connectors.sdk.records import (
    FieldInfo,
    Fields,
    WriteItem,
    WriteResult,
    checked_results,
)
from connectors.sdk.values import coded_types, typed
from connectors.sync import connect
from connectors.sync.drift.breakage import untellable
from connectors.sync.mapping.coerce import COERCIONS
from connectors.sync.mapping.fields import known_fields
from connectors.sync.outbox import retry, store
from connectors.sync.outbox.ending import ARRIVED, Ending

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
BATCH = 100


class Orders:
    """The write-back rows of one flow."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.rows = list(flow.write_backs.filter(enabled=True))

    def order(self, kept: Sequence[tuple[Ending, store.Settled]]) -> None:
        """Store what the source is to be told of these records."""
        if not self.rows:
            return
        jobs = []
        for ending, row in kept:
            values = self._values(ending, row)
            if values:
                jobs.append(
                    WriteBackJob(
                        record_id=row.id, flow=self.flow, values=values,
                        due_at=store.now(),
                    )
                )  # fmt: skip
        WriteBackJob.objects.bulk_create(
            jobs,
            update_conflicts=True,
            unique_fields=["record"],
            update_fields=["values", "due_at", "attempts", "held"],
        )

    def _values(self, ending: Ending, row: store.Settled) -> dict[str, Any]:
        return {
            one.source_field: _told(one, ending, row)
            for one in self.rows
            if _is_moment(one, row.outcome)
        }


def _is_moment(one: WriteBack, outcome: str) -> bool:
    arrived, problem = outcome in ARRIVED, outcome in PROBLEM
    return {
        Moment.SUCCESS: arrived,
        Moment.PROBLEM: problem,
        Moment.ALWAYS: arrived or problem,
    }[Moment(one.moment)]


def _told(one: WriteBack, ending: Ending, row: store.Settled) -> Any:
    # What had arrived without an answer was looked up, and shows it as well.
    assigned: Mapping[str, Any] = (
        ending.result.assigned if ending.result else ending.decision.found
    )
    return {
        Told.TARGET_ID: row.target_id,
        Told.ASSIGNED: assigned.get(one.argument, ""),
        Told.OUTCOME: Outcome(row.outcome).label,
        Told.MESSAGE: row.error_message,
        Told.TIME: store.now(),
        Told.TEXT: one.argument,
    }[Told(one.value)]


def due(flow: Flow) -> bool:
    """Whether the source is to be told something now."""
    return bool(_due(flow).exists())


def carry_out(flow: Flow) -> int:
    """Tell the source what is due; how many records were told of. Nothing while it
    lacks a field that it is to be told in.

    Raises nothing for what the source does: the jobs say it.
    """
    done = 0
    if not due(flow) or untellable(flow):
        return done
    with connect.open_connector(flow.source) as connector:
        while jobs := _taken(flow):
            done += _tell(flow, connector, jobs)
    return done


def _due(flow: Flow) -> Any:
    free = Q(lease_until=None) | Q(lease_until__lt=store.now())
    return WriteBackJob.objects.filter(
        free, flow=flow, due_at__lte=store.now(), held=False
    )


def _taken(flow: Flow) -> list[WriteBackJob]:
    token = uuid.uuid4().hex
    chosen = list(
        _due(flow).order_by("due_at", "pk").values_list("pk", flat=True)[:BATCH]
    )
    _due(flow).filter(pk__in=chosen).update(
        lease_token=token, lease_until=store.now() + LEASE
    )
    return list(WriteBackJob.objects.filter(lease_token=token).select_related("record"))


def _tell(flow: Flow, connector: Connector, jobs: list[WriteBackJob]) -> int:
    _drop_unnamed(flow, jobs)
    match = flow.source.spec.object(flow.source_object).match_field
    known = known_fields(flow.source, flow.source_object)
    items, results = [], {}
    for job in jobs:
        item = WriteItem(key=str(job.pk), fields={}, target_id=job.record.source_id)
        try:
            items.append(replace(item, fields=_coerced(job.values, known)))
        except ConnectorError as error:
            results[item.key] = _failed(item, error)
    try:
        found = connector.write(flow.source_object, items, match_field=match)
        results |= {r.key: r for r in checked_results(items, found)}
    except ConnectorError as error:
        results |= {i.key: _failed(i, error) for i in items}
    except Exception as error:
        log.exception("write-back failed", flow=flow.name)
        problem = ContractError(f"The connector failed: {error!r}.")
        results |= {i.key: _failed(i, problem) for i in items}
    for job in jobs:
        _end(job, results[str(job.pk)].error)
    return len(jobs)


def _drop_unnamed(flow: Flow, jobs: list[WriteBackJob]) -> None:
    """Leave out fields that were taken out of the flow while their values waited."""
    rows = flow.write_backs.filter(enabled=True)
    named = set(rows.values_list("source_field", flat=True))
    for job in jobs:
        job.values = {n: value for n, value in job.values.items() if n in named}


def _coerced(values: Fields, known: Mapping[str, FieldInfo]) -> dict[str, Any]:
    """The values in the types of the source's fields. Raises MappingError."""
    types = coded_types({name: info.type for name, info in known.items()})
    return {
        name: COERCIONS[known[name].type](value, known[name])
        if name in known and value not in (None, "")
        else value
        for name, value in typed(values, types).items()
    }


def _failed(item: WriteItem, error: ConnectorError) -> WriteResult:
    return WriteResult(key=item.key, outcome="failed", error=error)


def _end(job: WriteBackJob, error: ConnectorError | None) -> None:
    """Done jobs are dropped, unless what is to be told has changed meanwhile."""
    same = WriteBackJob.objects.filter(pk=job.pk, lease_token=job.lease_token)
    if error is None:
        same.filter(due_at=job.due_at).delete()
        same.update(lease_token="", lease_until=None)
        return
    verdict = retry.decide(error, job.attempts + 1)
    same.update(
        attempts=job.attempts + 1,
        held=verdict.outcome != Outcome.WAITING,
        due_at=store.now() + verdict.delay,
        error_class=error.error_class,
        error_message=connect.redactor(job.flow.source, job.flow.target)(str(error)),
        lease_token="",
        lease_until=None,
    )
