"""Fields that change under a mapping: found before the write, told once, mended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from django_q.models import OrmQ

from connectors.models import (
    Alert,
    AlertKind,
    CatalogueChange,
    CatalogueRead,
    DriftKind,
    FlowStatus,
    Outcome,
    RunStatus,
    SyncRecord,
)
from connectors.sync import connect
from connectors.sync.drift import changes, schedule
from connectors.sync.sweep import sweep
from tests.sync.site import ROWS, Site, assert_counts_add_up, assert_exact, outcomes

LIMIT, TERMS = "erp_credit_limit", "erp_payment_terms"


@pytest.fixture
def read(site: Site) -> Site:
    """A site whose fields were read by schedule once, as it is after a day."""
    schedule.refresh(site.hubspot.pk)
    schedule.refresh(site.jde.pk)
    site.crm.clear_log()
    return site


def redefine(site: Site, action: str, prop: str, /, **how: object) -> None:
    """What an admin does to a property of companies in the portal."""
    site.crm.edit(type="companies", action=action, property=prop, **how)


def told() -> str:
    """What the open alert says; fails when there is not just one."""
    (alert,) = Alert.objects.filter(resolved_at=None)
    assert alert.kind == AlertKind.DRIFT
    return f"{alert.title}\n{alert.advice}"


def settle(site: Site) -> None:
    """What the sweeper does about it, and the push that it orders."""
    sweep()
    site.push()


def assert_nothing_is_sent(site: Site) -> None:
    """Everything waits, uncounted, with the reason at each record."""
    assert site.upserts() == []
    assert outcomes() == {Outcome.WAITING: 30}
    assert set(SyncRecord.objects.values_list("attempts", "error_class")) == {
        (0, "drift")
    }
    assert site.fresh(site.flow).status == FlowStatus.ACTIVE


def test_an_archived_property_holds_the_flow_until_it_is_back(read: Site) -> None:
    site = read
    redefine(site, "archive_property", LIMIT)
    redefine(site, "retype_property", TERMS, to="number", field_type="number")
    schedule.refresh(site.hubspot.pk)
    run = site.run()
    assert run.status == RunStatus.PARTIAL
    assert_nothing_is_sent(site)
    text = told()
    assert "2 fields" in text
    assert "was removed" in text
    assert "of the type decimal now" in text
    assert "row ACL → erp_credit_limit" in text
    record = SyncRecord.objects.first()
    assert record is not None
    assert "Held before anything is sent" in record.error_message

    redefine(site, "restore_property", LIMIT)
    redefine(site, "retype_property", TERMS, to="string", field_type="text")
    schedule.refresh(site.hubspot.pk)
    assert not Alert.objects.filter(resolved_at=None).exists()
    site.push()
    assert_exact(site)
    assert not CatalogueChange.objects.filter(ended_at=None).exists()


def test_what_we_create_ourselves_is_no_news(read: Site) -> None:
    site = read
    redefine(site, "rename_property", TERMS, name="terms")
    said = connect.ensure_fields(site.hubspot, "companies", ["erp_fax"])
    assert said == {"erp_fax": "created"}
    added = CatalogueChange.objects.filter(kind=DriftKind.ADDED)
    assert [one.field for one in added] == ["terms"]


def test_a_renamed_property_says_what_it_may_be_called_now(read: Site) -> None:
    """And the mapping alone mends it: no button, no restart."""
    site = read
    redefine(site, "rename_property", LIMIT, name="credit_line")
    schedule.refresh(site.hubspot.pk)
    site.run()
    assert_nothing_is_sent(site)
    assert "perhaps renamed to “credit_line”" in told()
    site.remap(source_field="ACL", target_field=TERMS)
    site.map(
        *[row for row in ROWS if row["target_field"] != LIMIT],
        {"source_field": "ACL", "target_field": "credit_line"},
    )
    settle(site)
    assert not Alert.objects.filter(kind=AlertKind.DRIFT, resolved_at=None).exists()
    assert_exact(site)
    assert any(one.get("credit_line") for one in site.companies().values())


def test_a_lost_option_holds_only_the_records_that_carry_it(read: Site) -> None:
    site = read
    site.map(*ROWS, {"source_field": "RMK", "target_field": "lifecyclestage"})
    numbers = sorted(site.customers(), key=int)
    for number in numbers:
        site.edit(number, RMK="lead" if number in numbers[:3] else "customer")
    stage = site.hubspot.catalogue.get(object_type="companies", name="lifecyclestage")
    options = {one["value"]: one["label"] for one in stage.options}
    fewer = {value: label for value, label in options.items() if value != "lead"}
    redefine(site, "set_options", "lifecyclestage", options=fewer)
    schedule.refresh(site.hubspot.pk)
    run = site.run()
    assert (run.created, run.waiting) == (27, 3)
    waiting = SyncRecord.objects.filter(outcome=Outcome.WAITING)
    assert {one.source_id for one in waiting} == set(numbers[:3])
    assert "has lost the option “Lead” (lead)" in waiting[0].error_message
    assert "has lost the option “Lead” (lead)" in told()
    assert_counts_add_up()
    redefine(site, "set_options", "lifecyclestage", options=options)
    schedule.refresh(site.hubspot.pk)
    site.push()
    assert_exact(site)


def test_a_person_may_take_a_field_as_it_is_now(read: Site) -> None:
    site = read
    redefine(site, "retype_property", TERMS, to="string", field_type="textarea")
    schedule.refresh(site.hubspot.pk)
    assert not Alert.objects.filter(resolved_at=None).exists(), "it is text as before"
    redefine(site, "retype_property", TERMS, to="enumeration", field_type="select")
    schedule.refresh(site.hubspot.pk)
    site.run()
    assert_nothing_is_sent(site)
    values = {str(row["TRAR"]).strip() for row in site.erp.records("F03012")}
    options = {value: value for value in values if value}
    redefine(site, "set_options", TERMS, options=options)
    schedule.refresh(site.hubspot.pk)
    user = User.objects.create_user("ann")
    assert changes.accept(site.hubspot, user) == 1
    settle(site)
    assert_exact(site)
    kept = CatalogueChange.objects.get(kind=DriftKind.RETYPED)
    assert (kept.before, kept.after, kept.accepted_by) == ("string", "enum", user)


def test_a_source_field_that_is_gone_is_not_read_as_empty(read: Site) -> None:
    """Nothing is read without it, so that nothing is emptied in the target."""
    site = read
    site.run()
    assert_exact(site)
    site.jde.catalogue.filter(name="ACL").update(missing=True)
    CatalogueChange.objects.create(
        connection=site.jde, object_type="customers", field="ACL",
        label="Credit limit", kind=DriftKind.REMOVED, before="decimal",
    )  # fmt: skip
    before = site.companies()
    site.edit(min(site.customers()), ALPH="A New Name")
    run = site.run()
    assert (run.status, run.read) == (RunStatus.PARTIAL, 0)
    assert "Nothing was read" in run.message
    assert site.companies() == before
    # Read again, it is there after all.
    schedule.refresh(site.jde.pk)
    site.run()
    assert site.companies()[f"jde:{min(site.customers())}"]["name"] == "A New Name"


def test_fields_are_read_by_schedule_and_after_a_refusal(read: Site) -> None:
    site = read
    OrmQ.objects.all().delete()
    site.flow.interval = None
    site.flow.save()
    sweep()
    assert (schedule.TASK, (site.hubspot.pk,)) not in site.tasks()
    past = timezone.now() - timedelta(hours=2)
    CatalogueRead.objects.update(due_at=past)
    sweep()
    sweep()
    wanted = [task for task in site.tasks() if task[0] == schedule.TASK]
    assert sorted(wanted) == [
        (schedule.TASK, (pk,)) for pk in sorted((site.jde.pk, site.hubspot.pk))
    ]
    OrmQ.objects.all().delete()
    # Archived since the last look, HubSpot itself refuses it: then it is looked at.
    CatalogueRead.objects.update(read_at=past)
    redefine(site, "archive_property", LIMIT)
    site.run()
    sweep()
    assert (schedule.TASK, (site.hubspot.pk,)) in site.tasks()
    schedule.refresh(site.hubspot.pk)
    assert "was removed" in told()
    assert site.fresh(site.flow).status == FlowStatus.ACTIVE
    redefine(site, "restore_property", LIMIT)
    schedule.refresh(site.hubspot.pk)
    site.pass_time(minutes=15)
    site.push()
    assert_exact(site)


def test_what_breaks_no_mapping_is_history_only(read: Site) -> None:
    site = read
    redefine(site, "relabel_property", "erp_changed_at", label="Changed in the ERP")
    redefine(site, "archive_property", "erp_changed_at")
    schedule.refresh(site.hubspot.pk)
    assert not Alert.objects.filter(kind=AlertKind.DRIFT).exists()
    kinds = set(CatalogueChange.objects.values_list("kind", flat=True))
    assert DriftKind.REMOVED in kinds
    site.run()
    assert_exact(site)
