"""QAD and HubSpot by the recipes: companies, people, products, and won deals back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests

from connectors.models import (
    Binding,
    Connection,
    Flow,
    Intent,
    Outcome,
    RunKind,
    SyncRecord,
    SyncRun,
    WriteBackJob,
)
from connectors.sandbox.core.client import ControlClient
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.registry import stand_in_class
from connectors.sync import execution, recipes, replay, runs
from tests.sync.site import assert_counts_add_up, outcomes, pass_time
from tests.systems.qad.case import PATHS

pytestmark = pytest.mark.faults
MASTERS, ORDERS = "qad_hubspot", "qad_hubspot_orders"
WON, OPEN = "closedwon", "appointmentscheduled"


class QadSite:
    """Both systems served and connected, and the flows of both recipes."""

    def __init__(self, box: SandboxThread, face: str) -> None:
        self.erp: ControlClient = box.control("qad")
        self.crm: ControlClient = box.control("hubspot")
        self.crm.config(property_lag_s=0.0, search_lag_s=0.0, rate_limit=100_000)
        self.erp.seed(12)
        self.qad = _connection(
            "QAD", "qad", base_url=box.url["qad"] + PATHS[face], face=face,
            username="svc_hub", password="sandbox-1", domain="10USA",
            entity="10USACO", shared_set="SHARED10", time_zone="America/Chicago",
            default_site="10-100",
        )  # fmt: skip
        self.hubspot = _connection(
            "HubSpot", "hubspot", base_url=box.url["hubspot"],
            access_token="pat-na1-sandbox-full", overlap_seconds=0,
            searches_per_second=1000, company_link="primary",
        )  # fmt: skip
        self.flows: dict[str, Flow] = {}
        for slug in (MASTERS, ORDERS):
            recipes.read_fields(slug, self.qad, self.hubspot)
            for flow in recipes.install(slug, self.qad, self.hubspot):
                assert recipes.ensure_fields(flow) == {}
                self.flows[flow.name] = flow

    def run(self, name: str) -> SyncRun:
        """One run of one flow, carried out here."""
        flow = Flow.objects.select_related("source", "target").get(name=name)
        run = runs.start(flow, RunKind.SYNC)
        for _ in range(20):
            if execution.execute(run.pk):
                break
        run.refresh_from_db()
        return run

    def masters(self) -> None:
        """Everything of the first recipe."""
        for name in self.flows:
            if "deals" not in name:
                self.run(name)

    def held(self, kind: str) -> dict[str, dict[str, Any]]:
        """What HubSpot holds, by ERP key where it has one."""
        return {
            one["properties"].get("erp_key") or one["id"]: {
                **one["properties"], "id": one["id"]}
            for one in self.crm.records(kind)
        }  # fmt: skip

    def deal(self, *lines: tuple[str, str, str], **properties: Any) -> str:
        """A deal of a HubSpot user: SKU, quantity and price of each line."""
        edit = self.crm.edit
        values = {
            "dealname": "Pumps for Leeds", "dealstage": WON, "amount": "27.40",
            "deal_currency_code": "USD", **properties,
        }  # fmt: skip
        values = {name: value for name, value in values.items() if value is not None}
        made = str(edit(type="deals", action="create", set=values)["id"])
        company = self.held("companies")[f"qad:{self.context}:customer:C1001"]["id"]
        edit(type="deals", action="associate", id=made, to_type="companies",
             to_id=company)  # fmt: skip
        products = {p["hs_sku"]: p["id"] for p in self.held("products").values()}
        for sku, quantity, price in lines or (
            ("00017", "2", "10.00"), ("FILT-3", "1", "7.40"),
        ):  # fmt: skip
            one = {"name": sku, "quantity": quantity, "price": price}
            if sku in products:
                one["hs_product_id"] = products[sku]
            line = edit(type="line_items", action="create", set=one)["id"]
            edit(type="deals", action="associate", id=made, to_type="line_items",
                 to_id=line)  # fmt: skip
        # HubSpot shows it as changed once all of it is there.
        edit(type="deals", id=made, set={"description": "complete"})
        return made

    @property
    def context(self) -> str:
        """What stands before a customer's code in its key."""
        return "10USA" if self.qad.settings["face"] == "enterprise" else "SHARED10"

    def orders(self, deal: str) -> list[dict[str, Any]]:
        """QAD's orders of a deal."""
        rows = self.erp.records("orders")
        return [row for row in rows if row["purchaseOrder"].startswith(f"HU-{deal}")]

    def record(self, deal: str) -> SyncRecord:
        """The last record of a deal."""
        records = SyncRecord.objects.filter(source_id=deal)
        return records.latest("pk")


def _connection(name: str, system: str, **values: Any) -> Connection:
    made = Connection(name=name, system=system)
    made.set_values(values)
    made.save()
    return made


@pytest.fixture(params=["adaptive", "enterprise"])
def site(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[QadSite]:
    with SandboxThread(stand_in_class("qad")(), stand_in_class("hubspot")()) as box:
        yield QadSite(box, request.param)


DEALS = "Won deals to sales orders"


def test_the_recipes_move_everything_once(site: QadSite) -> None:
    site.masters()
    companies, products = site.held("companies"), site.held("products")
    customers = site.erp.records("customers")
    mine = [r["customerCode"] for r in customers if r["sharedSetCode"] == "SHARED10"]
    sellers = [r["supplierCode"] for r in site.erp.records("suppliers")]
    keys = {f"qad:{site.context}:customer:{code}" for code in mine}
    keys |= {f"qad:{site.context}:supplier:{code}" for code in sellers}
    assert set(companies) == keys
    assert companies[f"qad:{site.context}:customer:C1002"]["name"].startswith("Łódź")
    pump = products["qad:10USA:item:00017"]
    assert (pump["hs_sku"], pump["price"]) == ("00017", "1.01")
    assert (pump["erp_unit"], pump["erp_site"]) == ("KG", "10-100")
    assert len(products) == 24
    people = site.held("contacts")
    zoe = next(one for one in people.values() if one["erp_name"] == "Zoë Ångström")
    assert zoe["erp_key"].startswith(f"qad:{site.context}:customer:")
    assert (
        zoe["associatedcompanyid"] == companies[zoe["erp_key"].rpartition(":")[0]]["id"]
    )
    without = SyncRecord.objects.filter(error_message__contains="EMail is empty")
    assert {one.outcome for one in without} == {Outcome.SKIPPED}
    assert without.count() >= 4
    site.masters()
    for kind in ("companies", "products", "contacts"):
        assert site.crm.ledger(kind)["types"][kind]["created_twice"] == []
    assert (len(site.held("companies")), len(site.held("products"))) == (len(keys), 24)
    assert_counts_add_up()


def test_a_won_deal_becomes_one_order_and_is_told(site: QadSite) -> None:
    site.masters()
    deal = site.deal()
    waiting = site.deal(dealstage=OPEN)
    run = site.run(DEALS)
    assert (run.created, run.failed) == (1, 0), outcomes()
    assert site.record(waiting).outcome == Outcome.SKIPPED
    (order,) = site.orders(deal)
    assert order["soldToCustomerCode"] == "C1001"
    assert [one["itemCode"] for one in order["lines"]] == ["00017", "FILT-3"]
    assert Decimal(order["totalAmount"]) == Decimal("27.40")
    told = site.held("deals")
    assert told[deal]["erp_number"] == order["salesOrderNumber"]
    assert told[deal]["erp_status"] == "open"
    assert not told[deal].get("erp_message")
    assert not told[waiting].get("erp_message")
    # Our own write-back comes back and enters nothing; the other is won later.
    site.crm.edit(type="deals", id=waiting, set={"dealstage": WON})
    site.run(DEALS)
    assert len(site.orders(deal)) == len(site.orders(waiting)) == 1
    assert not WriteBackJob.objects.exists()
    assert_counts_add_up()


def test_a_lost_answer_makes_no_second_order(site: QadSite) -> None:
    site.masters()
    deal = site.deal()
    body = {"body": "maintainSalesOrder"} if site.context == "10USA" else {}
    path = "Qdoc" if body else r"/salesOrderHeaders\?viewUri"
    rule = {"match": {"path": path, "method": "POST", **body}, "times": 1}
    site.erp.faults({**rule, "do": {"apply_then_drop": True}})
    site.run(DEALS)
    record = site.record(deal)
    assert (record.outcome, record.error_class) == (Outcome.WAITING, "uncertain")
    assert Intent.objects.count() == 1
    pass_time(minutes=5)
    Intent.objects.update(sent_at="2020-01-01T00:00Z")
    execution.push_flow(site.flows[DEALS].pk)
    assert site.record(deal).outcome == Outcome.CREATED
    (order,) = site.orders(deal)
    assert len(order["lines"]) == 2
    assert order["purchaseOrder"] == f"HU-{deal}"
    assert not Intent.objects.exists()
    site.run(DEALS)
    told = site.held("deals")[deal]
    assert told["erp_number"] == order["salesOrderNumber"], "though nobody answered"
    assert told["erp_status"] == "open"
    assert len(site.orders(deal)) == 1


def test_a_refused_deal_says_why_on_both_sides(site: QadSite) -> None:
    site.masters()
    bad = site.deal(("00017", "1", "5.00"), ("SENS-7", "1", "5.00"))
    assert site.run(DEALS).failed == 1
    told, record = site.held("deals")[bad], site.record(bad)
    assert "SENS-7" in record.error_message
    assert told["erp_message"] == record.error_message
    assert told["erp_status"] == record.get_outcome_display()
    assert [o for o in site.orders(bad) if o["isConfirmed"]] == []


def test_what_is_missing_stops_before_sending(site: QadSite) -> None:
    site.masters()
    no_money = site.deal(amount=None)
    no_item = site.deal(("A custom line", "1", "5.00"))
    site.erp.clear_log()
    assert site.run(DEALS).failed == 2
    assert site.record(no_money).error_class == "guard"
    assert "amount" in site.record(no_money).error_message
    assert site.record(no_item).error_class == "rejected"
    assert "Nothing was sent" in site.record(no_item).error_message
    assert not [one for one in site.erp.log() if "rder" in one["path"]]
    outcome = Counter(SyncRecord.objects.values_list("outcome", flat=True))
    assert outcome[Outcome.PENDING] == 0


PEOPLE = ("Key people of customers to contacts", "Key people of suppliers to contacts")


def companies_of(site: QadSite, contact: str) -> set[str]:
    """The ERP keys of the companies that a contact is associated with."""
    keys = {str(one["id"]): key for key, one in site.held("companies").items()}
    root = site.hubspot.settings["base_url"]
    answer = requests.post(
        f"{root}/crm/associations/2026-09/contacts/companies/batch/read",
        json={"inputs": [{"id": contact}]},
        headers={"Authorization": "Bearer pat-na1-sandbox-full"},
        timeout=30,
    ).json()
    ends = [end for one in answer["results"] for end in one["to"]]
    return {keys[str(end["toObjectId"])] for end in ends}


@pytest.mark.parametrize("first", [0, 1])
def test_one_person_of_a_customer_and_a_supplier_is_one_contact_of_both(
    site: QadSite, first: int
) -> None:
    for name in ("Customers to companies", "Suppliers to companies"):
        site.run(name)
    order = (PEOPLE[first], PEOPLE[1 - first])
    for name in order:
        site.run(name)
    failed = SyncRecord.objects.filter(outcome=Outcome.FAILED)
    assert {one.error_class for one in failed} <= {"guard", "ambiguous"}
    (customer,) = (
        r for r in site.erp.records("customers")
        if r["customerCode"] == "C1001" and r["sharedSetCode"] == "SHARED10"
    )  # fmt: skip
    mail = customer["customerContactV2s"][0]["EMail"].lower()
    people = [one for one in site.held("contacts").values() if one["email"] == mail]
    (person,) = people
    both = {f"qad:{site.context}:customer:C1001", f"qad:{site.context}:supplier:S2001"}
    assert companies_of(site, person["id"]) == both
    kept = person["erp_key"]
    assert ":customer:" in kept if first == 0 else ":supplier:" in kept
    # Nothing is written to and fro: what has not changed in QAD is not sent again.
    site.crm.clear_log()
    for name in (*order, *order):
        site.run(name)
    sent = [one for one in site.crm.log() if one["method"] != "GET"]
    assert not [one for one in sent if "/contacts/batch/up" in one["path"]]
    people = [one for one in site.held("contacts").values() if one["email"] == mail]
    assert [one["erp_key"] for one in people] == [kept]
    assert site.crm.ledger("contacts")["types"]["contacts"]["created_twice"] == []


def test_a_failed_write_is_replayed_with_the_times_of_both_sides(site: QadSite) -> None:
    name = "Customers to companies"
    site.erp.edit(type="customers", key="C1001", set={"city": "Ghent"})
    refused = {"status": "error", "category": "VALIDATION_ERROR", "message": "Not now"}
    rule = {"status": 400, "json": refused}
    site.crm.faults({"match": {"path": "/companies/batch/upsert"}, "do": rule})
    site.run(name)
    site.crm.clear_faults()
    key = f"{site.context}:customer:C1001"
    failed = SyncRecord.objects.get(flow__name=name, source_id=key)
    assert failed.outcome == Outcome.FAILED
    changed_at = failed.version
    # By QXtend the queries tell the day alone, which is no time of a change.
    assert (changed_at is not None) == (site.context == "SHARED10")
    found = replay.replay(SyncRecord.objects.filter(pk=failed.pk), None)
    for _ in range(20):
        if execution.execute(found.runs[0].pk):
            break
    failed.refresh_from_db()
    assert (failed.outcome, failed.version) == (Outcome.CREATED, changed_at)
    before = failed.history.all()[0]
    assert (before.outcome, before.error_class) == (Outcome.FAILED, "rejected")
    bound = Binding.objects.get(pair=site.flows[name].pair, left_id=key)
    assert bound.left_version == changed_at
    (one,) = (r for r in site.crm.records("companies") if r["id"] == bound.right_id)
    assert failed.response["changed_at"][:19] == one["updatedAt"][:19]
