"""Database work on a thread of its own.

The threads that send requests then need no database connection each, and no caller's
transaction is mixed in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog
from django.db import DatabaseError, close_old_connections, connections

from connectors.sdk.errors import UnavailableError

log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")


class DatabaseThread:
    """Runs functions one after the other; the thread starts when first needed."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._executor: ThreadPoolExecutor | None = None

    def run(self, work: Callable[[], Answer]) -> Answer:
        """What `work` returns. Raises UnavailableError when the database fails."""
        with self._lock:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(1, thread_name_prefix=self._name)
            future = self._executor.submit(_fresh, work)
        try:
            return future.result()
        except DatabaseError as error:
            log.warning("database unavailable", thread=self._name, error=str(error))
            raise UnavailableError(
                "The database that keeps the credentials does not answer."
            ) from error

    def close(self) -> None:
        """Give the database connection back."""
        with self._lock:
            executor, self._executor = self._executor, None
        if executor:
            executor.submit(connections.close_all).result()
            executor.shutdown()


def _fresh(work: Callable[[], Answer]) -> Answer:
    close_old_connections()
    return work()
