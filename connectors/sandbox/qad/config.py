"""The knobs of the stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.sandbox.core.config import Config, ConfigError


@dataclass
class QadConfig(Config):
    """How this site is installed and behaves. Times are seconds."""

    context_root: str = "/clouderp"
    """Everything of Adaptive ERP lies below it."""
    time_zone: str = "America/Chicago"
    """The site's zone: its dates and times have no other."""

    client_id: str = "mlc-sandbox"
    session_length_s: float = 1800.0
    """A token so old is dead, used or not."""
    idle_s: float = 900.0
    """A token unused for so long is dead."""
    refresh_s: float = 28800.0
    """How long a refresh token can be used, once."""
    lock_after: int = 3
    """Wrong passwords in a row that lock a user."""
    tell_expiry: bool = True
    """Whether the token's answer says `expires_in`."""
    basic: bool = True
    """Whether a user and a password with each call will do."""

    party_version: str = "V2"
    """Of the documents of customers and suppliers: `V2`, `V3`, or `` for customers."""
    missing_browses: list[str] = field(default_factory=list)
    """Browses that this release does not have."""
    page_cap: int = 1000
    """A larger page takes so long that the proxy answers 504."""
    date_filter: bool = True
    """Whether browses know lastModifiedDate; else a filter on it is ignored."""
    insert_while_paging: bool = False
    """A record before all others appears after the first page of each browse."""

    number_sequence: bool = True
    """Whether an order without a number is given one; else a number is mandatory."""
    credit_hold_over: int = 0
    """Orders above this amount are put on hold, with a warning; nought: none."""
    cents_off: str = "0"
    """Added to every order's total, as tax or rounding would."""
    refuse_line: int = 0
    """This line of an order is refused when the grid is committed; nought: none."""
    partial_commit: bool = False
    """Whether the lines before a refused one are kept."""
    bare_answers: bool = False
    """Success without `submitResult` and `data`: 201, the entity at top level."""

    strict_order: bool = True
    """QDocs take their elements in the schema's order only."""
    http_basic: bool = False
    """A web server in front of QXtend asks for the user's name and password."""
    multipart: bool = False
    """QXtend answers with MTOM: multipart/related."""
    installed_versions: list[str] = field(
        default_factory=lambda: ["eB2_1", "eB2_2", "ERP3_1"]
    )
    """Versions of QDocs that the site has installed."""
    sessions: int = 4
    """Calls that QXtend carries out at once; further ones wait for a session."""
    session_wait_s: float = 10.0
    """How long a call waits for a session before it is given up."""
    session_held_s: float = 0.0
    """How long a call holds its session."""
    time_out_after_store: bool = False
    """A QDoc is stored, then answered with ProcessException009."""
    query_decimals: str = "."
    """The decimal separator of query rows."""

    def patch(self, values: Mapping[str, Any]) -> None:
        """Set knobs by name, all or none; ConfigError for a value of no use."""
        try:
            ZoneInfo(str(values.get("time_zone", self.time_zone)))
        except (ZoneInfoNotFoundError, ValueError) as error:
            message = f"there is no time zone {values['time_zone']!r}"
            raise ConfigError(message) from error
        super().patch(values)
