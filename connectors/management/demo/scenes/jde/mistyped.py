"""Two contacts whose e-mail address HubSpot refuses, so that there is one to repair."""

from __future__ import annotations

from typing import Any

from connectors.management.demo.scenes.scene import Planted
from connectors.sandbox.core.client import ControlClient

MAILS = "F01151"
# Which of the people with an e-mail address, in the order of their numbers, and what
# somebody typed there instead.
SPOILED = {3: "{user} at {host}", 8: "{user}@{host} (new)"}


def plant(jde: ControlClient) -> None:
    """Spoil the addresses, as a person at a keyboard would."""
    for position, row in _chosen(jde).items():
        user, _, host = row["EMAL"].partition("@")
        jde.edit(
            action="update",
            table=MAILS,
            key={name: row[name] for name in ("AN8", "IDLN", "RCK7")},
            set={"EMAL": SPOILED[position].format(user=user, host=host)},
        )


def planted(jde: ControlClient) -> list[Planted]:
    """Those contacts, as JD Edwards holds them now."""
    return [
        Planted(
            "jde",
            "contacts",
            f"{row['AN8']}-{row['IDLN']}",
            f"“{row['EMAL']}” is no e-mail address",
        )
        for row in _chosen(jde).values()
    ]


def _chosen(jde: ControlClient) -> dict[int, dict[str, Any]]:
    customers = {row["AN8"] for row in jde.records("F0101") if row["AT1"] == "C"}
    first = [
        row
        for row in jde.records(MAILS)
        if row["AN8"] in customers and row["IDLN"] > 0 and row["RCK7"] == 1
    ]
    return {n: first[n] for n in SPOILED if n < len(first)}
