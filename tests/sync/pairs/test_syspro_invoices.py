"""Invoices of SYSPRO in HubSpot: after their company and contact, with exact lines."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.models import Outcome, SyncRecord
from connectors.sync import recipes
from connectors.sync.connect import open_connector
from tests.sync.pairs.test_syspro_pair import Pair, pair
from tests.sync.site import assert_counts_add_up, pass_time

__all__ = ["pair"]


@pytest.fixture
def moved(pair: Pair) -> Pair:
    """Invoices first, then what they refer to, then again."""
    assert recipes.ensure_fields(pair.flows["invoices"]) == {}
    pair.run("invoices")
    # A currency that the account does not have is a person's to decide.
    assert pair.outcomes("invoices") == {Outcome.WAITING, Outcome.FAILED}
    for name in ("customers", "contacts", "invoices"):
        pair.run(name)
        pass_time(hours=1)
    return pair


def test_invoices_are_linked_and_their_lines_exact(moved: Pair) -> None:
    failed = SyncRecord.objects.filter(outcome=Outcome.FAILED)
    assert {one.error_class for one in failed} == {"mapping"}
    assert all("Currency" in one.error_message for one in failed)
    held, companies = moved.held("invoices"), moved.held("companies")
    assert len(held) + failed.count() == moved.erp.describe()["tables"]["ArInvoice"]
    ids = {str(one["id"]): key for key, one in held.items()}
    with open_connector(moved.hubspot) as hubspot:
        read = hubspot.fetch("invoices", list(ids))
    for one in read:
        customer, number, _kind = ids[one.key].removeprefix("syspro:").split("/")
        assert one.fields["company"] == str(companies[f"syspro:{customer}"]["id"])
        named = f"syspro:{customer}" in moved.held("contacts")
        assert bool(one.fields["contact"]) == named
        assert one.fields["hs_number"] == number.lstrip("0")
        amounts = [Decimal(str(line["amount"])) for line in one.lines]
        taxes = [Decimal(str(line["tax"])) for line in one.lines]
        billed = Decimal(str(one.fields["hs_amount_billed"]))
        assert amounts
        assert abs(sum(amounts) + sum(taxes) - billed) <= Decimal("0.02")
    assert_counts_add_up()


def test_a_payment_in_syspro_pays_the_invoice_in_hubspot(moved: Pair) -> None:
    key, one = next(
        (key, one)
        for key, one in moved.held("invoices").items()
        if one["properties"]["hs_invoice_status"] == "open"
    )
    due = one["properties"]["hs_balance_due"]
    stored = key.removeprefix("syspro:").split("/")
    moved.erp.edit(action="pay", key=stored, value=due)
    changed = moved.run("invoices")
    assert [each.source_id for each in changed.records.all()] == ["/".join(stored)]
    after = moved.held("invoices")[key]["properties"]
    assert after["hs_invoice_status"] == "paid"
    assert Decimal(after["hs_balance_due"]) == 0
    assert after["hs_amount_paid"] == after["hs_amount_billed"]
    moved.run("customers")
    company = moved.held("companies")[f"syspro:{stored[0]}"]["properties"]
    balance = moved.erp.records("ArCustomerBal", [stored[0]])[0]["CurrentBalance1"]
    assert Decimal(company["erp_open_balance"]) == Decimal(balance)
