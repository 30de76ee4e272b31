"""What the users of HubSpot do in a demo both ways, and whether JD Edwards has it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.management.demo.scenes.jde import unsettled
from connectors.management.demo.verdict import Verdict, carried
from connectors.sandbox.core.client import ControlClient

# The net amounts of each invoice's lines; the first so many are paid at once.
INVOICES = (("100.10", "20.25"), ("999.99",), ("12.50", "12.50", "75.00"))
PAID = 2
LATE_AMOUNTS = ("48.00",)
PHONE = "061 555 01 02"
SKU = "DEMO-0001"
# Our name of a HubSpot document in JD Edwards: system, target id.
REFERENCE = "HU-{}"


def seed(jde: ControlClient, hubspot: ControlClient) -> None:
    """Invoices and payments of companies that came from JD Edwards, a new phone number
    and a new product; nothing where they are there already."""
    if _invoices(hubspot):
        return
    companies = _companies(hubspot)
    unsettled.stir(jde, hubspot, [one["id"] for one in companies])
    day = str(jde.clock()["now"])[:10]
    for number, amounts in enumerate(INVOICES):
        company = companies[number % len(companies)]["id"]
        made = _invoice(hubspot, company, day, amounts)
        if number < PAID:
            _payment(hubspot, company, made, day, sum(map(Decimal, amounts), Decimal()))
    late = _invoice(hubspot, companies[0]["id"], unsettled.LATE_DAY, LATE_AMOUNTS)
    hubspot.edit(type="invoices", id=late, set={"hs_comments": unsettled.LATE_WORDS})
    hubspot.edit(type="companies", id=companies[0]["id"], set={"phone": PHONE})
    hubspot.edit(
        type="products", action="create", set={"name": "Service hour", "hs_sku": SKU}
    )


def check(jde: ControlClient, hubspot: ControlClient, verdict: Verdict) -> None:
    """Note what has not arrived, arrived twice, or was not told back."""
    bills = _by_reference(jde, "F03B11", "VR01")
    invoices = [
        one for one in _invoices(hubspot) if not unsettled.is_late(one["properties"])
    ]
    for one in invoices:
        properties, found = (
            one["properties"],
            bills.get(REFERENCE.format(one["id"]), []),
        )
        total = sum((Decimal(str(row["AG"])) for row in found), Decimal(0))
        if total != Decimal(properties["hs_amount_billed"]):
            verdict.problems.append(
                f"Invoice {one['id']} of {properties['hs_amount_billed']} stands with "
                f"{total} in JD Edwards"
            )
        _told(verdict, f"Invoice {one['id']}", properties)
    payments = hubspot.records("commerce_payments")
    for one in payments:
        _told(verdict, f"Payment {one['id']}", one["properties"])
    unpaid = [ref for ref, rows in bills.items() if _open(rows)]
    ours = [ref for ref in unpaid if ref.startswith(REFERENCE.format(""))]
    if len(ours) != len(invoices) - len(payments):
        verdict.note("invoices that are open in JD Edwards", ours)
    verdict.note("unbalanced batches", jde.edit(action="books")["unbalanced"])
    _arrived(jde, verdict)
    verdict.agreed.append(
        f"JD Edwards has {len(invoices):,} invoices and {len(payments):,} payments of "
        "HubSpot once each, its books are even, and HubSpot was told the numbers."
    )


def _open(rows: list[dict[str, Any]]) -> bool:
    return any(Decimal(str(row["AAP"])) for row in rows)


def _arrived(jde: ControlClient, verdict: Verdict) -> None:
    """The change and the product of HubSpot's users."""
    for what, table, column, value in (
        ("phone number", "F0115", "PH1", PHONE),
        ("product", "F4101", "LITM", SKU),
    ):
        held = [row for row in jde.records(table) if str(row[column]).strip() == value]
        if len(held) != 1:
            verdict.problems.append(
                f"The {what} {value} stands {len(held)} times in JD Edwards"
            )


def _told(verdict: Verdict, what: str, properties: Mapping[str, Any]) -> None:
    if not properties.get("erp_document"):
        verdict.problems.append(f"{what} was not told its number in JD Edwards")


def _by_reference(
    jde: ControlClient, table: str, column: str
) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in jde.records(table):
        found.setdefault(str(row[column]).strip(), []).append(row)
    return found


def _companies(hubspot: ControlClient) -> list[Mapping[str, Any]]:
    return list(carried(hubspot.records("companies"), "jde").values())[: len(INVOICES)]


def _invoices(hubspot: ControlClient) -> list[dict[str, Any]]:
    """Those of HubSpot's users: an ERP's carry its key."""
    records = hubspot.records("invoices")
    return [one for one in records if not one["properties"].get("erp_key")]


def _invoice(
    hubspot: ControlClient, company: str, day: str, amounts: tuple[str, ...]
) -> str:
    """An open invoice, with all that HubSpot wants before it opens one."""
    edit = hubspot.edit
    person = edit(type="contacts", action="create", set={"lastname": "Example"})["id"]
    made = str(
        edit(
            type="invoices",
            action="create",
            set={"hs_invoice_date": day, "hs_currency": "USD"},
        )["id"]
    )
    linked = [("contacts", person), ("companies", company)]
    for amount in amounts:
        line = {"name": "Service", "price": amount, "quantity": "1"}
        linked.append(
            ("line_items", edit(type="line_items", action="create", set=line)["id"])
        )
    _link(hubspot, "invoices", made, linked)
    edit(type="invoices", id=made, set={"hs_invoice_status": "open"})
    return made


def _payment(
    hubspot: ControlClient, company: str, invoice: str, day: str, amount: Decimal
) -> None:
    made = hubspot.edit(
        type="commerce_payments",
        action="create",
        set={
            "hs_initial_amount": str(amount),
            "hs_initiated_date": day,
            "hs_latest_status": "succeeded",
            "hs_currency_code": "USD",
        },
    )["id"]
    linked = [("invoices", invoice), ("companies", company)]
    _link(hubspot, "commerce_payments", made, linked)


def _link(
    hubspot: ControlClient, kind: str, key: str, to: list[tuple[str, str]]
) -> None:
    for to_type, to_id in to:
        hubspot.edit(
            type=kind, action="associate", id=key, to_type=to_type, to_id=to_id
        )
