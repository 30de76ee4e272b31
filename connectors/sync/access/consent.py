"""Connecting by a person's consent: what happens around the dance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from connectors.models import AlertKind, Connection, Health
from connectors.sdk.records import CheckResult
from connectors.sync import connect
from connectors.sync.watch import alerts


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentState:
    """Whether somebody has connected it, since when, and why it is refused now."""

    connected: bool
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    refusal: str = ""


def state_of(connection: Connection) -> ConsentState:
    """As it is stored; calls nobody."""
    row = (
        connection.credentials.exclude(issued_at=None)
        .defer("value")
        .order_by("-issued_at")
        .first()
    )
    if row is None:
        return ConsentState(connected=False)
    return ConsentState(
        connected=True,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        refusal=" ".join(row.refusal.values()),
    )


def page(connection: Connection, *, redirect_uri: str, state: str) -> str:
    """The address of the system's own page. Raises ConfigurationError."""
    with connect.open_connector(connection) as connector:
        return connector.consent.page(redirect_uri=redirect_uri, state=state)


def accept(
    connection: Connection, code: str, *, redirect_uri: str, state: str
) -> CheckResult:
    """Store what the code brings, then test the connection with it.

    Raises ConnectorError when the code, or its account, is refused; what was stored
    before is still there then.
    """
    with connect.open_connector(connection) as connector:
        connector.consent.accept(code, redirect_uri=redirect_uri, state=state)
    return connect.check(connection)


def withdraw(connection: Connection) -> str:
    """Forget the credentials and stop the connection; nobody is called for it.

    Returns what could not be done on the other side, "" when all was.
    """
    with connect.open_connector(connection) as connector:
        left = connector.consent.withdraw()
    Connection.objects.filter(pk=connection.pk).update(
        stopped=True, health=Health.UNKNOWN, findings=[], checked_at=timezone.now()
    )
    alerts.resolve(AlertKind.REFUSED, connection)
    alerts.resolve(AlertKind.UNREACHABLE, connection)
    return left
