"""Operators, their sessions and the seats they take up."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass

from connectors.sandbox.core.clock import Clock
from connectors.sandbox.syspro.config import SysproConfig

BASE_DIR = "ERROR: Unable to read the SYSPRO base directory registry string BaseDir8"
_WRONG = "ERROR: Invalid operator password"


@dataclass(frozen=True, slots=True)
class Operator:
    """A user of e.net; the OData password is another one."""

    code: str
    password: str
    odata_password: str
    name: str


OPERATORS = {
    one.code: one
    for one in (
        Operator("HSYNC", "enet-secret-1", "odata-secret-1", "HubSpot synchronisation"),
        Operator("CLERK", "enet-secret-2", "odata-secret-2", "Accounts clerk"),
    )
}


class EnetError(Exception):
    """A text that starts with ERROR, as an e.net exception comes."""


@dataclass(slots=True)
class Session:
    """One log-on. `used` is in seconds since 1970."""

    token: str
    operator: str
    used: float


class Sessions:
    """One session per operator, as many operators as there are seats."""

    def __init__(self, config: SysproConfig, clock: Clock) -> None:
        self._config, self._clock = config, clock
        self._live: dict[str, Session] = {}
        self._failures: Counter[str] = Counter()
        self.logons = 0

    def clear(self) -> None:
        """No sessions, no locked operators."""
        self._live.clear()
        self._failures.clear()
        self.logons = 0

    def kill(self) -> int:
        """End all sessions; how many there were."""
        count = len(self._live)
        self._live.clear()
        return count

    def unlock(self) -> None:
        """Forget wrong passwords."""
        self._failures.clear()

    def occupy(self, count: int) -> None:
        """Others take up so many seats."""
        for number in range(count):
            self._open(f"GUEST{number}")

    def alive(self) -> dict[str, int]:
        """Live sessions per operator."""
        return dict(Counter(one.operator for one in self._live.values()))

    def logon(self, given: dict[str, str]) -> str:
        """A token; ends what other session the operator has. EnetError if refused."""
        operator = OPERATORS.get(given.get("operator", "").upper())
        if operator is None:
            raise EnetError(f"ERROR: Operator '{given.get('operator', '')}' not found")
        if self._failures[operator.code] >= self._config.passwords_to_lock:
            raise EnetError(f"ERROR: Operator '{operator.code}' is locked")
        if given.get("companyid", "").upper() != self._config.company:
            company = given.get("companyid", "")
            raise EnetError(f"ERROR: Company '{company}' not found")
        company_password = given.get("companypassword")
        if (
            given.get("operatorpassword") != operator.password
            or company_password is None
            or company_password != self._config.company_password
        ):
            self._failures[operator.code] += 1
            raise EnetError(_WRONG)
        del self._failures[operator.code]
        return self._open(operator.code)

    def steal(self, code: str) -> None:
        """Somebody logs on with this operator elsewhere."""
        self._open(code)

    def find(self, token: str) -> Session:
        """The session of a token, used now. EnetError when there is none."""
        session = self._live.get(token)
        if session is None:
            whole = token.endswith(("00  ", "-000000-000"))
            raise EnetError(self._config.expired_text if whole else BASE_DIR)
        now = self._clock.time()
        if now - session.used >= self._config.idle_s:
            del self._live[token]
            raise EnetError(self._config.expired_text)
        session.used = now
        return session

    def logoff(self, token: str) -> str:
        """End a session. EnetError when there is none."""
        del self._live[self.find(token).token]
        return "0"

    def _open(self, code: str) -> str:
        for token in [t for t, one in self._live.items() if one.operator == code]:
            del self._live[token]
        now = self._clock.time()
        if len(self._live) >= self._config.seats:
            idle = [
                token
                for token, one in self._live.items()
                if now - one.used >= self._config.idle_s
            ]
            for token in idle:
                del self._live[token]
        if len(self._live) >= self._config.seats:
            raise EnetError(
                "ERROR: The maximum number of concurrent e.net users has been reached"
            )
        session = Session(self._token(), code, now)
        self._live[session.token] = session
        self.logons += 1
        return session.token

    def _token(self) -> str:
        if self._config.token_style == "S7":
            return f"{secrets.token_hex(16).upper()}00  "
        groups = "-".join(secrets.token_hex(3).upper() for _ in range(3))
        return f"SYS800-{groups}-000000-000"
