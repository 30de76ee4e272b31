"""Compares both sides of the demo by the sandbox's own books, not by ours."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import requests

from connectors.sandbox.core.client import ControlClient

# Values by name by ERP key: what one side says of each record.
Said = Mapping[str, Mapping[str, Any]]
Rows = Iterable[Mapping[str, Any]]
ALL_COMPANIES = "00000"
LINKS = "/crm/associations/2026-09/contacts/companies/batch/read"
LINKS_AT_ONCE = 1000
# How many of a kind of difference are named.
NAMED = 5


@dataclass(slots=True)
class Verdict:
    """What agrees, in a sentence, and what does not."""

    agreed: str = ""
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether all agrees."""
        return not self.problems

    def compare(
        self, what: str, jde: Said, hubspot: Said, spared: Container[str] = ()
    ) -> None:
        """Note missing records, strangers and differing values; `spared` may lack."""
        missing = [key for key in jde if key not in hubspot and key not in spared]
        self.note(f"{what} missing in HubSpot", missing)
        strange = [key for key in hubspot if key not in jde]
        self.note(f"{what} in HubSpot that JD Edwards does not have", strange)
        different = [
            f"{key} ({name}: {value} in JD Edwards, {hubspot[key][name]} in HubSpot)"
            for key, values in jde.items()
            if key in hubspot
            for name, value in values.items()
            if hubspot[key][name] != value
        ]
        self.note(f"{what} that differ", different)

    def note(self, what: str, cases: list[str]) -> None:
        """A problem, if there are cases of it."""
        if cases:
            more = ", ..." if len(cases) > NAMED else ""
            named = ", ".join(cases[:NAMED])
            self.problems.append(f"{len(cases):,} {what}: {named}{more}")


def verify(
    jde: ControlClient, hubspot: ControlClient, token: str, spared: Container[str]
) -> Verdict:
    """Whether each customer and contact of JD Edwards is in HubSpot, once, as it is.

    `spared` are the numbers of contacts that may be absent.
    """
    verdict = Verdict()
    customers, people = _customers(jde), _people(jde)
    companies = _ours(hubspot.records("companies"))
    contacts = _ours(hubspot.records("contacts"))
    links = _links(hubspot.url, token, [one["id"] for one in contacts.values()])
    verdict.compare("customers", customers, _companies(companies))
    verdict.compare("contacts", people, _contacts(contacts, companies, links), spared)
    for object_type, held in hubspot.ledger(detail=False)["types"].items():
        verdict.note(f"{object_type} created twice", held["created_twice"])
    verdict.agreed = (
        f"HubSpot agrees with JD Edwards: {len(customers):,} customers with name and "
        f"credit limit, {len(contacts):,} contacts linked to them, none twice."
    )
    return verdict


def _customers(jde: ControlClient) -> Said:
    limits = _credit_limits(jde.records("F03012"))
    return {
        str(row["AN8"]): {
            "name": row["ALPH"].strip(),
            "credit limit": limits.get(row["AN8"]),
        }
        for row in jde.records("F0101")
        if row["AT1"].strip() == "C"
    }


def _credit_limits(rows: Rows) -> dict[int, Decimal]:
    """By address number: the row for all companies counts, else the first one."""
    found: dict[int, Decimal] = {}
    for row in rows:
        if row["CO"] == ALL_COMPANIES or row["AN8"] not in found:
            found[row["AN8"]] = Decimal(str(row["ACL"]))
    return found


def _people(jde: ControlClient) -> Said:
    customers = {r["AN8"] for r in jde.records("F0101") if r["AT1"].strip() == "C"}
    return {
        f"{row['AN8']}-{row['IDLN']}": {
            "last name": row["SRNM"].strip(),
            "customer": str(row["AN8"]),
        }
        for row in jde.records("F0111")
        if row["IDLN"] > 0 and row["AN8"] in customers
    }


def _ours(records: Rows) -> dict[str, Mapping[str, Any]]:
    """Live HubSpot records that carry an ERP key of JD Edwards, by number."""
    found = {}
    for one in records:
        system, _, number = one["properties"].get("erp_key", "").partition(":")
        if system == "jde" and not one["archived"]:
            found[number] = one
    return found


def _companies(records: Mapping[str, Mapping[str, Any]]) -> Said:
    found = {}
    for number, one in records.items():
        limit = one["properties"].get("erp_credit_limit")
        found[number] = {
            "name": one["properties"].get("name"),
            "credit limit": Decimal(limit) if limit else None,
        }
    return found


def _contacts(
    records: Mapping[str, Mapping[str, Any]],
    companies: Mapping[str, Mapping[str, Any]],
    links: Mapping[str, set[str]],
) -> Said:
    numbers = {one["id"]: number for number, one in companies.items()}
    return {
        number: {
            "last name": one["properties"].get("lastname"),
            "customer": ", ".join(
                sorted(numbers.get(i, i) for i in links.get(one["id"], ()))
            ),
        }
        for number, one in records.items()
    }


def _links(url: str, token: str, contact_ids: list[str]) -> dict[str, set[str]]:
    """Company ids by contact id, as HubSpot's own API tells them."""
    found: dict[str, set[str]] = {}
    with requests.Session() as session:
        session.trust_env = False  # our own machine, whatever proxy is set
        for first in range(0, len(contact_ids), LINKS_AT_ONCE):
            asked = contact_ids[first : first + LINKS_AT_ONCE]
            answer = session.post(
                f"{url}{LINKS}",
                json={"inputs": [{"id": one} for one in asked]},
                headers={"Authorization": f"Bearer {token}"},
                timeout=60,
            )
            answer.raise_for_status()
            for row in answer.json()["results"]:
                ids = {str(one["toObjectId"]) for one in row["to"]}
                found.setdefault(row["from"]["id"], set()).update(ids)
    return found
