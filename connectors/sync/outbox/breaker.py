"""Stops a push when everything fails alike: that is the set-up and not the data."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.sdk.errors import ConfigurationError
from connectors.sync.outbox.ending import Ending, error_fingerprint

# So many failures of one kind, and nothing else before them.
ALIKE = 100
# A guard or a missing record may well say the same of many.
_OF_THE_SET_UP = ("mapping", "rejected", "unsupported", "internal")


class Breaker:
    """Watches the endings of one push."""

    def __init__(self) -> None:
        self._seen: str | None = None
        self._count = 0
        self._closed = False
        self.error: ConfigurationError | None = None

    def note(self, endings: Sequence[Ending]) -> None:
        """Look at what has come back; `error` is set when it is always the same."""
        for ending in endings:
            if self._closed:
                return
            self._note(ending)

    def _note(self, ending: Ending) -> None:
        problem = ending.problem
        if problem is None or problem.error_class not in _OF_THE_SET_UP:
            # Something else happens too.
            self._closed = problem is None
            return
        mark = error_fingerprint(problem)
        if self._seen not in (None, mark):
            self._closed = True
            return
        self._seen, self._count = mark, self._count + 1
        if self._count >= ALIKE:
            self._closed = True
            self.error = ConfigurationError(
                f"The first {self._count} records all failed alike: {problem.message}",
                advice="Correct the mapping or the connection and resume the flow, "
                "then replay those that have failed.",
                field=problem.field,
            )
