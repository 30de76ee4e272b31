"""What the demo sets up in the console: a login, two connections, their flows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from connectors.management.demo.documents import REVENUE_ACCOUNT
from connectors.models import (
    Claim,
    Connection,
    Flow,
    FlowState,
    SyncRun,
)
from connectors.sync import connect, recipes, runs

ADMIN = "admin"
RECIPE, BOTH_WAYS = "jde_hubspot", "jde_hubspot_both_ways"
ANSWERS = {"revenue_account": REVENUE_ACCOUNT}
NAMES = {"jde": "JD Edwards (demo)", "hubspot": "HubSpot (demo)"}
# The sandbox's own credentials: `manage.py sandbox` prints them.
CREDENTIALS: dict[str, dict[str, str]] = {
    "jde": {"username": "HSINTEG", "password": "sandbox-1"},
    "hubspot": {"access_token": "pat-na1-sandbox-full"},
}
# What else their connections say: where new documents go.
SETTINGS: dict[str, dict[str, str]] = {"jde": {"document_company": "00001"}}


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
    wanted = {**connection.settings, **SETTINGS.get(system, {}), "base_url": url}
    if connection.pk is None or connection.settings != wanted:
        connection.set_values({**wanted, **CREDENTIALS[system]})
        connection.save()
    return connection


def check(connection: Connection) -> None:
    """Test a connection. Raises InstallationError."""
    result = connect.check(connection)
    if not result.ok:
        raise InstallationError(f"{connection}: {result.message}")


def install_flows(
    source: Connection, target: Connection, *, both_ways: bool
) -> list[Flow]:
    """The recipe's flows, with fields discovered and our own ones created.

    Their next scheduled run is an interval away: the demo itself starts the first.
    Raises InstallationError.
    """
    slug = BOTH_WAYS if both_ways else RECIPE
    recipes.read_fields(slug, source, target)
    flows = recipes.install(slug, source, target, answers=ANSWERS)
    for flow in flows:
        refused = recipes.ensure_fields(flow)
        if refused:
            named = ", ".join(f"{name} ({said})" for name, said in refused.items())
            raise InstallationError(f"{flow} needs fields that cannot be made: {named}")
        later = timezone.now() + timedelta(seconds=flow.interval or 300)
        FlowState.objects.filter(flow=flow).update(next_run_at=later)
    return flows
