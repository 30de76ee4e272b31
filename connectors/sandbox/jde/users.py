"""The accounts of the stand-in, each with another kind of restriction."""

from __future__ import annotations

from dataclasses import dataclass

ENVIRONMENTS = ("JDV920", "JPY920", "JPD920")
DEFAULT_ENVIRONMENT = "JDV920"
DEFAULT_ROLE = "*ALL"


@dataclass(frozen=True, slots=True)
class User:
    """One account. Hidden columns are `TABLE.ALIAS`; `date_pattern` is Java's."""

    name: str
    password: str
    number: int
    full_name: str
    date_code: str = "MDE"
    date_separator: str = "/"
    date_pattern: str = "MM/dd/yyyy"
    decimal_separator: str = "."
    enabled: bool = True
    roles: tuple[str, ...] = (DEFAULT_ROLE, "HSAPI")
    hidden_columns: frozenset[str] = frozenset()
    hidden_companies: frozenset[str] = frozenset()


USERS: dict[str, User] = {
    one.name: one
    for one in (
        User("HSINTEG", "sandbox-1", 6001, "HubSpot Integration"),
        User(
            "HSCOLUMN",
            "sandbox-2",
            6002,
            "Column Security",
            date_code="DME",
            date_separator=".",
            date_pattern="dd.MM.yyyy",
            decimal_separator=",",
            hidden_columns=frozenset({"F0101.TAX", "F03012.ACL", "F01151.EMAL"}),
        ),
        User(
            "HSROW",
            "sandbox-3",
            6003,
            "Row Security",
            hidden_companies=frozenset({"00100", "00200"}),
        ),
        User("HSOFF", "sandbox-4", 6004, "Disabled Account", enabled=False),
    )
}
