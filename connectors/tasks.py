"""What the queue runs: ids in, one call, and again if there is more to do."""

from __future__ import annotations

from django_q.tasks import async_task

from connectors.sync import execution
from connectors.sync.sweep import sweep as sweep_once
from connectors.sync.worker.supervisor import beat, worker_name


def execute_run(run_id: int) -> None:
    """Carry a run on; queues itself again when its time is up."""
    beat(worker_name())
    if not execution.execute(run_id):
        async_task("connectors.tasks.execute_run", run_id)


def push_flow(flow_id: int) -> None:
    """Write what is due in a flow, beside whoever else does."""
    beat(worker_name())
    if not execution.push_flow(flow_id):
        async_task("connectors.tasks.push_flow", flow_id)


def sweep() -> None:
    """See connectors.sync.sweep."""
    sweep_once()
