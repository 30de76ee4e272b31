"""Posts events to the app's one address: batches, retries, repeats, disorder."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson

from connectors.sandbox.hubspot.webhooks.happening import Event
from connectors.sandbox.hubspot.webhooks.signing import headers

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.config import HubSpotConfig

MOST_EVENTS = 100
LATENCIES = 100_000


class Sender:
    """One app's deliveries. What was answered is counted by status in `answers`."""

    def __init__(self, config: HubSpotConfig):
        self.config = config
        self.answers: Counter[str] = Counter()
        self.given_up = 0
        self.latencies: list[float] = []
        """Seconds until an answer came, of every attempt."""
        self._waiting: list[Event] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._gate = asyncio.Semaphore(1)
        self._flush: asyncio.TimerHandle | None = None
        self._ids = itertools.count(3_100_000_000)

    def add(self, event: Event) -> None:
        """Send an event soon, with others."""
        event.setdefault("eventId", next(self._ids))
        self._waiting += [event] * self.config.webhook_repeat
        if self._flush is None:
            loop = asyncio.get_running_loop()
            self._flush = loop.call_later(self.config.webhook_gather_s, self._send)

    @property
    def waiting(self) -> int:
        """Events to be sent, and deliveries that are not answered for good."""
        return len(self._waiting) + len(self._tasks)

    def clear(self) -> None:
        """Forget what is waiting and was counted."""
        self._waiting.clear()
        for task in self._tasks:
            task.cancel()
        self.answers.clear()
        self.latencies.clear()
        self.given_up = 0

    async def stop(self, _: Any = None) -> None:
        """End what is under way."""
        self.clear()
        if self._flush is not None:
            self._flush.cancel()
        if self._session is not None:
            await self._session.close()

    def _send(self) -> None:
        self._flush = None
        events, self._waiting = self._waiting, []
        if self.config.webhook_reversed:
            events.reverse()
        if self._session is None:
            most = self.config.webhook_concurrency
            connector = aiohttp.TCPConnector(limit=most)
            self._session = aiohttp.ClientSession(connector=connector)
            self._gate = asyncio.Semaphore(most)
        size = min(self.config.webhook_batch, MOST_EVENTS)
        for start in range(0, len(events), size):
            task = asyncio.ensure_future(self._deliver(events[start : start + size]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, events: Sequence[Event]) -> None:
        for attempt in range(self.config.webhook_retries + 1):
            if attempt:
                # Spread, so that deliveries refused together do not come together.
                jitter = random.uniform(0.5, 1.5)
                await asyncio.sleep(self.config.webhook_retry_s * jitter)
            sent = [{**event, "attemptNumber": attempt} for event in events]
            if await self._accepted(orjson.dumps(sent)):
                return
        self.given_up += 1

    async def _accepted(self, body: bytes) -> bool:
        config, session = self.config, self._session
        url = config.webhook_url
        if session is None or not url:
            return False
        async with self._gate:
            # Signed afresh at each attempt, or a retry would be too old.
            now_ms = int((time.time() + config.webhook_skew_s) * 1000)
            signed = headers(
                config.webhook_signatures, config.webhook_secret, url, body, now_ms
            )
            signed["Content-Type"] = "application/json"
            began = time.perf_counter()
            try:
                async with session.post(
                    url,
                    data=body,
                    headers=signed,
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(total=config.webhook_timeout_s),
                ) as answer:
                    status = answer.status
                    await answer.read()
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                self.answers[type(error).__name__] += 1
                return False
        if len(self.latencies) < LATENCIES:
            self.latencies.append(time.perf_counter() - began)
        self.answers[str(status)] += 1
        return 200 <= status < 300
