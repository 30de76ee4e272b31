"""The engine as its users drive it: runs, the sweeper, replays, a worker that may be
killed, people who answer questions, and the rest that all of it comes to."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from django_q.models import OrmQ

from connectors.models import (
    Alert,
    Binding,
    Connection,
    Decision,
    Flow,
    ObjectPair,
    Outcome,
    RateBudget,
    Review,
    RunKind,
    SyncRecord,
    SyncRun,
    WriteBackJob,
)
from connectors.models.record import DUE
from connectors.sandbox.core.client import ControlClient
from connectors.sync import connect, execution, replay, reviews, runs
from connectors.sync.outbox import claim
from tests.faults.processes import Driver
from tests.sync.site import eventually, pass_time

# A person who says which of several is meant needs more than a number.
NAMING = (Decision.BIND, Decision.WRITTEN)
# Rounds in which everything has to come to rest.
ROUNDS = 12


class Engine:
    """Flows by a name of the world's own, in the order in which they are run.

    `controls` are the systems' own surfaces; `calm` ends what they do wrong.
    """

    def __init__(
        self,
        flows: Mapping[str, Flow],
        controls: Mapping[str, ControlClient],
        worker: Driver,
        calm: Callable[[], None],
    ) -> None:
        self.flows = flows
        self.controls = controls
        self.worker = worker
        self.calm = calm
        self.dice = random.Random("people")

    def go(self, name: str, kind: RunKind = RunKind.SYNC) -> None:
        """Run a flow, if it may."""
        refresh_budget()
        try:
            run = runs.start(self.flow(name), kind)
        except runs.RunRefusedError:
            return
        self.work(run)

    def flow(self, name: str) -> Flow:
        """A flow as it is stored now."""
        flows = Flow.objects.select_related("source", "target")
        return flows.get(pk=self.flows[name].pk)

    def work(self, run: SyncRun) -> None:
        """Carry a run out until it has ended."""
        for _ in range(20):
            if execution.execute(run.pk):
                return

    def round(self) -> None:
        """All flows, one after the other."""
        for name in self.flows:
            self.go(name)

    def sweep(self) -> None:
        """What the sweeper has done: the work of the dead, open runs, what is due."""
        refresh_budget()
        claim.reclaim()
        for run in SyncRun.objects.filter(status__in=runs.OPEN).order_by("pk"):
            self.work(run)
        for name, flow in self.flows.items():
            if self.flow(name).ready:
                execution.push_flow(flow.pk)

    def send_again(self, chosen: Any, *, fresh: bool = False) -> None:
        """A person replays these."""
        refresh_budget()
        for run in replay.replay(chosen, None, fresh=fresh).runs:
            self.work(run)

    def kill(self, name: str, requests: int) -> None:
        """Run a flow in a process of its own; SIGKILL it after so many requests to
        either system."""
        refresh_budget()
        try:
            run = runs.start(self.flow(name), RunKind.SYNC)
        except runs.RunRefusedError:
            return
        before = self.requests()
        pid = self.worker.ask("execute", run.pk)
        eventually(lambda: self.requests() >= before + requests or ended(run))
        self.worker.kill(pid)

    def requests(self) -> int:
        """How many both systems have been sent."""
        return sum(one.stats()["requests"] for one in self.controls.values())

    # -------------------------------------------------------------------------- people

    def answer(self, review: Review, number: int) -> None:
        """A person decides."""
        said = [one for one in review.offered if one not in NAMING]
        self.decide(review, said[number % len(said)])

    def decide(self, review: Review, said: str, *, chosen: str = "") -> None:
        """A person says this."""
        asked = Review.objects.filter(pk=review.pk)
        for run in reviews.decide(asked, said, None, chosen=chosen).runs:
            self.work(run)

    def mend(self) -> None:
        """A person tests what was refused, and resumes what is paused or stopped."""
        for connection in Connection.objects.filter(stopped=True):
            assert connect.check(connection).ok
        for name in self.flows:
            runs.resume(self.flow(name))

    # -------------------------------------------------------------------------- settle

    def settle(self) -> None:
        """Let everything come to rest; fails when it does not."""
        self.calm()
        self.mend()
        for _ in range(ROUNDS):
            before = self.written()
            self.round_of_all()
            if self.written() == before and not self.unsettled():
                return
        raise AssertionError(f"never at rest: {self.unsettled()}")

    def round_of_all(self) -> None:
        """Time passes, all flows run, people answer and send again."""
        pass_time(days=2)
        self.sweep()
        self.round()
        for review in Review.objects.filter(decided_at=None).order_by("pk"):
            self.answer(review, self.dice.randrange(9))
        failed = SyncRecord.objects.filter(outcome__in=(Outcome.FAILED, Outcome.DEAD))
        # What refers to another must be released by it.
        stuck = failed.exclude(error_class="orphan")
        ids = [one.pk for one in stuck if not self.accounted(one)]
        # A source that refuses what it is told is told again with the record.
        untold = WriteBackJob.objects.filter(held=True)
        ids += untold.values_list("record", flat=True)
        self.send_again(SyncRecord.objects.filter(pk__in=ids))

    def written(self) -> list[Any]:
        """What each system has counted of our writes."""
        return [one.ledger(detail=False)["totals"] for one in self.controls.values()]

    def accounted(self, record: SyncRecord) -> bool:
        """Whether what users did explains that it never arrives; nothing does here."""
        del record
        return False

    def unsettled(self) -> list[tuple[Any, ...]]:
        """What is not done with."""
        open_ones = (*DUE, Outcome.CONFLICT, Outcome.FAILED, Outcome.DEAD)
        rows = SyncRecord.objects.filter(outcome__in=open_ones).select_related("flow")
        untold = WriteBackJob.objects.values_list(
            "record", "flow__name", "record__source_id", "attempts", "error_message"
        )
        return [
            *(
                (one.pk, one.flow.name, one.source_id, one.outcome, one.error_message)
                for one in rows
                if not self.accounted(one)
            ),
            *untold,
        ]


def refresh_budget() -> None:
    """Nobody here works for as long as ten seconds of a vendor's budget."""
    free = RateBudget.objects.filter(blocked_until_ms__lte=time.time() * 1000)
    free.update(grants=[])


def ended(run: SyncRun) -> bool:
    run.refresh_from_db()
    return run.final


def forget() -> None:
    """Drop all that the installation knows."""
    for kind in (Flow, Binding, ObjectPair, Connection, RateBudget, OrmQ, Alert):
        kind.objects.all().delete()
