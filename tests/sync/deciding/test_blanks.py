"""What an empty value does to the target, row by row; and one that is not said."""

from __future__ import annotations

import pytest

from connectors.models import BlankRule
from tests.sync.site import ROWS, Row, Site, assert_counts_add_up

pytestmark = pytest.mark.faults
# What is left in HubSpot of a value that JD Edwards empties, and of one it does not
# say any more because the row of the table is gone.
LEFT = {
    BlankRule.OVERWRITE: ("", "1500"),
    BlankRule.IGNORE: ("Basel", "1500"),
    BlankRule.CLEAR: ("", ""),
}


def ruled(rule: BlankRule) -> list[Row]:
    fields = ("city", "erp_credit_limit")
    return [
        {**row, "blank": rule} if row["target_field"] in fields else row for row in ROWS
    ]


@pytest.mark.parametrize("rule", list(BlankRule))
def test_empty_and_not_said(site: Site, rule: BlankRule) -> None:
    site.map(*ruled(rule))
    number = min(site.customers())
    address = site.erp.records("F0116", [number])[0]
    limit = site.erp.records("F03012", [number])[0]
    place = {"AN8": int(number), "EFTB": address["EFTB"]}
    master = {"AN8": int(number), "CO": limit["CO"]}
    site.erp.edit(table="F0116", key=place, set={"CTY1": "Basel"})
    site.erp.edit(table="F03012", key=master, set={"ACL": 1500})
    site.run()
    there = site.companies()[f"jde:{number}"]
    assert (there["city"], there["erp_credit_limit"]) == ("Basel", "1500")

    site.erp.edit(table="F0116", key=place, set={"CTY1": " "})
    for row in site.erp.records("F03012", [number]):
        key = {"AN8": int(number), "CO": row["CO"]}
        site.erp.edit(action="delete", table="F03012", key=key)
    site.edit(number, ALPH="Changed as well")
    assert site.run().updated == 1
    there = site.companies()[f"jde:{number}"]
    assert there["name"] == "Changed as well"
    left = (there.get("city") or "", there.get("erp_credit_limit") or "")
    assert left == LEFT[rule]
    site.edit(number, ALPH="And once more")
    assert site.run().updated == 1, "an empty value is no trouble the second time"
    assert_counts_add_up()
