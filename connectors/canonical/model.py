"""The shared business model: what the systems mean, whatever they call it.

A native field names its attribute in spec.toml; two fields with the same attribute
are suggested for each other. `owner` is the side that keeps the attribute by habit:
an ERP keeps money and terms, a CRM keeps people and their words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Owner = Literal["erp", "crm"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One property of a business entity."""

    label: str
    owner: Owner = "erp"


def _party() -> dict[str, Attribute]:
    return {
        "key": Attribute("System and number"),
        "number": Attribute("Number"),
        "name": Attribute("Name"),
        "long_number": Attribute("Alternate number"),
        "tax_number": Attribute("Tax number"),
        "duns": Attribute("D-U-N-S number"),
        "phone": Attribute("Phone", "crm"),
        "fax": Attribute("Fax", "crm"),
        "email": Attribute("E-mail", "crm"),
        "website": Attribute("Website", "crm"),
        "domain": Attribute("Domain", "crm"),
        "street": Attribute("Street"),
        "street2": Attribute("Street, second line"),
        "postal_code": Attribute("Postal code"),
        "city": Attribute("City"),
        "state": Attribute("State or region"),
        "country": Attribute("Country"),
        "industry": Attribute("Industry", "crm"),
        "language": Attribute("Language"),
        "business_unit": Attribute("Business unit"),
        "payment_terms": Attribute("Payment terms"),
        "currency": Attribute("Currency"),
        "on_hold": Attribute("On hold"),
        "changed_at": Attribute("Last changed"),
    }


ENTITIES: dict[str, dict[str, Attribute]] = {
    "customer": _party()
    | {
        "credit_limit": Attribute("Credit limit"),
        "credit_message": Attribute("Credit message"),
        "hold_code": Attribute("Order hold code"),
        "credit_manager": Attribute("Credit manager"),
    },
    "supplier": _party(),
    "contact": {
        "key": Attribute("System and number"),
        "number": Attribute("Number"),
        "name": Attribute("Full name"),
        "first_name": Attribute("First name", "crm"),
        "last_name": Attribute("Last name", "crm"),
        "job_title": Attribute("Job title", "crm"),
        "email": Attribute("E-mail", "crm"),
        "phone": Attribute("Phone", "crm"),
        "mobile": Attribute("Mobile phone", "crm"),
        "fax": Attribute("Fax", "crm"),
        "customer": Attribute("Customer"),
        "role": Attribute("Role"),
        "changed_at": Attribute("Last changed"),
    },
}


def attribute(name: str) -> Attribute | None:
    """The attribute of a name such as "customer.credit_limit", if there is one."""
    entity, _, attribute_name = name.partition(".")
    return ENTITIES.get(entity, {}).get(attribute_name)
