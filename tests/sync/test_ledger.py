"""The rate ledger: all processes of one account together stay within its budget."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from connectors.models import RateBudget
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.registry import stand_in_class
from connectors.sdk.errors import RateLimitedError
from connectors.sdk.shared.budgets import BudgetSpec
from connectors.sdk.shared.ports import Slot
from connectors.sync.budget import account
from connectors.sync.budget.ledger import RateLedger
from connectors.sync.budget.stored import MARGIN_MS
from tests.faults.processes import LONGEST, ROOT, environment
from tests.sync import rows

RATE = [
    BudgetSpec(
        name="burst",
        requests=5,
        seconds=0.3,
        requests_header="x-max",
        window_ms_header="x-window",
    )
]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ledger() -> Iterator[RateLedger]:
    made = RateLedger("account", RATE)
    yield made
    made.close()


def budget() -> RateBudget:
    return RateBudget.objects.get(key="account")


def ask(ledger: RateLedger, requests: int = 1) -> None:
    """Send so many requests that are answered at once."""
    for _ in range(requests):
        ledger.answered(ledger.acquire())


def most_in_any(window_ms: int, grants: list[int]) -> int:
    """The largest number of grants in any window of that length."""
    grants = sorted(grants)
    return max(
        sum(1 for other in grants if first <= other < first + window_ms)
        for first in grants
    )


def test_a_burst_may_use_the_whole_budget_at_once(ledger: RateLedger) -> None:
    ask(ledger, 5)
    assert len(budget().grants) == 5
    ask(ledger)
    stored = budget()
    assert stored.granted_total == 6
    assert most_in_any(300, stored.grants) <= 5


def test_threads_and_ledgers_together_stay_within_the_budget() -> None:
    """Every grant is taken down; no window of the vendor's length holds too many."""
    ledgers = [RateLedger("account", RATE) for _ in range(2)]
    granted: list[int] = []

    def work(one: RateLedger) -> None:
        for _ in range(5):
            ask(one)
            granted.append(time.time_ns() // 1_000_000)

    threads = [threading.Thread(target=work, args=(one,)) for one in ledgers * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for one in ledgers:
        one.close()
    assert len(granted) == budget().granted_total == 20
    assert most_in_any(300, budget().grants) <= 5


def test_two_accounts_do_not_wait_for_each_other(ledger: RateLedger) -> None:
    ask(ledger, 5)
    ledger.penalise(30)
    other = RateLedger("another account", RATE)
    other.acquire()
    other.close()
    assert RateBudget.objects.get(key="another account").granted_total == 1


def test_the_limits_a_system_tells_are_taken_over(ledger: RateLedger) -> None:
    ledger.acquire()
    ledger.observe(200, {"x-max": "90", "x-window": "10000"})
    assert (budget().requests, budget().window_ms) == (90, 10_000)
    ledger.observe(429, {"x-max": "1", "x-window": "1"})
    ledger.observe(200, {"x-max": "many"})
    ledger.observe(200, {})
    assert (budget().requests, budget().window_ms) == (90, 10_000)
    ledger.observe(200, {"x-max": "50"})
    assert budget().requests == 50


def test_a_penalty_holds_for_every_process(ledger: RateLedger) -> None:
    ledger.acquire()
    ledger.penalise(60)
    other = RateLedger("account", RATE)
    for one in (ledger, other):
        with pytest.raises(RateLimitedError) as caught:
            one.acquire()
        assert 50 < caught.value.retry_after <= 60
    other.close()
    ledger.penalise(1)
    with pytest.raises(RateLimitedError):
        ledger.acquire()  # a shorter penalty does not end a longer one
    assert (budget().granted_total, budget().refused_total) == (1, 2)


def test_a_short_penalty_is_waited_out(ledger: RateLedger) -> None:
    ask(ledger)
    ledger.penalise(0.3)
    until = budget().blocked_until_ms
    ask(ledger)
    assert budget().grants[-1] - MARGIN_MS >= until


def test_a_request_counts_from_when_it_may_have_arrived(ledger: RateLedger) -> None:
    """While it travels it may arrive late; its answer says that it has."""
    began = time.time_ns() // 1_000_000
    grants = [ledger.acquire() for _ in range(5)]
    for grant in grants[:4]:
        ledger.answered(grant)
    ask(ledger, 4)
    told = time.time_ns() // 1_000_000
    assert told < began + MARGIN_MS
    stored = sorted(budget().grants)
    assert grants[4].at in stored
    assert stored[0] <= told
    ledger.answered(
        Slot(grants[4].at + 60_000)
    )  # another process's: nothing of ours changes
    ask(ledger)
    assert budget().granted_total == 10


def test_a_clock_set_back_does_not_block_for_ever(ledger: RateLedger) -> None:
    ledger.acquire()
    ahead = time.time_ns() // 1_000_000 + 3_600_000
    RateBudget.objects.update(grants=[ahead] * 5)
    ledger.acquire()
    assert budget().granted_total == 2


def test_connections_of_one_account_share_its_budget() -> None:
    first, second = rows.connection("A", "hubspot"), rows.connection("B", "hubspot")
    assert account.ledger_key(first) != account.ledger_key(second)
    first.account = second.account = "20000001"
    assert account.ledger_key(first) == account.ledger_key(second)


CLIENT = """
import sys, django, requests
django.setup()
from connectors.sdk.shared.budgets import BudgetSpec
from connectors.sync.budget.ledger import RateLedger
ledger = RateLedger("account", [BudgetSpec(name="burst", requests=20, seconds=10)])
with requests.Session() as session:
    # What a process does once is done before it asks for its first slot.
    session.get(sys.argv[1] + "/__sandbox__/config", timeout=20)
    session.headers["Authorization"] = "Bearer pat-na1-sandbox-full"
    for _ in range(int(sys.argv[2])):
        grant = ledger.acquire()
        answer = session.get(sys.argv[1] + "/crm/objects/2026-09/companies", timeout=20)
        ledger.answered(grant)
        ledger.observe(answer.status_code, answer.headers)
ledger.close()
"""


def test_processes_together_never_meet_the_vendors_limit() -> None:
    """Three processes, thirty requests, a budget of twenty in ten seconds: by the
    stand-in's own count nobody is refused, and the budget is used."""
    with SandboxThread(stand_in_class("hubspot")()) as box:
        control = box.control("hubspot")
        control.config(rate_limit=20)
        command = [sys.executable, "-c", CLIENT, box.url["hubspot"], "10"]
        started = [
            subprocess.Popen(command, cwd=ROOT, env=environment()) for _ in range(3)
        ]
        try:
            assert [one.wait(LONGEST) for one in started] == [0, 0, 0]
        finally:
            for one in started:
                one.kill()
                one.wait()
        statuses = [one["status"] for one in control.log()]
        assert statuses == [200] * 30
        # The same requests without the ledger do meet it.
        headers = {"Authorization": "Bearer pat-na1-sandbox-full"}
        url = f"{box.url['hubspot']}/crm/objects/2026-09/companies"
        answers = [
            requests.get(url, headers=headers, timeout=20).status_code
            for _ in range(21)
        ]
        assert 429 in answers
    assert budget().granted_total == 30
    assert most_in_any(10_000, budget().grants) <= 20
