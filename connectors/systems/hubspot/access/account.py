"""Which account a token belongs to: its id, time zone, currency and address.

Asked once per process and token: an account does not change under a token.
"""

from __future__ import annotations

from threading import Lock
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from connectors.sdk.errors import (
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
)
from connectors.sdk.http import HttpClient
from connectors.sdk.response import Response
from connectors.sdk.values import fingerprint
from connectors.systems.hubspot.access.auth import HubSpotAuth
from connectors.systems.hubspot.wire.paths import Paths


class Account(msgspec.Struct, rename="camel", frozen=True):
    """The answer of the account details."""

    portal_id: int
    account_type: str = ""
    time_zone: str = ""
    company_currency: str = ""
    additional_currencies: list[str] = []
    ui_domain: str = "app.hubspot.com"
    data_hosting_location: str = ""

    def details(self) -> dict[str, str]:
        """What a connection keeps of it."""
        return {
            "portal_id": str(self.portal_id),
            "ui_domain": self.ui_domain,
            "account_type": self.account_type,
            "time_zone": self.time_zone,
            "currency": self.company_currency,
            "additional_currencies": ", ".join(self.additional_currencies),
            "data_hosting": self.data_hosting_location,
        }


_known: dict[str, Account] = {}
_lock = Lock()
_MAX_KNOWN = 256


class AccountGuard:
    """Knows the account behind the credentials, and refuses any but the expected."""

    def __init__(self, base_url: str, auth: HubSpotAuth, expected: str) -> None:
        self._base_url = base_url
        self._auth = auth
        self.expected = expected

    @property
    def _name(self) -> str:
        # Only a fingerprint is kept: the token must not live on in a global.
        return fingerprint(self._base_url, self._auth.identity)

    def zone(self) -> ZoneInfo | None:
        """The account's time zone, if the account is known. Calls nobody."""
        account = _known.get(self._name)
        try:
            return ZoneInfo(account.time_zone) if account else None
        except (ZoneInfoNotFoundError, ValueError):
            return None

    def currencies(self) -> frozenset[str]:
        """The account's active currencies; empty while they are not known."""
        account = _known.get(self._name)
        if account is None or not account.company_currency:
            return frozenset()
        return frozenset([account.company_currency, *account.additional_currencies])

    def ask(self, http: HttpClient, paths: Paths) -> Account:
        """Ask HubSpot, and remember."""
        response = _answer(http, paths)
        try:
            account = msgspec.json.decode(response.body, type=Account)
        except msgspec.DecodeError as error:
            raise ConfigurationError(
                f"{response.where} answered with {response.content_kind} instead of "
                "account details.",
                advice="Check the API address of the connection.",
            ) from error
        with _lock:
            if len(_known) >= _MAX_KNOWN:
                _known.clear()
            _known[self._name] = account
        return account

    def admit(self, http: HttpClient, paths: Paths) -> None:
        """Learn the account before the first real call.

        Raises AuthenticationError when it is not the expected one, and whatever else
        keeps HubSpot from answering. Without an expectation, a token that may not
        read the account is no obstacle.
        """
        account = _known.get(self._name)
        try:
            account = account or self.ask(http, paths)
        except ConfigurationError:
            if self.expected:
                raise
            return
        refusal = self.refusal(account)
        if refusal:
            raise refusal

    def refusal(self, account: Account) -> AuthenticationError | None:
        """Why this account must not be used, if so."""
        if not self.expected or self.expected == str(account.portal_id):
            return None
        return AuthenticationError(
            f"These credentials belong to the HubSpot account {account.portal_id}, but "
            f"this connection is for {self.expected}.",
            advice=f"Use credentials of {self.expected}, or make a new connection for "
            f"{account.portal_id}: the ids of the records already bound are those of "
            "the other account.",
            code="OTHER_ACCOUNT",
        )


def _answer(http: HttpClient, paths: Paths) -> Response:
    try:
        return http.get(paths.account)
    except NotFoundError as error:
        raise ConfigurationError(
            f"{paths.account} is not an address of HubSpot's API.",
            advice="Check the API address and version of the connection.",
        ) from error
