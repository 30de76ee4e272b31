"""HubSpot's statuses as our errors: which class, what happened, what to do.

The table is that of the vendor sheet, section 7.4. Every POST of ours may be sent
twice (upserts by a unique key, reads, association defaults, definitions that answer
409 when they exist), so no 5xx leaves a write in doubt here.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.sdk.errors import (
    AuthenticationError,
    BudgetSpentError,
    ConfigurationError,
    ConnectorError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
)
from connectors.sdk.http import Response, retry_after
from connectors.systems.hubspot.wire.envelope import Envelope

CORRELATION = "x-hubspot-correlation-id"
LOCKED_SECONDS = 2.0
MOVING_SECONDS = 3600.0
# Without the account's time zone its midnight is unknown; asking once an hour costs
# one refused call each.
BLIND_DAILY_SECONDS = 3600.0
# The text of a 400: sheet, section 2.4.
_NO_ASSOCIATING = "Missing 'Edit Associations' permission"
_TLS_FAULTS = (522, 525, 526)


@dataclass(frozen=True, slots=True)
class Words:
    """What a person can do about credentials, which depends on their kind."""

    expired: str
    unknown: str
    scope: str


BY_TOKEN = Words(
    expired="Create a new one and enter it in the connection.",
    unknown="Copy it again (it begins with pat-); it may have been rotated or revoked.",
    scope="Add the scope to the service key or private app, then test the connection.",
)
BY_CONSENT = Words(
    expired="Press “Reconnect” on the connection's page.",
    unknown="Press “Reconnect” on the connection's page: the app may have been "
    "uninstalled in HubSpot.",
    scope="Add the scope to the app in HubSpot, then press “Reconnect” on the "
    "connection's page: a token keeps the scopes it was given.",
)


class RefusedError(RejectedError):
    """HubSpot refused a whole request for what is in it; `envelope` says why."""

    def __init__(self, envelope: Envelope, message: str, **evidence: object) -> None:
        super().__init__(message, **evidence)  # type: ignore[arg-type]
        self.envelope = envelope


def request_id(response: Response, envelope: Envelope | None = None) -> str:
    """HubSpot's own name of the call, for its support."""
    found = response.headers.get(CORRELATION, "")
    return found or (envelope.correlation_id if envelope else "")


class Classifier:
    """Turns answers into errors for the HTTP client.

    `zone` tells the account's time zone if it is known: daily limits end at its
    midnight. `words` are those for the kind of credentials in use.
    """

    def __init__(
        self, zone: Callable[[], ZoneInfo | None], words: Words = BY_TOKEN
    ) -> None:
        self.zone = zone
        self.words = words

    def __call__(self, response: Response) -> ConnectorError | None:
        if response.status < 400:
            return None
        envelope = Envelope.of(response.json_or_none())
        error = self._error(response, envelope)
        error.status = response.status
        error.code = error.code or envelope.category
        error.request_id = request_id(response, envelope)
        return error

    def _error(self, response: Response, envelope: Envelope) -> ConnectorError:
        status = response.status
        if status == 401:
            return _unauthorised(envelope, self.words)
        if status in (403, 407):
            return _forbidden(response, envelope, self.words)
        if status in (423, 429, 477):
            return self._slow_down(response, envelope)
        if status in (404, 410):
            return _missing(response, envelope)
        if status >= 500 or status in (408, 425):
            return _unavailable(response)
        return _refused(response, envelope)

    def _slow_down(self, response: Response, envelope: Envelope) -> ConnectorError:
        headers = response.headers
        if response.status == 423:
            wait = retry_after(headers, LOCKED_SECONDS) + random.uniform(0, 0.5)  # noqa: S311 - spreads retries
            return RateLimitedError(
                "HubSpot has locked these records for a moment: too many rapid writes.",
                retry_after=wait,
            )
        if response.status == 477:
            return RateLimitedError(
                "HubSpot is moving this account to another data centre.",
                advice="It goes on by itself; this can take up to a day.",
                retry_after=retry_after(headers, MOVING_SECONDS),
            )
        return self._rate_limited(response, envelope)

    def _rate_limited(self, response: Response, envelope: Envelope) -> ConnectorError:
        said = f"{envelope.policy} {envelope.message}".lower()
        if "daily" in said:
            return BudgetSpentError(
                "The daily number of calls of this HubSpot account is used up.",
                advice="It goes on by itself after midnight in the account's time "
                "zone; more calls a day can be bought from HubSpot.",
                retry_after=retry_after(response.headers, self._until_midnight()),
                code="DAILY",
                budget="day",
            )
        second = "ten_secondly" not in said and "secondly" in said
        wait = 1.0 if second else _interval(response.headers)
        search = second and response.url.endswith("/search")
        return RateLimitedError(
            "HubSpot asks us to slow down.",
            retry_after=retry_after(response.headers, wait),
            code=envelope.policy,
            # Without a name it is the window of all requests, whichever that is.
            budget="search" if search else "",
        )

    def _until_midnight(self) -> float:
        zone = self.zone()
        if zone is None:
            return BLIND_DAILY_SECONDS
        now = datetime.now(zone)
        tomorrow = (now + timedelta(days=1)).date()
        midnight = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)
        return max(1.0, (midnight.astimezone(UTC) - now).total_seconds())


def _interval(headers: Mapping[str, str]) -> float:
    text = headers.get("x-hubspot-ratelimit-interval-milliseconds", "")
    return int(text) / 1000 if text.isdigit() else 10.0


def _unauthorised(envelope: Envelope, words: Words) -> ConnectorError:
    if envelope.category == "EXPIRED_AUTHENTICATION" and "1970" not in str(
        envelope.context
    ):
        return AuthenticationError(
            "The HubSpot access token has expired or was revoked.",
            advice=words.expired,
        )
    return AuthenticationError(
        "HubSpot does not know this access token.",
        advice=words.unknown,
    )


def _forbidden(response: Response, envelope: Envelope, words: Words) -> ConnectorError:
    # A missing right stops the flow that needs it; the connection goes on serving
    # the others, so this is no AuthenticationError.
    scopes = envelope.scopes
    if scopes:
        return ConfigurationError(
            f"The HubSpot token may not do this: the scope {' or '.join(scopes)} "
            "is missing.",
            advice=words.scope,
            code="MISSING_SCOPES",
        )
    said = response.redact(envelope.message) or response.excerpt
    return ConfigurationError(
        f"HubSpot does not allow this: {said}",
        advice="Check the rights of the token and what the HubSpot plan includes.",
    )


def _refused(response: Response, envelope: Envelope) -> ConnectorError:
    if _NO_ASSOCIATING in envelope.message:
        # From 2026-09 on; older versions let the app associate whatever its user may.
        return ConfigurationError(
            "The HubSpot user who connected this app may not edit associations.",
            advice="Give that user the permission “Edit Associations” in HubSpot, or "
            "let a super admin press “Reconnect”.",
            code="MISSING_PERMISSION",
        )
    said = response.redact(envelope.message) or response.excerpt
    return RefusedError(envelope, f"HubSpot refused the request: {said}")


def _missing(response: Response, envelope: Envelope) -> ConnectorError:
    # A batch call names its records in the body, so its own address is what is wrong.
    if not envelope.message or "/batch/" in response.url:
        return ConfigurationError(
            f"{response.where} is not an address of HubSpot's API.",
            advice="Check the API address and version of the connection.",
        )
    return NotFoundError(
        f"HubSpot has no such record: {response.redact(envelope.message)}"
    )


def _unavailable(response: Response) -> ConnectorError:
    if response.status in _TLS_FAULTS:
        return UnavailableError(
            f"HubSpot's network cannot reach HubSpot ({response.status}).",
            advice="It is tried again by itself; see status.hubspot.com if it stays.",
        )
    return UnavailableError(f"HubSpot answered {response.status}.")
