"""What a portal holds before anyone synchronises: some customers, a few products."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from connectors.sandbox.core.world import Business, business
from connectors.sandbox.hubspot.crm.records import Source
from connectors.sandbox.hubspot.crm.writes import Writer

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.crm.portal import Portal
    from connectors.sandbox.hubspot.crm.records import Record

BY_IMPORT: Source = ("IMPORT", "seed")
PRODUCTS = (
    ("Service visit", "SRV-100", "180.00"),
    ("Annual maintenance", "SRV-200", "2400.00"),
    ("Commissioning", "SRV-300", "950.00"),
)


def seed_portal(portal: Portal, customers: int, seed: int) -> dict[str, int]:
    """Companies with a contact for a share of the customers, and products."""
    known = int(customers * portal.config.existing_share)
    step = customers // known if known else 0
    companies, contacts = _writer(portal, "companies"), _writer(portal, "contacts")
    for position in range(known):
        _one(portal, companies, contacts, business(1 + position * step, seed))
    if customers and not portal.stores["products"].records:
        products = _writer(portal, "products")
        for name, sku, price in PRODUCTS:
            row = {"name": name, "hs_sku": sku, "price": price}
            products.apply(products.plan(None, row))
    people = list(portal.stores["contacts"].records)
    for number in range(portal.config.seed_invoices if people else 0):
        _invoice(portal, people[number % len(people)], number)
    for number in range(portal.config.seed_deals if people else 0):
        _deal(portal, people[number % len(people)], number)
    return {name: len(store.records) for name, store in portal.stores.items()}


def _writer(portal: Portal, object_type: str) -> Writer:
    stamp = portal.write_stamp(BY_IMPORT)
    return Writer(portal, portal.stores[object_type], stamp, internal=True)


def _one(portal: Portal, companies: Writer, contacts: Writer, one: Business) -> None:
    place = {"city": one.city, "state": one.state, "zip": one.postal_code}
    place |= {"country": one.country, "phone": one.phone, "address": one.street}
    company, _ = companies.apply(
        companies.plan(
            None,
            {
                "name": one.name,
                "domain": one.domain,
                "lifecyclestage": "customer",
                **place,
            },
        )
    )
    if contacts.store.find("email", one.contact_email) is not None:
        return
    contact, _ = contacts.apply(
        contacts.plan(
            None,
            {
                "email": one.contact_email,
                "firstname": one.contact_first_name,
                "lastname": one.contact_last_name,
                "phone": one.phone,
            },
        )
    )
    pair = ("contacts", "companies")
    primary = portal.links.types[(*pair, 1)]
    portal.links.add(pair, (contact.id, company.id), [primary])


def _invoice(portal: Portal, contact_id: str, number: int) -> None:
    """An open invoice over one to three products; every second one is paid."""
    invoices, links = _writer(portal, "invoices"), portal.links
    values = {"hs_currency": "USD", "hs_title": f"Order {number + 1}"}
    invoice, _ = invoices.apply(invoices.plan(None, values))
    _link(portal, "invoices", invoice.id, "contacts", contact_id)
    for company in links.held(("contacts", "companies"), contact_id):
        _link(portal, "invoices", invoice.id, "companies", company)
    items, products = _writer(portal, "line_items"), portal.stores["products"].records
    for position, product in enumerate(list(products)[: number % 3 + 1]):
        row = {"hs_product_id": product, "quantity": str(position + 1)}
        row["hs_position_on_quote"] = str(position)
        item, _ = items.apply(items.plan(None, row))
        _link(portal, "invoices", invoice.id, "line_items", item.id)
    invoices.apply(invoices.plan(invoice, {"hs_invoice_status": "open"}))
    if number % 2:
        _payment(portal, invoice, number)


def _payment(portal: Portal, invoice: Record, number: int) -> None:
    payments = _writer(portal, "commerce_payments")
    values = {
        "hs_initial_amount": invoice.props["hs_balance_due"],
        "hs_initiated_date": portal.stamp(),
        "hs_currency_code": invoice.props["hs_currency"],
        "hs_latest_status": "succeeded",
        "hs_reference_number": f"R-{number + 1}",
    }
    payment, _ = payments.apply(payments.plan(None, values))
    _link(portal, "commerce_payments", payment.id, "invoices", invoice.id)
    for company in portal.links.held(("invoices", "companies"), invoice.id):
        _link(portal, "commerce_payments", payment.id, "companies", company)


def _deal(portal: Portal, contact_id: str, number: int) -> None:
    """A deal over one to three products, won or under way."""
    won = number % 2 == 0
    values = {
        "dealname": f"Maintenance {number + 1}",
        "dealstage": "closedwon" if won else "contractsent",
        "deal_currency_code": portal.home_currency,
        "hubspot_owner_id": next(iter(portal.owners)),
        "closedate": portal.stamp(),
    }
    amount = _document(portal, "deals", contact_id, values, number)
    if number % 4 == 0:
        order = {
            "hs_order_name": f"Order {number + 1}",
            "hs_currency_code": portal.home_currency,
            "hs_total_price": str(amount),
        }
        _document(portal, "orders", contact_id, order, number)


def _document(
    portal: Portal, kind: str, contact_id: str, values: dict[str, str], number: int
) -> Decimal:
    """A record with its lines, contact and companies; what its lines add up to."""
    writer, items = _writer(portal, kind), _writer(portal, "line_items")
    record, _ = writer.apply(writer.plan(None, values))
    _link(portal, kind, record.id, "contacts", contact_id)
    for company in portal.links.held(("contacts", "companies"), contact_id):
        _link(portal, kind, record.id, "companies", company)
    total = Decimal(0)
    products = list(portal.stores["products"].records)[: number % 3 + 1]
    for position, product in enumerate(products):
        row = {"hs_product_id": product, "quantity": str(position + 1)}
        row["hs_position_on_quote"] = str(position)
        item, _ = items.apply(items.plan(None, row))
        _link(portal, kind, record.id, "line_items", item.id)
        total += Decimal(item.props["amount"])
    if kind == "deals":
        writer.apply(writer.plan(record, {"amount": str(total)}))
    return total


def _link(portal: Portal, kind: str, key: str, to_type: str, to_id: str) -> None:
    pair = (kind, to_type)
    portal.links.add(pair, (key, to_id), [portal.links.default(pair)])
