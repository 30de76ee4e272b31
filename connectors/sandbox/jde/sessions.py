"""Logins, tokens and their lifetimes."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field

from connectors.sandbox.core.clock import Clock
from connectors.sandbox.jde.config import JdeConfig
from connectors.sandbox.jde.errors import AisError, invalid_token
from connectors.sandbox.jde.users import (
    DEFAULT_ENVIRONMENT,
    DEFAULT_ROLE,
    ENVIRONMENTS,
    USERS,
    User,
)

FAILURES_TO_LOCK = 5


@dataclass(slots=True)
class Session:
    """One login. `device` is empty where the token is bound to the `address`."""

    token: str
    user: User
    environment: str
    role: str
    device: str
    address: str
    created: float
    used: float
    lasting: bool = True
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(24))


class Sessions:
    """Accounts with their failed attempts, and the tokens that are alive."""

    def __init__(self, config: JdeConfig, clock: Clock):
        self._config = config
        self._clock = clock
        self._live: dict[str, Session] = {}
        self._failures: Counter[str] = Counter()

    def clear(self) -> None:
        """No tokens and no locked accounts."""
        self._live.clear()
        self._failures.clear()

    def kill(self) -> int:
        """End every session, as a package build does; how many there were."""
        count = len(self._live)
        self._live.clear()
        return count

    def unlock(self) -> None:
        """Forget failed attempts."""
        self._failures.clear()

    def alive(self) -> Counter[str]:
        """Live sessions per user."""
        self._bury()
        return Counter(one.user.name for one in self._live.values())

    def authenticate(self, name: str, password: str) -> User:
        """The account; AisError 403 for anything that does not fit."""
        user = USERS.get(name.upper())
        if user is None or not user.enabled:
            raise _refused("Authorization Failure: invalid user or password")
        if self._failures[user.name] >= FAILURES_TO_LOCK:
            raise _refused(f"Authorization Failure: user {user.name} is locked")
        if not secrets.compare_digest(password.encode(), user.password.encode()):
            self._failures[user.name] += 1
            raise _refused("Authorization Failure: invalid user or password")
        del self._failures[user.name]
        return user

    def open(
        self,
        user: User,
        *,
        device: str,
        address: str,
        environment: str = "",
        role: str = "",
        lasting: bool = True,
    ) -> Session:
        """A session; one that is not `lasting` serves a single call.

        AisError 403 for an environment or role the user lacks, 500 when full.
        """
        environment = environment or DEFAULT_ENVIRONMENT
        role = role or DEFAULT_ROLE
        if environment not in ENVIRONMENTS or role not in user.roles:
            raise _refused("Authorization Failure: environment or role not allowed")
        now = self._clock.time()
        session = Session(
            _new_token(user.name),
            user,
            environment,
            role,
            device,
            address,
            now,
            now,
            lasting,
        )
        if lasting:
            if self.alive()[user.name] >= self._config.max_sessions:
                message = f"Maximum number of sessions reached for user {user.name}"
                raise AisError(500, message, "JASException")
            self._live[session.token] = session
        return session

    def find(
        self, token: str, *, device: str, address: str, touch: bool = True
    ) -> Session:
        """The live session of a token; AisError 444 for whatever is wrong with it."""
        session = self._live.get(token)
        if session is None:
            raise invalid_token()
        if self._expired(session):
            del self._live[token]
            raise invalid_token()
        bound = session.device == device if session.device else True
        if not bound or (not session.device and session.address != address):
            raise invalid_token()
        if touch:
            session.used = self._clock.time()
        return session

    def close(self, session: Session) -> None:
        """End one session."""
        self._live.pop(session.token, None)

    def is_alive(self, token: str) -> bool:
        """Whether a session is still there."""
        session = self._live.get(token)
        return session is not None and not self._expired(session)

    def _expired(self, session: Session) -> bool:
        now = self._clock.time()
        idle = now - session.used >= self._config.token_idle_s
        return idle or now - session.created >= self._config.token_ttl_s

    def _bury(self) -> None:
        for token in [one.token for one in self._live.values() if self._expired(one)]:
            del self._live[token]


def _refused(message: str) -> AisError:
    return AisError(403, message, "AuthorizationException")


def _new_token(user: str) -> str:
    """Opaque and long, always with the signs that need escaping in a URL."""
    # The first three bytes come out as "++//", 64 bytes end in "==".
    head = b64encode(b"\xfb\xef\xff" + secrets.token_bytes(61)).decode()
    tail = b64encode(f"018{user}{secrets.token_hex(8)}".encode()).decode()
    return f"044{head}{tail}"
