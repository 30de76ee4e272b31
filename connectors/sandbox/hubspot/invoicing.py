"""What HubSpot does with invoices: opens drafts, and counts the payments."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.errors import invalid

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.crm.portal import Portal
    from connectors.sandbox.hubspot.crm.records import Record

Values = dict[str, str]
FIRST_NUMBER = 1001
NEEDED = ("contacts", "line_items")
INVOICES, PAYMENTS = "invoices", "commerce_payments"


def opened(portal: Portal, before: Values, changes: Values) -> None:
    """A draft becomes an open invoice: with a number, amounts, and a balance.

    400 while it lacks a contact or a line item. One that is not billable mirrors a
    document of another system, and nothing is asked of it.
    """
    now = {**before, **changes}
    if now.get("hs_invoice_billable") == "false":
        return
    key = before["hs_object_id"]
    held = {kind: portal.links.held((INVOICES, kind), key) for kind in NEEDED}
    lacking = [kind for kind, others in held.items() if not others]
    if lacking:
        named = " and ".join(lacking)
        raise invalid(
            f"Invoice {key} cannot be opened without associated {named}.",
            context={"missingAssociations": lacking},
        )
    lines = map(portal.stores["line_items"].by_id, held["line_items"])
    total = sum((_amount(line, "amount") for line in lines), Decimal(0))
    changes["hs_number"] = now.get("hs_number") or _number(portal)
    changes["hs_amount_billed"] = changes["hs_balance_due"] = str(total)
    changes["hs_amount_paid"] = "0"


def paid(portal: Portal, invoice_id: str) -> dict[str, Any]:
    """What follows for an open invoice from the payments it has; nothing otherwise."""
    invoice = portal.stores[INVOICES].by_id(invoice_id)
    if invoice is None or invoice.props.get("hs_invoice_status") != "open":
        return {}
    held = portal.links.held((INVOICES, PAYMENTS), invoice_id)
    received = Decimal(0)
    for payment in map(portal.stores[PAYMENTS].by_id, held):
        if payment is not None and payment.props.get("hs_latest_status") == "succeeded":
            received += _amount(payment, "hs_initial_amount")
    balance = _amount(invoice, "hs_amount_billed") - received
    changes = {"hs_amount_paid": str(received), "hs_balance_due": str(balance)}
    if received and balance <= 0:
        changes["hs_invoice_status"] = "paid"
    return {n: v for n, v in changes.items() if invoice.props.get(n, "0") != v}


def _amount(record: Record | None, name: str) -> Decimal:
    return Decimal((record.props.get(name) if record else None) or 0)


def _number(portal: Portal) -> str:
    numbered = sum(
        bool(one.props.get("hs_number"))
        for one in portal.stores[INVOICES].records.values()
    )
    return f"INV-{FIRST_NUMBER + numbered}"
