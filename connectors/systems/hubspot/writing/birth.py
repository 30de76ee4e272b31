"""What is said of a record only when it is made.

HubSpot takes some properties at creation and refuses them ever after, and others mean
nothing later. A document of an ERP is born as not billable, which makes it a mirror:
HubSpot then numbers, mails and judges nothing. Source: vendor sheet, 3.9 and 3.12.
"""

from __future__ import annotations

from collections.abc import Mapping

BIRTH: Mapping[str, Mapping[str, str]] = {
    "invoices": {"hs_invoice_billable": "false"},
    "quotes": {"hs_template_type": "CPQ_QUOTE"},
}
_NONE: Mapping[str, str] = {}


def born(object_type: str, properties: Mapping[str, str]) -> Mapping[str, str]:
    """The properties of a record that is being made."""
    return {**BIRTH.get(object_type, _NONE), **properties}


def grown(object_type: str, properties: Mapping[str, str]) -> Mapping[str, str]:
    """The properties of a record that is there."""
    names = BIRTH.get(object_type, _NONE)
    if not names:
        return properties
    return {name: text for name, text in properties.items() if name not in names}
