"""What an API client may not do to quotes and invoices.

Marked inferred in public sources: the exact words, and that HubSpot refuses a
client's own amounts on a billable invoice. Writes of HubSpot itself pass these by.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.crm import verdicts
from connectors.sandbox.hubspot.errors import ApiError, invalid

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.crm.portal import Portal
    from connectors.sandbox.hubspot.crm.records import Record

Values = dict[str, str]
Guard = Callable[["Portal", "Values | None", Values], list[dict[str, Any]]]
OF_HUBSPOT = ("hs_number", "hs_amount_billed", "hs_amount_paid", "hs_balance_due")
STEPS = {"draft": {"open"}, "open": {"voided"}}
PUBLISHED, DRAFT = "APPROVAL_NOT_NEEDED", "DRAFT"
PUBLISHED_WITH = ("line_items", "contacts", "deals")
LASTING = ("paid", "voided")


def invoice(_: Portal, before: Values | None, changes: Values) -> list[dict[str, Any]]:
    """A billable invoice is numbered and added up by HubSpot, and goes its own way
    from a draft on; one that is not billable mirrors another system's."""
    now = {**(before or {}), **changes}
    if now.get("hs_invoice_billable") == "false":
        return []
    problems = [verdicts.read_only(name) for name in OF_HUBSPOT if changes.get(name)]
    old = (before or {}).get("hs_invoice_status", "draft")
    new = changes.get("hs_invoice_status", old)
    allowed = STEPS.get(old, set()) if before else set()
    if new != old and new not in allowed:
        text = f"An invoice that is {old} cannot become {new}."
        problems.append(
            verdicts.problem("hs_invoice_status", new, "INVALID_STATUS", text)
        )
    return problems


def quote(
    portal: Portal, before: Values | None, changes: Values
) -> list[dict[str, Any]]:
    """Born as a draft; published when it is complete; the rest is done by people."""
    old = (before or {}).get("hs_status", DRAFT)
    new = changes.setdefault("hs_status", old)
    if new == old:
        return []
    if before is None or new != PUBLISHED:
        text = f"A quote cannot be made {new} by the API."
        return [verdicts.problem("hs_status", new, "INVALID_STATUS", text)]
    key = before["hs_object_id"]
    lacking = [
        kind for kind in PUBLISHED_WITH if not portal.links.held(("quotes", kind), key)
    ]
    if lacking:
        raise invalid(
            f"Quote {key} cannot be published without associated "
            f"{' and '.join(lacking)}.",
            context={"missingAssociations": lacking},
        )
    return []


GUARDS: dict[str, Guard] = {"invoices": invoice, "quotes": quote}


def kept(object_type: str, record: Record) -> ApiError | None:
    """Why a record cannot be deleted, if so."""
    status = record.props.get("hs_invoice_status")
    if object_type != "invoices" or status not in LASTING:
        return None
    return invalid(f"Invoice {record.id} is {status} and cannot be deleted.")
