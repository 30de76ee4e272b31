"""A cure for django-q2's queue: one worker killed while idle stops all others for ever.

An idle worker sleeps inside `Queue.get` holding the queue's reader lock; killed there,
it never frees it. The replacement waits without the lock and holds it only while it
takes a message. Upstream issue 23, open; applied only to the release line it was tested
with.
"""

from __future__ import annotations

import queue
import time
from importlib.metadata import version
from typing import Any

from django_q.queues import Queue

TESTED = "1.11."
# Seconds a waiting worker sleeps before it looks whether it should do something else.
_NAP = 1.0


def _get(self: Any, block: bool = True, timeout: float | None = None) -> Any:  # noqa: FBT001, FBT002 - the signature of multiprocessing.Queue.get
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        left = _NAP if deadline is None else deadline - time.monotonic()
        nap = max(0.0, min(_NAP, left)) if block else 0.0
        if self._reader.poll(nap):
            message = _take(self)
            if message is not None:
                self.size.increment(-1)
                return _unpickle(message)
        if not block or (deadline is not None and time.monotonic() >= deadline):
            raise queue.Empty


def _take(self: Any) -> bytes | None:
    """One message, or None when another worker was quicker."""
    if not self._rlock.acquire(timeout=_NAP):
        return None
    try:
        if not self._reader.poll(0):
            return None
        message: bytes = self._reader.recv_bytes()
        self._sem.release()
        return message
    finally:
        self._rlock.release()


def _unpickle(message: bytes) -> Any:
    from multiprocessing.reduction import ForkingPickler  # noqa: PLC0415

    return ForkingPickler.loads(message)


def apply() -> bool:
    """Put the cure in place; False for a release it was not tested with."""
    if not version("django-q2").startswith(TESTED):
        return False
    Queue.get = _get
    return True
