"""Ready flows: what they set up, and that what they set up moves."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.models import (
    Binding,
    Flow,
    FlowStatus,
    Outcome,
    SyncRecord,
    UpdateMode,
    WriteBackJob,
)
from connectors.sync import recipes
from connectors.sync.mapping.suggest import suggest
from connectors.sync.owners import against_owner
from tests.sync.pairs.documents import (
    books,
    documents_of,
    invoice,
    payment,
    properties,
    today,
)
from tests.sync.site import Site, assert_counts_add_up

pytestmark = pytest.mark.faults
BOTH_WAYS = "jde_hubspot_both_ways"
ANSWERS = {"revenue_account": "1.5010"}
# Rows that carry back what JD Edwards keeps, because the recipe says so.
INTENDED = {"items": {"LITM", "DSC1", "DSC2"}}
WRITABLE = {
    "customers": {"phone", "email", "website", "SIC"},
    "contacts": {"first_name", "last_name", "ATTL", "email", "phone", "mobile"},
}


@pytest.fixture
def flows(site: Site) -> dict[str, Flow]:
    site.flow.delete()
    site.jde.set_values({**site.jde.settings, "document_company": "00001"})
    site.jde.save()
    site.hubspot.set_values(
        {**site.hubspot.settings, "overlap_seconds": 0, "searches_per_second": 1000}
    )
    site.hubspot.save()
    recipes.read_fields(BOTH_WAYS, site.jde, site.hubspot)
    made = recipes.install(BOTH_WAYS, site.jde, site.hubspot, answers=ANSWERS)
    for flow in made:
        assert recipes.ensure_fields(flow) == {}
    return {flow.name: site.fresh(flow) for flow in made}


def back(flows: dict[str, Flow], target: str) -> Flow:
    found = [
        f
        for f in flows.values()
        if f.target_object == target and f.target.system == "jde"
    ]
    return found[0]


def row(flow: Flow, target: str) -> str:
    return flow.mappings.get(target_field=target).source_field


def test_what_the_recipe_says_is_what_is_there(
    site: Site, flows: dict[str, Flow]
) -> None:
    for flow in flows.values():
        flow.full_clean()
        for rules in (flow.mappings, flow.match_rules, flow.guards, flow.write_backs):
            for one in rules.all():
                one.full_clean()
    customers = back(flows, "customers")
    assert (customers.creates, customers.source_gone) == (False, "hold")
    assert [one.method for one in customers.match_rules.all()] == [
        "exact",
        "tax",
        "name",
    ]
    assert customers.counterpart == flows["Customers to companies"]
    again = recipes.install(BOTH_WAYS, site.jde, site.hubspot, answers=ANSWERS)
    assert [flow.pk for flow in again] == [flow.pk for flow in flows.values()]


def test_no_row_goes_against_the_owner_unless_it_is_meant_to(
    site: Site, flows: dict[str, Flow]
) -> None:
    for name in ("customers", "contacts", "items"):
        flow = back(flows, name)
        filled = set(flow.mappings.values_list("target_field", flat=True))
        fields = flow.target.spec.object(name).fields
        against = {one for one in filled if against_owner(flow, fields[one])}
        assert against <= INTENDED.get(name, set()) | {
            one.target_field
            for one in flow.mappings.filter(update_mode=UpdateMode.CREATE_ONLY)
        }
        assert not any(fields[one].read_only for one in filled)
        assert fields[flow.match_field].read_only or flow.match_field in filled
        if name in WRITABLE:
            assert filled == WRITABLE[name]
    for name in ("invoices", "payments"):
        assert not back(flows, name).mappings.filter(target_field="reference").exists()


def test_what_the_target_keeps_goes_into_new_records_only(
    site: Site, flows: dict[str, Flow]
) -> None:
    flow = back(flows, "customers")
    flow.creates = True
    flow.save()
    flow.mappings.all().delete()
    modes = {one.target_field: one.update_mode for one in suggest(flow)}
    assert modes["ALPH"] == modes["city"] == UpdateMode.CREATE_ONLY
    assert modes["phone"] == UpdateMode.ALWAYS
    assert "ALKY" not in modes, "there the sync keeps its own name of the record"
    assert "AN8" not in modes


def test_it_does_not_guess(site: Site) -> None:
    with pytest.raises(recipes.RecipeError, match="revenue_account"):
        recipes.install(BOTH_WAYS, site.jde, site.hubspot)
    with pytest.raises(recipes.RecipeError, match="source of"):
        recipes.install(BOTH_WAYS, site.hubspot, site.jde, answers=ANSWERS)
    with pytest.raises(recipes.RecipeError, match="Known: "):
        recipes.recipe("../pyproject")
    assert Flow.objects.count() == 1


def test_everything_moves_both_ways(site: Site, flows: dict[str, Flow]) -> None:
    for flow in flows.values():
        run = site.run(flow=flow)
        assert run.problems == 0, problems(flow)
    number = min(site.customers())
    company = site.companies()[f"jde:{number}"]["hs_object_id"]
    # The users of HubSpot write what is theirs, and what is not.
    site.crm.edit(
        type="companies", id=company,
        set={"phone": "061 555 01 02", "name": "Not theirs to say"},
    )  # fmt: skip
    made = invoice(site, company, "100.10", "20.25")
    draft = site.crm.edit(
        type="invoices", action="create",
        set={"hs_invoice_date": today(site), "hs_currency": "USD"},
    )["id"]  # fmt: skip
    for flow in flows.values():
        site.run(flow=flow)
    assert documents_of(site, "F03B11", VR01=f"HU-{made}")
    paid = payment(site, company, made, "120.35")
    site.run(flow=back(flows, "payments"))
    (bill,) = documents_of(site, "F03B11", VR01=f"HU-{made}")
    assert (Decimal(str(bill["AAP"])), bill["PST"]) == (Decimal(0), "P")
    books(site)
    phones = documents_of(site, "F0115", AN8=number)
    assert any(str(one["PH1"]).strip() == "061 555 01 02" for one in phones)
    named = site.erp.records("F0101", [number])[0]["ALPH"].strip()
    assert named != "Not theirs to say"
    told = properties(site, "invoices")
    assert told[made]["erp_document"].startswith("00001-RI-")
    assert told[made]["erp_status"] == Outcome.CREATED.label
    assert told[draft].get("erp_document") in (None, "")
    assert "draft" in told[draft]["erp_message"]
    assert properties(site, "commerce_payments")[paid]["erp_document"]
    assert not WriteBackJob.objects.exists()
    assert_counts_add_up()


def problems(flow: Flow) -> list[str]:
    return list(
        SyncRecord.objects.filter(flow=flow)
        .exclude(error_message="")
        .values_list("error_message", flat=True)[:5]
    )


def test_a_company_is_found_by_what_no_row_reads(
    site: Site, flows: dict[str, Flow]
) -> None:
    """The fields of match rules are read though nothing maps them."""
    number = min(site.customers())
    site.edit(number, TAX="CHE-123.456.789")
    made = site.crm.edit(
        type="companies", action="create",
        set={"name": "Whatever", "erp_tax_number": "CHE-123.456.789",
             "phone": "061 555 77 77"},
    )  # fmt: skip
    flow = back(flows, "customers")
    assert site.run(flow=flow).updated == 1, problems(flow)
    assert Binding.objects.get(right_id=made["id"]).left_id == number


def test_payments_go_straight_into_the_general_ledger(
    site: Site, flows: dict[str, Flow]
) -> None:
    site.run(flow=flows["Customers to companies"])
    number = min(site.customers())
    company = site.companies()[f"jde:{number}"]["hs_object_id"]
    made = payment(site, company, invoice(site, company, "50.00"), "50.00")
    recipe = "jde_hubspot_payments_to_ledger"
    recipes.read_fields(recipe, site.jde, site.hubspot)
    accounts = {"debit_account": "1.1110", "credit_account": "1.5010"}
    (flow,) = recipes.install(recipe, site.jde, site.hubspot, answers=accounts)
    assert site.run(flow=site.fresh(flow)).created == 1, problems(flow)
    lines = documents_of(site, "F0911", EXR=f"HU-{made}")
    assert [(str(one["AA"]), one["SBL"].strip()) for one in lines] == [
        ("50.00", number.zfill(8)),
        ("-50.00", ""),
    ]
    told = properties(site, "commerce_payments")[made]
    assert told["erp_document"].startswith("00001-JE-")
    assert site.run(flow=site.fresh(flow)).created == 0
    books(site)


def test_paused_flows_do_nothing(site: Site) -> None:
    site.flow.delete()
    recipes.install("jde_hubspot", site.jde, site.hubspot, status=FlowStatus.PAUSED)
    assert set(Flow.objects.values_list("status", flat=True)) == {FlowStatus.PAUSED}
