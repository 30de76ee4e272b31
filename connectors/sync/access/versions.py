"""The end of the other side's API version, told in good time."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from connectors.models import Connection
from connectors.sdk.records import Finding

# From how long before its end a version is warned of.
WARN_DAYS = 180


def version_warning(connection: Connection, today: date | None = None) -> str:
    """What is to be said of the version in use; "" while its end is far."""
    known = connection.spec.version_end(connection.settings)
    today = today or timezone.localdate()
    if known is None or (known[1].on - today).days > WARN_DAYS:
        return ""
    version, end = known
    moment = f"{'' if end.certain else 'about '}{end.on:%-d %B %Y}"
    verb = "ends" if end.on >= today else "ended"
    note = f" {end.note}" if end.note else ""
    label = connection.spec.label
    return f"The support of {label}'s API version {version} {verb} on {moment}.{note}"


def version_findings(connection: Connection) -> list[Finding]:
    """The warning as a finding of a test, with what to do."""
    warning = version_warning(connection)
    if not warning:
        return []
    advice = (
        "Choose a newer API version in the connection's settings, then test the "
        "connection and look at the next runs."
    )
    return [Finding(level="warning", title=warning, advice=advice)]
