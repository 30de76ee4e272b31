"""The one session of the operator, shared by all processes through the store.

A second log-on of the same operator ends the first session, so nobody logs on for
himself: whoever finds the session gone asks the store, which lets one process log on
and gives its token to all.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime

from connectors.sdk.errors import (
    AuthenticationError,
    ConnectorError,
    UnavailableError,
)
from connectors.sdk.redact import Redactor
from connectors.sdk.shared.credentials import (
    Credentials,
    CredentialStore,
    MemoryCredentials,
)
from connectors.sdk.values import fingerprint
from connectors.systems.syspro.options import Options
from connectors.systems.syspro.wire.operations import (
    LOGOFF,
    LOGON,
    EnetRefusedError,
    Wire,
)

NAME = "enet"


class EnetSession:
    """The token of the next call. Safe for several threads."""

    def __init__(
        self, options: Options, store: CredentialStore, wire: Wire, redact: Redactor
    ) -> None:
        self._options, self._store = options, store
        self._wire, self._redact = wire, redact
        self._lock = threading.Lock()
        self._held: Credentials | None = None
        # Whose session it is: another operator's or password's is of no use.
        self._who = fingerprint(
            options.enet_url,
            options.operator,
            options.operator_password,
            options.company,
            options.company_password,
        )

    def current(self) -> Credentials:
        """The session there is, else a new one. Raises AuthenticationError."""
        with self._lock:
            held = self._held or self._store.read(NAME)
            if held is None or held.values.get("who") != self._who:
                held = self._store.renew(NAME, held, self._logon)
            return self._hold(held)

    def renew(self, seen: Credentials) -> Credentials:
        """Another session than `seen`, which SYSPRO does not know any more."""
        with self._lock:
            if self._held and self._held.version != seen.version:
                return self._held
            return self._hold(self._store.renew(NAME, seen, self._logon))

    def close(self) -> None:
        """Log off, unless the session is kept for the next run; never raises.

        One that only this process knows would take up a seat for nothing.
        """
        shared = not isinstance(self._store, MemoryCredentials)
        with self._lock, suppress(ConnectorError):
            held, self._held = self._held, None
            if held is None or (shared and self._options.keep_session):
                return
            stored = self._store.read(NAME)
            if stored and stored.version == held.version:
                self._store.drop(NAME)
                self._wire.send(LOGOFF, {"UserId": token(held)})

    def _hold(self, credentials: Credentials) -> Credentials:
        self._redact.add(token(credentials))
        self._redact.add(token(credentials).strip())
        self._held = credentials
        return credentials

    def _logon(self, _stored: Credentials | None) -> Credentials:
        options = self._options
        try:
            answer = self._wire.send(
                LOGON,
                {
                    "Operator": options.operator,
                    "OperatorPassword": options.operator_password,
                    "CompanyId": options.company,
                    "CompanyPassword": options.company_password,
                },
            )
        except EnetRefusedError as refusal:
            raise self._refused(refusal) from None
        if not answer.strip():
            raise UnavailableError("SYSPRO answered the log-on without a session.")
        return Credentials(
            values={"token": answer, "who": self._who}, issued_at=datetime.now(UTC)
        )

    def _refused(self, refusal: EnetRefusedError) -> ConnectorError:
        said = self._redact(refusal.message)
        operator, company = self._options.operator, self._options.company
        if any(word in said.casefold() for word in self._options.seat_words):
            return UnavailableError(
                f"SYSPRO has no e.net seat free for operator {operator}: {said}",
                advice="Free a seat, or reserve one for this operator in SYSPRO's "
                "e.net licence apportionment. It is tried again by itself.",
            )
        return AuthenticationError(
            f"SYSPRO refused the log-on of operator {operator} to company {company}: "
            f"{said}",
            advice="Check operator, password, company and company password, and that "
            "the operator is not locked; SYSPRO gives the same text for both "
            "passwords. It is not tried again until somebody tests the connection.",
        )


def token(credentials: Credentials) -> str:
    """As it was given: blanks at its end belong to it."""
    return str(credentials.values["token"])
