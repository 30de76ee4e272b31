"""What an account takes of requests, and who comes first when it is not enough."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import requests
from django.db.models import F

from connectors.models import (
    Alert,
    AlertKind,
    FlowState,
    Outcome,
    RateBudget,
    RunKind,
    RunStatus,
    SyncRecord,
    SyncRun,
)
from connectors.sdk.errors import BudgetSpentError
from connectors.sync import connect, replay
from connectors.sync.budget import account
from connectors.sync.sweep import sweep
from tests.sync import site as sites
from tests.sync.site import UPSERT, Site, assert_exact, outcomes

DAY = 1000


@pytest.fixture
def many(transactional_db: None) -> Iterator[Site]:
    """More customers than a batch takes, so that several requests are open at once."""
    with sites.site(350) as made:
        yield made


def limited(times: int | None, seconds: float, *, told: bool) -> dict[str, Any]:
    """Upserts are refused so often; `told` says it by Retry-After, else by nothing but
    the length of the window."""
    interval = {"X-HubSpot-RateLimit-Interval-Milliseconds": str(int(1000 * seconds))}
    headers = {"Retry-After": str(seconds)} if told else interval
    body = {"status": "error", "policyName": "TEN_SECONDLY_ROLLING"}
    do = {"status": 429, "headers": headers, "json": body}
    return {"match": {"path": UPSERT}, "times": times, "do": do}


def sent(entry: dict[str, Any]) -> float:
    """When a request of the log began."""
    return datetime.fromisoformat(entry["time"]).timestamp() - float(entry["ms"]) / 1000


def attempts() -> int:
    """The most that any record has used up."""
    return max(SyncRecord.objects.values_list("attempts", flat=True))


# ------------------------------------------------------------------ a storm of refusals


def test_a_storm_uses_up_no_attempt_and_loses_nothing(many: Site) -> None:
    """Windows and waits are short here; the product knows them from answers only."""
    many.crm.faults(limited(8, 0.4, told=False), limited(1, 3.0, told=True))
    run = many.run()
    log = many.upserts()
    assert [one["status"] for one in log].count(429) == 9
    assert run.status == RunStatus.SUCCEEDED
    assert attempts() == 1
    assert_exact(many)
    asked = max(n for n, one in enumerate(log) if one["status"] == 429)
    begins = sent(log[asked]) + log[asked]["ms"] / 1000
    # What was on its way already is not inside the wait.
    inside = [one for one in log if begins + 0.3 < sent(one) < begins + 2.9]
    assert inside == []


def test_a_long_wait_is_no_failure_and_nobody_asks_before_it_ends(many: Site) -> None:
    many.crm.faults(limited(4, 120, told=True))
    many.run()
    assert outcomes() == {Outcome.WAITING: 350}
    assert attempts() == 0
    refused = len(many.upserts())
    assert refused <= 4
    sweep()
    many.push()
    assert len(many.upserts()) == refused
    assert not Alert.objects.filter(kind=AlertKind.UNREACHABLE).exists()
    many.crm.clear_faults()
    many.pass_time(minutes=4)
    many.push()
    assert_exact(many)


# --------------------------------------------------------------------- the day is spent


def spend(site: Site, share: float) -> None:
    """Let other applications use so much of the day, and the test tell us."""
    site.crm.config(daily_limit=DAY, foreign_daily=0)
    check = connect.check(site.hubspot)
    ours = int(check.details["daily_calls_used"])
    site.crm.config(foreign_daily=int(share * DAY) - ours)
    assert connect.check(site.hubspot).ok


def next_day(site: Site) -> None:
    """Midnight passes in the account's time zone."""
    site.crm.config(foreign_daily=0)
    site.crm.clock(advance_s=86_400)
    RateBudget.objects.filter(window_ms=0).update(ends_ms=F("ends_ms") - 86_400_000)
    site.pass_time(days=1)


def test_the_day_knows_its_amount_and_ends_at_midnight_of_the_account(
    site: Site,
) -> None:
    site.crm.config(time_zone="Asia/Tokyo")
    spend(site, 0.5)
    site.hubspot.refresh_from_db()
    row = RateBudget.objects.get(name="day", key=account.ledger_key(site.hubspot))
    assert (row.requests, row.zone) == (DAY, "Asia/Tokyo")
    ends = datetime.fromtimestamp(row.ends_ms / 1000).astimezone()
    assert (ends.utctimetuple().tm_hour, ends.minute) == (15, 0)
    # What the answers say is left corrects our count, whoever has used it.
    before = row.used
    site.crm.config(foreign_daily=700)
    site.run()
    row.refresh_from_db()
    assert row.used > before + 100
    assert sum(row.spent.values()) < 100


def test_changes_stop_cleanly_and_go_on_the_next_day(site: Site) -> None:
    site.run()
    site.edit(min(site.customers()), ALPH="A New Name")
    spend(site, 0.9)
    site.crm.clear_log()
    run = site.run()
    assert run.status == RunStatus.PARTIAL
    assert "goes on by itself" in run.message
    site.push()
    assert site.upserts() == []
    assert outcomes()[Outcome.FAILED] == outcomes()[Outcome.DEAD] == 0
    assert SyncRecord.objects.filter(attempts__gt=1).count() == 0
    (alert,) = Alert.objects.filter(resolved_at=None)
    assert alert.kind == AlertKind.BUDGET
    state = FlowState.objects.get(flow=site.flow)
    assert state.failures == 0
    # Nobody starts what could only stop again.
    runs, tasks = SyncRun.objects.count(), len(site.tasks())
    sites.pass_time(minutes=30)
    sweep()
    assert (SyncRun.objects.count(), len(site.tasks())) == (runs, tasks)
    assert Alert.objects.filter(resolved_at=None).count() == 1

    next_day(site)
    sweep()
    assert SyncRun.objects.count() == runs + 1
    assert not Alert.objects.filter(kind=AlertKind.BUDGET, resolved_at=None).exists()
    for run in SyncRun.objects.filter(status=RunStatus.QUEUED):
        site.work(run)
    site.push()
    assert site.companies()[f"jde:{min(site.customers())}"]["name"] == "A New Name"
    assert_exact_totals(site)


def assert_exact_totals(site: Site) -> None:
    """Nothing is left, and nothing came twice."""
    assert not SyncRecord.objects.filter(outcome__in=("pending", "waiting")).exists()
    assert site.written()["created_twice"] == []
    sites.assert_counts_add_up()


def test_the_reserve_is_for_people(site: Site) -> None:
    """When changes have stopped, a replay and a test still go through; when everything
    is gone they say so too."""
    site.run()
    spend(site, 0.92)
    number = min(site.customers())
    record = SyncRecord.objects.get(source_id=number)
    site.crm.clear_log()
    (run,) = replay.replay(SyncRecord.objects.filter(pk=record.pk), None).runs
    assert site.work(run).status == RunStatus.SUCCEEDED
    assert len([one for one in site.crm.log() if "/batch/" in one["path"]]) == 1
    assert connect.check(site.hubspot).ok
    with (
        connect.open_connector(site.hubspot, "live") as connector,
        pytest.raises(BudgetSpentError, match="scheduled changes"),
    ):
        connector.discover("companies")
    spend_all(site)
    with (
        connect.open_connector(site.hubspot, "people") as connector,
        pytest.raises(BudgetSpentError),
    ):
        connector.discover("companies")


def spend_all(site: Site) -> None:
    """The account itself says that nothing is left."""
    site.crm.config(foreign_daily=DAY)
    assert not connect.check(site.hubspot).ok


def test_a_full_read_stops_before_changes_do_and_stays_one(many: Site) -> None:
    spend(many, 0.8)
    run = many.run(RunKind.BACKFILL)
    assert run.status == RunStatus.PARTIAL
    # Its rest is no change, whatever the schedule calls the run that goes on with it.
    run = many.run()
    assert (run.kind, many.written()["totals"]["created"]) == (RunKind.SYNC, 0)
    next_day(many)
    many.run()
    many.push()
    assert_exact(many)
    assert not FlowState.objects.get(flow=many.flow).backfilling
    spend(many, 0.8)
    many.edit(min(many.customers()), ALPH="A New Name")
    assert many.run().status == RunStatus.SUCCEEDED


# ----------------------------------------------------------------- others in the portal

TOKEN_HEADERS = {"Authorization": f"Bearer {sites.TOKEN}"}


class Others:
    """Another application of the same account, with a pace of its own."""

    def __init__(self, url: str, apart: float) -> None:
        self.url, self.apart = f"{url}/crm/objects/2026-09/contacts", apart
        self.asked = self.refused = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Others:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)

    def _work(self) -> None:
        with requests.Session() as session:
            while not self._over.wait(self.apart):
                answer = session.get(self.url, headers=TOKEN_HEADERS, timeout=20)
                self.asked += 1
                self.refused += answer.status_code == 429


def ask_for(site: Site, seconds: float, priority: Any, told: list[int]) -> None:
    """One flow's requests, as fast as the ledger lets them."""
    until = time.monotonic() + seconds
    with connect.open_connector(site.hubspot, priority) as connector:
        while time.monotonic() < until:
            told.append(connector.http.get("/crm/objects/2026-09/companies").status)  # type: ignore[attr-defined]


def test_two_flows_and_another_application_share_the_portal(site: Site) -> None:
    """Nobody of ours is refused, and what the other leaves is used."""
    limit, window = 150, 10.0
    assert connect.check(site.hubspot).ok
    site.crm.config(rate_limit=limit)
    site.crm.clear_log()
    told: list[int] = []
    with Others(site.box.url["hubspot"], 0.2) as others:
        time.sleep(1)
        flows = [
            threading.Thread(target=ask_for, args=(site, 16.0, priority, told))
            for priority in ("live", "live")
        ]
        for one in flows:
            one.start()
        for one in flows:
            one.join(60)
    refused = [one for one in site.crm.log() if one["status"] == 429]
    ours = [one for one in refused if "companies" in one["path"]]
    assert len(ours) <= 0.001 * len(told), (len(ours), len(told), others.refused)
    free = limit * 16 / window - others.asked
    assert len(told) >= 0.75 * free, (len(told), others.asked)


def test_a_class_waits_for_those_above_it(site: Site) -> None:
    """While changes are under way a full read leaves them a quarter of the window."""
    site.crm.config(rate_limit=40)
    connect.check(site.hubspot)
    told: list[int] = []
    with (
        connect.open_connector(site.hubspot, "live") as live,
        connect.open_connector(site.hubspot, "backfill") as full,
    ):
        limiter: Any = full.context.limiter
        first: Any = live.context.limiter
        first.acquire()
        RateBudget.objects.filter(name="burst").update(grants=[], requests=40)
        waiting = threading.Thread(
            target=lambda: told.extend(limiter.acquire().at for _ in range(31))
        )
        waiting.start()
        time.sleep(1)
        assert 0 < len(told) <= 30, "of 40; what was taken ahead counts as well"
        ours = [first.acquire().at for _ in range(3)]
        assert max(ours) < min(told) + 10_000, "they had to wait for the next window"
        waiting.join(40)
        assert len(told) == 31


def test_searches_of_all_processes_keep_to_one_pace(site: Site) -> None:
    site.crm.config(search_per_second=5)
    connect.check(site.hubspot)
    site.hubspot.refresh_from_db()
    began = time.monotonic()

    def search() -> None:
        with connect.open_connector(site.hubspot) as connector:
            for n in range(6):
                connector.find("contacts", "email", [f"nobody{n}@example.com"])
                connector.find("companies", "name", [f"Nobody {n}"])

    threads = [threading.Thread(target=search) for _ in range(3)]
    site.crm.clear_log()
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    log = [one for one in site.crm.log() if one["path"].endswith("/search")]
    assert len(log) >= 18
    assert {one["status"] for one in log} == {200}
    assert time.monotonic() - began > len(log) / 5 - 1
    row = RateBudget.objects.get(name="search", key=account.ledger_key(site.hubspot))
    assert row.refused_total == 0


def test_what_others_search_is_learned_from_a_refusal(site: Site) -> None:
    site.crm.config(search_per_second=5, foreign_search_per_s=2)
    began = time.monotonic()
    with connect.open_connector(site.hubspot) as connector:
        for n in range(15):
            connector.find("companies", "name", [f"Nobody {n}"])
    assert time.monotonic() - began < 25
    refused = [one for one in site.crm.log() if one["status"] == 429]
    assert len(refused) <= 2
