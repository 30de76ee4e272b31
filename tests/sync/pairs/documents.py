"""Invoices and payments of HubSpot's users: their flows, and what JD Edwards has."""

from __future__ import annotations

from typing import Any

from connectors.models import Flow, Told, WriteBack
from connectors.sync import connect
from tests.sync.site import Row, Site


def documents(site: Site) -> tuple[Flow, Flow]:
    """Invoices and payments of HubSpot into receivables, told back to HubSpot."""
    site.erp.config(duplicate_invoice="off")
    customer = {"source_field": "company", "target_field": "AN8"}
    company = {"default": "00001", "target_field": "CO"}
    invoices = document_flow(
        site, "invoices", customer, company,
        {"source_field": "hs_invoice_date", "target_field": "DIVJ"},
        {"source_field": "hs_amount_billed", "target_field": "AG"},
        {"source_field": "lines.amount", "target_field": "lines.amount"},
        {"default": "1.5010", "target_field": "lines.account"},
    )  # fmt: skip
    payments = document_flow(
        site, "payments", customer, company,
        {"source_field": "invoice", "target_field": "invoice"},
        {"source_field": "hs_initiated_date", "target_field": "DMTJ"},
        {"source_field": "hs_initial_amount", "target_field": "amount"},
    )  # fmt: skip
    return invoices, payments


def document_flow(site: Site, kind: str, *rows: Row) -> Flow:
    """A flow of one kind of document, with its write-backs."""
    managed = [
        f.name for f in site.hubspot.spec.object(kind).fields.values() if f.managed
    ]
    connect.ensure_fields(site.hubspot, kind, managed)
    flow = site.make_flow(
        kind.capitalize(), source=site.hubspot, source_object=kind,
        target=site.jde, target_object=kind,
    )  # fmt: skip
    site.map(*rows, flow=flow)
    for value, field in (
        (Told.TARGET_ID, "erp_document"),
        (Told.MESSAGE, "erp_message"),
    ):
        WriteBack.objects.create(
            flow=flow, value=value, source_field=field, moment="always"
        )
    return flow


def invoice(site: Site, company: str, *amounts: str, person: str = "") -> str:
    """An open invoice that a HubSpot user has made, with a line for each amount; for a
    new person of the company, unless one is named."""
    edit = site.crm.edit

    def linked(kind: str, key: str, to_type: str, to_id: str) -> None:
        edit(type=kind, action="associate", id=key, to_type=to_type, to_id=to_id)

    if not person:
        new = edit(type="contacts", action="create", set={"lastname": "Example"})
        person = new["id"]
        linked("contacts", person, "companies", company)
    made = edit(
        type="invoices", action="create",
        set={"hs_invoice_date": today(site), "hs_currency": "USD"},
    )["id"]  # fmt: skip
    for amount in amounts:
        line = edit(
            type="line_items", action="create",
            set={"name": "Service", "price": amount, "quantity": "1"},
        )["id"]  # fmt: skip
        linked("invoices", made, "line_items", line)
    linked("invoices", made, "contacts", person)
    linked("invoices", made, "companies", company)
    edit(type="invoices", id=made, set={"hs_invoice_status": "open"})
    return str(made)


def payment(site: Site, company: str, invoiced: str, amount: str) -> str:
    """A payment of an invoice that HubSpot has received."""
    made = site.crm.edit(
        type="commerce_payments", action="create",
        set={"hs_initial_amount": amount, "hs_initiated_date": today(site),
             "hs_latest_status": "succeeded", "hs_currency_code": "USD"},
    )["id"]  # fmt: skip
    for kind, key in (("invoices", invoiced), ("companies", company)):
        site.crm.edit(
            type="commerce_payments", action="associate", id=made,
            to_type=kind, to_id=key,
        )  # fmt: skip
    return str(made)


def today(site: Site) -> str:
    return str(site.erp.clock()["now"])[:10]


def properties(site: Site, kind: str) -> dict[str, Any]:
    return {one["id"]: one["properties"] for one in site.crm.records(kind)}


def books(site: Site) -> dict[str, Any]:
    """JD Edwards' own trial balance, which must always be even."""
    found: dict[str, Any] = site.erp.edit(action="books")
    assert found["unbalanced"] == []
    return found


def documents_of(site: Site, table: str, **of: Any) -> list[dict[str, Any]]:
    rows = site.erp.records(table)
    return [r for r in rows if all(str(r[k]).strip() == v for k, v in of.items())]
