"""What a demo both ways leaves to a person: changes that meet, a firm that may be
either of two customers, an invoice that JD Edwards does not take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.management.demo.scenes.scene import Planted
from connectors.models import ConflictRule, FieldMapping, Flow
from connectors.sandbox.core.client import ControlClient
from connectors.sync.mapping.versions import save_version

# A customer whose firm is entered once more, on both sides: is the new company the
# customer that has its company, or the new one?
TWIN = {"ALPH": "Example Tools Ltd", "ADDZ": "99501"}
TWIN_PLACE = 4
# What makes a customer: the table, and which rows of it.
TABLES = {"F0101": {}, "F0111": {"IDLN": 0}, "F0116": {}, "F03012": {}}
# Numbers that both sides have written over the same old one.
PHONES = {"555-0101": "+1 555 0191", "555-0102": "+1 555 0192"}
# Of an invoice whose period was closed long ago.
LATE_DAY, LATE_WORDS = "2019-05-31", "Came too late: its period is closed"


def prepare(jde: ControlClient) -> None:
    """Give a customer a name that is entered once more later."""
    number = customers(jde)[TWIN_PLACE]
    jde.edit(table="F0101", key={"AN8": number}, set={"ALPH": TWIN["ALPH"]})
    for row in jde.records("F0116"):
        if row["AN8"] == number:
            key = {"AN8": number, "EFTB": row["EFTB"]}
            jde.edit(table="F0116", key=key, set={"ADDZ": TWIN["ADDZ"]})


def ask_about_phones(flows: Sequence[Flow]) -> None:
    """Let a person decide where both sides have a new phone number."""
    rows = FieldMapping.objects.filter(
        flow__in=flows,
        flow__source_object="companies",
        source_field="phone",
        target_field="phone",
    )
    for row in rows.select_related("flow"):
        row.conflict = ConflictRule.HOLD
        row.save()
        save_version(row.flow)


def stir(jde: ControlClient, hubspot: ControlClient, spared: Sequence[str]) -> None:
    """People on both sides do what nobody can decide for them.

    `spared` are ids of companies that something else is done to.
    """
    _enter_again(jde)
    company = {"name": TWIN["ALPH"], "zip": TWIN["ADDZ"]}
    hubspot.edit(type="companies", action="create", set=company)
    keys = {
        one["properties"].get("erp_key"): one["id"]
        for one in hubspot.records("companies")
        if one["id"] not in spared
    }
    phones = [
        row
        for row in jde.records("F0115")
        if f"jde:{row['AN8']}" in keys and not row["IDLN"] and not row["PHTP"].strip()
    ]
    alone = {row["AN8"]: row for row in reversed(phones)}
    for row, (here, there) in zip(alone.values(), PHONES.items(), strict=False):
        key = {name: row[name] for name in ("AN8", "IDLN", "RCK7", "CNLN")}
        jde.edit(table="F0115", key=key, set={"PH1": here})
        company_id = keys[f"jde:{row['AN8']}"]
        hubspot.edit(type="companies", id=company_id, set={"phone": there})


def _enter_again(jde: ControlClient) -> None:
    """The firm, as a new customer."""
    number = max(row["AN8"] for row in jde.records("F0101")) + 1
    for table, which in TABLES.items():
        for row in jde.records(table, [str(customers(jde)[TWIN_PLACE])]):
            if which.items() <= row.items():
                # Numbers of its own it has none, or they would tell who it is.
                own = {name: " " for name in ("ALKY", "TAX") if name in row}
                copy = {**row, **own, "AN8": number}
                jde.edit(action="insert", table=table, set=copy)


def unsettled(jde: ControlClient, hubspot: ControlClient) -> list[Planted]:
    """Those that nobody has settled yet, as both sides hold them now."""
    found = [
        Planted("jde", "customers", number, f"“{TWIN['ALPH']}” may be in HubSpot")
        for number in newcomers(jde)
    ]
    for one in hubspot.records("companies"):
        properties, key = one["properties"], one["id"]
        if properties.get("phone") in PHONES.values():
            number = _number(properties)
            why = f"customer {number} has a new phone number on both sides"
            found.append(Planted("hubspot", "companies", key, why))
            found.append(Planted("jde", "customers", number, why))
        elif properties.get("name") == TWIN["ALPH"] and not _number(properties):
            why = f"“{TWIN['ALPH']}” may be one of two customers"
            found.append(Planted("hubspot", "companies", key, why))
    for one in hubspot.records("invoices"):
        if is_late(one["properties"]):
            why = f"its date, {LATE_DAY}, lies in a closed period"
            found.append(Planted("hubspot", "invoices", one["id"], why))
    return found


def newcomers(jde: ControlClient) -> list[str]:
    """The number of the customer that was entered once more, if it was."""
    rows = jde.records("F0101")
    twins = [str(row["AN8"]) for row in rows if row["ALPH"].strip() == TWIN["ALPH"]]
    return sorted(twins)[1:]


def is_late(properties: dict[str, Any]) -> bool:
    """Whether an invoice is the one that came too late."""
    return bool(properties.get("hs_comments") == LATE_WORDS)


def _number(properties: dict[str, Any]) -> str:
    return str(properties.get("erp_key") or "").partition(":")[2]


def customers(jde: ControlClient) -> list[int]:
    """The numbers of all customers."""
    rows = jde.records("F0101")
    return sorted(row["AN8"] for row in rows if row["AT1"].strip() == "C")
