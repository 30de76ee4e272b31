"""Setup documents: one item each, in the element order of SYSPRO's schema."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

from connectors.sdk.errors import RejectedError
from connectors.sdk.records import Scalar
from connectors.systems.syspro.options import Setup

_PROLOG = '<?xml version="1.0" encoding="Windows-1252"?>'
# Of ARSSCS; elements of other objects stand as they come.
CUSTOMER_ORDER = (
    "Name", "ShortName", "CreditStatus", "CreditLimit", "Salesperson", "CustomerClass",
    "Branch", "TermsCode", "Area", "TaxExemptNumber", "Telephone", "Contact",
    "AddTelephone", "Fax", "Currency", "UserField1", "Nationality", "CustomerOnHold",
    "Email", "SoldToAddr1", "SoldToAddr2", "SoldToAddr3", "SoldToAddr3Loc",
    "SoldToAddr4", "SoldToAddr5", "SoldPostalCode", "CompanyTaxNumber",
)  # fmt: skip


def parameters(setup: Setup, *, ignore_warnings: bool, validate: bool = False) -> str:
    """Every parameter is said: what is left out is the operator's own preference."""
    return (
        f"{_PROLOG}<{setup.root}><Parameters>"
        f"<IgnoreWarnings>{_flag(ignore_warnings)}</IgnoreWarnings>"
        "<ApplyIfEntireDocumentValid>Y</ApplyIfEntireDocumentValid>"
        f"<ValidateOnly>{_flag(validate)}</ValidateOnly>"
        f"</Parameters></{setup.root}>"
    )


def document(setup: Setup, key: str, fields: Mapping[str, Scalar]) -> str:
    """One item. Raises RejectedError for a text that SYSPRO's code page lacks."""
    order = {name: place for place, name in enumerate(CUSTOMER_ORDER)}
    names = sorted(fields, key=lambda name: order.get(name, len(order)))
    inner = "".join(_element(name, fields[name]) for name in names)
    return (
        f"{_PROLOG}<{setup.root}><Item><Key>{_element(setup.key, key)}</Key>"
        f"{inner}</Item></{setup.root}>"
    )


def _element(name: str, value: Scalar) -> str:
    text = _text(value)
    try:
        text.encode("cp1252")
    except UnicodeEncodeError as error:
        raise RejectedError(
            f"SYSPRO cannot keep “{text[error.start : error.end]}” in {name}: it is "
            "not in Windows-1252.",
            advice="Replace the character in the mapping or the record, then replay.",
            field=name,
        ) from None
    return f"<{name}>{escape(text)}</{name}>"


def _text(value: Scalar) -> str:
    if isinstance(value, bool):
        return _flag(value)
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _flag(value: bool) -> str:  # noqa: FBT001 - it is the value itself
    return "Y" if value else "N"
