"""Rows for the console's tests: two connections, a flow with mappings, what moved."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db import connection as database
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.models import (
    Binding,
    Connection,
    FieldMapping,
    Flow,
    FlowStatus,
    Outcome,
    RunKind,
    RunStatus,
    SyncRecord,
    SyncRun,
)
from connectors.sync.mapping.versions import save_version

PAYLOAD = {"ALPH": "Example Foods Ltd", "AN8": 4711, "ACL": "12500.00"}


def person(*permissions: str, staff: bool = True, name: str = "") -> User:
    """A user with exactly these permissions of the app."""
    user = User.objects.create_user(name or uuid.uuid4().hex[:12], is_staff=staff)
    found = Permission.objects.filter(codename__in=permissions)
    assert found.count() == len(permissions), "a permission is misspelt"
    user.user_permissions.set(found)
    return user


def signed_in(user: User) -> Client:
    """A client on which this person has signed in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def superuser() -> Client:
    """A client of someone who may do everything."""
    name = uuid.uuid4().hex[:12]
    return signed_in(User.objects.create_superuser(name))


def _connection(name: str, system: str, **secrets: Any) -> Connection:
    found = Connection.objects.filter(name=name).first()
    if found is None:
        found = Connection(name=name, system=system)
        found.set_values(secrets)
        found.save()
    return found


def flow(name: str = "Customers to companies") -> Flow:
    """An active flow from a JDE to a HubSpot, with two mappings."""
    source = _connection("JDE", "jde", password="not real")
    target = _connection("HubSpot", "hubspot", access_token="not real")
    made = Flow(
        name=name,
        source=source,
        source_object="customers",
        target=target,
        target_object="companies",
        status=FlowStatus.ACTIVE,
    )
    made.save()
    for field, column in (("ALPH", "name"), ("ACL", "erp_credit_limit")):
        FieldMapping.objects.create(flow=made, source_field=field, target_field=column)
    save_version(made)
    made.refresh_from_db()
    return made


def run(of: Flow, **values: Any) -> SyncRun:
    """A run that ended an hour ago, unless said otherwise."""
    then = timezone.now() - timedelta(hours=1)
    usual: dict[str, Any] = {
        "kind": RunKind.SYNC,
        "status": RunStatus.SUCCEEDED,
        "correlation_id": uuid.uuid4().hex[:16],
        "queued_at": then,
        "started_at": then,
        "finished_at": then + timedelta(seconds=10),
    }
    return SyncRun.objects.create(flow=of, **{**usual, **values})


def record(of: SyncRun, source_id: str = "1", **values: Any) -> SyncRecord:
    """A record of a run that failed, unless said otherwise."""
    made = SyncRecord.objects.create(**_columns(of, source_id, values))
    _count(of, made.outcome, 1)
    return made


def records(of: SyncRun, count: int, **values: Any) -> list[SyncRecord]:
    """Many of them; their source ids count up from 1000."""
    made = SyncRecord.objects.bulk_create(
        SyncRecord(**_columns(of, str(1000 + n), values)) for n in range(count)
    )
    _count(of, values.get("outcome", Outcome.FAILED), count)
    return made


def settle(outcome: Outcome) -> None:
    """Give what is pending an outcome at once, as a worker would."""
    settled_at = None if outcome == Outcome.WAITING else timezone.now()
    for record in SyncRecord.objects.filter(outcome=Outcome.PENDING):
        SyncRun.objects.filter(pk=record.run_id).update(**{outcome: F(outcome) + 1})
    SyncRecord.objects.filter(outcome=Outcome.PENDING).update(
        outcome=outcome, settled_at=settled_at
    )


def _count(of: SyncRun, outcome: str, count: int) -> None:
    """A run's counts always add up."""
    more = {"read": F("read") + count}
    if outcome in SyncRun.OUTCOME_COUNTS:
        more[outcome] = F(outcome) + count
    SyncRun.objects.filter(pk=of.pk).update(**more)


def _columns(of: SyncRun, source_id: str, values: dict[str, Any]) -> dict[str, Any]:
    then = timezone.now() - timedelta(hours=1)
    outcome = values.get("outcome", Outcome.FAILED)
    moving = outcome in (Outcome.PENDING, Outcome.WAITING)
    bad = outcome in (Outcome.FAILED, Outcome.DEAD, Outcome.CONFLICT)
    usual: dict[str, Any] = {
        "flow": of.flow,
        "run": of,
        "source_id": source_id,
        "correlation_id": uuid.uuid4().hex,
        "outcome": outcome,
        "fingerprint": "f" * 32,
        "payload": PAYLOAD,
        "mapped": {"name": PAYLOAD["ALPH"], "erp_credit_limit": PAYLOAD["ACL"]},
        "mapping_version": of.flow.mapping_version,
        "created_at": then,
        "settled_at": None if moving else then,
        "error_class": "rejected" if bad else "",
        "error_message": "The credit limit is not a number." if bad else "",
        "error_fingerprint": "a" * 32 if bad else "",
    }
    return {**usual, **values}


def binding(
    of: Flow, source_id: str, target_id: str, by: SyncRecord | None = None
) -> Binding:
    """A source record and its target record, as last written by a sync record."""
    assert of.pair is not None
    assert of.source_is_left
    now = timezone.now()
    return Binding.objects.create(
        pair=of.pair,
        left_id=source_id,
        right_id=target_id,
        record=by.pk if by else None,
        created_at=now,
        updated_at=now,
    )


def queries(client: Client, url: str) -> int:
    """How many queries a page takes once the process is warm."""
    assert client.get(url).status_code == 200
    with CaptureQueriesContext(database) as caught:
        assert client.get(url).status_code == 200
    return len(caught)
