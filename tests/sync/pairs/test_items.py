"""Items of JD Edwards and products of HubSpot, both ways, by the recipe's flows."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.models import Binding, Flow, Outcome, SyncRecord
from connectors.sync import recipes
from tests.sync.site import Site, assert_counts_add_up

pytestmark = pytest.mark.faults
LONG = "A product whose name has more than thirty characters"


class Shop:
    """Both flows of items and products."""

    def __init__(self, site: Site, there: Flow, back: Flow) -> None:
        self.site, self.there, self.back = site, there, back

    def round(self) -> None:
        """Both directions, twice: what one writes comes back to the other."""
        for flow in (self.there, self.back) * 2:
            run = self.site.run(flow=flow)
            assert run.dead == run.conflict == 0

    def items(self) -> dict[str, dict[str, Any]]:
        return {str(row["ITM"]): row for row in self.site.erp.records("F4101")}

    def products(self) -> dict[str, dict[str, Any]]:
        return {
            one["id"]: one["properties"] for one in self.site.crm.records("products")
        }

    def edit(self, number: str, **columns: Any) -> None:
        self.site.erp.edit(table="F4101", key={"ITM": int(number)}, set=columns)

    def writes(self) -> int:
        crm = self.site.crm.ledger(detail=False)["totals"]
        calls = [one for one in self.site.erp.log() if "/orchestrator/" in one["path"]]
        return int(crm["created"] + crm["updated"]) + len(calls)


@pytest.fixture
def shop(site: Site) -> Shop:
    site.flow.delete()
    site.hubspot.set_values(
        {**site.hubspot.settings, "overlap_seconds": 0, "searches_per_second": 1000}
    )
    site.hubspot.save()
    made = recipes.install(
        "jde_hubspot_both_ways", site.jde, site.hubspot,
        answers={"revenue_account": "1.5010"},
    )  # fmt: skip
    there, back = (
        next(f for f in made if f.source_object == name)
        for name in ("items", "products")
    )
    Flow.objects.exclude(pk__in=(there.pk, back.pk)).delete()
    assert recipes.ensure_fields(there) == recipes.ensure_fields(back) == {}
    return Shop(site, site.fresh(there), site.fresh(back))


def test_each_item_is_one_product(shop: Shop) -> None:
    shop.round()
    items, products = shop.items(), shop.products()
    assert items
    bound = dict(Binding.objects.values_list("left_id", "right_id"))
    assert set(bound) == set(items)
    assert sorted(bound.values()) == sorted(products)
    for number, key in bound.items():
        assert products[key]["name"] == items[number]["DSC1"].strip()
        assert products[key]["hs_sku"] == items[number]["LITM"].strip()
        assert products[key]["erp_key"] == f"jde:{number}"
    before = shop.writes()
    shop.round()
    assert shop.writes() == before, "at rest"
    assert_counts_add_up()


def test_both_sides_say_something_of_one_item(shop: Shop) -> None:
    shop.round()
    number, key = next(iter(Binding.objects.values_list("left_id", "right_id")))
    shop.site.crm.edit(type="products", id=key, set={"name": "Said by HubSpot"})
    shop.edit(number, DSC2="Said by JDE")
    shop.round()
    item, product = shop.items()[number], shop.products()[key]
    assert item["DSC1"].strip() == product["name"] == "Said by HubSpot"
    assert item["DSC2"].strip() == product["description"] == "Said by JDE"
    shop.site.crm.edit(type="products", id=key, set={"name": "HubSpot's word"})
    shop.edit(number, DSC1="JD Edwards' word")
    shop.round()
    item, product = shop.items()[number], shop.products()[key]
    assert item["DSC1"].strip() == product["name"] == "JD Edwards' word"
    told = SyncRecord.objects.exclude(choices=None).first()
    assert told is not None, "the loser is kept"
    assert_counts_add_up()


def test_a_product_becomes_an_item_once_it_has_a_sku(shop: Shop) -> None:
    shop.round()
    before = len(shop.items())
    made = shop.site.crm.edit(type="products", action="create", set={"name": LONG})[
        "id"
    ]
    shop.round()
    record = SyncRecord.objects.get(flow=shop.back, source_id=made)
    assert (record.outcome, record.error_class) == (Outcome.FAILED, "mapping")
    assert "by which the target recognises the record, is empty" in record.error_message
    shop.site.crm.edit(type="products", id=made, set={"hs_sku": "NEW-1"})
    shop.round()
    number = Binding.objects.get(right_id=made).left_id
    item = shop.items()[number]
    assert (item["LITM"].strip(), item["DSC1"].strip()) == ("NEW-1", LONG[:30].strip())
    product = shop.products()[made]
    assert product["name"] == LONG, "what JD Edwards had no room for stays"
    assert product["erp_key"] == f"jde:{number}"
    shop.round()
    assert len(shop.items()) == before + 1 == len(shop.products())
    record.refresh_from_db()
    assert record.outcome == Outcome.SKIPPED, "an older failure, overtaken"
    assert_counts_add_up()


def test_a_lost_answer_makes_no_second_item(shop: Shop) -> None:
    shop.round()
    before = len(shop.items())
    rule = {"match": {"path": "/orchestrator/"}, "times": 1,
            "do": {"apply_then_drop": True}}  # fmt: skip
    shop.site.erp.faults(rule)
    shop.site.crm.edit(
        type="products", action="create", set={"name": "Once", "hs_sku": "ONCE-1"}
    )
    shop.site.run(flow=shop.back)
    shop.site.pass_time(hours=2)
    shop.site.push(shop.back)
    shop.round()
    named = [r for r in shop.items().values() if r["LITM"].strip() == "ONCE-1"]
    assert (len(named), len(shop.items())) == (1, before + 1)
    assert_counts_add_up()
