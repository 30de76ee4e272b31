"""A worker that tests may kill: forks a process for each command it reads.

`execute RUN` carries a run on until it has ended, `push FLOW` writes what is due. The
answer to a command is the process's number; `wait PID` answers with its exit code when
it has ended. Its argument is the seconds that leases last, so that what a killed
process held is soon free.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import django

django.setup()

from connectors.models import SyncRun  # noqa: E402
from connectors.sync import execution  # noqa: E402
from connectors.sync import push as pushing  # noqa: E402
from connectors.sync.intake import poll  # noqa: E402
from connectors.sync.outbox import claim, retry  # noqa: E402

BATCH = 5


def shorten(lease: float) -> None:
    """Little at a time, not held for long; being killed often is no fault here."""
    claim.LEASE_SECONDS = lease  # type: ignore[assignment]
    poll.LEASE_SECONDS = execution.LEASE_SECONDS = lease  # type: ignore[assignment,attr-defined]
    pushing.RENEW_SECONDS = min(lease, 2.0) / 4
    pushing.CLAIM = 4 * BATCH
    execution.PATIENCE = min(lease, 2.0) / 4
    claim.SUSPECT = retry.POISON = 1000
    usual = pushing.Pusher.__init__

    def small(self: pushing.Pusher, *args: Any, **options: Any) -> None:
        usual(self, *args, **options)
        self.batch_size = BATCH

    pushing.Pusher.__init__ = small  # type: ignore[method-assign]


def execute(run_id: int) -> None:
    """What the queue and the sweeper do together."""
    while not SyncRun.objects.get(pk=run_id).final:
        claim.reclaim()
        execution.execute(run_id)
        time.sleep(0.02)


def push(flow_id: int) -> None:
    """What a second worker does."""
    execution.push_flow(flow_id)


def fork(verb: str, number: int) -> int:
    """The process that does it."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        {"execute": execute, "push": push}[verb](number)
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Read commands until the input ends."""
    shorten(float(sys.argv[1]))
    for line in sys.stdin:
        verb, number = line.split()
        if verb == "wait":
            _, status = os.waitpid(int(number), 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = fork(verb, int(number))
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
