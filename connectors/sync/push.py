"""Push: writes the outbox to the target.

Records are claimed in a transaction, mapped, written outside any transaction by a few
threads at once, and settled in a transaction together with their bindings and the
run's counts. A record whose worker dies is due again when its lease ends; writing it
again is harmless, because targets are written by a unique key.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import cast

import structlog
from django.db import DatabaseError

from connectors.models import ErrorAction, Flow
from connectors.sdk.contract import Connector
from connectors.sdk.errors import (
    AuthenticationError,
    BudgetSpentError,
    ConfigurationError,
    ConnectorError,
    ContractError,
    RejectedError,
    UnavailableError,
)
from connectors.sdk.records import WriteItem, WriteResult, checked_results
from connectors.sync.deciding.decide import Decider
from connectors.sync.deciding.decision import Decision
from connectors.sync.drift.breakage import held
from connectors.sync.keeper import Keeper
from connectors.sync.mapping.mapper import CompiledMapping
from connectors.sync.mapping.versions import against
from connectors.sync.outbox import claim as claims
from connectors.sync.outbox import intents
from connectors.sync.outbox.breaker import Breaker
from connectors.sync.outbox.claim import Claims
from connectors.sync.outbox.ending import Ending
from connectors.sync.outbox.settle import Settler

log = structlog.get_logger(__name__)

RENEW_SECONDS = 15.0
CLAIM = 500
# Batches that come back within so many seconds of each other are settled together, up
# to as many as are in flight at once: while one is settled, none of the next is sent.
SOON = 0.05


@dataclass(slots=True)
class _Batch:
    token: str
    decisions: list[Decision]
    archive: bool = False


class Pusher:
    """Pushes one flow's due records with one connector.

    `parallel` requests are in flight at once, so that the target's latency is spent
    waiting by threads and not by the outbox. With `run_id` only that run's records go.
    """

    def __init__(
        self,
        flow: Flow,
        mapping: CompiledMapping,
        connector: Connector,
        *,
        run_id: int | None = None,
    ) -> None:
        self.flow = flow
        self.run_id = run_id
        self.connector = connector
        self.held = held(flow)
        self.decider = Decider(flow, mapping, against(flow))
        self.settler = Settler(flow, mapping)
        self.batch_size = connector.spec.object(flow.target_object).max_batch
        self.parallel = connector.parallel
        self.outcomes: Counter[str] = Counter()
        self._flying: dict[Future[list[Ending]], _Batch] = {}
        self._landed: list[tuple[_Batch, list[Ending]]] = []
        self._ready: deque[_Batch] = deque()
        self._held: Counter[str] = Counter()
        self._stop: ConnectorError | None = None
        self._breaker = Breaker()
        self._answered = False
        self.outage: UnavailableError | None = None
        self.spent: BudgetSpentError | None = None
        # Whether the target has refused a field by its name: it may have changed.
        self.suspicious = False

    def push(self, *, deadline: float) -> Counter[str]:
        """Write due records until none is left or time is up; the outcomes, counted.

        `deadline` is a time.monotonic() value. Raises AuthenticationError or
        ConfigurationError when the target refuses everything; the records then wait,
        unharmed. Nothing more is sent once a whole batch was not answered and none
        was before it: that is an `outage`; or once the day's requests are `spent`.
        """
        with (
            ThreadPoolExecutor(self.parallel, thread_name_prefix="push") as threads,
            Keeper(self._renew, RENEW_SECONDS),
        ):
            while self._fill(threads, deadline):
                self._land()
        for batch in self._ready:
            claims.release(batch.token, [d.record.id for d in batch.decisions])
        if self._stop:
            raise self._stop
        return self.outcomes

    def _fill(self, threads: ThreadPoolExecutor, deadline: float) -> bool:
        """Send while there is room, work and time; whether anything is in flight."""
        while (
            len(self._flying) < self.parallel
            and not self._stop
            and not self.outage
            and not self.spent
            and time.monotonic() < deadline
        ):
            if not self._ready and not self._claim():
                break
            if self._ready and not (self._stop or self.outage or self.spent):
                self._send(threads, self._ready.popleft())
        return bool(self._flying)

    def _claim(self) -> bool:
        """Claim, decide, settle what needs no writing, make batches of the rest.

        False when nothing is due.
        """
        claim = claims.claim(self.flow, max(CLAIM, self.batch_size), run_id=self.run_id)
        if claim is None:
            return False
        # Counted as one batch more until it is cut up, for the keeper's sake.
        self._held[claim.token] += 1
        decisions = self._decide(claim)
        settled = [Ending(d) for d in decisions if d.item is None]
        if settled:
            self._note(settled)
            self.outcomes += self.settler.settle(settled, claim.token)
        to_send = [d for d in decisions if d.item is not None]
        for archive in (False, True):
            self._cut(claim.token, [d for d in to_send if d.archive == archive])
        self._held[claim.token] -= 1
        return True

    def _cut(self, token: str, decisions: list[Decision]) -> None:
        for start in range(0, len(decisions), self.batch_size):
            self._held[token] += 1
            some = decisions[start : start + self.batch_size]
            self._ready.append(_Batch(token, some, archive=some[0].archive))

    def _decide(self, claim: Claims) -> list[Decision]:
        if self.held:
            return [Decision(record, error=self.held) for record in claim.records]
        try:
            return self.decider.decide(claim.records, self.connector)
        except DatabaseError:
            raise
        except ConnectorError as error:
            # The target could not be asked what it holds.
            self._note_stop(error)
            return [Decision(record, error=error) for record in claim.records]
        except Exception as error:
            log.exception("decision failed", flow=self.flow.name)
            problem = ContractError(f"The connector failed: {error!r}.")
            return [Decision(record, error=problem) for record in claim.records]

    def _send(self, threads: ThreadPoolExecutor, batch: _Batch) -> None:
        # The thread that writes tells the target the same correlation id as we do.
        context = copy_context()
        if not batch.archive:
            intents.declare(self.flow, batch.decisions)
        send = self._archive if batch.archive else self._write
        future = threads.submit(context.run, self._sent, send, batch.decisions)
        self._flying[future] = batch

    def _write(self, items: list[WriteItem]) -> Sequence[WriteResult]:
        return self.connector.write(
            self.flow.target_object, items, match_field=self.flow.match_field
        )

    def _archive(self, items: list[WriteItem]) -> Sequence[WriteResult]:
        keys = {item.target_id: item.key for item in items}
        results = self.connector.archive(self.flow.target_object, list(keys))
        return [replace(result, key=keys[result.key]) for result in results]

    def _sent(
        self,
        send: Callable[[list[WriteItem]], Sequence[WriteResult]],
        decisions: Sequence[Decision],
    ) -> list[Ending]:
        """In a thread, without the database: send one batch."""
        items = [d.item for d in decisions if d.item is not None]
        try:
            by_key = {r.key: r for r in checked_results(items, send(items))}
        except ConnectorError as error:
            return [Ending(d, error=error) for d in decisions]
        except Exception as error:
            log.exception("write failed", flow=self.flow.name)
            problem = ContractError(f"The connector failed: {error!r}.")
            return [Ending(d, error=problem) for d in decisions]
        return [Ending(d, result=by_key[_item(d).key]) for d in decisions]

    def _land(self) -> None:
        """Take in what has come back, and settle it unless more comes at once."""
        timeout = SOON if self._landed else None
        done, _ = wait(self._flying, timeout, return_when=FIRST_COMPLETED)
        for future in done:
            batch, endings = self._flying.pop(future), future.result()
            self._note_outage(endings)
            self._note(endings)
            self._landed.append((batch, endings))
        more = done and self._flying
        if not more or len(self._landed) >= self.parallel:
            self._settle()

    def _settle(self) -> None:
        landed: dict[str, list[Ending]] = {}
        for batch, endings in self._landed:
            landed.setdefault(batch.token, []).extend(endings)
            self._held[batch.token] -= 1
        self._landed.clear()
        for token, together in landed.items():
            self.outcomes += self.settler.settle(together, token)

    def _note_outage(self, endings: Sequence[Ending]) -> None:
        unanswered = [e for e in endings if isinstance(e.error, UnavailableError)]
        self._answered = self._answered or len(unanswered) < len(endings)
        if unanswered and not self._answered:
            self.outage = cast("UnavailableError", unanswered[0].error)
            for ending in unanswered:
                ending.outage = True

    def _renew(self) -> None:
        """In the keeper's thread: keep all claims that are not settled yet."""
        for token, batches in list(self._held.items()):
            if batches > 0:
                claims.renew(token)

    def _note(self, endings: Sequence[Ending]) -> None:
        for ending in endings:
            if ending.problem:
                self._note_stop(ending.problem)
            if isinstance(ending.problem, RejectedError) and ending.problem.field:
                self.suspicious = True
        self._breaker.note(endings)
        self._stop = self._stop or self._breaker.error

    def _note_stop(self, error: ConnectorError) -> None:
        if isinstance(error, BudgetSpentError):
            self.spent = self.spent or error
            return
        # Everything that follows would be refused alike: stop after what is in flight.
        if isinstance(error, (AuthenticationError, ConfigurationError)):
            self._stop = self._stop or error
            return
        policy = self.settler.rules.policies.get(error.error_class)
        if policy and policy.action == ErrorAction.STOP_FLOW:
            self._stop = self._stop or ConfigurationError(error.message)
        elif policy and policy.action == ErrorAction.STOP_CONNECTION:
            self._stop = self._stop or AuthenticationError(error.message)


def _item(decision: Decision) -> WriteItem:
    if decision.item is None:
        raise ContractError("A decision without an item was sent.")
    return decision.item
