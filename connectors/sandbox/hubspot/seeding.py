"""What a portal holds before anyone synchronises: some customers, a few products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox.core.world import Business, business
from connectors.sandbox.hubspot.crm.records import Source
from connectors.sandbox.hubspot.crm.writes import Writer

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.crm.portal import Portal

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
