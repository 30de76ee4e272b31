"""The knobs of the stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.sandbox.core.config import Config, ConfigError

CHOICES: dict[str, tuple[object, ...]] = {
    "date_literals": ("display", "any"),
    "period_check": ("error", "warning"),
    "duplicate_invoice": ("off", "warn", "error"),
    "orchestration_input": ("plain", "classic"),
    "missing_input_status": (200, 500),
    "job_pace": ("clock", "calls"),
}


@dataclass
class JdeConfig(Config):
    """How this server is installed and behaves. Times are seconds."""

    tools_release: str = "EnterpriseOne 9.2.8.3"
    """What `defaultconfig` calls `aisVersion`."""
    time_zone: str = "America/New_York"
    """The server's zone: dates and times of rows have no other."""

    token_idle_s: float = 1800.0
    """A token unused for so long is dead."""
    token_ttl_s: float = 43200.0
    """A token so old is dead, used or not."""
    max_sessions: int = 10
    """Live sessions per user; one more is refused with 500."""
    password_login: bool = True
    """Login with user and password in the body."""
    basic_login: bool = True
    """Login with an Authorization header."""
    basic_per_request: bool = False
    """Credentials instead of a token on every call."""

    db_fetch_limit: int = 2000
    """The server's own cap on a page, whatever is asked for."""
    result_set_timeout_s: float = 60.0
    """How long the rest of a result set waits for its next page."""
    link_host: str = ""
    """`host:port` put into next-page links; empty is the one that was called."""
    link_double_slash: bool = False
    """Whether next-page links say `//jderest`."""

    date_literals: str = "display"
    """`display`: only the user's own format; `any`: ISO and Julian as well."""
    amounts_unscaled: bool = False
    """Send amounts as the database keeps them: 1234.56 as 123456."""
    legacy_customer_master: bool = False
    """Whether the site still has F0301."""
    missing_audit_tables: list[str] = field(default_factory=list)
    """Tables without UPMJ and UPMT, as on old releases."""

    period_check: str = "error"
    """`error` or `warning`: a G/L date outside the open and the next period."""
    duplicate_invoice: str = "warn"
    """`off`, `warn` or `error`: a supplier's invoice number used a second time."""
    number_gap: int = 7
    """Next numbers that this divides are lost; nought loses none."""

    orchestration_input: str = "plain"
    """`plain` or `classic`: the one form of input that orchestrations take."""
    missing_input_status: int = 200
    """The status, 200 or 500, of `jde__status` ERROR for a missing input."""
    orchestration_checks_reference: bool = False
    """Whether entries with a known reference are answered DUPLICATE."""
    orchestration_stops_on_warning: bool = False
    """Whether a warning refuses an entry, as an error does."""
    continued_as_object: bool = False
    """`continuedOnError` holds the form's answer instead of its text."""
    orchestration_in_band_error: str = ""
    """Every orchestration is answered 200 with only this message; none runs."""

    job_pace: str = "clock"
    """`clock`: batch jobs move on by time; `calls`: by each call of their status."""
    job_wait_s: float = 5.0
    """How long a job waits (`W`) before it runs."""
    job_run_s: float = 10.0
    """How long it runs (`P`) before it is done (`D`)."""

    errors_in_band: bool = False
    """Refusals of the data service come with status 200."""
    in_band_error: str = ""
    """Every data service call is answered 200 with only this message."""

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
