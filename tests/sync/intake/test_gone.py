"""What is deleted on one side stays so, unless the flow says otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from connectors.models import (
    Binding,
    Decision,
    FlowState,
    Outcome,
    Review,
    ReviewKind,
    RunKind,
    SourceGone,
    SyncRecord,
    SyncRun,
    TargetGone,
)
from connectors.sdk.records import Page, SourceRecord
from connectors.sync import reviews, runs
from connectors.sync.intake.poll import Poller
from connectors.sync.mapping.versions import compiled
from tests.sync.site import Site, assert_counts_add_up

pytestmark = pytest.mark.faults


def first(site: Site) -> str:
    return min(site.customers())


def deleted_in_hubspot(site: Site, **policy: Any) -> str:
    """A customer whose company a HubSpot user has deleted, and which changes then."""
    for name, value in policy.items():
        setattr(site.flow, name, value)
    site.flow.save()
    site.run()
    number = first(site)
    site.crm.edit(
        type="companies", action="delete", key=f"jde:{number}", key_property="erp_key"
    )
    site.edit(number, ALPH="Changed later")
    site.run()
    return number


def last(number: str) -> SyncRecord:
    record = SyncRecord.objects.filter(source_id=number).order_by("-pk").first()
    assert record is not None
    return record


def test_what_hubspot_has_deleted_stays_deleted(site: Site) -> None:
    number = deleted_in_hubspot(site)
    assert f"jde:{number}" not in site.companies()
    record = last(number)
    assert record.outcome == Outcome.SKIPPED
    assert "deleted" in record.error_message
    assert Binding.objects.get(left_id=number).right_gone_at
    site.edit(number, ALPH="And once more")
    before = len(site.crm.log())
    site.run()
    assert last(number).outcome == Outcome.SKIPPED
    assert len(site.crm.log()) == before, "it is known, and not asked again"
    assert_counts_add_up()


def test_it_is_made_again_where_the_flow_says_so(site: Site) -> None:
    number = deleted_in_hubspot(site, target_gone=TargetGone.RECREATE)
    company = site.companies()[f"jde:{number}"]
    assert company["name"] == "Changed later"
    bound = Binding.objects.get(left_id=number)
    assert (bound.right_id, bound.right_gone_at) == (company["hs_object_id"], None)


@pytest.mark.parametrize("said", [Decision.CREATE, Decision.IGNORE])
def test_a_person_decides_where_the_flow_says_so(site: Site, said: Decision) -> None:
    number = deleted_in_hubspot(site, target_gone=TargetGone.HOLD)
    record = last(number)
    assert record.outcome == Outcome.CONFLICT
    review = Review.objects.get(record=record, kind=ReviewKind.GONE)
    decided = reviews.decide(Review.objects.filter(pk=review.pk), said, None)
    assert decided.count == 1
    for run in decided.runs:
        site.work(run)
    record.refresh_from_db()
    again = said == Decision.CREATE
    assert (f"jde:{number}" in site.companies()) is again
    assert record.outcome == (Outcome.CREATED if again else Outcome.SKIPPED)


def delete_in_source(site: Site, number: str, **policy: Any) -> SyncRecord:
    """The source shows the record as deleted. JD Edwards itself shows nothing: what is
    deleted there is found by comparing keys."""
    for name, value in policy.items():
        setattr(site.flow, name, value)
    site.flow.save()
    run = runs.start(site.fresh(site.flow), RunKind.SYNC)
    token = FlowState.objects.claim(run.flow_id, seconds=60)
    assert token
    gone = SourceRecord(key=number, fields={}, deleted=True)
    poller = Poller(run.flow, run, compiled(run.flow), token)
    cursor = FlowState.objects.get(flow=run.flow).cursor
    poller.keep(Page(records=[gone], cursor=cursor))
    FlowState.objects.release(run.flow_id, token)
    SyncRun.objects.filter(pk=run.pk).update(read_done_at=timezone.now())
    site.work(run)
    return last(number)


def test_a_delete_archives_where_the_flow_says_so(site: Site) -> None:
    site.run()
    number = first(site)
    record = delete_in_source(site, number, source_gone=SourceGone.ARCHIVE)
    assert record.outcome == Outcome.UPDATED
    assert f"jde:{number}" not in site.companies()
    bound = Binding.objects.get(left_id=number)
    assert bound.left_gone_at
    assert bound.right_gone_at
    again = delete_in_source(site, number)
    assert again.pk == record.pk, "a delete that is known is no news"


def test_a_delete_marks_where_the_flow_says_so(site: Site) -> None:
    site.run()
    number = first(site)
    delete_in_source(
        site, number, source_gone=SourceGone.FLAG,
        flag_field="erp_payment_terms", flag_value="DELETED",
    )  # fmt: skip
    assert site.companies()[f"jde:{number}"]["erp_payment_terms"] == "DELETED"


def test_a_delete_changes_nothing_by_itself_and_holds_on_request(site: Site) -> None:
    site.run()
    one, other = sorted(site.customers())[:2]
    assert delete_in_source(site, one).outcome == Outcome.SKIPPED
    held = delete_in_source(site, other, source_gone=SourceGone.HOLD)
    assert held.outcome == Outcome.CONFLICT
    asked = Review.objects.filter(record=held, kind=ReviewKind.DELETE)
    decided = reviews.decide(asked, Decision.ARCHIVE, None)
    for run in decided.runs:
        site.work(run)
    assert f"jde:{one}" in site.companies()
    assert f"jde:{other}" not in site.companies()
