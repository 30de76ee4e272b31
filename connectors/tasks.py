"""What the queue runs: ids in, one call, and again if there is more to do."""

from __future__ import annotations

import gc
from functools import cache

from django_q.tasks import async_task

from connectors.sync import execution
from connectors.sync.drift import schedule
from connectors.sync.events import journals
from connectors.sync.sweep import sweep as sweep_once
from connectors.sync.worker import filling
from connectors.sync.worker.supervisor import beat, worker_name


def execute_run(run_id: int) -> None:
    """Carry a run on; queues itself again when its time is up."""
    _begin()
    if not execution.execute(run_id):
        async_task("connectors.tasks.execute_run", run_id)


def fill_replay(run_id: int) -> None:
    """Take up the records of an ordered replay; the last of them queues its run."""
    _begin()
    if not filling.fill(run_id):
        async_task(filling.TASK, run_id)


def push_flow(flow_id: int) -> None:
    """Write what is due in a flow, beside whoever else does."""
    _begin()
    if not execution.push_flow(flow_id):
        async_task("connectors.tasks.push_flow", flow_id)


def refresh_fields(connection_id: int) -> None:
    """Read the fields of a connection again, and tell what has changed."""
    _begin()
    schedule.refresh(connection_id)


def read_journal(connection_id: int) -> None:
    """Store what is new in a connection's journal."""
    _begin()
    if not journals.read(connection_id):
        async_task(journals.TASK, connection_id)


def sweep() -> None:
    """See connectors.sync.sweep."""
    _begin()
    sweep_once()


def _begin() -> None:
    beat(worker_name())
    _freeze()


@cache
def _freeze() -> None:
    """Once per process: what is loaded by now stays, and is not looked through again.

    The collector else spends a tenth of a run on the code and the tables of Django.
    """
    gc.freeze()
