"""How many requests an account takes, and who may use how much of that.

A budget is declared in spec.toml (`[system.budgets.<name>]`); the engine keeps its
count for all processes together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

# Who comes first: people at the console, changes as they happen, full reads, and what
# only looks for differences.
Priority = Literal["people", "live", "backfill", "reconciliation"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
DEFAULT_SHARES: Mapping[Priority, int] = {
    "people": 100,
    "live": 90,
    "backfill": 75,
    "reconciliation": 50,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSpec:
    """`requests` in any window of `seconds`; without seconds, in a day of the account.

    Every request counts, or with `named` only those that are sent under this budget's
    name. `shares` are percentages: up to which fill a class of work may take from it.
    In a day they always hold; in a window only while a higher class is at work.

    The amount is corrected by what the system tells: `requests_header` (the amount),
    `window_ms_header`, `remaining_header` of its answers (names in lower case), and
    `used_detail`, `limit_detail` of a connection test. `setting` names a setting of the
    connection that holds the amount. Settings named `<budget>_<class>_percent` replace
    the shares. With `when` (settings and their values) only such connections have it.
    """

    name: str
    requests: int
    label: str = ""
    seconds: float = 0
    named: bool = False
    setting: str = ""
    requests_header: str = ""
    window_ms_header: str = ""
    remaining_header: str = ""
    used_detail: str = ""
    limit_detail: str = ""
    shares: Mapping[Priority, int] = field(default_factory=lambda: DEFAULT_SHARES)
    when: Mapping[str, str] = field(default_factory=dict)

    @property
    def window_ms(self) -> int:
        """The window in milliseconds; 0 for a day."""
        return int(self.seconds * 1000)

    def share(self, priority: Priority) -> float:
        """The part of it that a class may fill, from 0 to 1."""
        return self.shares.get(priority, DEFAULT_SHARES[priority]) / 100
