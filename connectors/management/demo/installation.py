"""What the demo sets up in the console: a login, two connections, their flows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from connectors.models import (
    Claim,
    Connection,
    Flow,
    FlowState,
    SyncRun,
)
from connectors.sync import connect, recipes, runs

ADMIN = "admin"
RECIPE = "jde_hubspot"
NAMES = {"jde": "JD Edwards (demo)", "hubspot": "HubSpot (demo)"}
# The sandbox's own credentials: `manage.py sandbox` prints them.
CREDENTIALS: dict[str, dict[str, str]] = {
    "jde": {"username": "HSINTEG", "password": "sandbox-1"},
    "hubspot": {"access_token": "pat-na1-sandbox-full"},
}


class InstallationError(RuntimeError):
    """The demo cannot be set up; the text says why."""


def ensure_admin(password: str) -> Any:
    """The user that signs in to the demo's console."""
    user, _ = get_user_model().objects.get_or_create(
        username=ADMIN, defaults={"is_staff": True, "is_superuser": True}
    )
    if not user.check_password(password):
        user.set_password(password)
        user.save()
    return user


def free_what_was_held() -> None:
    """Give back what workers of an earlier demo, none of which lives, had in hand.

    Their leases would run out by themselves, but nobody wants to watch that.
    """
    FlowState.objects.update(lease_token="", lease_until=None)
    Claim.objects.update(until=timezone.now())
    for run in SyncRun.objects.filter(status__in=runs.OPEN):
        runs.queue(run)


def ensure_connection(system: str, url: str) -> Connection:
    """The demo's connection to a stand-in, pointed to where it listens now."""
    connection = Connection.objects.filter(name=NAMES[system]).first() or Connection(
        name=NAMES[system], system=system
    )
    wanted = {**connection.settings, "base_url": url}
    if connection.pk is None or connection.settings != wanted:
        connection.set_values({**wanted, **CREDENTIALS[system]})
        connection.save()
    return connection


def check(connection: Connection) -> None:
    """Test a connection. Raises InstallationError."""
    result = connect.check(connection)
    if not result.ok:
        raise InstallationError(f"{connection}: {result.message}")


def install_flows(source: Connection, target: Connection) -> list[Flow]:
    """The recipe's flows, with fields discovered and our own ones created.

    Their next scheduled run is an interval away: the demo itself starts the first.
    """
    tables = recipes.recipe(RECIPE)["flows"]
    for table in tables:
        connect.refresh_catalogue(source, table["source_object"])
        connect.refresh_catalogue(target, table["target_object"])
    flows = recipes.install(RECIPE, source, target)
    for flow in flows:
        _ensure_fields(flow)
        later = timezone.now() + timedelta(seconds=flow.interval or 300)
        FlowState.objects.filter(flow=flow).update(next_run_at=later)
    return flows


def _ensure_fields(flow: Flow) -> None:
    managed = {
        name
        for name, field in flow.target.spec.object(flow.target_object).fields.items()
        if field.managed
    }
    wanted = [
        row.target_field for row in flow.mappings.all() if row.target_field in managed
    ]
    report = connect.ensure_fields(flow.target, flow.target_object, wanted)
    refused = _refused(report)
    if refused:
        raise InstallationError(f"{flow.target} cannot create {refused}")


def _refused(report: Mapping[str, str]) -> str:
    return ", ".join(
        f"{name} ({said})"
        for name, said in report.items()
        if said not in ("created", "exists")
    )
