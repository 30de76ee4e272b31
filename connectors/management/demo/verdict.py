"""What agrees between an ERP and HubSpot, and what does not."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# Values by name by ERP key: what one side says of each record.
Said = Mapping[str, Mapping[str, Any]]
Rows = Iterable[Mapping[str, Any]]
# How many of a kind of difference are named.
NAMED = 5


@dataclass(slots=True)
class Verdict:
    """What agrees, in sentences, and what does not."""

    agreed: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether all agrees."""
        return not self.problems

    def compare(
        self,
        what: str,
        name: str,
        erp: Said,
        hubspot: Said,
        spared: Container[str] = (),
    ) -> None:
        """Note missing records, strangers and differing values; `name` is the ERP's,
        `spared` may lack."""
        missing = [key for key in erp if key not in hubspot and key not in spared]
        self.note(f"{what} missing in HubSpot", missing)
        strange = [key for key in hubspot if key not in erp]
        self.note(f"{what} in HubSpot that {name} does not have", strange)
        different = [
            f"{key} ({field}: {value} in {name}, {hubspot[key].get(field)} in HubSpot)"
            for key, values in erp.items()
            if key in hubspot
            for field, value in values.items()
            if hubspot[key].get(field) != value
        ]
        self.note(f"{what} that differ", different)

    def note(self, what: str, cases: list[str]) -> None:
        """A problem, if there are cases of it."""
        if cases:
            more = ", ..." if len(cases) > NAMED else ""
            named = ", ".join(cases[:NAMED])
            self.problems.append(f"{len(cases):,} {what}: {named}{more}")


def carried(records: Rows, system: str) -> dict[str, Mapping[str, Any]]:
    """HubSpot's live records that carry an ERP key of a system, by what follows it."""
    found = {}
    for one in records:
        whose, _, number = (one["properties"].get("erp_key") or "").partition(":")
        if whose == system and not one["archived"]:
            found[number] = one
    return found
