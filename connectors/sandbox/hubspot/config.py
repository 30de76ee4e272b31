"""Knobs of the HubSpot stand-in and its fake tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.core.config import Config

MAIN_PORTAL = 20000001
OTHER_PORTAL = 20000002

OBJECTS = (
    "companies",
    "contacts",
    "deals",
    "tickets",
    "line_items",
    "products",
    "quotes",
    "invoices",
    "orders",
    "commercepayments",
    "custom",
)
ALL_SCOPES = [
    "oauth",
    "e-commerce",
    "crm.objects.owners.read",
    "multi-currency-read",
    "multi-currency-write",
    *(f"crm.objects.{name}.{verb}" for name in OBJECTS for verb in ("read", "write")),
    *(f"crm.schemas.{name}.{verb}" for name in OBJECTS for verb in ("read", "write")),
]

# A token that may read records may read their properties' definitions too.
SCHEMA_READS = [f"crm.schemas.{name}.read" for name in OBJECTS]


def _without(*scopes: str) -> list[str]:
    return [scope for scope in ALL_SCOPES if scope not in scopes]


def default_tokens() -> dict[str, dict[str, Any]]:
    """Token -> portal, app, kind, scopes, whether revoked or expired (epoch s)."""
    schema_writes = [one for one in ALL_SCOPES if one.startswith("crm.schemas")]
    made = {
        "pat-na1-sandbox-full": {"app": 50000001, "scopes": list(ALL_SCOPES)},
        "pat-na1-sandbox-service-key": {
            "app": 50000006,
            "kind": "service_key",
            "scopes": list(ALL_SCOPES),
        },
        "pat-na1-sandbox-second-app": {"app": 50000002, "scopes": list(ALL_SCOPES)},
        "pat-na1-sandbox-no-company-write": {
            "app": 50000003,
            "scopes": _without("crm.objects.companies.write"),
        },
        "pat-na1-sandbox-no-schema-write": {
            "app": 50000004,
            "scopes": _without("e-commerce", *schema_writes),
        },
        "pat-na1-sandbox-other-portal": {
            "app": 50000001,
            "portal": OTHER_PORTAL,
            "scopes": list(ALL_SCOPES),
        },
        "pat-na1-sandbox-revoked": {
            "app": 50000001,
            "revoked": True,
            "scopes": list(ALL_SCOPES),
        },
        "sandbox-oauth-access-expired": {
            "app": 50000005,
            "kind": "oauth",
            "expires_at": 1_700_000_000,
            "scopes": list(ALL_SCOPES),
        },
    }
    defaults = {"portal": MAIN_PORTAL, "kind": "private", "revoked": False}
    return {name: {**defaults, **token} for name, token in made.items()}


def default_apps() -> dict[str, dict[str, Any]]:
    """Client id -> secret, app, redirect addresses, required and optional scopes."""
    core = ("companies", "contacts")
    required = [one for one in ALL_SCOPES if any(f".{name}." in one for name in core)]
    required = [one for one in required if one not in SCHEMA_READS]
    optional = [one for one in ALL_SCOPES if one not in required and one != "oauth"]
    return {
        "sandbox-client": {
            "secret": "sandbox-client-secret",
            "app": 50000005,
            "redirect_uris": [
                f"http://{host}:8000/admin/connectors/connection/callback/"
                for host in ("127.0.0.1", "localhost")
            ],
            "scopes": ["oauth", *required],
            "optional_scopes": optional,
        }
    }


@dataclass
class HubSpotConfig(Config):
    """What can be turned while it runs. Shares are 0 to 1, times seconds."""

    rate_limit: int = 190
    """Requests per token in any 10 s (search not counted)."""
    oauth_rate_limit: int = 110
    """The same for each account that has let an OAuth app in, whatever its plan."""
    daily_limit: int = 1_000_000
    """Requests per portal and day of its time zone, those of OAuth apps apart."""
    search_per_second: int = 5
    retry_after: bool = False
    """Whether 429 carries Retry-After; HubSpot does not promise it."""
    foreign_per_10s: int = 0
    """Requests another client of the same app makes in every 10 s."""
    foreign_search_per_s: int = 0
    foreign_daily: int = 0
    time_zone: str = "US/Eastern"
    tokens: dict[str, Any] = field(default_factory=default_tokens)
    oauth_apps: dict[str, Any] = field(default_factory=default_apps)
    oauth_portals: list[int] = field(
        default_factory=lambda: [MAIN_PORTAL, OTHER_PORTAL]
    )
    """Accounts that the person on the OAuth page may choose."""
    oauth_expires_s: int = 1800
    oauth_code_s: int = 60
    oauth_rotates: bool = False
    """A refresh makes the refresh token void and issues another."""
    oauth_user_associates: bool = True
    """2026-09 only: whether the user of an OAuth app may edit associations."""

    search_lag_s: float = 3.0
    """How long the search index runs behind writes."""
    search_short_pages: bool = False
    """Search answers short and empty pages that still carry a next page."""
    property_lag_s: float = 0.5
    """How long a new property takes to become readable and usable."""
    max_url_bytes: int = 16_000
    history_depth: int = 20
    """Versions kept per record for propertiesWithHistory."""

    shuffle: bool = True
    """Batch results in another order than the inputs."""
    omit_share: float = 0.0
    """Share of batch results left out of the answer although written."""
    reject_share: float = 0.0
    """Share of rows refused inside 207, always the same rows."""
    poison_share: float = 0.0
    """Share of batches of 100 that fail whole because of one row, found by its key."""
    knob_seed: int = 1
    lock_writes_per_s: int = 0
    """More writes than this to one record in a second lock it for 2 s (423)."""
    contact_conflict_400: bool = False
    """Existing email answers the 400 form instead of 409."""
    merge_new_id: bool = True
    """A merge gives the survivor a new id."""

    required_on_create: dict[str, Any] = field(default_factory=dict)
    """2026-09 only: object type -> property names an admin made required."""
    conditional_required: list[Any] = field(default_factory=list)
    """2026-09 only: [{"type", "if": {property: value}, "then": [property]}]."""
    ledger_key: dict[str, Any] = field(default_factory=dict)
    """Object type -> property to count writes by; else a unique one, else the id."""
    currencies: dict[str, Any] = field(
        default_factory=lambda: {"USD": "1", "EUR": "1.1"}
    )
    """Code -> rate to the first one, which is the account's own; before the first
    request of an account."""
    webhook_url: str = ""
    """The app's target address; none, no webhooks."""
    webhook_subscriptions: list[Any] = field(default_factory=list)
    """Like "company.propertyChange:name"; see webhooks/happening.py."""
    webhook_app: int = 50000001
    webhook_client_id: str = "sandbox-client-id"
    webhook_secret: str = "sandbox-client-secret"
    """The app's client secret, which also signs."""
    webhook_signatures: list[Any] = field(default_factory=lambda: ["v1", "v3"])
    webhook_batch: int = 100
    webhook_gather_s: float = 0.05
    """How long events wait for others to be sent with."""
    webhook_timeout_s: float = 5.0
    webhook_retries: int = 10
    webhook_retry_s: float = 60.0
    webhook_concurrency: int = 10
    webhook_repeat: int = 1
    """How many times each event is sent, retries apart."""
    webhook_reversed: bool = False
    """The newest event first."""
    webhook_skew_s: float = 0.0
    """How far the clock that stamps signatures is off."""
    journal_objects: list[Any] = field(default_factory=list)
    """Object types whose changes come into the journal."""
    journal_keep_s: float = 3 * 86400.0
    seed_invoices: int = 0
    """Open invoices to seed for the seeded contacts, every second one paid."""
    seed_deals: int = 0
    """Deals with lines to seed, every second one won; of every fourth also an order."""
    existing_share: float = 0.05
    """Share of the seeded customers that HubSpot already knows as companies."""
