"""What both SDKs write: one sample per object type that the connector knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CUSTOM = "p20000001_machine"


@dataclass(frozen=True, slots=True)
class Sample:
    """An object type, what a record of it needs, and a text that tells two apart."""

    object_type: str
    varied: str
    pattern: str
    fixed: Mapping[str, str] = field(default_factory=dict)

    @property
    def custom(self) -> bool:
        """Whether the account has defined the object type itself."""
        return self.object_type == CUSTOM

    def text(self, number: int) -> str:
        """The text of the record of that number."""
        return self.pattern.format(number)

    def properties(self, number: int) -> dict[str, str]:
        """All that is sent to create the record of that number."""
        return {**self.fixed, self.varied: self.text(number)}


DAY = "2026-11-20T00:00:00Z"
ALL = (
    Sample("companies", "name", "Acme {}", {"city": "Bern"}),
    Sample("contacts", "email", "ann{}@example.com", {"firstname": "Ann"}),
    Sample(
        "deals",
        "dealname",
        "Deal {}",
        {"pipeline": "default", "dealstage": "contractsent", "amount": "120.50"},
    ),
    Sample("line_items", "name", "Line {}", {"quantity": "2", "price": "50.25"}),
    Sample("products", "name", "Valve {}", {"price": "9.90"}),
    Sample("invoices", "hs_title", "Invoice {}", {"hs_currency": "EUR"}),
    Sample("orders", "hs_order_name", "Order {}", {"hs_currency_code": "USD"}),
    Sample("quotes", "hs_title", "Quote {}", {"hs_expiration_date": DAY}),
    Sample(
        "commerce_payments",
        "hs_reference_number",
        "Payment {}",
        {"hs_initial_amount": "100.50", "hs_initiated_date": DAY},
    ),
    Sample(CUSTOM, "serial", "S-{}", {"note": "By the door"}),
)
NAMES = [one.object_type for one in ALL]
# From, to: what the connector associates.
PAIRS = (
    ("contacts", "companies"),
    ("deals", "companies"),
    ("deals", "line_items"),
    ("quotes", "deals"),
    ("invoices", "line_items"),
    ("commerce_payments", "invoices"),
    ("orders", "contacts"),
    (CUSTOM, "companies"),
)
BY_NAME = {one.object_type: one for one in ALL}
SCHEMA: dict[str, Any] = {
    "name": "machine",
    "labels": {"singular": "Machine", "plural": "Machines"},
    "primaryDisplayProperty": "serial",
    "requiredProperties": ["serial"],
    "properties": [
        {"name": "serial", "label": "Serial", "type": "string", "fieldType": "text"},
        {"name": "note", "label": "Note", "type": "string", "fieldType": "text"},
    ],
    "associatedObjects": ["COMPANY"],
}


def held(properties: Mapping[str, str | None], sent: Mapping[str, str]) -> bool:
    """Whether an answer carries all that was sent, to the letter."""
    return {name: properties.get(name) for name in sent} == dict(sent)
