"""Keeps a lease while its holder waits for an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

import structlog
from django.db import DatabaseError, connections

log = structlog.get_logger(__name__)


class Keeper:
    """Calls `renew` every so many seconds until its block ends.

    A system may take longer to answer than a lease lasts, and the thread that waits
    for it cannot renew. The renewing thread has a database connection of its own and
    gives it back. A worker that dies takes its keeper along: the lease then ends.
    """

    def __init__(self, renew: Callable[[], object], seconds: float) -> None:
        self._renew = renew
        self._seconds = seconds
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _keep(self) -> None:
        try:
            while not self._done.wait(self._seconds):
                try:
                    self._renew()
                except DatabaseError as error:
                    # The lease may still last until the database is back.
                    log.warning("lease not renewed", error=str(error))
                    connections.close_all()
        finally:
            connections.close_all()
