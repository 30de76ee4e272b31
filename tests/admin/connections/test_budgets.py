"""A connection's requests and changed fields on its page; nothing asks anybody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.models import (
    BudgetUse,
    CatalogueChange,
    CatalogueField,
    Connection,
    DriftKind,
    Flow,
    RateBudget,
)
from connectors.sync.budget import account
from connectors.sync.budget.day import midnight_ms
from tests.admin import scene
from tests.admin.test_health import samples

pytestmark = pytest.mark.django_db
HOUR_MS = 3_600_000


@pytest.fixture
def flow() -> Flow:
    return scene.flow()


def url_of(connection: Connection) -> str:
    return f"/admin/connectors/connection/{connection.pk}/change/"


def day_of(connection: Connection, **values: Any) -> RateBudget:
    """The stored day of its account, half used."""
    now = int(timezone.now().timestamp() * 1000)
    spent = {"people": 5, "live": 300, "backfill": 100}
    defaults = {"requests": 1000, "window_ms": 0, "used": 500, "spent": spent}
    return RateBudget.objects.create(
        key=account.ledger_key(connection), name="day", ends_ms=now + HOUR_MS,
        **{**defaults, **values},
    )  # fmt: skip


def use(connection: Connection, hours: int, priority: str, count: int) -> None:
    BudgetUse.objects.create(
        key=account.ledger_key(connection), name="burst", priority=priority,
        at=timezone.now() - timedelta(hours=hours), granted=count, refused=1,
    )  # fmt: skip


def queries(boss: Client, url: str) -> int:
    with CaptureQueriesContext(database) as seen:
        assert boss.get(url).status_code == 200
    return len(seen)


def test_nothing_sent_yet_is_said_so(boss: Client, flow: Flow) -> None:
    html = boss.get(url_of(flow.target)).content.decode()
    assert "0 of 100 in 10 s" in html
    assert "0 of 250,000 of the day" in html
    assert "No request was sent in the last 24 hours." in html
    assert "No field has changed since" in html
    # A system without limits has none to show.
    assert 'id="budgets"' not in boss.get(url_of(flow.source)).content.decode()


def test_the_budget_now_and_over_the_last_day(boss: Client, flow: Flow) -> None:
    day_of(flow.target)
    use(flow.target, 1, "live", 1200)
    use(flow.target, 3, "backfill", 34)
    use(flow.target, 30, "people", 999)
    html = boss.get(url_of(flow.target)).content.decode()
    assert "500 of 1,000 of the day" in html
    for said in ("People 5", "Changes 300", "Backfills 100", "in the account 95"):
        assert said in html
    assert "changes stop at 90 %; the rest is for people" in html
    assert "begins anew" in html
    assert "Changes 1,200" in html
    assert "Refused by the system 2" in html
    assert "999" not in html


def test_a_day_that_is_over_counts_no_more(boss: Client, flow: Flow) -> None:
    day_of(flow.target)
    RateBudget.objects.update(ends_ms=1)
    html = boss.get(url_of(flow.target)).content.decode()
    assert "0 of 1,000 of the day" in html


def test_the_page_costs_the_same_whatever_there_is(boss: Client, flow: Flow) -> None:
    change = {"connection": flow.target, "object_type": "companies", "label": "Name"}
    CatalogueChange.objects.create(kind=DriftKind.REMOVED, field="name", **change)
    day_of(flow.target)
    few = queries(boss, url_of(flow.target))
    for hours in range(20):
        use(flow.target, hours, "live", 1)
    for number in range(40):
        kind = DriftKind.RETYPED if number % 2 else DriftKind.ADDED
        CatalogueChange.objects.create(kind=kind, field=f"f{number}", **change)
    assert queries(boss, url_of(flow.target)) <= few


def test_the_shares_are_settings_of_the_connection(flow: Flow) -> None:
    day_of(flow.target, used=800)
    assert account.closed_until(flow.target, "live") is None
    assert account.closed_until(flow.target, "backfill") is not None
    flow.target.settings = {**flow.target.settings, "day_live_percent": 80}
    assert account.closed_until(flow.target, "live") is not None
    assert account.closed_until(flow.target, "people") is None


def test_metrics_tell_the_day_by_what_it_was_for(flow: Flow) -> None:
    key = day_of(flow.target).key
    found = samples()
    assert found["rate_budget_used_ratio", "day", key] == 0.5
    assert found["rate_budget_requests", "day", key] == 1000
    assert found["rate_budget_day_requests", "day", key, "live"] == 300


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    # The clocks go forward and back in the night of these days.
    [
        ("America/New_York", "2026-03-08T05:00:00Z", 23),
        ("America/New_York", "2026-11-01T04:00:00Z", 25),
        ("UTC", "2026-03-08T00:00:00Z", 24),
        ("Nowhere/Else", "2026-03-08T00:00:00Z", 24),
    ],
)
def test_the_day_ends_at_the_accounts_midnight(zone: str, day: str, hours: int) -> None:
    begins = int(datetime.fromisoformat(day).timestamp() * 1000)
    assert midnight_ms(zone, begins - 1) == begins
    assert midnight_ms(zone, begins) == begins + hours * HOUR_MS


def test_changed_fields_are_told_where_they_break(boss: Client, flow: Flow) -> None:
    row = flow.mappings.first()
    assert row is not None
    CatalogueField.objects.create(
        connection=flow.target, object_type=flow.target_object,
        name=row.target_field, label="Company name", type="string",
    )  # fmt: skip
    CatalogueChange.objects.create(
        connection=flow.target, object_type=flow.target_object, kind=DriftKind.RETYPED,
        field=row.target_field, label="Company name", before="decimal", after="string",
    )  # fmt: skip
    html = boss.get(url_of(flow.target)).content.decode()
    assert "Records wait until this is mended" in html
    page = boss.get(f"/admin/connectors/flow/{flow.pk}/change/").content.decode()
    assert "Held before anything is sent" in page
    assert 'class="map-broken"' in page
    boss.post(f"/admin/connectors/connection/{flow.target.pk}/accept_changes/")
    kept = CatalogueChange.objects.get()
    assert kept.ended_at is not None
    assert kept.accepted_by is not None
    page = boss.get(f"/admin/connectors/flow/{flow.pk}/change/").content.decode()
    assert 'class="map-broken"' not in page
    assert "Accepted by" in boss.get(url_of(flow.target)).content.decode()


def test_who_may_not_map_may_not_accept(flow: Flow) -> None:
    CatalogueChange.objects.create(
        connection=flow.target, object_type="companies", kind=DriftKind.RETYPED,
        field="name", label="Name",
    )  # fmt: skip
    client = scene.signed_in(scene.person("view_connection"))
    url = f"/admin/connectors/connection/{flow.target.pk}/accept_changes/"
    assert url not in client.get(url_of(flow.target)).content.decode()
    assert client.post(url).status_code == 403
