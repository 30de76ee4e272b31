"""Customers and their people, by MLC_UpsertCustomer and MLC_UpsertContact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.sdk.errors import OrphanError
from connectors.sdk.records import Scalar, SourceRecord, WriteItem, WriteResult
from connectors.systems.jde.writing.desk import Desk, reference_of
from connectors.systems.jde.writing.sequence import one_by_one
from connectors.systems.jde.writing.values import Column, inputs, wrong

_CUSTOMER = {
    "ALPH": Column("Name", 40),
    "ALKY": Column("LongAddressNumber", 20),
    "TAX": Column("TaxId", 20),
    "MCU": Column("BusinessUnit", 12, "unit"),
    "SIC": Column("Industry", 10),
    "RMK": Column("Remark", 30),
    "street": Column("AddressLine1", 40),
    "street2": Column("AddressLine2", 40),
    "city": Column("City", 25),
    "state": Column("State", 3),
    "postal_code": Column("PostalCode", 12),
    "country": Column("Country", 3),
    "website": Column("Website", 256),
    "email": Column("Email", 256),
}
_MASTER = {
    "ACL": Column("CreditLimit", 15, "whole"),
    "TRAR": Column("PaymentTerms", 3),
    "CRCD": Column("Currency", 3),
    "HOLD": Column("HoldCode", 2),
}
_COMPANY = {"CO": Column("Company", 5, "company")}
_PERSON = {
    "first_name": Column("GivenName", 25),
    "middle_name": Column("MiddleName", 25),
    "last_name": Column("Surname", 25),
    "ATTL": Column("Title", 40),
    "REM1": Column("Reference", 40),
    "email": Column("Email", 256),
}
_PREFIX, _NUMBER = 6, 20
# What a refusal calls a column, where our field has another name.
CUSTOMER_COLUMNS = {
    "EMAL": "email",
    "PH1": "phone",
    "AR1": "phone",
    "ADD1": "street",
    "ADD2": "street2",
    "CTY1": "city",
    "ADDS": "state",
    "ADDZ": "postal_code",
    "CTR": "country",
    "PTC": "TRAR",
    "MLNM": "ALPH",
}
CONTACT_COLUMNS = {
    "EMAL": "email",
    "PH1": "phone",
    "AR1": "phone",
    "GNNM": "first_name",
    "MDNM": "middle_name",
    "SRNM": "last_name",
    "ALPH": "last_name",
    "MLNM": "last_name",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What JD Edwards holds of a batch, by key and by our reference."""

    known: Mapping[str, SourceRecord]
    alike: Mapping[str, Sequence[SourceRecord]]


def write_customers(desk: Desk, items: Sequence[WriteItem]) -> list[WriteResult]:
    """Known customers are changed, the others created or found by their ALKY."""
    known = desk.by_key(items, ("AN8", "CO"))
    return one_by_one(items, lambda item: _customer(desk, item, known))


def _customer(
    desk: Desk, item: WriteItem, known: Mapping[str, SourceRecord]
) -> WriteResult:
    given = inputs(_CUSTOMER | _MASTER, item.fields)
    given |= phone("phone", item.fields.get("phone"), "Phone")
    company: Scalar = item.fields.get("CO")
    if item.target_id:
        if item.target_id not in known:
            raise desk.gone(item)
        given["CustomerNumber"] = item.target_id
        # The row that is read is the one to change: without its company, a new row
        # for all companies would be made beside it.
        company = company or known[item.target_id].fields.get("CO")
    else:
        reference = reference_of(desk.target, item)
        if reference:
            given |= inputs({"ALKY": _CUSTOMER["ALKY"]}, {"ALKY": reference})
        company = company or desk.link.options.company
    silent = set(given) <= {"CustomerNumber"} and not item.fields.get("CO")
    if item.target_id and silent:
        return nothing(item)
    given |= inputs(_COMPANY, {"CO": company or None})
    repeatable = bool(item.target_id)
    answer = desk.orchestrator.run("customer", given, repeatable=repeatable)
    number = answer.text("CustomerNumber")
    assigned: dict[str, Scalar] = {"AN8": int(number)} if number.isdecimal() else {}
    if not item.target_id and given.get("LongAddressNumber"):
        assigned["ALKY"] = given["LongAddressNumber"]
    return desk.finished(item, answer, number, assigned)


def write_contacts(desk: Desk, items: Sequence[WriteItem]) -> list[WriteResult]:
    """Known people are changed; a new one only if none has our reference."""
    new = [item for item in items if not item.target_id]
    look = desk.writing.look_first
    found = Found(desk.by_key(items, ("key",)), desk.by_reference(new) if look else {})
    return one_by_one(items, lambda item: _contact(desk, item, found))


def _contact(desk: Desk, item: WriteItem, found: Found) -> WriteResult:
    reference = "" if item.target_id else reference_of(desk.target, item)
    same = found.alike.get(reference, ())
    if len(same) == 1:
        item = replace(item, target_id=same[0].key)
    elif item.target_id and item.target_id not in found.known:
        raise desk.gone(item)
    given = inputs(_PERSON, item.fields)
    given |= phone("phone", item.fields.get("phone"), "Phone")
    given |= phone("mobile", item.fields.get("mobile"), "Mobile")
    if item.target_id:
        if not given:
            return nothing(item)
        customer, _, line = item.target_id.partition("-")
        given["ContactLine"] = line
    else:
        customer = item.refs.get("AN8") or str(item.fields.get("AN8") or "")
        if not customer:
            raise OrphanError(
                "The contact has no customer to be added to.", field="AN8"
            )
        given |= inputs({"REM1": _PERSON["REM1"]}, {"REM1": reference or None})
    given["CustomerNumber"] = customer
    repeatable = bool(item.target_id)
    answer = desk.orchestrator.run("contact", given, repeatable=repeatable)
    line = answer.text("ContactLine")
    key = f"{answer.text('CustomerNumber')}-{line}" if line else ""
    assigned: dict[str, Scalar] = {"key": key, "AN8": customer}
    if line.isdecimal():
        assigned["IDLN"] = int(line)
    return desk.finished(item, answer, key, assigned)


def nothing(item: WriteItem) -> WriteResult:
    """The result of a known record of which nothing was said."""
    return WriteResult(key=item.key, outcome="unchanged", target_id=item.target_id)


def phone(field: str, value: Scalar, name: str) -> dict[str, str]:
    """A phone number in prefix and number, as it fits; raises RejectedError.

    It is read back as the two with a blank between them, so that is where it is cut.
    """
    if value is None:
        return {}
    prefix, number = "", str(value).strip()
    if len(number) > _NUMBER:
        prefix, _, number = number.partition(" ")
        number = number.strip()
    if len(prefix) > _PREFIX or len(number) > _NUMBER:
        raise wrong(
            field,
            f"“{value}” does not fit: {_PREFIX} characters, a blank, and {_NUMBER}.",
        )
    start = "PhonePrefix" if name == "Phone" else "MobilePrefix"
    return {start: prefix, name: number}
