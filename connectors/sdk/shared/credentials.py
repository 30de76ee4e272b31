"""Credentials that come to an end and are renewed: OAuth tokens, sessions.

All processes share them. Whoever finds them worn asks the store to renew them; the
store lets one process ask the other system, and gives the answer to all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeAlias

# Renewed this long before they end, or in the last fifth of a short life.
AHEAD = timedelta(minutes=5)
SHARE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """One set of secrets as it was issued; `values` are JSON-safe and never shown.

    `expires_at` is aware, None where they do not end by themselves. `version` is the
    store's: it grows with every renewal, and tells one set from the next.
    """

    values: Mapping[str, Any] = field(repr=False)
    issued_at: datetime
    expires_at: datetime | None = None
    version: int = 0

    def expired(self, now: datetime | None = None) -> bool:
        """Whether they have ended."""
        return self.expires_at is not None and self.expires_at <= _at(now)

    def due(self, now: datetime | None = None) -> bool:
        """Whether it is time to renew them, a little before they end."""
        if self.expires_at is None:
            return False
        ahead = min(AHEAD, (self.expires_at - self.issued_at) / SHARE)
        return self.expires_at - ahead <= _at(now)


Renew: TypeAlias = Callable[[Credentials | None], Credentials]


class CredentialStore(Protocol):
    """Named credentials of one connection, shared by all processes that use it.

    Safe for several threads. Raises UnavailableError when the store cannot be reached.
    """

    def read(self, name: str) -> Credentials | None:
        """Those stored at present, None if there are none."""

    def renew(self, name: str, seen: Credentials | None, renew: Renew) -> Credentials:
        """Others than `seen`: those somebody else has got meanwhile, or new ones.

        `renew` is given what is stored and asks the other system; of all threads and
        processes one does so at a time, and the answer is stored before it is used. An
        AuthenticationError of `renew` is kept: nobody asks again with what was refused,
        until a person tests the connection or connects it anew.
        """

    def keep(self, name: str, credentials: Credentials) -> Credentials:
        """Store what a person has just been given, whatever was there before."""

    def drop(self, name: str) -> None:
        """Forget them."""


class MemoryCredentials:
    """Credentials of one process, forgotten at its end: a store for want of a store."""

    def __init__(self) -> None:
        self._kept: dict[str, Credentials] = {}
        self._lock = threading.RLock()

    def read(self, name: str) -> Credentials | None:
        """See `CredentialStore`."""
        return self._kept.get(name)

    def renew(self, name: str, seen: Credentials | None, renew: Renew) -> Credentials:
        """See `CredentialStore`; other threads wait for the one that asks."""
        with self._lock:
            kept = self._kept.get(name)
            if kept and (seen is None or kept.version != seen.version):
                return kept
            return self.keep(name, renew(kept))

    def keep(self, name: str, credentials: Credentials) -> Credentials:
        """See `CredentialStore`."""
        with self._lock:
            before = self._kept.get(name)
            version = 1 + (before.version if before else 0)
            self._kept[name] = replace(credentials, version=version)
            return self._kept[name]

    def drop(self, name: str) -> None:
        """See `CredentialStore`."""
        with self._lock:
            self._kept.pop(name, None)


class Consent(Protocol):
    """How a person lets us in on the other system's own page: OAuth 2, with a code.

    The console sends the browser to `page`, the system sends it back with a code, and
    `accept` turns that into credentials, which are stored.
    """

    def page(self, *, redirect_uri: str, state: str) -> str:
        """The system's page that asks the person; calls nobody.

        Raises ConfigurationError when the app's own credentials are not set.
        """

    def accept(self, code: str, *, redirect_uri: str, state: str) -> str:
        """Exchange the code and store what it brings; returns the account. The address
        and the state are those that the page was asked for with.

        Raises AuthenticationError when the code is refused, or when it belongs to
        another account than the connection's: nothing is stored then.
        """

    def withdraw(self) -> str:
        """Give the credentials back and forget them.

        Returns what could not be done on the other side, "" when all was.
        """


def _at(now: datetime | None) -> datetime:
    return now or datetime.now(UTC)
