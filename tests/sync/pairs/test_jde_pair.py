"""JD Edwards and HubSpot in both directions: customers, invoices, payments."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connectors.models import (
    Binding,
    FieldMapping,
    Flow,
    Intent,
    MatchMethod,
    MatchRule,
    Outcome,
    Review,
    SyncRecord,
    WriteBackJob,
)
from connectors.sync import connect, replay
from connectors.sync.mapping.versions import save_version
from tests.sync.pairs.documents import (
    books,
    documents,
    documents_of,
    invoice,
    payment,
    properties,
)
from tests.sync.site import Site, assert_counts_add_up

pytestmark = pytest.mark.faults


def backwards(site: Site, **flow: Any) -> Flow:
    """The flow that carries name and city back, and creates what nothing matches."""
    connect.refresh_catalogue(site.hubspot, "companies")
    made = site.make_flow(
        "Back", source=site.hubspot, source_object="companies",
        target=site.jde, target_object="customers",
    )  # fmt: skip
    for name, value in flow.items():
        setattr(made, name, value)
    made.save()
    rows = ({"source_field": "name", "target_field": "ALPH"},
            {"source_field": "city", "target_field": "city"})  # fmt: skip
    site.map(*rows, flow=made)
    MatchRule.objects.create(
        flow=made, method=MatchMethod.EXACT,
        source_field="name", target_field="ALPH",
    )  # fmt: skip
    site.hubspot.set_values(
        {**site.hubspot.settings, "overlap_seconds": 0, "searches_per_second": 1000}
    )
    site.hubspot.save()
    return made


def name_of(site: Site, number: str) -> str:
    return str(site.erp.records("F0101", [number])[0]["ALPH"]).strip()


def settle(site: Site, back: Flow) -> None:
    site.run(flow=back)
    site.run()
    site.run(flow=back)


def test_a_change_in_hubspot_reaches_jde_and_comes_back_as_nothing(site: Site) -> None:
    back = backwards(site)
    site.run()
    settle(site, back)
    number = min(site.customers())
    key = site.companies()[f"jde:{number}"]["hs_object_id"]
    site.crm.edit(type="companies", id=key, set={"name": "Renamed in HubSpot"})
    settle(site, back)
    assert name_of(site, number) == "Renamed in HubSpot"
    calls = len(site.upserts())
    run, again = site.run(), site.run(flow=back)
    assert (run.updated, again.updated) == (0, 0)
    assert len(site.upserts()) == calls
    assert not Review.objects.exists()
    assert_counts_add_up()


def test_a_company_of_hubspot_becomes_one_customer(site: Site) -> None:
    back = backwards(site)
    site.run()
    settle(site, back)
    made = site.crm.edit(
        type="companies", action="create", set={"name": "New Prospect", "city": "Zug"}
    )
    settle(site, back)
    settle(site, back)
    bound = Binding.objects.get(right_id=made["id"])
    assert name_of(site, bound.left_id) == "New Prospect"
    company = site.companies()[f"jde:{bound.left_id}"]
    assert company["hs_object_id"] == made["id"], "its ERP key came back to it"
    assert len(site.customers()) == 31
    assert len(site.crm.records("companies")) == 31


@pytest.mark.parametrize("lost", ["apply_then_drop", "drop"])
def test_a_lost_answer_makes_no_second_customer(site: Site, lost: str) -> None:
    back = backwards(site)
    site.run()
    settle(site, back)
    made = site.crm.edit(type="companies", action="create", set={"name": "Once Only"})
    do = {"apply_then_drop": True} if lost == "apply_then_drop" else {"drop": True}
    site.erp.faults({"match": {"path": r"/orchestrator/"}, "times": 1, "do": do})
    site.run(flow=back)
    record = SyncRecord.objects.filter(flow=back, source_id=made["id"]).get()
    assert (record.outcome, record.error_class) == (Outcome.WAITING, "uncertain")
    assert Intent.objects.get().record_id == record.pk
    site.pass_time(minutes=5)
    Intent.objects.update(sent_at="2020-01-01T00:00Z")
    site.push(back)
    record.refresh_from_db()
    assert record.outcome == Outcome.CREATED
    assert not Intent.objects.exists()
    named = [r for r in site.erp.records("F0101") if r["ALPH"].strip() == "Once Only"]
    assert len(named) == 1
    assert str(named[0]["AN8"]) == Binding.objects.get(right_id=made["id"]).left_id


# -------------------------------------------------------------------------- documents


def joined(site: Site) -> tuple[str, str]:
    """A customer's number and its company's id."""
    site.run()
    number = min(site.customers())
    return number, site.companies()[f"jde:{number}"]["hs_object_id"]


def test_invoices_and_payments_are_posted_once_and_told_back(site: Site) -> None:
    number, company = joined(site)
    invoices, payments = documents(site)
    made = invoice(site, company, "100.10", "20.25")
    run = site.run(flow=invoices)
    assert (run.created, run.failed) == (1, 0), SyncRecord.objects.filter(
        flow=invoices
    ).values_list("error_message", flat=True)
    (bill,) = documents_of(site, "F03B11", VR01=f"HU-{made}")
    assert (str(bill["AN8"]), Decimal(str(bill["AG"]))) == (number, Decimal("120.35"))
    paid = payment(site, company, made, "120.35")
    assert site.run(flow=payments).created == 1
    (bill,) = documents_of(site, "F03B11", VR01=f"HU-{made}")
    assert (Decimal(str(bill["AAP"])), bill["PST"]) == (Decimal(0), "P")
    books(site)
    told = properties(site, "invoices")
    assert told[made]["erp_document"] == Binding.objects.get(left_id=made).right_id
    told = properties(site, "commerce_payments")
    assert told[paid]["erp_document"]
    assert not WriteBackJob.objects.exists()
    # Our own write-back comes back and posts nothing.
    site.run(flow=invoices)
    site.run(flow=payments)
    assert len(documents_of(site, "F03B11", VR01=f"HU-{made}")) == 1
    assert_counts_add_up()


@pytest.mark.parametrize("lost", ["apply_then_drop", "drop"])
def test_a_lost_answer_posts_no_second_invoice(site: Site, lost: str) -> None:
    _, company = joined(site)
    invoices, _ = documents(site)
    made = invoice(site, company, "50.00")
    rule = {"match": {"path": "/orchestrator/"}, "times": 1, "do": {lost: True}}
    site.erp.faults(rule)
    site.run(flow=invoices)
    record = SyncRecord.objects.get(flow=invoices)
    assert (record.outcome, record.error_class) == (Outcome.WAITING, "uncertain")
    site.pass_time(minutes=5)
    Intent.objects.update(sent_at="2020-01-01T00:00Z")
    site.push(invoices)
    record.refresh_from_db()
    assert record.outcome == Outcome.CREATED
    assert len(documents_of(site, "F03B11", VR01=f"HU-{made}")) == 1
    books(site)


def test_a_refused_invoice_says_why_on_both_sides(site: Site) -> None:
    _, company = joined(site)
    invoices, _ = documents(site)
    FieldMapping.objects.filter(target_field="lines.account").update(default="1.9999")
    save_version(invoices)
    made = invoice(site, company, "50.00")
    assert site.run(flow=invoices).failed == 1
    record = SyncRecord.objects.get(flow=invoices)
    told = properties(site, "invoices")
    assert told[made]["erp_message"] == record.error_message
    assert "9999" in record.error_message
    books(site)


def test_a_newer_change_of_a_doubtful_record_makes_no_second_one(site: Site) -> None:
    back = backwards(site)
    site.run()
    settle(site, back)
    made = site.crm.edit(type="companies", action="create", set={"name": "Doubtful"})
    rule = {"match": {"path": "/orchestrator/"}, "times": 1, "do": {}}
    site.erp.faults({**rule, "do": {"apply_then_drop": True}})
    site.run(flow=back)
    assert Intent.objects.count() == 1
    site.crm.edit(type="companies", id=made["id"], set={"name": "Doubtful no more"})
    site.pass_time(minutes=5)
    Intent.objects.update(sent_at="2020-01-01T00:00Z")
    site.run(flow=back)
    assert not Intent.objects.exists()
    names = [row["ALPH"].strip() for row in site.erp.records("F0101")]
    assert names.count("Doubtful no more") == 1
    assert "Doubtful" not in names


def test_a_doubtful_record_that_is_read_afresh_is_brought_up_to_date(
    site: Site,
) -> None:
    back = backwards(site)
    site.run()
    settle(site, back)
    made = site.crm.edit(type="companies", action="create", set={"name": "Doubtful"})
    rule = {"match": {"path": r"/orchestrator/"}, "times": 1, "do": {}}
    site.erp.faults({**rule, "do": {"apply_then_drop": True}})
    site.run(flow=back)
    record = SyncRecord.objects.get(flow=back, source_id=made["id"])
    site.crm.edit(type="companies", id=made["id"], set={"name": "Doubtful no more"})
    found = replay.replay(SyncRecord.objects.filter(pk=record.pk), None, fresh=True)
    for run in found.runs:
        site.work(run)
    assert not Intent.objects.exists()
    number = Binding.objects.get(right_id=made["id"]).left_id
    assert name_of(site, number) == "Doubtful no more"
    settle(site, back)
    assert site.companies()[f"jde:{number}"]["name"] == "Doubtful no more"


def people_back(site: Site) -> Flow:
    """People of HubSpot into JD Edwards, whose customers are there."""
    site.run()
    backwards(site)
    people = site.make_flow(
        "People back", source=site.hubspot, source_object="contacts",
        target=site.jde, target_object="contacts",
    )  # fmt: skip
    whose = {"source_field": "associatedcompany", "target_field": "AN8"}
    site.map(
        {"source_field": "lastname", "target_field": "last_name"},
        {**whose, "update_mode": "create_only"},
        flow=people,
    )
    return people


def test_a_person_of_no_company_follows_when_it_gets_one(site: Site) -> None:
    """HubSpot tells no change of a person who is only put to a company."""
    people = people_back(site)
    made = site.crm.edit(
        type="contacts", action="create", set={"lastname": "Of nobody"}
    )
    run = site.run(flow=people)
    assert (run.waiting, run.created) == (1, 0)
    record = people.records.get()
    assert record.error_class == "orphan"
    assert "has no customer to be added to" in record.error_message
    company = next(iter(site.companies().values()))["hs_object_id"]
    site.crm.edit(
        type="contacts", action="associate", id=made["id"],
        to_type="companies", to_id=company,
    )  # fmt: skip
    assert site.run(flow=people).created == 1
    assert_counts_add_up()


def test_a_person_of_no_company_is_given_up_after_a_day(site: Site) -> None:
    people = people_back(site)
    site.crm.edit(type="contacts", action="create", set={"lastname": "Of nobody"})
    site.run(flow=people)
    for hours, outcome in ((23, Outcome.WAITING), (2, Outcome.FAILED)):
        site.pass_time(hours=hours)
        site.run(flow=people)
        assert people.records.get().outcome == outcome
    assert_counts_add_up()
