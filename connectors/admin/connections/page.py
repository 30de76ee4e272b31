"""What a connection's page shows beside its form; nothing here asks the system."""

from __future__ import annotations

from typing import Any

from django.db.models import Count

from connectors.admin.columns import ago
from connectors.models import Connection, Health
from connectors.sdk.records import GRAVEST_FIRST
from connectors.sync.access.versions import version_warning

HEALTH_COLOURS = {
    Health.UNKNOWN.label: "default",
    Health.OK.label: "success",
    Health.WARNING.label: "warning",
    Health.UNREACHABLE.label: "danger",
    Health.REFUSED.label: "danger",
    "Switched off": "default",
}
# Words that are written in capitals.
_INITIALS = {"ais": "AIS", "api": "API", "id": "ID"}


def worst(connection: Connection) -> str:
    """What its last test and its last run said, in one line."""
    tested_well = all(f["level"] != "error" for f in connection.findings or ())
    if tested_well and connection.health == Health.UNREACHABLE:
        return "It worked when it was tested, and did not answer the last run."
    if tested_well and connection.stopped:
        return "It worked when it was tested, and refused the last run."
    for level in GRAVEST_FIRST:
        for finding in connection.findings or ():
            if finding["level"] == level:
                return str(finding["title"])
    return "–"


def _heading(key: str) -> str:
    """A detail's name in words: "ais_version" is "AIS version"."""
    first, *rest = (_INITIALS.get(word, word) for word in key.split("_"))
    return " ".join((first[:1].upper() + first[1:], *rest))


def facts(connection: Connection) -> dict[str, Any]:
    """The page's context."""
    known = dict(
        connection.catalogue.filter(missing=False)
        .order_by()
        .values_list("object_type")
        .annotate(Count("pk"))
    )
    details = {
        _heading(key): value
        for key, value in (connection.details or {}).items()
        if value not in (None, "")
    }
    # The last test may have told it already.
    warning = version_warning(connection)
    told = {finding["title"] for finding in connection.findings or ()}
    return {
        "spec": connection.spec,
        "checked": ago(connection.checked_at),
        "details": details,
        "findings": sorted(
            connection.findings or (),
            key=lambda finding: GRAVEST_FIRST.index(finding["level"]),
        ),
        "version_warning": "" if warning in told else warning,
        "health_colour": HEALTH_COLOURS[str(connection.get_health_display())],
        "objects": [
            (one.label, one.name, known.get(name, 0))
            for name, one in connection.spec.objects.items()
        ],
    }
