"""Stored credentials: encrypted at rest, renewed by one process for all.

Nothing holds a lock of the database while the other system is asked: whoever renews
takes a lease by one conditional UPDATE, the others look again until the version has
grown. What comes is stored only if the version is still the one that was renewed, so
that a process that overslept its lease cannot put old tokens over new ones.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from connectors.models import Credential
from connectors.sdk.errors import (
    AuthenticationError,
    TransientError,
    UnavailableError,
)
from connectors.sdk.shared.credentials import Credentials, Renew
from connectors.sync.access.database import DatabaseThread

log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")

# How long one renewal may take, and how long others wait for it.
LEASE_SECONDS = 120.0
PATIENCE_SECONDS = 45.0
LOOK_SECONDS = 0.2
# Tokens that were issued and not stored may be lost for good.
STORING_ATTEMPTS = 5
STORING_PAUSE = 1.0


class StoredCredentials:
    """The `CredentialStore` of one connection; see the module.

    With `insist` a person is asking: what was refused before is tried again.
    """

    def __init__(self, connection_id: int, *, insist: bool = False) -> None:
        self._mine = Credential.objects.filter(connection_id=connection_id)
        self._connection_id = connection_id
        self._insist = insist
        self._database = DatabaseThread("credentials")

    def close(self) -> None:
        """Give back what the store holds of the database."""
        self._database.close()

    def read(self, name: str) -> Credentials | None:
        """See `CredentialStore`."""
        return _credentials(self._row(name))

    def renew(self, name: str, seen: Credentials | None, renew: Renew) -> Credentials:
        """See `CredentialStore`.

        Raises UnavailableError when another process is at it for too long.
        """
        version = seen.version if seen else 0
        token = uuid.uuid4().hex
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not self._leased(name, version, token):
            row = self._row(name)
            if row and row.version != version:
                if kept := _credentials(row):
                    return kept
                # Somebody has dropped them: whoever comes first begins anew.
                version = row.version
            if time.monotonic() > give_up:
                raise UnavailableError("Another process is renewing the credentials.")
            time.sleep(LOOK_SECONDS)
        return self._renewed(name, token, renew)

    def keep(self, name: str, credentials: Credentials) -> Credentials:
        """See `CredentialStore`."""

        version = self._database.run(lambda: self._put(name, _columns(credentials)))
        return replace(credentials, version=version)

    def drop(self, name: str) -> None:
        """See `CredentialStore`. The row stays, for its version must not begin anew."""
        self._database.run(lambda: self._put(name, _columns(None)))

    # -------------------------------------------------------------------- internals

    def _put(self, name: str, columns: dict[str, object]) -> int:
        """Store under the next version, whoever is at it; returns that version."""
        with transaction.atomic():
            row, _ = self._mine.get_or_create(
                connection_id=self._connection_id, name=name
            )
            own = self._mine.filter(pk=row.pk)
            own.update(**columns, version=F("version") + 1)
            return own.get().version

    def _row(self, name: str) -> Credential | None:
        return self._database.run(self._mine.filter(name=name).first)

    def _leased(self, name: str, version: int, token: str) -> bool:
        """Take the right to renew this version, unless somebody has it."""

        def taken() -> bool:
            if version == 0:
                self._mine.get_or_create(connection_id=self._connection_id, name=name)
            now = timezone.now()
            free = Q(lease_until=None) | Q(lease_until__lt=now)
            return bool(
                self._mine.filter(free, name=name, version=version).update(
                    lease_token=token,
                    lease_until=now + timedelta(seconds=LEASE_SECONDS),
                )
            )

        return self._database.run(taken)

    def _renewed(self, name: str, token: str, renew: Renew) -> Credentials:
        row = self._row(name)
        if row is None:
            raise UnavailableError("The credentials were removed meanwhile.")
        try:
            fresh = self._asked(row, renew)
        except AuthenticationError as error:
            refusal = {"message": error.message, "advice": error.advice}
            self._released(row, token, refusal=refusal)
            if newer := self._newer(row):
                return newer
            raise
        except BaseException:
            self._released(row, token)
            raise
        return self._stored(row, fresh)

    def _asked(self, row: Credential, renew: Renew) -> Credentials:
        if row.refusal and not self._insist:
            raise AuthenticationError(**row.refusal)
        return renew(_credentials(row))

    def _newer(self, row: Credential) -> Credentials | None:
        """Those that somebody has stored meanwhile: then a refusal of ours is void."""
        now = self._row(row.name)
        return _credentials(now) if now and now.version != row.version else None

    def _released(self, row: Credential, token: str, **more: object) -> None:
        ours = self._mine.filter(pk=row.pk, version=row.version, lease_token=token)
        self._database.run(
            lambda: ours.update(lease_token="", lease_until=None, **more)
        )

    def _stored(self, row: Credential, fresh: Credentials) -> Credentials:
        """Store what was issued, or return what somebody else has stored before."""
        same = self._mine.filter(pk=row.pk, version=row.version)
        version = row.version + 1

        def stored() -> int:
            return same.update(**_columns(fresh), version=version)

        if self._stubbornly(stored):
            log.info("credentials renewed", connection=self._connection_id)
            return replace(fresh, version=version)
        kept = self.read(row.name)
        if kept is None:
            raise AuthenticationError(
                "The connection was disconnected while its credentials were renewed.",
                advice="Connect it again.",
            )
        return kept

    def _stubbornly(self, work: Callable[[], Answer]) -> Answer:
        for _ in range(STORING_ATTEMPTS - 1):
            try:
                return self._database.run(work)
            except TransientError:
                time.sleep(STORING_PAUSE)
        return self._database.run(work)


def _columns(credentials: Credentials | None) -> dict[str, object]:
    return {
        "value": dict(credentials.values) if credentials else None,
        "issued_at": credentials.issued_at if credentials else None,
        "expires_at": credentials.expires_at if credentials else None,
        "refusal": {},
        "lease_token": "",
        "lease_until": None,
    }


def _credentials(row: Credential | None) -> Credentials | None:
    if row is None or row.value is None or row.issued_at is None:
        return None
    return Credentials(
        values=row.value,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        version=row.version,
    )
