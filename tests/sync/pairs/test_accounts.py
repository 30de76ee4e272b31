"""Accounts of JD Edwards both ways, in an object type that the HubSpot account has made
for them: HubSpot itself has none."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from connectors.models import Binding, Flow
from connectors.sync import connect
from tests.sync.site import TOKEN, Site, assert_counts_add_up

pytestmark = pytest.mark.faults
SCHEMA: dict[str, Any] = {
    "name": "ledger_account",
    "labels": {"singular": "Ledger account", "plural": "Ledger accounts"},
    "primaryDisplayProperty": "code",
    "requiredProperties": ["code"],
    "properties": [
        {"name": name, "label": name, "type": "string", "fieldType": "text"}
        for name in ("code", "description")
    ],
    "associatedObjects": ["COMPANY"],
}


def chart(site: Site) -> tuple[str, Flow, Flow]:
    """The object type, and the flows of both directions."""
    answer = requests.post(
        f"{site.box.url['hubspot']}/crm-object-schemas/2026-09/schemas",
        json=SCHEMA,
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=10,
    )
    assert answer.status_code == 201, answer.text
    name = str(answer.json()["fullyQualifiedName"])
    site.hubspot.set_values(
        {**site.hubspot.settings, "overlap_seconds": 0, "searches_per_second": 1000}
    )
    site.hubspot.save()
    connect.refresh_objects(site.hubspot)
    site.hubspot.refresh_from_db()
    connect.ensure_fields(site.hubspot, name, ["erp_key"])
    connect.refresh_catalogue(site.hubspot, name)
    connect.refresh_catalogue(site.jde, "accounts")
    there = site.make_flow("Accounts", source_object="accounts", target_object=name)
    back = site.make_flow(
        "Accounts back", source=site.hubspot, source_object=name,
        target=site.jde, target_object="accounts",
    )  # fmt: skip
    key = {"transform": "template", "argument": "jde:{value}"}
    site.map(
        {"source_field": "AID", "target_field": "erp_key", **key},
        {"source_field": "account", "target_field": "code"},
        {"source_field": "DL01", "target_field": "description"},
        flow=there,
    )
    site.map(
        {"source_field": "code", "target_field": "account"},
        {"source_field": "description", "target_field": "DL01"},
        flow=back,
    )
    return name, site.fresh(there), site.fresh(back)


def rounds(site: Site, there: Flow, back: Flow) -> None:
    for flow in (there, back) * 2:
        run = site.run(flow=flow)
        assert run.failed == run.dead == run.conflict == 0


def described(site: Site, number: str) -> str:
    (row,) = [r for r in site.erp.records("F0901") if str(r["AID"]).strip() == number]
    return str(row["DL01"]).strip()


def test_accounts_go_both_ways(site: Site) -> None:
    name, there, back = chart(site)
    rounds(site, there, back)
    held = {one["id"]: one["properties"] for one in site.crm.records(name)}
    bound = dict(
        Binding.objects.filter(pair=there.pair).values_list("left_id", "right_id")
    )
    numbers = {str(row["AID"]).strip() for row in site.erp.records("F0901")}
    assert set(bound) == numbers
    assert set(bound.values()) == set(held)
    number, key = next(iter(bound.items()))
    site.crm.edit(type=name, id=key, set={"description": "Named in HubSpot"})
    rounds(site, there, back)
    assert described(site, number) == "Named in HubSpot"
    site.erp.edit(table="F0901", key={"AID": number}, set={"DL01": "Named in JDE"})
    rounds(site, there, back)
    (found,) = site.crm.records(name, [key])
    assert found["properties"]["description"] == "Named in JDE"
    made = site.crm.edit(
        type=name, action="create", set={"code": "1.8777.TRAIN", "description": "New"}
    )
    rounds(site, there, back)
    new = Binding.objects.get(pair=there.pair, right_id=made["id"]).left_id
    assert described(site, new) == "New"
    assert len(site.erp.records("F0901")) == len(numbers) + 1
    assert len(site.crm.records(name)) == len(numbers) + 1
    assert_counts_add_up()
