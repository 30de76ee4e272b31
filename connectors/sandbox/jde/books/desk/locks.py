"""Records that an open form holds against other sessions."""

from __future__ import annotations

from collections.abc import Callable

Key = tuple[str, int]


class Locks:
    """Who holds which record; a session that ended holds nothing any more."""

    def __init__(self, alive: Callable[[str], bool]):
        self._alive = alive
        self._held: dict[Key, str] = {}

    def holder(self, key: Key) -> str | None:
        """The session that holds a record, if it is still there."""
        session = self._held.get(key)
        if session is not None and not self._alive(session):
            del self._held[key]
            return None
        return session

    def hold(self, key: Key, session: str) -> bool:
        """Reserve a record; False where another session has it."""
        if self.holder(key) not in {None, session}:
            return False
        self._held[key] = session
        return True

    def release(self, key: Key) -> None:
        self._held.pop(key, None)

    def clear(self) -> None:
        self._held.clear()
