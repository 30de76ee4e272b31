"""What the demo sets up in the console: a login, connections, their flows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from connectors.management.demo.systems import SYSTEMS, System
from connectors.models import Claim, Connection, Flow, FlowState, RunKind, SyncRun
from connectors.sync import connect, recipes, runs

ADMIN = "admin"


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


def installed() -> set[str]:
    """The systems that an earlier demo has connected."""
    return {
        slug
        for slug, system in SYSTEMS.items()
        if Connection.objects.filter(name=system.connection).exists()
    }


def ensure_connection(system: System, url: str) -> Connection:
    """The demo's connection to a stand-in, pointed to where it listens now."""
    found = Connection.objects.filter(name=system.connection).first()
    connection = found or Connection(name=system.connection, system=system.slug)
    wanted = {"base_url": f"{url}{system.path}", **system.values}
    if found is None or connection.settings.get("base_url") != wanted["base_url"]:
        connection.set_values({**connection.settings, **wanted})
        # The same stand-in on another port, where an address may tell accounts apart.
        connection.account = ""
        connection.save()
    return connection


def check(connection: Connection) -> None:
    """Test a connection. Raises InstallationError."""
    result = connect.check(connection)
    if not result.ok:
        raise InstallationError(f"{connection}: {result.message}")


def install_flows(
    system: System, source: Connection, target: Connection, *, both_ways: bool
) -> list[Flow]:
    """The flows of the system's recipes, with fields discovered and our own ones
    created.

    Their next scheduled run is an interval away: the demo itself starts the first.
    Raises InstallationError.
    """
    flows = []
    for slug in system.recipes if both_ways else system.one_way:
        recipes.read_fields(slug, source, target)
        prefix = f"{system.name}: "
        flows += recipes.install(
            slug, source, target, prefix=prefix, answers=system.answers
        )
    for flow in flows:
        refused = recipes.ensure_fields(flow)
        if refused:
            named = ", ".join(f"{name} ({said})" for name, said in refused.items())
            raise InstallationError(f"{flow} needs fields that cannot be made: {named}")
        later = timezone.now() + timedelta(seconds=flow.interval or 300)
        FlowState.objects.filter(flow=flow).update(next_run_at=later)
    return flows


def open_run(flow: Flow) -> SyncRun | None:
    """A run of the flow that is under way, left over by an earlier demo."""
    open_runs = flow.runs.filter(status__in=runs.OPEN).exclude(kind=RunKind.REPLAY)
    return open_runs.select_related("flow").first()
