"""Compares JD Edwards' customers and contacts with HubSpot's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

import requests

from connectors.management.demo.verdict import Rows, Said, Verdict, carried
from connectors.sandbox.core.client import ControlClient

ALL_COMPANIES = "00000"
LINKS = "/crm/associations/2026-09/contacts/companies/batch/read"
LINKS_AT_ONCE = 1000
NAME = "JD Edwards"


def verify(
    jde: ControlClient,
    hubspot: ControlClient,
    token: str,
    verdict: Verdict,
    spared: Collection[str] = (),
) -> None:
    """Note what is wrong unless each customer and contact of JD Edwards is in HubSpot,
    once, as it is.

    `spared` are the numbers of customers and contacts that may be absent.
    """
    customers, people = _customers(jde), _people(jde)
    companies = carried(hubspot.records("companies"), "jde")
    contacts = carried(hubspot.records("contacts"), "jde")
    links = _links(hubspot.url, token, [one["id"] for one in contacts.values()])
    verdict.compare("customers", NAME, customers, _companies(companies), spared)
    held = _contacts(contacts, companies, links)
    verdict.compare("contacts", NAME, people, held, spared)
    verdict.agreed.append(
        f"HubSpot agrees with JD Edwards: {len(companies):,} customers with name and "
        f"credit limit, {len(contacts):,} contacts linked to them, none twice."
    )


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
