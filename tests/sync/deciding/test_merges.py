"""Companies merged in HubSpot: the survivor goes on, and nobody is forgotten."""

from __future__ import annotations

from typing import Any

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
    TargetGone,
)
from connectors.sync import replay
from tests.sync.pairs.test_jde_pair import backwards, name_of, settle
from tests.sync.site import Site, assert_counts_add_up

pytestmark = pytest.mark.faults


def live(site: Site) -> dict[str, dict[str, Any]]:
    return {
        one["id"]: one["properties"]
        for one in site.crm.records("companies")
        if not one["archived"]
    }


def company_of(site: Site, number: str) -> str:
    return Binding.objects.get(left_id=number).right_id


def merge(site: Site, lost: str, into: str) -> str:
    """A user merges two companies; the survivor's id, which is a new one."""
    made = site.crm.edit(type="companies", action="merge", id=lost, into=into)
    return str(made["id"])


def joined(site: Site) -> tuple[Flow, list[str]]:
    """Both directions at rest; nothing of HubSpot is created in JD Edwards."""
    back = backwards(site, creates=False)
    site.run()
    settle(site, back)
    return back, sorted(site.customers())


def last(flow: Flow, key: str) -> SyncRecord:
    record = SyncRecord.objects.filter(flow=flow, source_id=key).order_by("-pk").first()
    assert record is not None
    return record


def nothing_was_created(site: Site) -> None:
    assert len(site.customers()) == 30
    assert site.written()["totals"]["created"] == 30
    assert site.written()["created_twice"] == []
    assert_counts_add_up()


def by_hand(site: Site) -> str:
    made = site.crm.edit(type="companies", action="create", set={"name": "By hand"})
    return str(made["id"])


@pytest.mark.parametrize("new_id", [True, False], ids=["new id", "id stays"])
def test_the_binding_moves_to_the_survivor(site: Site, *, new_id: bool) -> None:
    site.crm.config(merge_new_id=new_id)
    back, (number, *_) = joined(site)
    survivor = merge(site, company_of(site, number), by_hand(site))
    settle(site, back)
    assert company_of(site, number) == survivor
    assert name_of(site, number) == "By hand", "what the user kept came back"
    site.edit(number, ALPH="Said by JD Edwards")
    assert site.run().updated == 1
    settle(site, back)
    assert live(site)[survivor]["name"] == "Said by JD Edwards"
    assert len(live(site)) == 30
    nothing_was_created(site)


def test_of_two_that_are_bound_the_survivor_keeps_its_own(site: Site) -> None:
    back, (lost, kept, *_) = joined(site)
    old = company_of(site, lost)
    survivor = merge(site, old, company_of(site, kept))
    site.run(flow=back)
    assert company_of(site, kept) == survivor
    told = last(back, old)
    assert told.outcome == Outcome.SKIPPED
    assert told.error_message == (
        f"Merged into {survivor} in the source; the target keeps its record."
    )
    site.edit(lost, ALPH="Without a company")
    site.edit(kept, ALPH="The survivor's")
    site.run()
    passed = last(site.flow, lost)
    assert passed.outcome == Outcome.SKIPPED
    assert "merged into another" in passed.error_message
    assert live(site)[survivor]["name"] == "The survivor's"
    records = back.records.count()
    site.crm.edit(type="companies", id=survivor, set={"description": "again"})
    settle(site, back)
    assert back.records.count() == records, "it is told once"
    nothing_was_created(site)


def test_a_person_is_asked_where_the_flow_says_so(site: Site) -> None:
    back, (lost, kept, *_) = joined(site)
    Flow.objects.filter(pk=back.pk).update(source_gone=SourceGone.HOLD)
    Flow.objects.filter(pk=site.flow.pk).update(target_gone=TargetGone.HOLD)
    old = company_of(site, lost)
    survivor = merge(site, old, company_of(site, kept))
    site.run(flow=back)
    review = Review.objects.get(record=last(back, old))
    assert (review.kind, f"Merged into {survivor}" in review.reason) == (
        ReviewKind.DELETE,
        True,
    )
    site.edit(lost, ALPH="Without a company")
    site.run()
    assert Review.objects.get(record=last(site.flow, lost)).kind == ReviewKind.GONE
    nothing_was_created(site)


def test_it_gets_a_company_again_where_the_flow_says_so(site: Site) -> None:
    back, (lost, kept, *_) = joined(site)
    Flow.objects.filter(pk=site.flow.pk).update(target_gone=TargetGone.RECREATE)
    survivor = merge(site, company_of(site, lost), company_of(site, kept))
    site.run(flow=back)
    site.edit(lost, ALPH="Once more")
    site.run()
    assert company_of(site, lost) != survivor
    assert live(site)[company_of(site, lost)]["name"] == "Once more"
    assert company_of(site, kept) == survivor
    assert len(live(site)) == 30


def test_a_change_that_came_before_the_news_is_not_lost(site: Site) -> None:
    """JD Edwards' change meets the merge first, and finds its company gone."""
    back, (number, *_) = joined(site)
    survivor = merge(site, by_hand(site), company_of(site, number))
    site.edit(number, ALPH="Said meanwhile")
    site.run()
    assert last(site.flow, number).outcome == Outcome.SKIPPED
    site.run(flow=back)
    assert company_of(site, number) == survivor
    assert last(site.flow, number).outcome == Outcome.WAITING
    site.push()
    assert last(site.flow, number).outcome == Outcome.UPDATED
    assert live(site)[survivor]["name"] == "Said meanwhile"
    nothing_was_created(site)


def test_what_was_not_sent_yet_of_a_merged_company_is_dropped(site: Site) -> None:
    """It would make a customer of a company that is not there any more."""
    back = backwards(site)
    site.run()
    settle(site, back)
    number = min(site.customers())
    lost = by_hand(site)
    site.erp.faults({"match": {"path": "/orchestrator/"}, "do": {"status": 503}})
    site.run(flow=back)
    assert last(back, lost).outcome == Outcome.WAITING
    survivor = merge(site, lost, company_of(site, number))
    site.run(flow=back)
    site.erp.clear_faults()
    site.pass_time(hours=2)
    site.push(back)
    settle(site, back)
    assert last(back, lost).outcome == Outcome.SKIPPED
    assert company_of(site, number) == survivor
    assert len(site.customers()) == 30
    assert_counts_add_up()


@pytest.mark.parametrize("into", ["known", "new"])
@pytest.mark.parametrize("lost", ["apply_then_drop", "drop"])
def test_what_was_merged_away_in_doubt_does_not_come_back(
    site: Site, into: str, lost: str
) -> None:
    """The answer to its creation was lost, and then HubSpot's users merge it."""
    back = backwards(site)
    site.run()
    settle(site, back)
    create = {"type": "companies", "action": "create"}
    if into == "known":
        other = site.crm.edit(**create, set={"name": "Other"})["id"]
        settle(site, back)
    made = site.crm.edit(**create, set={"name": "Doubtful"})["id"]
    rule = {"match": {"path": r"/orchestrator/"}, "times": 1, "do": {lost: True}}
    site.erp.faults(rule)
    site.run(flow=back)
    assert Intent.objects.count() == 1
    if into == "new":
        other = site.crm.edit(**create, set={"name": "Other"})["id"]
    survivor = merge(site, made, other)
    for _ in range(3):
        site.pass_time(days=1)
        settle(site, back)
    assert len(live(site)) == 31
    assert not Intent.objects.exists()
    (number,) = Binding.objects.filter(right_id=survivor).values_list(
        "left_id", flat=True
    )
    assert name_of(site, number) == "Other"
    alone = into == "known" and lost == "apply_then_drop"
    assert len(site.customers()) == (32 if alone else 31)
    assert_counts_add_up()


def test_a_replay_of_what_was_merged_away_changes_nothing(site: Site) -> None:
    """JD Edwards made its customer of it, and would know it by its name for it."""
    back = backwards(site)
    site.run()
    settle(site, back)
    lost = by_hand(site)
    settle(site, back)
    number = Binding.objects.get(right_id=lost).left_id
    other = site.crm.edit(
        type="companies", action="create", set={"name": "Kept", "city": "Bern"}
    )
    survivor = merge(site, lost, other["id"])
    site.run(flow=back)
    settle(site, back)
    assert Binding.objects.get(left_id=number).right_id == survivor
    assert name_of(site, number) == "Kept"
    found = replay.replay(SyncRecord.objects.filter(flow=back, source_id=lost), None)
    for run in found.runs:
        site.work(run)
    settle(site, back)
    assert name_of(site, number) == "Kept"
    assert found.refused == 1
    assert_counts_add_up()
