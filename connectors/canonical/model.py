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


def _document() -> dict[str, Attribute]:
    """What an order and a quote have in common."""
    return {
        "key": Attribute("System and number"),
        "number": Attribute("Number"),
        "title": Attribute("Title", "crm"),
        "customer": Attribute("Customer", "crm"),
        "contact": Attribute("Contact", "crm"),
        "date": Attribute("Date", "crm"),
        "currency": Attribute("Currency", "crm"),
        "amount": Attribute("Amount", "crm"),
        "status": Attribute("Status", "crm"),
        "owner": Attribute("Sales representative", "crm"),
        "remark": Attribute("Remark", "crm"),
        "document": Attribute("Document in the ERP"),
        "document_status": Attribute("Status in the ERP"),
        "document_message": Attribute("Message of the ERP"),
        "changed_at": Attribute("Last changed", "crm"),
    }


def _line() -> dict[str, Attribute]:
    return {
        "key": Attribute("System, document and line"),
        "number": Attribute("Line number", "crm"),
        "product": Attribute("Product", "crm"),
        "sku": Attribute("Stock keeping unit", "crm"),
        "description": Attribute("Description", "crm"),
        "quantity": Attribute("Quantity", "crm"),
        "price": Attribute("Unit price", "crm"),
        "discount": Attribute("Discount per unit", "crm"),
        "tax": Attribute("Tax", "crm"),
        "amount": Attribute("Net amount", "crm"),
        "currency": Attribute("Currency", "crm"),
    }


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
        "active": Attribute("Active"),
        "changed_at": Attribute("Last changed"),
    }


ENTITIES: dict[str, dict[str, Attribute]] = {
    "customer": _party()
    | {
        "credit_limit": Attribute("Credit limit"),
        "credit_message": Attribute("Credit message"),
        "hold_code": Attribute("Order hold code"),
        "credit_manager": Attribute("Credit manager"),
        "group": Attribute("Customer class"),
        "balance": Attribute("Open balance"),
        "status": Attribute("Status"),
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
    "product": {
        "key": Attribute("System and number"),
        "number": Attribute("Number"),
        "name": Attribute("Name"),
        "description": Attribute("Description"),
        "sku": Attribute("Stock keeping unit"),
        "price": Attribute("Unit price"),
        "cost": Attribute("Unit cost"),
        "currency": Attribute("Currency"),
        "unit": Attribute("Unit of measure"),
        "site": Attribute("Site"),
        "group": Attribute("Product group"),
        "barcode": Attribute("Barcode"),
        "active": Attribute("Can be sold"),
        "changed_at": Attribute("Last changed"),
    },
    "invoice": {
        "key": Attribute("System and number"),
        "number": Attribute("Number", "crm"),
        "title": Attribute("Title", "crm"),
        "customer": Attribute("Customer", "crm"),
        "contact": Attribute("Contact", "crm"),
        "date": Attribute("Invoice date", "crm"),
        "due_date": Attribute("Due date", "crm"),
        "currency": Attribute("Currency", "crm"),
        "amount": Attribute("Amount", "crm"),
        "balance": Attribute("Balance due", "crm"),
        "status": Attribute("Status", "crm"),
        "purchase_order": Attribute("Purchase order number", "crm"),
        "remark": Attribute("Remark", "crm"),
        "document": Attribute("Document in the ERP"),
        "document_status": Attribute("Status in the ERP"),
        "document_message": Attribute("Message of the ERP"),
        "changed_at": Attribute("Last changed", "crm"),
    },
    "invoice_line": _line(),
    "order": _document()
    | {
        "pipeline": Attribute("Pipeline", "crm"),
        "won": Attribute("Won", "crm"),
        "tracking": Attribute("Tracking number"),
    },
    "order_line": _line(),
    "quote": _document() | {"expires": Attribute("Valid until", "crm")},
    "quote_line": _line(),
    "person": {
        "key": Attribute("Id"),
        "name": Attribute("Name", "crm"),
        "email": Attribute("E-mail", "crm"),
    },
    "payment": {
        "key": Attribute("System and number"),
        "number": Attribute("Reference number", "crm"),
        "customer": Attribute("Customer", "crm"),
        "contact": Attribute("Contact", "crm"),
        "invoice": Attribute("Invoice", "crm"),
        "date": Attribute("Payment date", "crm"),
        "amount": Attribute("Amount", "crm"),
        "currency": Attribute("Currency", "crm"),
        "method": Attribute("Payment method", "crm"),
        "status": Attribute("Status", "crm"),
        "remark": Attribute("Remark", "crm"),
        "document": Attribute("Document in the ERP"),
        "document_status": Attribute("Status in the ERP"),
        "document_message": Attribute("Message of the ERP"),
        "changed_at": Attribute("Last changed", "crm"),
    },
    "code": {
        "key": Attribute("System and number"),
        "number": Attribute("Code"),
        "name": Attribute("Description"),
        "days": Attribute("Days to pay"),
        "changed_at": Attribute("Last changed"),
    },
    "account": {
        "key": Attribute("System and number"),
        "number": Attribute("Number"),
        "code": Attribute("Code"),
        "name": Attribute("Name"),
        "company": Attribute("Company"),
        "business_unit": Attribute("Business unit"),
        "object": Attribute("Object account"),
        "subsidiary": Attribute("Subsidiary"),
        "posting": Attribute("Who may post"),
        "changed_at": Attribute("Last changed"),
    },
    "journal": {
        "key": Attribute("System and number"),
        "number": Attribute("Reference"),
        "date": Attribute("Date"),
        "customer": Attribute("Customer"),
        "amount": Attribute("Amount"),
        "currency": Attribute("Currency"),
        "remark": Attribute("Remark"),
        "document": Attribute("Document in the ERP"),
        "document_status": Attribute("Status in the ERP"),
        "document_message": Attribute("Message of the ERP"),
        "changed_at": Attribute("Last changed"),
    },
    "journal_line": {
        "account": Attribute("Account"),
        "amount": Attribute("Amount"),
        "description": Attribute("Description"),
    },
}


def attribute(name: str) -> Attribute | None:
    """The attribute of a name such as "customer.credit_limit", if there is one."""
    entity, _, attribute_name = name.partition(".")
    return ENTITIES.get(entity, {}).get(attribute_name)
