"""What is deleted in the source while nobody knows whether it has arrived."""

from __future__ import annotations

import pytest

from connectors.models import (
    Binding,
    Flow,
    Intent,
    Outcome,
    Review,
    ReviewKind,
    SourceGone,
    SyncRecord,
    SyncRun,
)
from connectors.sync import replay
from connectors.sync.outbox import claim, intents
from connectors.sync.runs import OPEN
from tests.sync.pairs.test_jde_pair import backwards, settle
from tests.sync.site import Site, assert_counts_add_up

pytestmark = pytest.mark.faults
ORCHESTRATOR = {"match": {"path": r"/orchestrator/"}, "times": 1}


def joined(site: Site) -> Flow:
    back = backwards(site)
    site.hubspot.set_values({**site.hubspot.settings, "archive_minutes": 0})
    site.hubspot.save()
    site.run()
    settle(site, back)
    return back


def doubtful(site: Site, back: Flow, lost: str) -> str:
    """A company of HubSpot, the answer to whose creation in JD Edwards was lost."""
    made = site.crm.edit(type="companies", action="create", set={"name": "Doubtful"})
    site.erp.faults({**ORCHESTRATOR, "do": {lost: True}})
    site.run(flow=back)
    assert Intent.objects.count() == 1
    return str(made["id"])


def delete(site: Site, key: str) -> None:
    site.crm.edit(type="companies", action="delete", id=key)


def days_later(site: Site, back: Flow) -> None:
    """Whatever the engine still means to do, it does."""
    for run in SyncRun.objects.filter(status__in=OPEN):
        site.work(run)
    for _ in range(3):
        settle(site, back)
        site.pass_time(days=1)
        site.push(back)


def numbers(site: Site) -> list[str]:
    rows = site.erp.records("F0101")
    return [str(r["AN8"]) for r in rows if r["ALPH"].strip() == "Doubtful"]


@pytest.mark.parametrize("lost", ["apply_then_drop", "drop"])
def test_it_is_looked_for_and_never_sent_again(site: Site, lost: str) -> None:
    back = joined(site)
    key = doubtful(site, back, lost)
    delete(site, key)
    days_later(site, back)
    assert not Intent.objects.exists()
    last = back.records.filter(source_id=key).first()
    assert last is not None
    if lost == "drop":
        assert numbers(site) == []
        assert (last.outcome, last.error_message) == (
            Outcome.SKIPPED,
            "Deleted in the source; it was never sent.",
        )
    else:
        (number,) = numbers(site)
        bound = Binding.objects.get(left_id=number)
        assert (bound.right_id, bool(bound.right_gone_at)) == (key, True)
        assert last.error_message == (
            "Deleted in the source; the target keeps its record."
        )
    assert_counts_add_up()


@pytest.mark.parametrize("lost", ["apply_then_drop", "drop"])
def test_the_flow_s_rule_for_deletes_holds_for_what_has_arrived(
    site: Site, lost: str
) -> None:
    back = joined(site)
    Flow.objects.filter(pk=back.pk).update(source_gone=SourceGone.HOLD)
    delete(site, doubtful(site, back, lost))
    days_later(site, back)
    asked = Review.objects.filter(kind=ReviewKind.DELETE, decided_at=None)
    assert asked.count() == len(numbers(site)) == (lost == "apply_then_drop")
    assert_counts_add_up()


@pytest.mark.parametrize("lost", ["apply_then_drop", "drop"])
def test_a_worker_that_held_it_and_died_sends_it_no_more(site: Site, lost: str) -> None:
    """The delete is read while the dead worker's claim still stands."""
    back = joined(site)
    key = doubtful(site, back, lost)
    site.pass_time(hours=1)
    held = claim.claim(back, 10)
    assert held
    delete(site, key)
    site.run(flow=back)
    site.pass_time(days=1)
    claim.reclaim()
    days_later(site, back)
    assert len(numbers(site)) == (lost == "apply_then_drop")
    assert not Intent.objects.exists()
    assert not back.records.filter(outcome__in=("pending", "waiting")).exists()
    assert_counts_add_up()


def test_what_was_never_answered_is_not_sent_after_its_delete(site: Site) -> None:
    """In a worker's hands while its delete was read, and refused for a moment."""
    back = joined(site)
    made = site.crm.edit(type="companies", action="create", set={"name": "Doubtful"})
    site.erp.faults({**ORCHESTRATOR, "do": {"status": 503}})
    site.run(flow=back)
    intents.drop(back, [made["id"]])
    site.pass_time(hours=1)
    assert claim.claim(back, 10)
    delete(site, made["id"])
    site.run(flow=back)
    site.pass_time(days=1)
    claim.reclaim()
    days_later(site, back)
    assert numbers(site) == []
    assert set(
        back.records.filter(source_id=made["id"]).values_list("outcome", flat=True)
    ) == {Outcome.SKIPPED}
    assert_counts_add_up()


def test_a_replay_of_what_was_read_before_its_delete_brings_nothing_back(
    site: Site,
) -> None:
    back = joined(site)
    key = doubtful(site, back, "drop")
    delete(site, key)
    days_later(site, back)
    old = SyncRecord.objects.filter(flow=back, source_id=key, change="")
    found = replay.replay(old, None)
    for run in found.runs:
        site.work(run)
    days_later(site, back)
    assert numbers(site) == []
    assert (found.taken, found.refused) == (0, 1)
    assert "deleted in the source since" in found.reasons[0]
    site.crm.edit(type="companies", action="restore", id=key)
    for run in replay.replay(old, None, fresh=True).runs:
        site.work(run)
    days_later(site, back)
    assert len(numbers(site)) == 1, "a fresh read says that it is there again"
    assert_counts_add_up()
