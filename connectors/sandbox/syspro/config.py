"""The knobs of the stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.sandbox.core.config import Config, ConfigError

CHOICES: dict[str, tuple[object, ...]] = {
    "token_style": ("S7", "S8"),
    "wrapping": ("raw", "json", "string"),
    "url_encoding": ("utf-8", "cp1252"),
    "over_long": ("error", "truncate"),
}


@dataclass
class SysproConfig(Config):
    """How this site is installed and behaves. Times are seconds."""

    company: str = "EDU1"
    company_name: str = "Outdoors Company"
    company_password: str = "company-secret-1"
    """Blank where the company has none; the parameter must come all the same."""
    time_zone: str = "America/Chicago"
    """The zone of the site: the dates of its rows."""
    currency: str = "USD"
    """The company's own currency."""

    version: str = "8.0.0.212"
    token_style: str = "S8"
    """`S7`: 36 characters with two blanks at the end; `S8`: SYS… with dashes."""
    wrapping: str = "raw"
    """`raw`, `json` (a quoted string) or `string` (an XML element)."""
    url_encoding: str = "utf-8"
    """What the percent-encoded bytes of the query string are."""
    idle_s: float = 1200.0
    """A session unused for so long is gone."""
    seats: int = 5
    """e.net users at the same time; one more is refused."""
    passwords_to_lock: int = 3
    """Wrong passwords after which an operator is locked."""
    expired_text: str = "ERROR: Invalid user id: the session has ended"
    """What a call with a token of no session is answered."""
    unlicensed: list[str] = field(default_factory=list)
    """Business objects that raise exception 100000."""
    over_long: str = "error"
    """Values longer than their column: `error` or `truncate`, silently."""
    hidden_fields: list[str] = field(default_factory=list)
    """Columns that field security blanks in what e.net answers."""
    display_length: int = 7
    """Length of numeric keys in the answers of business objects."""
    enet_up: bool = True

    odata_up: bool = True
    odata_cap: int = 5000
    """Rows per answer, whatever is asked for."""
    odata_next_link: bool = False
    """Whether a capped answer names the next page."""
    odata_https_only: bool = False
    """Plain http is answered 403."""
    odata_offset: str = "Z"
    """What dates end with: `Z`, or an offset such as `+02:00`."""
    odata_dates: str = "Edm.DateTimeOffset"
    """The type of date columns; `Edm.Date` has no time."""
    pad_chars: bool = False
    """Texts come padded to the width of their column."""
    blank_as_space: bool = False
    """Empty texts come as one blank."""
    node_limit: int = 100
    """Nodes of a filter; more are refused."""

    def patch(self, values: Mapping[str, Any]) -> None:
        """Set knobs by name, all or none; ConfigError for a value of no use."""
        for name, allowed in CHOICES.items():
            if values.get(name, allowed[0]) not in allowed:
                message = f"{name} is one of {', '.join(map(str, allowed))}"
                raise ConfigError(message)
        try:
            ZoneInfo(str(values.get("time_zone", self.time_zone)))
        except (ZoneInfoNotFoundError, ValueError) as error:
            message = f"there is no time zone {values['time_zone']!r}"
            raise ConfigError(message) from error
        super().patch(values)
