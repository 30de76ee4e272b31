"""Push: writes the outbox to the target.

Records are claimed in a transaction, mapped, written outside any transaction by a few
threads at once, and settled in a transaction together with their bindings and the
run's counts. A record whose worker dies is due again when its lease ends; writing it
again is harmless, because targets are written by a unique key.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass

import structlog
from django.db import DatabaseError

from connectors.models import Flow
from connectors.sdk.contract import Connector
from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    ContractError,
)
from connectors.sdk.records import WriteItem, checked_results
from connectors.sync.keeper import Keeper
from connectors.sync.mapping.mapper import CompiledMapping
from connectors.sync.outbox import claim as claims
from connectors.sync.outbox.claim import Claims
from connectors.sync.outbox.decide import Decider, Decision
from connectors.sync.outbox.settle import Ending, Settler

log = structlog.get_logger(__name__)

RENEW_SECONDS = 15.0
CLAIM = 500


@dataclass(slots=True)
class _Batch:
    token: str
    decisions: list[Decision]


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
        self.decider = Decider(flow, mapping)
        self.settler = Settler(flow, mapping)
        self.batch_size = connector.spec.object(flow.target_object).max_batch
        self.parallel = connector.parallel
        self.outcomes: Counter[str] = Counter()
        self._flying: dict[Future[list[Ending]], _Batch] = {}
        self._ready: deque[_Batch] = deque()
        self._held: Counter[str] = Counter()
        self._stop: ConnectorError | None = None

    def push(self, *, deadline: float) -> Counter[str]:
        """Write due records until none is left or time is up; the outcomes, counted.

        `deadline` is a time.monotonic() value. Raises AuthenticationError or
        ConfigurationError when the target refuses everything; the records then wait,
        unharmed.
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
            and time.monotonic() < deadline
        ):
            if not self._ready and not self._claim():
                break
            if self._ready and not self._stop:
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
            self.outcomes += self.settler.settle(settled, claim.token)
        to_write = [d for d in decisions if d.item is not None]
        for start in range(0, len(to_write), self.batch_size):
            self._held[claim.token] += 1
            some = to_write[start : start + self.batch_size]
            self._ready.append(_Batch(claim.token, some))
        self._held[claim.token] -= 1
        return True

    def _decide(self, claim: Claims) -> list[Decision]:
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
        future = threads.submit(context.run, self._write, batch.decisions)
        self._flying[future] = batch

    def _write(self, decisions: Sequence[Decision]) -> list[Ending]:
        """In a thread, without the database: write one batch."""
        items = [d.item for d in decisions if d.item is not None]
        try:
            results = self.connector.write(
                self.flow.target_object, items, match_field=self.flow.match_field
            )
            by_key = {r.key: r for r in checked_results(items, results)}
        except ConnectorError as error:
            return [Ending(d, error=error) for d in decisions]
        except Exception as error:
            log.exception("write failed", flow=self.flow.name)
            problem = ContractError(f"The connector failed: {error!r}.")
            return [Ending(d, error=problem) for d in decisions]
        return [Ending(d, result=by_key[_item(d).key]) for d in decisions]

    def _land(self) -> None:
        """Settle the batches that have come back."""
        done, _ = wait(self._flying, return_when=FIRST_COMPLETED)
        landed: dict[str, list[Ending]] = {}
        for future in done:
            batch = self._flying.pop(future)
            landed.setdefault(batch.token, []).extend(future.result())
            self._held[batch.token] -= 1
        for token, endings in landed.items():
            for ending in endings:
                if ending.error:
                    self._note_stop(ending.error)
            self.outcomes += self.settler.settle(endings, token)

    def _renew(self) -> None:
        """In the keeper's thread: keep all claims that are not settled yet."""
        for token, batches in list(self._held.items()):
            if batches > 0:
                claims.renew(token)

    def _note_stop(self, error: ConnectorError) -> None:
        # Everything that follows would be refused alike: stop after what is in flight.
        if isinstance(error, (AuthenticationError, ConfigurationError)):
            self._stop = self._stop or error


def _item(decision: Decision) -> WriteItem:
    if decision.item is None:
        raise ContractError("A decision without an item was sent.")
    return decision.item
