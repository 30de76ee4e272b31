"""What a source or a mode of a mapping row must not break."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import transaction

from connectors.models import (
    Binding,
    Connection,
    Health,
    RateBudget,
    RunKind,
    RunStatus,
    SyncRecord,
)
from connectors.sdk.errors import ContractError
from connectors.sdk.records import Page, SourceRecord
from connectors.sdk.shared.budgets import BudgetSpec
from connectors.sync import connect, faults, replay, runs
from connectors.sync.budget.ledger import RateLedger
from connectors.sync.intake.poll import Poller
from connectors.sync.mapping.versions import compiled
from connectors.sync.outbox import binding, store
from tests.sync.site import PASSWORD, ROWS, Site, ago, assert_counts_add_up


def test_a_nul_character_does_not_block_its_page(site: Site) -> None:
    run = runs.create(site.flow, RunKind.SYNC)
    token = type(site.flow.state).objects.claim(site.flow.pk, seconds=60)
    assert token
    fields: dict[str, Any] = {"AN8": "1", "ALPH": "A\0cme \\u0000"}
    records = [SourceRecord(key="1", fields=fields)]
    poller = Poller(site.flow, run, compiled(site.flow), token)
    assert poller.keep(Page(records=records, cursor={})) == 1
    assert SyncRecord.objects.get().payload["ALPH"] == "Acme \\u0000"


def bound(left: str, right: str, **versions: Any) -> binding.Bound:
    now = store.now()
    sides: dict[str, Any] = {"left_version": None, "right_version": None, **versions}
    return binding.Bound(
        pair_id=0,
        left_id=left,
        right_id=right,
        left_fingerprint="",
        right_fingerprint="",
        record=1,
        created_at=now,
        updated_at=now,
        **sides,
    )


def bind(site: Site, *rows: binding.Bound, source: str = "left") -> None:
    for row in rows:
        row.pair_id = site.flow.pair_id or 0
    with transaction.atomic():
        binding.bind(rows, source=source)


def test_two_records_that_are_one_in_the_target_can_be_bound_at_once(
    site: Site,
) -> None:
    bind(site, bound("1", "8"), bound("2", "7"), bound("1", "9"))
    assert set(Binding.objects.values_list("left_id", "right_id")) == {
        ("1", "9"),
        ("2", "7"),
    }


def test_a_flow_keeps_what_its_counterpart_knows_of_versions(site: Site) -> None:
    old, new = ago(days=2), ago(days=1)
    bind(site, bound("1", "9", left_version=new))
    bind(site, bound("1", "9", right_version=new), source="right")
    binding = Binding.objects.get()
    assert (binding.left_version, binding.right_version) == (new, new)
    bind(site, bound("1", "8", right_version=old), source="right")
    assert Binding.objects.get().right_id == "9"
    bind(site, bound("1", "8", left_version=new, right_version=old))
    binding = Binding.objects.get()
    assert (binding.right_id, binding.right_version) == ("8", new), "of both the newest"


@pytest.mark.parametrize("mode", ["create_only", "fill_empty"])
def test_what_a_record_is_recognised_by_is_sent_in_any_mode(
    site: Site, mode: str
) -> None:
    site.remap(**{**ROWS[0], "update_mode": mode})
    assert site.run().created == 30
    number = min(site.customers(), key=int)
    site.edit(number, ALPH="Another name")
    again = site.run()
    assert (again.updated, again.problems) == (1, 0)
    assert site.companies()[f"jde:{number}"]["name"] == "Another name"


def test_a_replay_whose_taker_died_ends_and_is_taken_no_further(site: Site) -> None:
    site.run()
    run = runs.create(site.flow, RunKind.REPLAY)
    ids = list(SyncRecord.objects.values_list("pk", flat=True))
    with transaction.atomic():
        replay._take(ids[:10], run, None, {}, fresh=False)
    site.work(run)
    assert (run.status, run.read, run.pending) == (RunStatus.SUCCEEDED, 10, 0)
    with pytest.raises(replay._EndedError), transaction.atomic():
        replay._take(ids[10:], run, None, {}, fresh=False)
    assert_counts_add_up()


def test_a_source_that_is_back_is_healthy_again(site: Site) -> None:
    Connection.objects.update(health=Health.UNREACHABLE)
    site.run()
    site.jde.refresh_from_db()
    assert site.jde.health == Health.OK
    assert_counts_add_up()


def test_a_run_that_fails_says_it_without_secrets(site: Site) -> None:
    run = runs.create(site.flow, RunKind.SYNC)
    faults.run_failed(run, ContractError(f"The run failed: KeyError('{PASSWORD}')."))
    run.refresh_from_db()
    assert run.message.startswith("The run failed")
    assert PASSWORD not in run.message


def test_a_clock_that_is_set_back_does_not_stop_the_budget(site: Site) -> None:
    ledger = RateLedger("test", [BudgetSpec(name="burst", requests=2, seconds=0.5)])
    ahead = time.time_ns() // 1_000_000 + 3_600_000
    RateBudget.objects.create(
        key="test", requests=2, window_ms=500, grants=[ahead, ahead]
    )
    try:
        ledger.acquire()
    finally:
        ledger.close()
    assert RateBudget.objects.get(key="test").granted_total == 1


def test_secrets_are_blanked_in_every_form(site: Site) -> None:
    site.jde.set_values({**site.jde.settings, "password": 'pa"ss\\word'})
    redact = connect.redactor(site.jde, site.hubspot)
    assert "pa" not in redact('{"body": "pa\\"ss\\\\word"}')
