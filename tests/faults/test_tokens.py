"""OAuth tokens that end, are taken back, or are renewed by several at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core import serializers

from connectors.models import (
    Alert,
    AlertKind,
    Attempt,
    Connection,
    Credential,
    RateBudget,
    RunKind,
    RunStatus,
    SyncRecord,
    SyncRun,
)
from connectors.sync import connect, runs
from connectors.sync.access import consent
from connectors.sync.budget import account
from tests.faults.processes import driver
from tests.sync import site as sites
from tests.sync.dance import SECRET, connected, kept, renewals, settings_of
from tests.sync.site import Site, assert_exact, eventually, outcomes

pytestmark = pytest.mark.faults
STRANGER = "pat-na1-sandbox-other-portal"
LIST = r"/objects/2026-09/companies\?"


@pytest.fixture
def site(transactional_db: None) -> Iterator[Site]:
    """The usual installation, whose HubSpot connection is by OAuth."""
    with sites.site(30) as made:
        change(made.hubspot, **settings_of(made.box.url["hubspot"]))
        assert connected(made.hubspot).ok
        made.crm.clear_log()
        yield made


def change(connection: Connection, **values: Any) -> None:
    """Change settings as the connection's page does."""
    connection.set_values({**connection.settings, **values})
    connection.save()


def worn(connection: Connection, **ends: Any) -> None:
    """Let the stored token have been issued and end at these times."""
    Credential.objects.filter(connection=connection).update(**ends)


def nearly_over(connection: Connection) -> None:
    """Let the token end in four of its thirty minutes."""
    ends = {"issued_at": sites.ago(minutes=26), "expires_at": sites.ago(minutes=-4)}
    worn(connection, **ends)


def open_alerts() -> list[Alert]:
    return list(Alert.objects.filter(resolved_at=None))


def upstream(site: Site) -> list[str]:
    """The names of all companies, as the connector reads them page by page."""
    with connect.open_connector(Connection.objects.get(pk=site.hubspot.pk)) as made:
        pages = list(made.read("companies", None))
    assert len(pages) > 2
    return [str(one.fields["name"]) for page in pages for one in page.records]


# -------------------------------------------------------------- the window of an app


def test_an_app_keeps_to_its_own_window(site: Site) -> None:
    """110 in ten seconds, known before the first answer; the account's day and the
    window of its tokens are none of its business."""
    site.crm.config(daily_limit=1)
    budgets = {one.name: one.requests for one in account.budgets_of(site.hubspot)}
    assert budgets == {"app": 110, "search": 4}

    def ask(number: int) -> None:
        connector.find("companies", "erp_key", [f"nobody:{number}"])

    assert connect.check(site.hubspot).ok
    with (
        connect.open_connector(Connection.objects.get(pk=site.hubspot.pk)) as connector,
        ThreadPoolExecutor(4) as threads,
    ):
        list(threads.map(ask, range(130)))
    asked = [one["status"] for one in site.crm.log() if "/companies/" in one["path"]]
    assert len(asked) >= 130
    assert 429 not in asked
    rows = RateBudget.objects.filter(key=account.ledger_key(site.hubspot))
    assert {row.name for row in rows} <= {"app", "search"}


# ------------------------------------------------------------------- a token ends


def test_a_token_that_ends_within_a_read(site: Site) -> None:
    site.crm.edit(
        type="companies", action="fill", count=40, set={"name": "Company {n}"}
    )
    change(site.hubspot, page_size=10)
    site.crm.faults(
        {"match": {"path": LIST}, "skip": 2, "times": 1,
         "do": {"pass": {"expire_oauth": True}}},
    )  # fmt: skip
    names = upstream(site)
    assert len(names) == len(set(names)) == 40, "no gap, and nothing twice"
    assert len(renewals(site.crm)) == 1
    asked = [one for one in site.crm.log() if "/companies" in one["path"]]
    (refused,) = [one for one in asked if one["status"] == 401]
    again = asked[asked.index(refused) + 1]
    assert (again["path"], again["status"]) == (refused["path"], 200)


def test_a_token_that_ends_within_writes(site: Site) -> None:
    site.crm.faults(
        {"match": {"path": "/batch/upsert"}, "times": 1,
         "do": {"pass": {"expire_oauth": True}}},
    )  # fmt: skip
    assert site.run().status == RunStatus.SUCCEEDED
    assert len(renewals(site.crm)) == 1
    assert_exact(site)


def test_a_token_is_renewed_before_it_ends(site: Site) -> None:
    before = kept(site.hubspot)
    worn(
        site.hubspot, issued_at=sites.ago(minutes=26), expires_at=sites.ago(minutes=-4)
    )
    assert site.run().status == RunStatus.SUCCEEDED
    assert len(renewals(site.crm)) == 1
    assert [one for one in site.crm.log() if one["status"] == 401] == []
    assert kept(site.hubspot).version == before.version + 1
    site.run()
    assert len(renewals(site.crm)) == 1, "the new one is used until its time"


def test_an_outage_of_the_token_endpoint(site: Site) -> None:
    down = {"match": {"path": "/oauth/"}, "do": {"status": 503}}
    site.crm.faults(down)
    worn(
        site.hubspot, issued_at=sites.ago(minutes=26), expires_at=sites.ago(minutes=-4)
    )
    assert site.run().status == RunStatus.SUCCEEDED, "the old token still serves"
    assert len(renewals(site.crm)) == 1, "it is not asked with every call"
    site.crm.edit(type="oauth", action="expire")
    worn(site.hubspot, expires_at=sites.ago(seconds=1))
    site.edit(min(site.customers()), ALPH="Changed meanwhile")
    assert site.run().status != RunStatus.SUCCEEDED
    site.hubspot.refresh_from_db()
    assert not site.hubspot.stopped, "an outage is no refusal"
    site.crm.clear_faults()
    site.pass_time(hours=1)
    site.push()
    assert_exact(site)


# ------------------------------------------------------------- it is not renewed


def test_a_revoked_authorisation_stops_the_connection_until_it_is_connected(
    site: Site,
) -> None:
    site.crm.edit(type="oauth", action="revoke")
    run = site.run()
    assert (run.status, run.error_class) == (RunStatus.FAILED, "authentication")
    site.hubspot.refresh_from_db()
    assert site.hubspot.stopped
    (alert,) = open_alerts()
    assert alert.kind == AlertKind.REFUSED
    assert "no longer accepts this connection's authorisation" in alert.title
    assert "Reconnect" in alert.advice
    assert len(renewals(site.crm)) == 1
    for _ in range(3):
        site.push()
    assert len(renewals(site.crm)) == 1, "what is refused once is not asked again"
    assert outcomes().keys() <= {"pending", "waiting"}
    assert SyncRecord.objects.count() == 30
    assert len(open_alerts()) == 1

    assert connected(site.hubspot).ok
    assert open_alerts() == []
    site.pass_time(hours=1)
    site.push()
    assert set(SyncRecord.objects.values_list("attempts", flat=True)) == {1}
    assert_exact(site)
    assert_no_token_is_shown(site)


def test_a_wrong_client_secret(site: Site) -> None:
    change(site.hubspot, client_secret="not-the-secret-9")
    worn(site.hubspot, expires_at=sites.ago(seconds=1))
    run = site.run()
    assert "client secret" in run.message
    assert len(renewals(site.crm)) == 1
    site.hubspot.refresh_from_db()
    assert site.hubspot.stopped
    assert not connect.check(site.hubspot).ok
    change(site.hubspot, client_secret=SECRET)
    assert connect.check(site.hubspot).ok, "a test asks again"
    site.pass_time(hours=1)
    site.push()
    assert_exact(site)
    assert_no_token_is_shown(site, "not-the-secret-9")


def test_a_disconnected_connection_waits(site: Site) -> None:
    assert consent.withdraw(site.hubspot) == ""
    assert kept(site.hubspot).value is None
    site.hubspot.refresh_from_db()
    assert site.hubspot.stopped
    assert "not connected" in connect.check(site.hubspot).message
    assert connected(site.hubspot).ok
    assert site.run().status == RunStatus.SUCCEEDED
    assert_exact(site)


def test_credentials_of_another_account_never_write(site: Site) -> None:
    site.run()
    change(site.hubspot, authentication="token", access_token=STRANGER)
    site.edit(min(site.customers()), ALPH="For the right account only")
    run = site.run()
    assert run.status == RunStatus.FAILED
    assert "belong to the HubSpot account 20000002" in run.message
    site.hubspot.refresh_from_db()
    assert site.hubspot.stopped
    calls = [one for one in site.crm.log() if one["status"] < 400]
    assert "/account-info/" in calls[-1]["path"], "nothing but the question who it is"


# ------------------------------------------------------------- several at a time


def test_processes_that_renew_at_once_ask_once(site: Site) -> None:
    """Two processes, with rotation: a second refresh would be refused."""
    site.crm.config(oauth_rotates=True)
    site.crm.faults({"match": {"path": "/token"}, "do": {"delay_s": 1.5}})
    other = site.make_flow("Customers again")
    flows = (site.fresh(site.flow), site.fresh(other))
    started = [runs.start(flow, RunKind.SYNC) for flow in flows]
    first = kept(site.hubspot)
    worn(site.hubspot, expires_at=sites.ago(seconds=1))
    with driver(lease=60.0) as worker:
        for run in started:
            worker.ask("execute", run.pk)
        eventually(lambda: all(ended(run) for run in started), what="the runs' end")
    assert [one["status"] for one in renewals(site.crm)] == [200]
    last = kept(site.hubspot)
    assert last.version == first.version + 1
    assert last.value["refresh_token"] != first.value["refresh_token"]
    assert open_alerts() == []


def test_threads_that_are_refused_at_once_renew_once(site: Site) -> None:
    site.crm.config(oauth_rotates=True)
    site.crm.edit(type="oauth", action="expire")
    one = Connection.objects.get(pk=site.hubspot.pk)
    with connect.open_connector(one) as made, ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(made.fetch, "companies", ["1"]) for _ in range(8)]
        assert [call.result() for call in asked] == [[]] * 8
    assert len(renewals(site.crm)) == 1


def ended(run: SyncRun) -> bool:
    return SyncRun.objects.get(pk=run.pk).final


def assert_no_token_is_shown(site: Site, *more: str) -> None:
    """No token in anything a person can read."""
    shown = [*SyncRun.objects.all(), *SyncRecord.objects.all(), *Attempt.objects.all()]
    text = serializers.serialize("json", [*shown, *Alert.objects.all()])
    one = Connection.objects.get(pk=site.hubspot.pk)
    text += json.dumps([one.settings, one.findings, one.details])
    tokens = [v for v in kept(one).value.values() if isinstance(v, str) and len(v) > 9]
    assert len(tokens) == 2
    for secret in (*tokens, SECRET, *more):
        assert secret not in text
